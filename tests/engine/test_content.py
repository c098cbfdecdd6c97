"""How much there was at each date, against sums in the plainest way."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from stats.aggregations.types import daily
from stats.engines.namespace import Namespace
from stats.events.catalogue import CONTENT_TYPES
from stats.kinds.declared import build_kinds
from stats.queries.catalogue import resolve_params, run_query
from stats.queries.content import content_by, content_histogram
from stats.queries.types import Query, Sources
from stats.stores.search import SearchStore
from stats.times import UTC
from tests.engine.daily import document, write

NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)
AGGREGATIONS = [daily(one) for one in CONTENT_TYPES]
HISTORY, DIVIDED = content_histogram(AGGREGATIONS), content_by(AGGREGATIONS)
CAME = {"record-created", "record-included", "record-restored"}
BY_KIND = {
    "community": {"record-included", "record-excluded", "record-removed", "record-restored"},
    "site": {"record-created", "record-removed", "record-restored"},
}
MONTHS = ("2015-03", "2018-01", "2020-06", "2020-07", "2024-12", "2025-02")
COLUMNS = {"records": "count", "files": "sum", "volume": "volume"}

Document = dict[str, Any]


class Nobody:
    def read(self, refs: Any) -> dict[str, Any]:
        return {}

    def list_owned(self, user: str) -> list[str]:
        return []


@pytest.fixture(scope="module")
def written(stats_engines: Any) -> list[Document]:
    """Changes of six months in ten years: each month and type is an index."""
    chance = random.Random(12)
    found = {}
    for _ in range(400):
        day = f"{chance.choice(MONTHS)}-{chance.randrange(1, 29):02}"
        event = chance.choice(CONTENT_TYPES).name
        ref = chance.choice(["community:c", "site:all"])
        opened, closed = chance.randrange(1, 4), chance.randrange(3)
        count, size = opened + closed, chance.randrange(900)
        parts = [["open", opened, opened, size], ["closed", closed, closed, 0]]
        numbers = {"count": count, "sum": float(chance.randrange(9)), "volume": size}
        found[event, day, ref] = document(
            event, day, ref, **numbers, breakdown={"access": [part for part in parts if part[1]]}
        )
    return list(found.values())


@pytest.fixture
def store(stats_namespace: Namespace, written: list[Document]) -> Iterator[SearchStore]:
    opened = SearchStore(
        stats_namespace.elasticsearch,
        prefix=stats_namespace.prefix,
        type_names=[one.name for one in CONTENT_TYPES],
        request_timeout=30,
    )
    write(opened, written)
    yield opened
    opened.close()


def ask(store: SearchStore, query: Query, **given: object) -> dict[str, Any]:
    renamed = {key.rstrip("_"): value for key, value in given.items()}
    params = resolve_params(query, renamed, now=NOW, kinds=build_kinds())
    return run_query(query, params, sources=Sources(store, Nobody()), counted_until=NOW)


def add_up(written: list[Document], ref: str, *, first: str, before: str) -> dict[str, int]:
    """Return what the documents of some days change."""
    counted = BY_KIND[ref.partition(":")[0]]
    chosen = [
        (1 if one["event"] in CAME else -1, one)
        for one in written
        if one["resource"] == ref and one["event"] in counted and first <= one["timestamp"] < before
    ]
    return {
        column: sum(sign * int(one[field]) for sign, one in chosen)
        for column, field in COLUMNS.items()
    }


@pytest.mark.parametrize("ref", ["community:c", "site:all"])
@pytest.mark.parametrize(("interval", "first"), [("month", "2015-03-01"), ("day", "2024-12-01")])
def test_each_total_is_the_sum_of_all_changes_until_then(
    store: SearchStore, written: list[Document], ref: str, interval: str, first: str
) -> None:
    answer = ask(store, HISTORY, resource=ref, interval=interval, from_=first, to="2025-02-28")
    rows = answer["buckets"]
    ends = [*(row["date"] for row in rows[1:]), "2025-03-01"]
    for row, end in zip(rows, ends, strict=True):
        change = add_up(written, ref, first=row["date"], before=end)
        total = add_up(written, ref, first="", before=end)
        totals = {f"total_{name}": number for name, number in total.items()}
        assert row == {"date": row["date"], **change, **totals}
    window = add_up(written, ref, first=first, before="2025-03-01")
    assert {name: answer["total"][name] for name in COLUMNS} == window
    assert answer["total"]["total_records"] == rows[-1]["total_records"]


def test_the_content_of_a_date_divides_into_what_it_is(
    store: SearchStore, written: list[Document]
) -> None:
    asked = {"resource": "site:all", "breakdown": "access", "to": "2020-06-30"}
    answer = ask(store, DIVIDED, **asked)
    whole = add_up(written, "site:all", first="", before="2020-07-01")
    assert answer["total"] == {"records": whole["records"], "volume": whole["volume"]}
    assert {row["key"] for row in answer["buckets"]} == {"open", "closed"}
    assert sum(row["records"] for row in answer["buckets"]) == whole["records"]
    assert sum(row["volume"] for row in answer["buckets"]) == whole["volume"]
    assert answer["other"] == {"records": 0, "volume": 0}
    fewer = ask(store, DIVIDED, **asked, size=1)
    assert fewer["other"] == {name: answer["buckets"][1][name] for name in ("records", "volume")}


def test_nothing_is_zeros(store: SearchStore) -> None:
    answer = ask(store, HISTORY, resource="community:none", interval="year", window="all")
    assert answer["total"] == dict.fromkeys([*COLUMNS, *(f"total_{c}" for c in COLUMNS)], 0)
    empty = ask(store, DIVIDED, resource="community:none", breakdown="access")
    assert (empty["buckets"], empty["total"]) == ([], {"records": 0, "volume": 0})
