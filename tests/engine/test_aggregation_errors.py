"""One day that cannot be counted, and one type that cannot be stored, hold up nobody else."""

from __future__ import annotations

from datetime import date

import pytest
import requests

from stats.errors import StoreRejected
from stats.ext import StatsState

VIEW = {"type": "record-view", "resource": "record:r"}
POISON, GOOD = "2024-03-05", "2024-03-06"


def test_a_day_that_cannot_be_counted_does_not_keep_the_others_from_it(
    state: StatsState, monkeypatch: pytest.MonkeyPatch
) -> None:
    state.publish([{**VIEW, "timestamp": f"{day}T10:00:00Z"} for day in (POISON, GOOD)])
    state.process()
    whole = state.aggregation_job.retained_rows.read

    def read(day: date) -> object:
        if day.isoformat() == POISON:
            raise StoreRejected("Elasticsearch", "poison")
        return whole(day)

    monkeypatch.setattr(state.aggregation_job.retained_rows, "read", read)
    with pytest.raises(StoreRejected, match="poison"):
        state.aggregate()
    assert state.totals(["record:r"])["record:r"]["views"] == 1
    assert [day.isoformat() for day in state.stores.day_claims.marked_days()] == [POISON]


def block_writes(state: StatsState, index: str, block: bool | None) -> None:
    """Make an index refuse writes, or take them again, past all code of ours."""
    url = f"{state.settings.elasticsearch_url}/{index}/_settings"
    body = {"index.blocks.write": block}
    requests.put(url, json=body, timeout=30).raise_for_status()


def test_a_type_that_cannot_be_stored_does_not_hold_up_the_others(state: StatsState) -> None:
    download = {"type": "file-download", "resource": "file:f"}
    both = [{**one, "timestamp": f"{GOOD}T10:00:00Z"} for one in (VIEW, download)]
    state.publish(both)
    state.process()
    search = state.stores.search
    blocked = search.raw("record-view", "2024-03")
    block_writes(state, blocked, True)
    state.publish([{**one, "timestamp": f"{GOOD}T12:00:00Z"} for one in both])
    with pytest.raises(Exception, match="Elasticsearch"):
        state.process()
    search.refresh(search.raw("file-download"))
    assert search.count(search.raw("file-download"), {"match_all": {}}) == 2
    block_writes(state, blocked, None)
    state.process()
    search.refresh(blocked)
    assert search.count(blocked, {"match_all": {}}) == 2
