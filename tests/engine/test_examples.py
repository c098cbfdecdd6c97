"""The Flask repository of `examples/`: requests over HTTP become its numbers."""

from __future__ import annotations

import time
import urllib.error
from pathlib import Path

import pytest

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from tests.example_repository import NOWHERE, get, get_json, running_repository


def test_views_and_downloads_become_counts(
    state: StatsState, stats_namespace: Namespace, tmp_path: Path
) -> None:
    with running_repository(tmp_path, stats_namespace.as_config()) as url:
        page = get(f"{url}/records/swifts").decode()
        assert '<stats-panel resource="record:swifts">' in page
        assert get(f"{url}/files/swifts/arrival.csv").startswith(b"year,day\n2020,04-28\n")
        get(f"{url}/files/swifts/methods.txt")
        get(f"{url}/communities/birds")
        get(f"{url}/records/swifts/citation")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"{url}/files/swifts/nothing.csv")
        state.process()
        state.aggregate()
        by_id = {record["id"]: record["stats"] for record in get_json(f"{url}/api/records")}
        totals = get_json(f"{url}/api/stats/totals/community:birds")
    assert by_id.pop("swifts") == {"views": 1, "downloads": 2}
    assert set(map(str, by_id.values())) == {"{'downloads': 0, 'views': 0}"}
    assert totals["downloads"] == 2
    assert totals["events"]["community-view"] == 1
    assert totals["events"]["feature-use"] == 1


def test_a_view_by_a_program_is_one_with_its_numbers(
    state: StatsState, stats_namespace: Namespace, tmp_path: Path
) -> None:
    with running_repository(tmp_path, stats_namespace.as_config()) as url:
        assert get_json(f"{url}/api/records/seals")["stats"] == {"views": 0, "downloads": 0}
        state.process()
        state.aggregate()
        answer = get_json(f"{url}/api/stats/record-view-by?resource=record:seals&breakdown=via")
    assert [(bucket["key"], bucket["count"]) for bucket in answer["buckets"]] == [("api", 1)]


def test_pages_are_there_while_statistics_are_down(tmp_path: Path) -> None:
    with running_repository(tmp_path, NOWHERE) as url:
        begin = time.monotonic()
        get(f"{url}/records/swifts")
        get(f"{url}/files/swifts/methods.txt")
        numbers = [record["stats"] for record in get_json(f"{url}/api/records")]
        seconds = time.monotonic() - begin
    assert numbers == [{"views": None, "downloads": None}] * 6
    assert len((tmp_path / "events.ndjson").read_bytes().splitlines()) == 2
    assert seconds < 10  # a try at each engine of a second; a page that waits for all takes more
