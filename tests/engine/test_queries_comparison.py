"""Change, asked of real indices and compared with the daily numbers it is made of."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from stats.engines import Addresses
from stats.engines.namespace import clean_up, fresh_namespace
from stats.kinds.declared import build_kinds
from stats.queries.answers import columns_of, list_rows
from stats.queries.catalogue import build_catalogue, resolve_params, run_query
from stats.queries.types import Sources
from stats.stores.search import SearchStore
from stats.times import UTC
from tests.engine.daily import AGGREGATIONS, document, open_store, write

COUNTED = datetime(2025, 3, 14, 11, tzinfo=UTC)
KINDS = build_kinds()
QUERIES = build_catalogue(AGGREGATIONS)
FIRST = date(2024, 1, 20)
LAST = date(2025, 3, 14)
DAYS = [FIRST + timedelta(days=step) for step in range((LAST - FIRST).days + 1)]
RECORDS = [f"record:r{number}" for number in range(12)]
OWNED = ["record:r3", "record:r5", "record:r7"]
COUNTRIES = ("CH", "DE", "FR")


class NoTitles:
    def read(self, refs: Any) -> dict[str, dict[str, Any]]:
        return {}

    def list_owned(self, user: str) -> list[str]:
        return OWNED


def make_numbers() -> dict[tuple[str, date], dict[str, int]]:
    """Return views by country of each record and day; some records are gone, or come late."""
    chance = random.Random(17)
    numbers = {}
    for position, ref in enumerate(RECORDS):
        for one in DAYS:
            alive = not (position == 3 and one > date(2025, 2, 1)) and position < 11
            grown = 1 + position * (one - FIRST).days // 200
            if alive and chance.random() < 0.6:
                shares = {country: chance.randrange(0, 3 + grown) for country in COUNTRIES}
                numbers[ref, one] = {country: count for country, count in shares.items() if count}
    return numbers


NUMBERS = make_numbers()


@pytest.fixture(scope="module")
def store(stats_engines: Addresses) -> Iterator[SearchStore]:
    namespace = fresh_namespace(stats_engines)
    opened = open_store(namespace)
    write(
        opened,
        [
            document(
                "record-view",
                one.isoformat(),
                ref,
                count=sum(shares.values()),
                unique_count=len(shares),
                parents=["community:c"],
                breakdown={"country": [[key, n, 1, 0] for key, n in shares.items()]},
            )
            for (ref, one), shares in NUMBERS.items()
            if shares
        ]
        + [document("record-view", FIRST.isoformat(), "user:u5", count=1)],
    )
    yield opened
    opened.close()
    clean_up(namespace)


def ask(store: SearchStore, name: str, **given: object) -> dict[str, Any]:
    renamed = {key.rstrip("_"): value for key, value in given.items()}
    params = resolve_params(QUERIES[name], renamed, now=COUNTED, kinds=KINDS)
    sources = Sources(store, NoTitles())
    return run_query(QUERIES[name], params, sources=sources, counted_until=COUNTED)


def views(ref: str, first: date, last: date, country: str | None = None) -> int:
    """Add the daily numbers up."""
    return sum(
        sum(n for key, n in shares.items() if country in (None, key))
        for (one, day), shares in NUMBERS.items()
        if one == ref and first <= day <= last
    )


def expected(now: int, then: int) -> dict[str, Any]:
    small = then < 10
    percent = None if small else round(100 * (now - then) / then, 1)
    reason = "basis_too_small" if small else None
    return {
        "compared_count": now,
        "basis_count": then,
        "change_count": now - then,
        "percent_count": percent,
        "reason": reason,
    }


def change(row: dict[str, Any], metric: str = "count") -> dict[str, Any]:
    names = [f"{part}_{metric}" for part in ("compared", "basis", "change", "percent")]
    return {name.replace(metric, "count"): row[name] for name in names} | {"reason": row["reason"]}


def test_a_total_says_its_change_over_the_days_that_are_over(store: SearchStore) -> None:
    given = {"resource": "record:r5", "from_": "2025-03-05", "to": "2025-03-14"}
    answer = ask(store, "record-view-total", **given, compare="previous")
    assert answer["total"]["count"] == views("record:r5", date(2025, 3, 5), date(2025, 3, 14))
    now = views("record:r5", date(2025, 3, 5), date(2025, 3, 13))
    then = views("record:r5", date(2025, 2, 23), date(2025, 3, 3))
    assert change(answer["total"]) == expected(now, then)
    assert answer["comparison"] == {
        "from": "2025-03-05",
        "to": "2025-03-13",
        "basis_from": "2025-02-23",
        "basis_to": "2025-03-03",
        "first_data": min(day for ref, day in NUMBERS if ref == "record:r5").isoformat(),
        "reason": None,
    }
    assert "comparison" not in ask(store, "record-view-total", **given)


@pytest.mark.parametrize("interval", ["day", "week", "month", "quarter"])
@pytest.mark.parametrize("compare", ["previous", "year"])
def test_a_history_says_the_change_of_each_interval(
    store: SearchStore, interval: str, compare: str
) -> None:
    window = (date(2025, 2, 5), date(2025, 3, 14))
    answer = ask(
        store,
        "record-view-histogram",
        resource="record:r7",
        from_=window[0].isoformat(),
        to=window[1].isoformat(),
        interval=interval,
        compare=compare,
    )

    def before(day: date) -> date:
        return day - timedelta(days=38) if compare == "previous" else day.replace(year=2024)

    starts = [date.fromisoformat(row["date"]) for row in answer["buckets"]]
    for start, row in zip(starts, answer["buckets"], strict=True):
        following = [one for one in starts if one > start]
        end = following[0] - timedelta(days=1) if following else window[1]
        first, last = max(start, window[0]), min(end, date(2025, 3, 13))
        if first > last:
            assert row["reason"] == "no_whole_day" and row["basis_count"] is None
            continue
        now = views("record:r7", first, last)
        then_last = date(2024, 2, 29) if before(last) == date(2024, 2, 28) else before(last)
        assert change(row) == expected(now, views("record:r7", before(first), then_last)), start
    compared = [row for row in answer["buckets"] if row["basis_count"] is not None]
    for part in ("compared_count", "basis_count", "change_count"):
        assert answer["total"][part] == sum(row[part] for row in compared)


def test_a_breakdown_says_the_change_of_each_value(store: SearchStore) -> None:
    answer = ask(
        store,
        "record-view-by",
        resource="record:r9",
        breakdown="country",
        window="last-month",
        size=2,
        compare="previous",
    )
    assert len(answer["buckets"]) == 2
    now = (date(2025, 2, 1), date(2025, 2, 28))
    then = (date(2025, 1, 4), date(2025, 1, 31))
    for row in answer["buckets"]:
        counts = (views("record:r9", *days, row["key"]) for days in (now, then))
        assert change(row) == expected(*counts)
    assert change(answer["total"]) == expected(*(views("record:r9", *d) for d in (now, then)))


@pytest.mark.parametrize("name", ["record-view-top", "top"])
@pytest.mark.parametrize("within", [None, "community:c", "user:u5"])
def test_a_ranking_by_change_holds_what_moved_most(
    store: SearchStore, name: str, within: str | None
) -> None:
    metric = "value" if name == "top" else "count"
    given = {"window": "last-month", "compare": "previous", "size": 4, "kind": "record"}
    given |= {"within": within} if within else {}
    refs = OWNED if within == "user:u5" else RECORDS
    now = {ref: views(ref, date(2025, 2, 1), date(2025, 2, 28)) for ref in refs}
    then = {ref: views(ref, date(2025, 1, 4), date(2025, 1, 31)) for ref in refs}
    moved = {ref: now[ref] - then[ref] for ref in refs}
    rising = sorted((ref for ref in refs if moved[ref] > 0), key=lambda r: (-moved[r], r))
    falling = sorted((ref for ref in refs if moved[ref] < 0), key=lambda r: (moved[r], r))
    for sort, wanted in (("rising", rising), ("falling", falling)):
        rows = ask(store, name, **given, sort=sort)["buckets"]
        assert [row["resource"] for row in rows] == wanted[:4]
        for row in rows:
            assert change(row, metric) == expected(now[row["resource"]], then[row["resource"]])
    large = [ref for ref in falling if then[ref] >= 10]
    by_ratio = sorted(large, key=lambda ref: (moved[ref] / then[ref], ref))
    rows = ask(store, name, **given, sort="falling_ratio")["buckets"]
    assert [row["resource"] for row in rows] == by_ratio[:4]
    ranked = ask(store, name, **given)["buckets"]
    assert [row["resource"] for row in ranked] == sorted(now, key=lambda r: (-now[r], r))[:4]
    for row in ranked:
        assert change(row, metric) == expected(now[row["resource"]], then[row["resource"]])


def test_a_basis_before_the_first_data_is_null_and_says_so(store: SearchStore) -> None:
    answer = ask(
        store, "record-view-total", resource="record:r5", window="2024", compare="previous"
    )
    assert answer["total"]["count"] == views("record:r5", date(2024, 1, 1), date(2024, 12, 31))
    assert answer["total"]["compared_count"] == answer["total"]["count"]
    assert change(answer["total"])["basis_count"] is None
    assert answer["total"]["reason"] == answer["comparison"]["reason"] == "before_first_data"
    rising = ask(store, "top", window="2024", compare="previous", sort="rising")
    assert (rising["buckets"], rising["comparison"]["reason"]) == ([], "before_first_data")


def test_a_history_of_all_time_begins_with_the_first_data(store: SearchStore) -> None:
    answer = ask(
        store, "record-view-histogram", resource="record:r2", window="all", interval="month"
    )
    first = min(day for ref, day in NUMBERS if ref == "record:r2" and NUMBERS[ref, day])
    assert (answer["from"], answer["to"]) == (first.isoformat(), "2025-03-14")
    assert answer["total"]["count"] == views("record:r2", FIRST, LAST)


def test_the_table_of_an_answer_has_the_columns_of_the_change(store: SearchStore) -> None:
    query = QUERIES["record-view-total"]
    given = {"resource": "record:r5", "window": "last-month"}
    plain = ask(store, query.name, **given)
    assert columns_of(query, plain) == query.columns
    answer = ask(store, query.name, **given, compare="year")
    parts = ("compared", "basis", "change", "percent")
    added = [f"{part}_{name}" for name in ("count", "unique_count") for part in parts]
    assert columns_of(query, answer) == (*query.columns, *added, "reason")
    (row,) = list_rows(query, answer)
    assert {name: row[name] for name in added} == {n: answer["total"][n] for n in added}
