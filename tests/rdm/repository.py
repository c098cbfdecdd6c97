"""What people and programs do in a repository, over HTTP, and what the repository then shows."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import requests

from tests.rdm.services import HOST, Services, is_listening, wait_for

BIN = Path(sys.executable).parent
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
CONTENT = b"hello world\n"

Json = dict[str, Any]


@dataclass
class Repository:
    """The running site."""

    services: Services
    tokens: dict[str, str]
    visitors: int = 0
    worker: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://{HOST}:{self.services.ports['web']}"

    def start_web(self) -> None:
        """Start the web application, with the API below ``/api``."""
        port = str(self.services.ports["web"])
        command = [str(BIN / "invenio"), "run", "--host", HOST, "--port", port]
        self.services.run(
            "web", *command, "--no-reload", "--with-threads", env=self.services.environment()
        )
        wait_for(lambda: is_listening(int(port)), named="the web application")

    def start_worker(self) -> None:
        """Start the worker with its schedule."""
        folder = self.services.folder
        command = [str(BIN / "celery"), "-A", "invenio_app.celery", "worker", "-c", "1", "--beat"]
        schedule = ["-s", str(folder / "beat.db"), "-l", "INFO", "-n", "rdm@localhost"]
        self.worker = self.services.run(
            "worker", *command, *schedule, env=self.services.environment(), start_new_session=True
        )

    def call(self, method: str, path: str, *, by: str = "owner", **options: Any) -> Any:
        """Ask the API as one of the users; return its JSON."""
        headers = {"Authorization": f"Bearer {self.tokens[by]}", **options.pop("headers", {})}
        answer = requests.request(
            method, f"{self.url}/api{path}", headers=headers, timeout=120, **options
        )
        assert answer.status_code < 400, (
            f"{method} {path}: {answer.status_code} {answer.text[:800]}"
        )
        return (
            answer.json() if answer.content and "json" in answer.headers["Content-Type"] else None
        )

    def use(self, path: str, *, agent: str = BROWSER, visitor: int = 0, **options: Any) -> int:
        """Ask for a page or file as a visitor, a new one by default; return the status."""
        if not visitor:
            self.visitors += 1
            visitor = self.visitors
        address = f"198.51.{100 + visitor // 250}.{1 + visitor % 250}"
        headers = {"User-Agent": agent, "X-Forwarded-For": address, **options.pop("headers", {})}
        method = options.pop("method", "GET")
        answer = requests.request(
            method,
            f"{self.url}{path}",
            headers=headers,
            timeout=120,
            allow_redirects=False,
            **options,
        )
        return answer.status_code

    def page(self, path: str) -> str:
        """Return a page's HTML, asked by a robot, so that looking changes no number."""
        headers = {"User-Agent": ROBOT, "X-Forwarded-For": "203.0.113.9"}
        return requests.get(f"{self.url}{path}", headers=headers, timeout=120).text

    def command(self, *words: str) -> str:
        """Return what a command of ``invenio`` prints."""
        done = subprocess.run(
            [str(BIN / "invenio"), *words],
            env=self.services.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def make_community(self, slug: str) -> str:
        """Return the id of a new community."""
        access = {"visibility": "public", "member_policy": "open", "record_policy": "open"}
        access["review_policy"] = "open"  # of its own members' records none is reviewed
        data = {"slug": slug, "access": access, "metadata": {"title": slug.title()}}
        return str(self.call("POST", "/communities", json=data)["id"])

    def publish(self, title: str, *names: str) -> Json:
        """Return a new published record with files of those names."""
        draft = self.call("POST", "/records", json=describe(title, files=bool(names)))
        self.upload(draft["id"], *names)
        published: Json = self.call("POST", f"/records/{draft['id']}/draft/actions/publish")
        return published

    def upload(self, record: str, *names: str) -> None:
        """Add files to a draft."""
        files = f"/records/{record}/draft/files"
        for name in names:
            self.call("POST", files, json=[{"key": name}])
            headers = {"Content-Type": "application/octet-stream"}
            self.call("PUT", f"{files}/{name}/content", data=CONTENT, headers=headers)
            self.call("POST", f"{files}/{name}/commit")

    def new_version(self, record: str, title: str, *names: str) -> Json:
        """Return a new version of a record."""
        draft = self.call("POST", f"/records/{record}/versions")
        self.call("PUT", f"/records/{draft['id']}/draft", json=describe(title, files=True))
        self.upload(draft["id"], *names)
        published: Json = self.call("POST", f"/records/{draft['id']}/draft/actions/publish")
        return published

    def include(self, record: str, community: str) -> None:
        """Put a record into a community of its owner's."""
        data = {"communities": [{"id": community, "require_review": False}]}
        done = self.call("POST", f"/records/{record}/communities", json=data)
        for request in done.get("processed", ()):
            wanted = f"/requests/{request['request_id']}"
            if self.call("GET", wanted)["is_open"]:
                self.call("POST", f"{wanted}/actions/accept", json={})

    def exclude(self, record: str, community: str) -> None:
        """Take a record out of a community."""
        data = {"communities": [{"id": community}]}
        self.call("DELETE", f"/records/{record}/communities", json=data)

    def restrict(self, record: str, title: str) -> None:
        """Restrict a published record and its files."""
        self.call("POST", f"/records/{record}/draft")
        data = describe(title, files=True)
        data["access"] = {"record": "restricted", "files": "restricted"}
        self.call("PUT", f"/records/{record}/draft", json=data)
        self.call("POST", f"/records/{record}/draft/actions/publish")

    def delete(self, record: str) -> None:
        """Delete a record; a tombstone stays."""
        data = {"removal_reason": {"id": "retracted"}, "note": "", "is_visible": True}
        self.call("DELETE", f"/records/{record}/delete", by="admin", json=data)

    def totals(self, *refs: str, by: str = "admin") -> Json:
        """Return our totals of refs."""
        found: Json = self.call("GET", "/stats/totals", by=by, params={"ref": list(refs)})
        return found

    def content(self, ref: str) -> Json:
        """Return how much there is in a resource."""
        params = {"resource": ref, "interval": "month"}
        answer: Json = self.call("GET", "/stats/content-histogram", by="admin", params=params)
        return dict(answer["total"])

    def count_in_database(self, ref: str) -> int:
        """Return how many records InvenioRDM's database has in the site or a community."""
        kind, _, name = ref.partition(":")
        query = "SELECT count(*) FROM rdm_records_metadata r"
        where = " WHERE r.deletion_status = 'P' AND r.json IS NOT NULL"
        if kind == "community":
            query += " JOIN rdm_parents_community m ON m.record_id = r.parent_id"
            where += f" AND m.community_id = '{name}'"
        port = self.services.ports["postgres"]
        with (
            closing(psycopg2.connect(host=HOST, port=port, user="postgres", dbname="rdm")) as db,
            db.cursor() as cursor,
        ):
            cursor.execute(query + where)
            return int(cursor.fetchone()[0])

    def stats_of(self, record: str, by: str = "admin") -> Json:
        """Return ``stats`` of a record's JSON."""
        stats: Json = self.call("GET", f"/records/{record}", by=by)["stats"]
        return stats

    def ask(self, name: str, **params: Any) -> Json:
        """Run one query by invenio-stats' protocol."""
        body = {"a": {"stat": name, "params": params}}
        answer: Json = self.call("POST", "/stats", by="admin", json=body)["a"]
        return answer


def describe(title: str, *, files: bool) -> Json:
    """Return the metadata of a record."""
    person = {"type": "personal", "family_name": "Doe", "given_name": "Jo"}
    return {
        "access": {"record": "public", "files": "public"},
        "files": {"enabled": files},
        "metadata": {
            "title": title,
            "publication_date": "2026-11-27",
            "publisher": "Tests",
            "resource_type": {"id": "dataset"},
            "creators": [{"person_or_org": person}],
        },
    }


def show(value: object) -> str:
    """Return a value as it is compared in messages."""
    return json.dumps(value, indent=1, sort_keys=True, default=str)
