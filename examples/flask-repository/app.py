"""A small repository whose pages are counted and show what was counted.

All that it does for statistics is here: ``StatsHost``, decorators with
``counted``, ``record_stats``, and the elements in its templates. Invariant:
a page is shown as fast when statistics are down, only without numbers.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, cast

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    g,
    render_template,
    send_file,
    url_for,
)
from repository import Repository, Row, make_database

from stats.hosts import StatsHost, count, count_download, count_view, counted, record_stats

blueprint = Blueprint("repository", __name__)


def create_app() -> Flask:
    """Return the application; the environment has the engines' addresses (``STATS_*``)."""
    app = Flask(__name__)
    folder = Path(os.environ.get("REPOSITORY_DATA", app.instance_path))
    app.config["DATABASE"] = folder / "repository.db"
    app.config["STATS_EMIT_SPOOL_FILE"] = str(folder / "events.ndjson")  # when the broker is down
    make_database(app.config["DATABASE"])
    StatsHost(app)
    app.register_blueprint(blueprint)
    return app


@blueprint.get("/")
def home() -> str:
    """Show all communities and records."""
    return render_template(
        "home.html", communities=repository().communities(), records=repository().records()
    )


@blueprint.get("/communities/<id>")
@count_view("community")
def community(id: str) -> str:
    """Show a community: a view of it."""
    found = repository().community(id) or abort(404)
    counted(title=found["title"], url=url_for(".community", id=id, _external=True))
    return render_template("community.html", found=found, records=repository().records(id))


@blueprint.get("/records/<id>")
@count_view("record")
def record(id: str) -> str:
    """Show a record: a view of it, and of its community's records."""
    found = find(id)
    counted(**describe(found))
    return render_template("record.html", found=found, files=repository().files(id))


@blueprint.get("/files/<path:key>")
@count_download("file")
def download(key: str) -> Response:
    """Send a file: a download of it, of its record and of its community."""
    id, _, name = key.partition("/")
    found, content = find(id), repository().content(id, name)
    if content is None:
        abort(404)
    counted(
        title=name,
        parents=[f"record:{id}", *describe(found)["parents"]],
        size=len(content),
        access="open",
    )
    return send_file(io.BytesIO(content), download_name=name, as_attachment=True)


@blueprint.get("/records/<id>/citation")
@count("feature-use", "record", describe=lambda id: {"feature": "citation"})
def citation(id: str) -> Response:
    """Return a record's citation; how often it is wanted is a statistic, too."""
    found = find(id)
    counted(parents=describe(found)["parents"])
    text = f"{found['author']} ({found['year']}). {found['title']}.\n"
    return Response(text, mimetype="text/plain")


@blueprint.get("/api/records")
def records_json() -> list[dict[str, Any]]:
    """Return all records with their numbers, which are one look-up."""
    found = repository().records()
    refs = [f"record:{one['id']}" for one in found]
    return [dump(one, refs) for one in found]


@blueprint.get("/api/records/<id>")
@count_view("record")
def record_json(id: str) -> dict[str, Any]:
    """Return a record with its numbers; whoever asks has viewed it, by a program."""
    found = find(id)
    counted(**describe(found))
    return dump(found, [])


def dump(found: Row, among: list[str]) -> dict[str, Any]:
    """Return a record as JSON; ``among`` are the records that are shown with it."""
    numbers = record_stats(f"record:{found['id']}", among=among)
    return {**dict(found), "stats": {name: numbers[name] for name in ("views", "downloads")}}


def describe(found: Row) -> dict[str, Any]:
    """Return what an event says of a record."""
    return {
        "parents": [f"community:{found['community']}"],
        "title": found["title"],
        "url": url_for("repository.record", id=found["id"], _external=True),
        "access": "open",
    }


def find(id: str) -> Row:
    """Return a record; end the request when there is none."""
    return repository().record(id) or abort(404)


def repository() -> Repository:
    """Return the repository of this request."""
    if "repository" not in g:
        g.repository = Repository(current_app.config["DATABASE"])
    return cast(Repository, g.repository)


@blueprint.teardown_app_request
def close(error: BaseException | None) -> None:
    """Close the repository of this request."""
    if found := g.pop("repository", None):
        found.close()
