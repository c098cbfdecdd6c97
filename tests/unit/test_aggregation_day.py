"""Counting a day is the same whatever the slices, the pages and their order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import pytest

from stats.aggregations.count_day import DayCounter, DayNumbers
from stats.aggregations.daily_documents import Snapshot, build_documents
from stats.aggregations.read_day import slices
from stats.aggregations.types import daily
from stats.counting_rules import PARTITIONS
from stats.events.catalogue import FILE_DOWNLOAD, RECORD_CREATED, RECORD_VIEW
from stats.events.enrichment import Enrichment
from stats.events.raw_document import build_raw
from stats.events.types import Event, EventType
from stats.kinds.declared import build_kinds
from stats.times import DAY_MS, day_start_ms

DAY = date(2024, 3, 5)
NEXT_DAY = "2024-03-06T00:00:00.000Z"
AGGREGATIONS = {t: daily(t) for t in (RECORD_VIEW, FILE_DOWNLOAD, RECORD_CREATED)}
ENRICHMENT = Enrichment(salt_of=lambda day: day.to_bytes(32, "big"), find_place=lambda _ip: {})
AGENTS = (None, "Wget/1.21", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0", "bot")

INSIDE: tuple[tuple[str, ...], ...] = ((), (), ("dataset:1",), ("dataset:1", "record:9"))


def event(random: Random, number: int, event_type: EventType) -> Event:
    record = random.randint(1, 4)
    return Event(
        event_type,
        f"e{number:05}",
        day_start_ms(DAY) + int(random.triangular(0, DAY_MS + 29_999, DAY_MS)),
        random.choice((f"record:{record}", f"record:{record}", "dataset:1", "file:alone")),
        parents=(f"community:{random.randint(1, 2)}", *random.choice(INSIDE)),
        owner_id=random.choice((None, f"o{record}")),
        size=random.choice((None, 10)),
        user_id=random.choice((None, "u1", "u2")),
        session_id=random.choice((None, "s1", "s2", "s3")),
        ip_address="192.0.2.1",
        user_agent=random.choice(AGENTS),
        referrer=f"https://{random.randint(1, 150)}.example/",
        via=random.choice(("ui", "ui", "api", "extractor")),
        value=random.choice((None, 2.5, 7.0)),
    )


def hits(seed: int, count: int = 600) -> dict[EventType, list[dict[str, Any]]]:
    random = Random(seed)
    found: dict[EventType, list[dict[str, Any]]] = {t: [] for t in AGGREGATIONS}
    for number in range(count):
        event_type = random.choice(list(AGGREGATIONS))
        raw = build_raw(event(random, number, event_type), enrichment=ENRICHMENT)
        found[event_type].append(
            {"_source": {**raw.source, "indexed_at": f"2024-03-07T00:00:{number % 60:02}.000Z"}}
        )
    return found


def of_slice(found: list[dict[str, Any]], first: int, end: int) -> list[dict[str, Any]]:
    def partition(hit: dict[str, Any]) -> int:
        source = hit["_source"]
        head = source["timestamp"] >= NEXT_DAY
        return int(source["head_partition" if head else "partition"])

    return [hit for hit in found if first <= partition(hit) < end]


def count(
    found: dict[EventType, list[dict[str, Any]]], limit: int, page: int, since: str = ""
) -> DayNumbers:
    counter = DayCounter(
        AGGREGATIONS.values(), kinds=build_kinds(), day_end=NEXT_DAY, since=since, per_user=True
    )
    total = sum(len(one) for one in found.values())
    for first, end in slices(total, limit):
        counter.add_slice(
            {
                AGGREGATIONS[event_type]: pages(of_slice(one, first, end), page)
                for event_type, one in found.items()
            }
        )
    return counter.numbers


def pages(found: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]


def documents(numbers: DayNumbers, *, whole: bool = True) -> dict[tuple[str, str], Any]:
    snapshot = Snapshot(DAY, 1)
    built = build_documents(numbers, snapshot, whole=whole)
    return {(one.family, one.id): one.body for one in built}


@pytest.mark.parametrize("seed", range(5))
def test_slices_pages_and_order_change_nothing(seed: int) -> None:
    found = hits(seed)
    right = documents(count(found, limit=10_000, page=10_000))
    assert len(right) > 20
    shuffled = {t: Random(seed).sample(one, len(one)) for t, one in found.items()}
    assert documents(count(shuffled, limit=10_000, page=7)) == right
    assert documents(count(found, limit=37, page=10_000)) == right
    assert documents(count(found, limit=1, page=1)) == right


def test_only_what_new_events_touch_is_written() -> None:
    found = hits(6)
    whole = documents(count(found, limit=10_000, page=10_000))
    since = "2024-03-07T00:00:59.000Z"
    touched = documents(count(found, limit=10_000, page=10_000, since=since), whole=False)
    assert 0 < len(touched) < len(whole)
    assert all(whole[key] == body for key, body in touched.items())
    assert documents(count(found, 10_000, 10_000, since="2025"), whole=False) == {}


def test_slices_cover_all_partitions_once() -> None:
    for events, limit in ((0, 10), (9, 10), (1_000, 7), (10**9, 1)):
        covered = [p for first, end in slices(events, limit) for p in range(first, end)]
        assert covered == list(range(PARTITIONS))
