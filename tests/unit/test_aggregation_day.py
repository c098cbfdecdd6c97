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
from stats.aggregations.seen_events import build_known, is_same
from stats.aggregations.types import daily
from stats.counting_rules import PARTITIONS
from stats.events.catalogue import FILE_DOWNLOAD, RECORD_CREATED, RECORD_VIEW
from stats.events.enrichment import Enrichment
from stats.events.raw_document import build_raw
from stats.events.types import Event, EventType
from stats.kinds.declared import build_kinds
from stats.stores.counted_days import NOTHING_KNOWN, KnownEvents
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
    found: dict[EventType, list[dict[str, Any]]],
    limit: int = 10_000,
    page: int = 10_000,
    since: str = "",
    known: KnownEvents = NOTHING_KNOWN,
) -> DayNumbers:
    counter = DayCounter(
        AGGREGATIONS.values(),
        kinds=build_kinds(),
        day_end=NEXT_DAY,
        since=since,
        per_user=True,
        known=known,
    )
    total = sum(len(one) for one in found.values())
    for first, end in slices(total, limit):
        counter.add_slice(
            (AGGREGATIONS[event_type], hits)
            for event_type, one in found.items()
            for hits in pages(of_slice(one, first, end), page)
        )
    return counter.finish()


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


@pytest.mark.parametrize("seed", range(5))
def test_what_known_events_touch_is_not_written_again(seed: int) -> None:
    found = hits(seed)
    early = {t: one[:-2] for t, one in found.items()}
    late = {t: at(one[-2:], "2024-03-07T00:01:00.001Z") for t, one in found.items()}
    both = {t: early[t] + late[t] for t in found}
    first = count(early)
    known = build_known(first.seen)
    assert documents(count(early, known=known, limit=37, page=7), whole=False) == {}
    written = documents(count(both, known=known, limit=37, page=7), whole=False)
    after, before = documents(count(both)), documents(first)
    assert {key: body for key, body in (before | written).items() if body is not None} == after
    assert len(written) < len(after)


def moved(number: int, event_type: EventType, time: int, *parents: str) -> dict[str, Any]:
    made = Event(
        event_type,
        f"m{number}",
        day_start_ms(DAY) + time,
        "record:moved",
        parents=parents,
        session_id="s",
        user_agent=AGENTS[2],
    )
    raw = build_raw(made, enrichment=ENRICHMENT)
    return {"_source": {**raw.source, "indexed_at": f"2024-03-07T00:0{number}:00.000Z"}}


@pytest.mark.parametrize("parents", [(), ("community:new",), ("community:new", "community:old")])
def test_where_a_resource_is_in_changes_its_documents_of_other_types(parents: tuple) -> None:
    early = {
        RECORD_VIEW: [moved(1, RECORD_VIEW, 0, "community:old")],
        FILE_DOWNLOAD: [moved(2, FILE_DOWNLOAD, 0)],
    }
    both = early | {RECORD_VIEW: [*early[RECORD_VIEW], moved(3, RECORD_VIEW, 5_000, *parents)]}
    first = count(early)
    written = documents(count(both, known=build_known(first.seen)), whole=False)
    found, right = documents(first) | written, documents(count(both))
    assert {k: v for k, v in found.items() if v} == {k: v for k, v in right.items() if v}


def test_an_event_that_became_visible_late_is_not_taken_for_known() -> None:
    found = hits(7)
    hidden = found[RECORD_VIEW][100]
    early = {t: [hit for hit in one if hit is not hidden] for t, one in found.items()}
    known = build_known(count(early).seen)
    written = documents(count(found, known=known), whole=False)
    assert documents(count(early)) | written == documents(count(found))
    assert documents(count(early)) != documents(count(found))


def test_other_events_of_the_same_number_are_not_taken_for_known() -> None:
    found = hits(8)
    known = build_known(count({t: one[1:] for t, one in found.items()}).seen)
    assert documents(count({t: one[:-1] for t, one in found.items()}, known=known), whole=False)


def test_nothing_is_known_of_a_day_that_was_not_counted() -> None:
    found = hits(9, count=50)
    assert documents(count(found), whole=False) == documents(count(found))
    assert not is_same({}, NOTHING_KNOWN)


def at(found: list[dict[str, Any]], indexed_at: str) -> list[dict[str, Any]]:
    return [{"_source": hit["_source"] | {"indexed_at": indexed_at}} for hit in found]


def test_slices_cover_all_partitions_once() -> None:
    for events, limit in ((0, 10), (9, 10), (1_000, 7), (10**9, 1)):
        covered = [p for first, end in slices(events, limit) for p in range(first, end)]
        assert covered == list(range(PARTITIONS))
