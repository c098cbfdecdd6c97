"""Days whose private fields go in parts, between events that come late: nothing changes by it.

What is kept of people, with the events that still say who did it, makes the same documents
as if nothing had ever been scrubbed. Clicks are so dense here that late ones push kept ones out,
and kept ones push out late ones.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import orjson
import pytest

from stats.aggregations.clicks import Attribution
from stats.aggregations.count_day import DayCounter, DayNumbers
from stats.aggregations.daily_documents import Snapshot, build_documents
from stats.aggregations.read_day import slices
from stats.aggregations.types import Aggregation, daily
from stats.aggregations.users.retained_rows import add_retained, build_rows
from stats.events.catalogue import FILE_DOWNLOAD, RECORD_CREATED, RECORD_VIEW
from stats.events.enrichment import Enrichment
from stats.events.erasure import scrub
from stats.events.raw_document import build_raw
from stats.events.types import Event, EventType
from stats.kinds.declared import build_kinds
from stats.stores.retained_user_rows import NOTHING_RETAINED, RetainedDay
from stats.times import DAY_MS, day_start_ms

DAY = date(2024, 3, 5)
NEXT_DAY = "2024-03-06T00:00:00.000Z"
AGGREGATIONS = {t: daily(t) for t in (RECORD_VIEW, FILE_DOWNLOAD, RECORD_CREATED)}
ENRICHMENT = Enrichment(salt_of=lambda day: day.to_bytes(32, "big"), find_place=lambda _ip: {})
LAST = {"last_viewed", "last_downloaded"}
SOURCES = dict[EventType, list[dict[str, Any]]]


def indexed(minute: int) -> str:
    return f"2024-03-07T00:{minute:02}:00.000Z"


def make_sources(random: Random, *, parents: bool) -> SOURCES:
    """Clicks of the last minutes of a day and the first seconds of the next, indexed in an hour."""
    found: SOURCES = {event_type: [] for event_type in AGGREGATIONS}
    for number in range(300):
        event_type = random.choice(list(AGGREGATIONS))
        record = random.randint(1, 3)
        event = Event(
            event_type,
            f"e{number:05}",
            day_start_ms(DAY)
            + DAY_MS
            - random.choice((3_600_000, 0))
            + random.randint(-400, 30) * 1000,
            f"record:{record}",
            parents=(f"community:{random.randint(1, 2) if parents else record}",),
            owner_id=random.choice((None, "o")) if parents else None,
            size=random.choice((None, 10, 30)),
            user_id=random.choice((None, "u1", "u1", "u2")),
            session_id=random.choice((None, "s1")),
            ip_address="192.0.2.1",
            user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0",
            via=random.choice(("ui", "ui", "api", "extractor")),
        )
        raw = build_raw(event, enrichment=ENRICHMENT)
        found[event_type].append(raw.source | {"indexed_at": indexed(random.randrange(60))})
    return found


def count(
    sources: SOURCES, *, who: Attribution, limit: int, visible: str, since: str = ""
) -> DayNumbers:
    """Count what is visible at a time, a slice of the visitors at a time."""
    counter = DayCounter(
        AGGREGATIONS.values(),
        kinds=build_kinds(),
        day_end=NEXT_DAY,
        since=since,
        per_user=True,
        attribution=who,
    )
    for first, end in slices(300, limit):
        parts: dict[Aggregation, Any] = {}
        for event_type, all_of_type in sources.items():
            hits = [
                {"_source": one}
                for one in all_of_type
                if first <= partition(one) < end and one["indexed_at"] < visible
            ]
            parts[AGGREGATIONS[event_type]] = hits
        counter.add_slice(parts.items())
    return counter.finish()


def partition(source: dict[str, Any]) -> int:
    return int(source["head_partition" if source["timestamp"] >= NEXT_DAY else "partition"])


def keep(
    sources: SOURCES, kept: RetainedDay, *, until: str, limit: int
) -> tuple[SOURCES, RetainedDay]:
    """Do what retention does: keep the rows, then scrub the events of the day itself."""
    who = Attribution(kept.until, until)
    numbers = count(sources, who=who, limit=limit, visible="~", since="~")
    add_retained(kept, numbers, list(AGGREGATIONS.values()))
    rows = orjson.loads(orjson.dumps(build_rows(numbers)))
    scrubbed = {
        event_type: [
            scrub(one) if one["indexed_at"] < until and one["timestamp"] < NEXT_DAY else one
            for one in all_of_type
        ]
        for event_type, all_of_type in sources.items()
    }
    return scrubbed, RetainedDay(kept.generation + 1, until, rows)


def documents(numbers: DayNumbers, *, whole: bool = True) -> dict[Any, Any]:
    built = build_documents(numbers, Snapshot(DAY, 1), whole=whole)
    return {(one.family, one.id): one.body for one in built}


def without_last(found: dict[Any, Any]) -> dict[Any, Any]:
    return {
        key: {name: value for name, value in body.items() if name not in LAST}
        for key, body in found.items()
    }


@pytest.mark.parametrize("limit", [10_000, 7])
@pytest.mark.parametrize("parents", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_the_documents_are_those_of_a_day_that_was_never_scrubbed(
    seed: int, parents: bool, limit: int
) -> None:
    sources = make_sources(Random(seed), parents=parents)
    right = documents(count(sources, who=Attribution(), limit=limit, visible="~"))
    kept = NOTHING_RETAINED
    lost = 0
    for minute in (20, 40):
        sources, kept = keep(sources, kept, until=indexed(minute), limit=limit)
        numbers = count(sources, who=Attribution(kept.until), limit=limit, visible="~")
        lost += len(numbers.retractions)
        add_retained(kept, numbers, list(AGGREGATIONS.values()))
        found = documents(numbers)
        assert without_last(found) == without_last(right)
        assert_last_is_near(found, right)
    assert lost > 5


def assert_last_is_near(found: dict[Any, Any], right: dict[Any, Any]) -> None:
    """The one bound of it: the time of a kept click that was pushed out may stay the last."""
    for key, body in found.items():
        for name in LAST & body.keys():
            assert body[name] >= right[key].get(name, "")


def test_what_a_late_click_pushes_out_is_written() -> None:
    """A count of what is new writes all that differs from what was counted before."""
    sources = make_sources(Random(3), parents=True)
    sources, kept = keep(sources, NOTHING_RETAINED, until=indexed(30), limit=50)
    found = []
    for visible in (indexed(45), "~"):
        numbers = count(sources, who=Attribution(kept.until), limit=50, visible=visible, since="~")
        add_retained(kept, numbers, list(AGGREGATIONS.values()))
        found.append(documents(numbers))
    before, after = found
    numbers = count(sources, who=Attribution(kept.until), limit=50, visible="~", since=indexed(45))
    add_retained(kept, numbers, list(AGGREGATIONS.values()))
    written = documents(numbers, whole=False)
    assert {key: body for key, body in {**before, **written}.items() if body} == after


def test_a_person_who_is_forgotten_keeps_nothing_by_it() -> None:
    """Rows without them stay without them, whatever late click would have been taken from them."""
    sources = make_sources(Random(1), parents=False)
    sources, kept = keep(sources, NOTHING_RETAINED, until=indexed(30), limit=50)
    nobody = RetainedDay(2, kept.until, [row for row in kept.rows if "u1" not in row])
    numbers = count(sources, who=Attribution(kept.until), limit=50, visible="~")
    late = count(sources, who=Attribution(kept.until), limit=50, visible="~")
    assert any(lost.user == "u1" for lost in numbers.retractions)
    add_retained(nobody, numbers, list(AGGREGATIONS.values()))
    of_u1 = {pair: row for pair, row in numbers.users.items() if pair[0] == "u1"}
    assert of_u1 == {pair: row for pair, row in late.users.items() if pair[0] == "u1"}
