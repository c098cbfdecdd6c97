"""The named queries, asked of real indices with numbers known beforehand."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from stats.engines.namespace import Namespace
from stats.kinds.declared import build_kinds
from stats.queries import ranking
from stats.queries.catalogue import build_catalogue, resolve_params, run_query
from stats.queries.ranking import Ranked, run_all_sums, run_candidates
from stats.queries.types import Sources
from stats.stores.search import SearchStore
from stats.times import UTC
from tests.engine.daily import AGGREGATIONS, document, open_store, write

KINDS = build_kinds()
NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)
COUNTED = datetime(2025, 3, 14, 11, tzinfo=UTC)
QUERIES = build_catalogue(AGGREGATIONS)


class Titles:
    """Descriptions of resources, without a database."""

    def read(self, refs: Any) -> dict[str, dict[str, Any]]:
        known = {"record:r1": {"title": "One", "url": "/records/r1"}}
        return {ref: known[ref] for ref in refs if ref in known}

    def list_owned(self, user: str) -> list[str]:
        return ["record:r1", "file:f1"] if user == "u7" else []


@pytest.fixture
def store(stats_namespace: Namespace) -> Iterator[SearchStore]:
    opened = open_store(stats_namespace)
    yield opened
    opened.close()


def ask(store: SearchStore, name: str, **given: object) -> dict[str, Any]:
    query = QUERIES[name]
    renamed = {key.rstrip("_"): value for key, value in given.items()}
    params = resolve_params(query, renamed, now=NOW, kinds=KINDS)
    sources = Sources(store, Titles())
    return run_query(query, params, sources=sources, counted_until=COUNTED)


def view(day: str, resource: str, count: int, **fields: Any) -> dict[str, Any]:
    numbers = {"count": count, "unique_count": max(count - 1, 0), "volume": 10 * count}
    return document("record-view", day, resource, **{**numbers, **fields})


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_nothing_counted_is_the_usual_shape_with_zeros(store: SearchStore, name: str) -> None:
    given = {
        "resource": "record:r1",
        "breakdown": "country",
        "recid": "r1",
        "parent_recid": "p1",
        "user": "u1",
    }
    wanted = {p.name for p in QUERIES[name].parameters if p.required}
    wanted |= {"resource"} if name.endswith("-level") else set()  # or a kind
    before = ask(store, name, **{key: given[key] for key in wanted})
    write(
        store,
        [
            view("2025-03-01", "site:all", 7, breakdown={"country": [["CH", 7, 6, 70]]}),
            document("file-download", "2025-03-01", "site:all", count=5),
            document(
                "store-size", "2025-03-01", "site:all", count=5, sum=5.0, max=5.0, last_value=5.0
            ),
            view("2025-03-01", "record:r2", 7, parents=["concept:p2"]),
            {**document("users", "2025-03-01", "record:r1", views=3), "user_id": "somebody"},
        ],
    )
    after = ask(store, name, **{key: given[key] for key in wanted} | _nowhere(name))
    assert before.keys() == after.keys()
    assert _numbers(before) <= {0}
    assert _numbers(after) <= {0}


def _nowhere(name: str) -> dict[str, str]:
    return {"within": "community:none"} if "top" in name else {}


def _numbers(answer: Any) -> set[float]:
    if isinstance(answer, dict):
        echoed = ("size", "zoom")
        return {n for k, v in answer.items() if k not in echoed for n in _numbers(v)}
    if isinstance(answer, list):
        return {n for v in answer for n in _numbers(v)}
    return {answer} if isinstance(answer, (int, float)) else set()


def test_a_histogram_has_only_the_days_of_its_window(store: SearchStore) -> None:
    days = ["2024-12-31", "2025-01-01", "2025-01-05", "2025-01-06", "2025-01-20", "2025-02-01"]
    write(store, [view(day, "record:r1", 2 + n) for n, day in enumerate(days)])
    write(store, [view("2025-01-05", "record:r2", 100)])
    answer = ask(
        store,
        "record-view-histogram",
        resource="record:r1",
        from_="2025-01-01",
        to="2025-01-20",
        interval="week",
    )
    assert answer == {
        "query": "record-view-histogram",
        "resource": "record:r1",
        "from": "2025-01-01",
        "to": "2025-01-20",
        "interval": "week",
        "source": "all",
        "buckets": [
            {"date": "2024-12-30", "count": 7, "unique_count": 5, "volume": 70},
            {"date": "2025-01-06", "count": 5, "unique_count": 4, "volume": 50},
            {"date": "2025-01-13", "count": 0, "unique_count": 0, "volume": 0},
            {"date": "2025-01-20", "count": 6, "unique_count": 5, "volume": 60},
        ],
        "total": {"count": 18, "unique_count": 14, "volume": 180},
        "since": "2024-12-31",
        "counted_until": "2025-03-14T11:00:00.000Z",
    }


@pytest.mark.parametrize("interval", ["day", "week", "month", "quarter", "year"])
def test_every_interval_equals_adding_up_by_hand(store: SearchStore, interval: str) -> None:
    rng = random.Random(interval)
    first, last = date(2023, 11, 17), date(2025, 2, 11)
    days = [date(2023, 10, 1) + timedelta(n) for n in range(0, 600, 3)]
    counts = {day: rng.randrange(1, 50) for day in days}
    write(store, [view(day.isoformat(), "record:r1", n) for day, n in counts.items()])
    answer = ask(
        store,
        "record-view-histogram",
        resource="record:r1",
        from_=first.isoformat(),
        to=last.isoformat(),
        interval=interval,
    )
    expected: dict[str, int] = {}
    for offset in range((last - first).days + 1):
        day = first + timedelta(offset)
        start = _start(day, interval).isoformat()
        expected[start] = expected.get(start, 0) + counts.get(day, 0)
    assert {b["date"]: b["count"] for b in answer["buckets"]} == expected
    assert answer["total"]["count"] == sum(expected.values())


def _start(day: date, interval: str) -> date:
    if interval == "week":
        return day - timedelta(day.isoweekday() - 1)
    return {
        "day": day,
        "month": day.replace(day=1),
        "quarter": day.replace(month=[1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10][day.month - 1], day=1),
        "year": day.replace(month=1, day=1),
    }[interval]


def test_a_month_that_was_rolled_up_counts_only_as_a_whole(store: SearchStore) -> None:
    write(
        store,
        [
            view("2019-01-01", "record:r1", 1000, interval="month"),
            view("2019-02-01", "record:r1", 100, interval="month"),
            view("2019-03-01", "record:r1", 10),
            view("2019-03-31", "record:r1", 1),
        ],
    )

    def total(from_: str | None, to: str | None) -> int:
        answer = ask(store, "record-view-total", resource="record:r1", from_=from_, to=to)
        return int(answer["total"]["count"])

    assert total(None, None) == 1111
    assert total("2019-01-01", "2019-03-31") == 1111
    assert total("2019-01-02", "2019-03-31") == 111
    assert total("2019-01-01", "2019-02-27") == 1000
    assert total("2019-01-01", "2019-02-28") == 1100
    assert total(None, "2019-03-01") == 1110
    assert total("2019-02-02", "2019-03-30") == 10
    years = ask(
        store,
        "record-view-histogram",
        resource="record:r1",
        from_="2019-01-01",
        to="2019-12-31",
        interval="quarter",
    )
    assert [bucket["count"] for bucket in years["buckets"]] == [1111, 0, 0, 0]


def test_numbers_taken_over_can_be_left_out(store: SearchStore) -> None:
    write(
        store,
        [
            view("2025-01-01", "record:r1", 4),
            view("2025-01-01", "record:r1", 30, source="legacy"),
        ],
    )
    found = {
        source: ask(store, "record-view-total", resource="record:r1", source=source)
        for source in ("all", "events", "legacy")
    }
    assert {s: a["total"]["count"] for s, a in found.items()} == {
        "all": 34,
        "events": 4,
        "legacy": 30,
    }


def test_a_total_counts_what_was_excluded(store: SearchStore) -> None:
    write(store, [view("2025-01-01", "record:r1", 2, excluded_count=9)])
    answer = ask(store, "record-view-total", resource="record:r1")
    assert answer["total"] == {
        "count": 2,
        "unique_count": 1,
        "volume": 20,
        "excluded_count": 9,
    }
    assert (answer["from"], answer["to"]) == (None, None)


def test_a_gauge_has_its_last_value_and_an_average(store: SearchStore) -> None:
    def size(day: str, *values: float) -> dict[str, Any]:
        numbers = {"sum": sum(values), "max": max(values), "last_value": values[-1]}
        return document("store-size", day, "site:all", count=len(values), **numbers)

    write(store, [size("2025-01-30", 4.0, 10.0, 6.0), size("2025-02-02", 8.0)])
    write(store, [document("store-size", "2025-02-03", "site:all", excluded_count=1)])
    answer = ask(
        store,
        "store-size-histogram",
        resource="site:all",
        from_="2024-12-01",
        to="2025-02-28",
        interval="month",
    )
    rows = [
        {key: bucket[key] for key in ("sum", "max", "last_value", "average")}
        for bucket in [*answer["buckets"], answer["total"]]
    ]
    assert rows == [
        {"sum": 0.0, "max": None, "last_value": None, "average": None},
        {"sum": 20.0, "max": 10.0, "last_value": 6.0, "average": 20 / 3},
        {"sum": 8.0, "max": 8.0, "last_value": 8.0, "average": 8.0},
        {"sum": 28.0, "max": 10.0, "last_value": 8.0, "average": 7.0},
    ]


def test_a_breakdown_adds_up_days_and_says_what_is_left(store: SearchStore) -> None:
    def divided(day: str, *rows: list[Any]) -> dict[str, Any]:
        columns = list(zip(*(row[1:] for row in rows), strict=True))
        numbers = dict(zip(("count", "unique_count", "volume"), map(sum, columns), strict=True))
        return document("record-view", day, "record:r1", **numbers, breakdown={"country": [*rows]})

    write(
        store,
        [
            divided("2025-01-01", ["CH", 5, 4, 50], ["ZZ", 2, 1, 0], ["(other)", 3, 3, 3]),
            divided("2025-02-01", ["ZZ", 3, 2, 0], ["DE", 1, 1, 10]),
            divided("2025-03-01", ["DE", 99, 99, 99]),
            document("record-view", "2025-02-02", "record:r1", excluded_count=4),
        ],
    )
    answer = ask(
        store,
        "record-view-by",
        resource="record:r1",
        breakdown="country",
        to="2025-02-28",
        size=2,
    )
    assert answer["buckets"] == [
        {"key": "CH", "count": 5, "unique_count": 4, "volume": 50},
        {"key": "ZZ", "count": 5, "unique_count": 3, "volume": 0},
    ]
    assert answer["other"] == {"count": 4, "unique_count": 4, "volume": 13}
    assert answer["total"] == {"count": 14, "unique_count": 11, "volume": 63}


def test_a_ranking_by_one_type(store: SearchStore) -> None:
    inside = {"parents": ["community:c"]}
    write(
        store,
        [
            view("2025-01-01", "record:r1", 5, **inside),
            view("2025-02-01", "record:r1", 5, **inside),
            view("2025-02-01", "record:r2", 10, **inside),
            view("2025-02-01", "record:r3", 11),
            view("2025-02-01", "record:r4", 0, **inside),
            view("2025-02-01", "community:c", 20),
        ],
    )
    answer = ask(store, "record-view-top", kind="record", within="community:c")
    assert answer["buckets"] == [
        {
            "resource": "record:r1",
            "title": "One",
            "url": "/records/r1",
            "count": 10,
            "unique_count": 8,
            "volume": 100,
        },
        {
            "resource": "record:r2",
            "title": None,
            "url": None,
            "count": 10,
            "unique_count": 9,
            "volume": 100,
        },
    ]
    everywhere = ask(store, "record-view-top", kind="record", within="site:all", size=1)
    assert [bucket["resource"] for bucket in everywhere["buckets"]] == ["record:r3"]


def test_people_and_the_site_are_ranked_only_when_asked_for(store: SearchStore) -> None:
    refs = ["user:u1", "site:all", "record:r1"]
    write(store, [view("2025-01-01", ref, 9 - n) for n, ref in enumerate(refs)])
    asked = {kind: ask(store, "record-view-top", kind=kind) for kind in (None, "user", "site")}
    found = {kind: [b["resource"] for b in a["buckets"]] for kind, a in asked.items()}
    assert found == {None: ["record:r1"], "user": ["user:u1"], "site": ["site:all"]}


def test_a_ranking_by_all_types(store: SearchStore) -> None:
    write(
        store,
        [
            view("2025-01-01", "record:r1", 5),
            document("file-download", "2025-01-01", "record:r1", count=3, volume=7, unique_count=2),
            document("file-download", "2025-02-01", "record:r2", count=4, volume=1, unique_count=1),
            document("store-size", "2025-02-01", "record:r2", count=4),
        ],
    )
    by_volume = ask(store, "top", kind="record", metric="volume")
    assert [(b["resource"], b["value"]) for b in by_volume["buckets"]] == [
        ("record:r1", 7),
        ("record:r2", 1),
    ]
    assert by_volume["buckets"][0] == {
        "resource": "record:r1",
        "title": "One",
        "url": "/records/r1",
        "value": 7,
        "views": 5,
        "unique_views": 4,
        "downloads": 3,
        "unique_downloads": 2,
        "volume": 7,
    }
    by_views = ask(store, "top", metric="views", from_="2025-01-01", to="2025-01-31")
    assert [(b["resource"], b["value"]) for b in by_views["buckets"]] == [("record:r1", 5)]


MONTHS = [f"2024-{month:02d}-15" for month in range(1, 13)]


def _spread(rng: random.Random, resources: int) -> list[dict[str, Any]]:
    """Return a ranking that each month alone shows wrongly: the best is never a month's best."""
    steady = [view(day, "record:steady", 50) for day in MONTHS]
    peaks = [view(day, f"record:peak{n}", 400) for n, day in enumerate(MONTHS)]
    crowd = [
        view(day, f"record:x{n:04d}", rng.randrange(1, 60))
        for day in MONTHS
        for n in range(resources)
    ]
    return [*steady, *peaks, *crowd]


