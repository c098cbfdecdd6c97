"""Events that meet each other, and what the system says of them compared with the model."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.golden.case import all_differences, read_pipeline
from tests.model import count
from tests.model.country import shipped_country
from tests.system import System

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
AGENTS = (FIREFOX, FIREFOX, "Wget/1.21.4", "Mozilla/5.0 (compatible; Googlebot/2.1)")
START = datetime(2024, 2, 28, 23, 50, tzinfo=timezone.utc)
SHOWN = 30


def make_events(chance: random.Random, number: int) -> list[dict[str, Any]]:
    """Visits of few people to few things around a midnight, so that clicks meet."""
    events = []
    for n in range(number):
        moment = START + timedelta(seconds=chance.choice((0, 600, 87_000)) + chance.randrange(900))
        thing = chance.randrange(8)
        kind = chance.choice(("record-view", "file-download"))
        events.append(
            {
                "type": kind,
                "id": f"{chance.randrange(10**9):09d}-{n}",
                "timestamp": moment.isoformat(),
                "resource": f"record:r{thing}" if kind == "record-view" else f"file:f{thing}",
                "parents": [f"concept:p{thing % 3}", "community:c"],
                "user_id": f"u{chance.randrange(6)}",
                "user_agent": chance.choice(AGENTS),
                "size": chance.randrange(1000),
            }
        )
    return events


def assert_equals_model(pipeline: System, events: Iterable[dict[str, Any]]) -> None:
    """Daily documents, the COUNTER family, totals and users: every number is the model's."""
    expected = count(events, country=shipped_country)
    assert expected.totals["site:all"]["views"], "the model counts nothing"
    lines = all_differences(expected, read_pipeline(pipeline))
    assert not lines, "\n".join([f"{len(lines)} differences:", *lines[:SHOWN]])
