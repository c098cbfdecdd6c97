"""The seeded stream of events that is measured.

Goes out: the same events for the same number and country database; about two weeks of a
repository of 2,000 records, popular and quiet, with robots, scripts and double clicks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from stats.demo.traffic import Traffic, make_traffic
from stats.events.geo import GeoReader

DAYS = 14
LAST_DAY = date(2024, 5, 28)
RECORDS = 2_000
SEED = 5
ONE_LATE_OF = 50
"""One event in so many comes after the others were counted."""
TYPES = ("record-view", "file-download")


def make_stream(events: int) -> Iterator[dict[str, Any]]:
    """Yield ``events`` events (``docs/contracts.md#event``), day after day."""
    # A visit is more than one event and weekends are quiet: twice the days are enough.
    traffic = Traffic(LAST_DAY, 2 * DAYS, visits=events // DAYS + 1, seed=SEED, records=RECORDS)
    used = (event for event in make_traffic(traffic, GeoReader().find) if event["type"] in TYPES)
    return islice(used, events)


def write_parts(events: int, *, parts: int, folder: Path) -> list[Path]:
    """Write the stream as NDJSON, in ``parts`` files of about one size, in its order."""
    stream = make_stream(events)
    paths = []
    for number in range(parts):
        size = events * (number + 1) // parts - events * number // parts
        path = folder / f"part-{number}.ndjson"
        with path.open("wb") as file:
            file.writelines(orjson.dumps(event) + b"\n" for event in islice(stream, size))
        paths.append(path)
    return paths


def set_aside(paths: Sequence[Path], late: Path) -> Path:
    """Move every fiftieth event of the parts to a part of its own."""
    with late.open("wb") as file:
        for path in paths:
            lines = path.read_bytes().splitlines(keepends=True)
            file.writelines(lines[::ONE_LATE_OF])
            del lines[::ONE_LATE_OF]
            path.write_bytes(b"".join(lines))
    return late


def read_part(path: Path) -> list[dict[str, Any]]:
    """Return the events of a part."""
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]
