"""The demo's traffic: days with a rhythm, popular and quiet records, robots, double clicks.

Goes out: event objects as a host publishes them (``docs/contracts.md#event``), the same for the
same seed, with ids, so that publishing them twice counts them once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate
from math import cos, pi
from random import Random
from typing import Any

from stats.demo.repository import Record, make_records, zipf_weights
from stats.demo.visitors import Visitor, Visitors
from stats.events.enrichment import FindPlace
from stats.times import UTC, iso_ms

EventObject = dict[str, Any]

WEEKEND = 0.55
"""Traffic of a Saturday or Sunday, against that of a working day."""
BUSIEST_HOUR = 14
SHARE_OF_ROBOTS = 0.18
SHARE_OF_MACHINES = 0.06
SHARE_OF_DOUBLE_CLICKS = 0.07
SHARE_OF_DOWNLOADS = 0.35


@dataclass(frozen=True)
class Traffic:
    """How much there is: ``visits`` on a working day, for ``days`` up to ``last_day``."""

    last_day: date
    days: int = 60
    visits: int = 350
    seed: int = 20
    records: int = 60


def make_traffic(traffic: Traffic, find_place: FindPlace) -> Iterator[EventObject]:
    """Yield the events day by day; within a day in no order, as queues give them."""
    random = Random(traffic.seed)
    records = make_records(random, traffic.records)
    visitors = Visitors(random, find_place)
    weights = list(accumulate(zipf_weights(len(records))))
    first = traffic.last_day - timedelta(days=traffic.days - 1)
    for number in range(traffic.days):
        day = first + timedelta(days=number)
        yield from (_created(one, day) for one in records[number :: traffic.days])
        share = WEEKEND if day.weekday() >= 5 else 1.0
        growth = 0.8 + 0.4 * number / traffic.days
        for visit in range(int(traffic.visits * share * growth * random.uniform(0.85, 1.15))):
            record = random.choices(records, cum_weights=weights)[0]
            name = f"demo-{traffic.seed}-{day.isoformat()}-{visit}"
            yield from _visit(random, visitors, record, _moment(random, day), name)


def _created(record: Record, day: date) -> EventObject:
    """Return how a record came: at nine in the morning, from its owner."""
    return {
        "type": "record-created",
        "id": f"demo-created-{record.ref}",
        "timestamp": iso_ms(datetime(day.year, day.month, day.day, 9, tzinfo=UTC)),
        "resource": record.ref,
        **record.describe(),
        "user_id": record.owner_id,
    }


def _visit(
    random: Random, visitors: Visitors, record: Record, moment: datetime, name: str
) -> Iterator[EventObject]:
    """Yield what one visitor does: a page, perhaps a double click, perhaps files."""
    kind = random.random()
    if kind < SHARE_OF_ROBOTS:
        yield _view(record, visitors.robot(), moment, name)
        return
    if kind < SHARE_OF_ROBOTS + SHARE_OF_MACHINES:
        yield from _downloads(random, record, visitors.machine(), moment, f"{name}-m", "api")
        return
    visitor = visitors.person()
    view = _view(record, visitor, moment, name)
    view["referrer"] = visitors.referrer()
    yield view
    if random.random() < SHARE_OF_DOUBLE_CLICKS:
        later = moment + timedelta(seconds=random.uniform(1, 25))
        yield view | {"id": f"{name}-again", "timestamp": iso_ms(later)}
    if random.random() < SHARE_OF_DOWNLOADS:
        later = moment + timedelta(seconds=random.uniform(20, 400))
        yield from _downloads(random, record, visitor, later, name, "ui")


def _view(record: Record, visitor: Visitor, moment: datetime, name: str) -> EventObject:
    return {
        "type": "record-view",
        "id": name,
        "timestamp": iso_ms(moment),
        "resource": record.ref,
        **record.describe(),
        **_actor(visitor),
    }


def _downloads(
    random: Random, record: Record, visitor: Visitor, moment: datetime, name: str, via: str
) -> Iterator[EventObject]:
    for file in random.sample(record.files, random.randint(1, len(record.files))):
        described = record.describe()
        yield {
            "type": "file-download",
            "id": f"{name}-{file.name}",
            "timestamp": iso_ms(moment),
            "resource": file.ref,
            **described,
            "parents": [record.ref, *record.parents],
            "title": f"{file.name} of {record.title}",
            "size": file.size,
            "via": via,
            **_actor(visitor),
        }
        moment += timedelta(seconds=random.uniform(2, 40))


def _actor(visitor: Visitor) -> EventObject:
    actor: EventObject = {"ip_address": visitor.ip_address, "user_agent": visitor.user_agent}
    return actor | ({"user_id": visitor.user_id} if visitor.user_id else {})


def _moment(random: Random, day: date) -> datetime:
    """Draw a time of day: the busiest hour has three times the traffic of the quietest."""
    while True:
        seconds = random.uniform(0, 86_400)
        weight = 2 + cos((seconds / 3600 - BUSIEST_HOUR) * pi / 12)
        if random.uniform(0, 3) < weight:
            return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)