def test_a_ranking_is_exact_although_it_is_spread_over_months(
    store: SearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = _spread(random.Random(1), 60)
    write(store, documents)
    sums: dict[str, int] = {}
    for one in documents:
        sums[one["resource"]] = sums.get(one["resource"], 0) + one["count"]
    ranked = sorted(sums, key=lambda ref: (-sums[ref], ref))
    monkeypatch.setattr(ranking, "PAGE", 7)
    for size, longest in product((1, 3, 25), (60_000, 240, 24)):
        monkeypatch.setattr(ranking, "MAX_RESPONSE_BUCKETS", longest)
        answer = ask(store, "record-view-top", kind="record", size=size)
        found = [(bucket["resource"], bucket["count"]) for bucket in answer["buckets"]]
        assert found == [(ref, sums[ref]) for ref in ranked[:size]]


def test_reading_every_resource_in_pages_finds_the_same(
    store: SearchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, _spread(random.Random(1), 30))
    monkeypatch.setattr(ranking, "PAGE", 4)
    params = resolve_params(QUERIES["record-view-top"], {"kind": "record"}, now=NOW, kinds=KINDS)
    ranked = Ranked(("record-view",), "count", params, 5)
    sums = dict(run_all_sums(ranked, store))
    assert len(sums) == 43
    best = sorted(sums, key=lambda ref: (-sums[ref], ref))[:5]
    assert set(best) <= set(run_candidates(ranked, store))


def test_invenio_names_and_fields(store: SearchStore) -> None:
    within = {"parents": ["concept:p1", "community:c"]}
    write(
        store,
        [
            view("2025-01-01", "record:r1", 3, **within),
            view("2025-01-01", "concept:p1", 9),
            document(
                "file-download",
                "2025-01-02",
                "record:r1",
                count=3,
                unique_count=1,
                volume=8,
                **within,
            ),
        ],
    )
    assert ask(store, "record-view", recid="r1") == {
        "start_date": None,
        "end_date": None,
        "recid": "r1",
        "parent_recid": "p1",
        "views": 3,
        "unique_views": 2,
        "counted_until": "2025-03-14T11:00:00.000Z",
    }
    versions = ask(store, "record-view-all-versions", parent_recid="p1", start_date="2025-01-01")
    assert versions == {
        "start_date": "2025-01-01T00:00:00",
        "end_date": None,
        "parent_recid": "p1",
        "views": 9,
        "unique_views": 8,
        "counted_until": "2025-03-14T11:00:00.000Z",
    }
    downloads = ask(store, "record-download", recid="r1", end_date="2025-01-02T23:59:59")
    assert [downloads[k] for k in ("downloads", "unique_downloads", "data_volume")] == [3, 1, 8]
    assert ask(store, "record-download", recid="r1", end_date="2025-01-01")["downloads"] == 0


def test_a_ranking_within_a_person_has_what_they_own(store: SearchStore) -> None:
    days = [view("2025-01-01", "record:r1", 3), view("2025-02-01", "record:r1", 4)]
    write(store, [*days, view("2025-01-01", "record:r2", 9), view("2025-01-01", "user:u7", 7)])
    rows = ask(store, "top", kind="record", metric="views", within="user:u7")["buckets"]
    assert [(row["resource"], row["value"]) for row in rows] == [("record:r1", 7)]
    january = {"within": "user:u7", "to": "2025-01-31"}
    assert ask(store, "record-view-top", **january)["buckets"][0]["count"] == 3
    assert ask(store, "record-view-top", within="user:u8")["buckets"] == []


def test_a_table_of_views_has_no_bytes(store: SearchStore) -> None:
    columns = {name: QUERIES[name].columns for name in QUERIES}
    views = [name for name in columns if name.startswith(("record-view-", "dataset-view-"))]
    assert {"record-view-histogram", "record-view-total", "record-view-by"} <= set(views)
    assert [name for name in views if "volume" in columns[name]] == []
    assert columns["file-download-histogram"] == ("date", "count", "unique_count", "volume")
    assert ask(store, "record-view-total", resource="record:r1")["total"]["volume"] == 0
