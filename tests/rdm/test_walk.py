"""A record's life in a real InvenioRDM, and its numbers wherever they are shown."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.rdm.model import Model
from tests.rdm.repository import BROWSER, ROBOT, Repository, show
from tests.rdm.services import Services, wait_for

COUNTED_WITHIN = 180.0
SHOWN_WITHIN = 120.0
"""Seconds from the count to the record's page and the order of the search."""

pytestmark = pytest.mark.timeout(900)

NUMBERS = ("views", "unique_views", "downloads", "unique_downloads", "volume")


@pytest.fixture(scope="module")
def repository(services: Services, tokens: dict[str, str]) -> Iterator[Repository]:
    found = Repository(services, tokens)
    found.start_web()
    found.start_worker()
    yield found


class Walk:
    """Uses of one repository, each noted in the model as it is made."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.model = Model()
        self.parents: dict[str, list[str]] = {}
        self.files: dict[str, str] = {}

    def know(self, record: dict[str, Any], *communities: str) -> str:
        """Remember where a record is in from now on; return its id."""
        name = str(record["id"])
        owner = f"user:{record['parent']['access']['owned_by']['user']}"
        places = [f"community:{one}" for one in communities]
        self.parents[name] = [
            f"record:{name}",
            f"concept:{record['parent']['id']}",
            *places,
            owner,
            "site:all",
        ]
        return name

    def move(self, record: str, old: str, new: str) -> None:
        """Remember that a record is in another community now."""
        places = {f"community:{old}": f"community:{new}"}
        self.parents[record] = [places.get(ref, ref) for ref in self.parents[record]]

    def view(self, record: str, times: int = 1) -> None:
        for _ in range(times):
            assert self.repository.use(f"/records/{record}") == 200
            self.model.view(self.repository.visitors, *self.parents[record])

    def download(self, record: str, key: str, path: str = "/records/{}/files/{}") -> None:
        assert self.repository.use(path.format(record, key)) == 200
        self.model.download(self.repository.visitors, *self.parents[record])

    def differences(self) -> dict[str, Any]:
        """Return what our totals say and the model does not, by resource."""
        refs = self.model.refs()
        totals = self.repository.totals(*refs)
        numbers = {ref: {n: totals[ref][n] for n in NUMBERS} for ref in refs}
        wanted = {ref: self.model.total(ref) for ref in refs}
        return {ref: (numbers[ref], wanted[ref]) for ref in refs if numbers[ref] != wanted[ref]}

    def wait_until_counted(self) -> None:
        end = time.monotonic() + COUNTED_WITHIN
        while different := self.differences():
            assert time.monotonic() < end, f"(found, wanted): {show(different)}"
            time.sleep(2)

    def wait_until_shown(self, record: str, concept: str) -> None:
        wanted = self.model.stats(record, concept)
        wait_for(
            lambda: self.repository.stats_of(record) == wanted,
            named=f"stats of {record}: {show(wanted)}",
            seconds=SHOWN_WITHIN,
        )


@dataclass
class Site:
    """What the tests, one after the other, have made."""

    walk: Walk
    tides: str
    waves: str
    record: str
    concept: str
    rest: str
    rest_concept: str


@pytest.fixture(scope="module")
def site(repository: Repository) -> Site:
    """Two records, one of them in a community."""
    walk = Walk(repository)
    tides, waves = map(repository.make_community, ("tides", "waves"))
    first = repository.publish("First record", "a.txt", "b.txt")
    other = repository.publish("Other record", "c.txt")
    repository.include(first["id"], tides)
    record, rest = walk.know(first, tides), walk.know(other)
    concepts = [str(one["parent"]["id"]) for one in (first, other)]
    return Site(walk, tides, waves, record, concepts[0], rest, concepts[1])


def test_what_people_use_is_counted_and_nothing_else(site: Site) -> None:
    walk, repository, record = site.walk, site.walk.repository, site.record
    walk.view(record, times=3)
    walk.view(site.rest)
    walk.download(record, "a.txt")
    walk.download(record, "a.txt", "/api/records/{}/files/{}/content")
    assert repository.use(f"/api/records/{record}/files-archive") == 200
    for _file in ("a.txt", "b.txt"):
        walk.model.download(repository.visitors, *walk.parents[record])

    assert repository.use(f"/records/{record}", agent=ROBOT) == 200
    assert repository.use(f"/api/records/{record}") == 200
    assert repository.use(f"/records/{record}/files/a.txt", method="HEAD") == 200
    assert repository.use(f"/records/{record}/preview/a.txt") == 200
    assert repository.use(f"/records/{record}/export/json") == 200
    assert repository.use("/records/no-such") == 404
    assert repository.use("/api/records?q=First") == 200
    walk.wait_until_counted()


def test_the_numbers_are_the_same_wherever_they_are_shown(site: Site) -> None:
    repository, record = site.walk.repository, site.record
    site.walk.wait_until_shown(record, site.concept)
    site.walk.wait_until_shown(site.rest, site.rest_concept)

    def most_viewed() -> list[str]:
        found = repository.call("GET", "/records", params={"sort": "mostviewed"})
        return [hit["id"] for hit in found["hits"]["hits"]]

    in_order = [record, site.rest]
    wait_for(lambda: most_viewed() == in_order, named=f"order {in_order}", seconds=SHOWN_WITHIN)
    answer = repository.ask("record-view", recid=record)
    assert (answer["views"], answer["unique_views"]) == (3, 3)
    answer = repository.ask("record-download-all-versions", parent_recid=site.concept)
    assert (answer["downloads"], answer["data_volume"]) == (4, 48)
    page = repository.page(f"/records/{record}")
    boxes = re.findall(
        r'<td data-label="All versions" class="right aligned">\s*(.*?)</td>', page, re.S
    )
    assert [int(re.sub(r"\D", "", re.sub(r"<.*?>", "", box)) or 0) for box in boxes[:2]] == [3, 3]
    assert f'<stats-history resource="concept:{site.concept}"' in page
    assert "<stats-counter" in repository.page(f"/widgets/record:{record}?element=counter")


def test_pages_of_communities_and_administrators_have_the_elements(site: Site) -> None:
    repository = site.walk.repository
    page = repository.page("/communities/tides/statistics")
    (top,) = re.findall("<stats-top [^>]*>", page)
    assert {f'within="community:{site.tides}"', 'kind="record"'} <= set(top.strip("<>").split())
    assert 'by="user"' not in page

    def titles() -> str:
        return str(repository.call("GET", "/stats/top", params={"kind": "community"}))

    wait_for(lambda: "Tides" in titles(), named="the title of a community", seconds=SHOWN_WITHIN)


def test_a_new_version_and_a_move_count_where_they_were(site: Site) -> None:
    walk, repository, record = site.walk, site.walk.repository, site.record
    second = repository.new_version(record, "Second version", "a2.txt")
    newer = walk.know(second, site.tides)
    walk.view(newer, times=2)
    repository.include(newer, site.waves)
    repository.exclude(newer, site.tides)
    for version in (record, newer):
        walk.move(version, site.tides, site.waves)
    walk.view(newer)
    walk.view(record)
    walk.download(newer, "a2.txt")
    walk.wait_until_counted()
    walk.wait_until_shown(newer, site.concept)
    walk.wait_until_shown(record, site.concept)


def test_a_restricted_record_shows_its_numbers_to_those_who_may_see_it(site: Site) -> None:
    repository, rest = site.walk.repository, site.rest
    repository.restrict(rest, "Other record")
    time.sleep(3)  # until the index of InvenioRDM is refreshed
    path = f"{repository.url}/api/stats/totals/record:{rest}"
    assert requests.get(path, timeout=60).status_code == 401
    reader = {"Authorization": f"Bearer {repository.tokens['reader']}"}
    assert requests.get(path, headers=reader, timeout=60).status_code == 403
    assert repository.call("GET", f"/stats/totals/record:{rest}")["views"] == 1
    assert repository.call("GET", f"/stats/totals/concept:{site.rest_concept}")["views"] == 1
    top = f"{repository.url}/api/stats/top"
    seen = requests.get(top, params={"kind": "record", "metric": "views"}, timeout=60).text
    assert f"record:{site.record}" in seen
    assert f"record:{rest}" not in seen


def test_a_tombstone_is_no_view_and_what_was_counted_stays(site: Site) -> None:
    repository = site.walk.repository
    repository.delete(site.record)
    assert repository.use(f"/records/{site.record}") == 410
    time.sleep(15)
    assert site.walk.differences() == {}


def test_what_is_in_the_repository_is_what_its_database_has(site: Site) -> None:
    """Three records, one of them removed, restored and removed; one community was left."""
    repository = site.walk.repository
    assert "everything that invenio-stats is configured for" in repository.command("stats", "check")
    repository.call("POST", f"/records/{site.record}/restore", by="admin")
    wait_until_content(repository, site)
    repository.delete(site.record)
    for _repeated in range(2):
        printed = repository.command("stats", "content", "backfill")
        assert "published the history of 3 records" in printed
        wait_until_content(repository, site)
    created = repository.totals("site:all")["site:all"]["events"]["record-created"]
    assert created == 3


def wait_until_content(repository: Repository, site: Site) -> None:
    """Wait until the content of the site and its communities is that of the database."""
    refs = ["site:all", f"community:{site.tides}", f"community:{site.waves}"]
    wanted = {ref: repository.count_in_database(ref) for ref in refs}

    def found() -> dict[str, int]:
        return {ref: repository.content(ref)["total_records"] for ref in refs}

    end = time.monotonic() + COUNTED_WITHIN
    while found() != wanted:
        assert time.monotonic() < end, f"(found, wanted): {found()}, {wanted}"
        time.sleep(2)


def test_content_and_usage_divide_by_metadata(site: Site) -> None:
    repository = site.walk.repository
    total = repository.content("site:all")
    wanted = {"total_records": 2, "total_files": 2, "total_volume": 24}
    assert {name: total[name] for name in wanted} == wanted
    for breakdown, key in (
        ("resource_type", "dataset"),
        ("publisher", "Tests"),
        ("file_type", "txt"),
    ):
        asked = {"resource": "site:all", "breakdown": breakdown}
        divided = repository.call("GET", "/stats/content-by", by="admin", params=asked)
        assert divided["buckets"] == [{"key": key, "records": 2, "volume": 24}]
        for query in ("record-view-by", "file-download-by"):
            used = repository.call("GET", f"/stats/{query}", by="admin", params=asked)
            assert [bucket["key"] for bucket in used["buckets"]] == [key]
            assert used["buckets"][0]["count"] == used["total"]["count"] > 0


def test_a_killed_worker_and_a_killed_engine_lose_nothing(repository: Repository) -> None:
    walk = Walk(repository)
    made = repository.publish("Killed record", "k.txt")
    record, concept = walk.know(made), str(made["parent"]["id"])
    walk.parents[record] = walk.parents[record][:2]  # the others have more uses than these
    walk.view(record, times=5)
    assert repository.worker
    os.killpg(repository.worker.pid, signal.SIGKILL)
    walk.view(record, times=5)
    repository.start_worker()
    time.sleep(5)
    walk.download(record, "k.txt")
    os.killpg(repository.worker.pid, signal.SIGKILL)
    if repository.services.own:
        repository.services.kill_search()
        repository.services.start_engines()
    repository.start_worker()
    walk.view(record, times=2)
    walk.wait_until_counted()
    walk.wait_until_shown(record, concept)


def test_the_agents_are_what_they_should_be() -> None:
    from counter_robots import is_robot  # noqa: PLC0415

    assert is_robot(ROBOT)
    assert not is_robot(BROWSER)
