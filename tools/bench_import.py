"""Compare importing a log with publishing the same events, by the two commands.

    python tools/bench_import.py [--lines 1000000]

Comes in: how many lines. Goes out: for each command the lines a second, the seconds of
processor and the peak of memory (``getrusage``), and the two ratios. Starts engines of its
own in a temporary folder; the log has 40 agents, 40,000 resources and random addresses.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from stats import engines
from stats.bench.importing import MAPPING
from stats.engines.namespace import fresh_namespace
from stats.times import UTC

STATS = (sys.executable, "-c", "from stats.cli import main; main()")
START = datetime(2026, 11, 1, tzinfo=UTC)
APART = timedelta(milliseconds=800)
REFERRER = "https://example.org/x"


class Cost(NamedTuple):
    """Seconds by the clock and of the processor, and the peak of memory in MB."""

    wall: float
    processor: float
    memory: int


def main() -> None:
    """Run both commands and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    lines = parser.parse_args().lines
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_log(folder, lines)
        addresses = engines.start(folder / "engines", attached=True, usual_ports=False)
        try:
            published = run(addresses, "publish", folder / "a.ndjson")
            imported = run(addresses, "import", "--mapping", folder / "map.toml", folder / "a.log")
        finally:
            engines.stop(folder / "engines")
    for command, cost in (("publish", published), ("import", imported)):
        rate = f"{lines / cost.wall:,.0f}/s, {cost.processor:.1f} s of processor"
        print(f"stats events {command}: {rate}, {cost.memory} MB")
    by_clock = published.wall / imported.wall
    by_processor = published.processor / imported.processor
    print(f"speed of importing beside publishing: {by_clock:.2f}, by processor {by_processor:.2f}")


def write_log(folder: Path, lines: int) -> None:
    """Write the log, its mapping, and the same events as NDJSON."""
    (folder / "map.toml").write_text(MAPPING)
    chance = random.Random(1)
    agents = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Firefox/{n}.0" for n in range(100, 140)]
    moment = START
    with (folder / "a.log").open("w") as log, (folder / "a.ndjson").open("w") as events:
        for number in range(lines):
            moment += APART
            kind, type_name = ("record", "record-view") if number % 3 else ("file", "file-download")
            event = {
                "id": f"e{number}",
                "type": type_name,
                "resource": f"{kind}:r{chance.randrange(20_000)}",
                "timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
                "ip_address": f"192.0.{chance.randrange(256)}.{chance.randrange(256)}",
                "user_agent": chance.choice(agents),
                "referrer": REFERRER,
                "size": 512,
            }
            events.write(json.dumps(event) + "\n")
            log.write(
                f"{event['ip_address']} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "
                f'"GET /{type_name}/{event["resource"]} HTTP/1.1" 200 512 '
                f'"{REFERRER}" "{event["user_agent"]}"\n'
            )


def run(addresses: engines.Addresses, *words: str | Path) -> Cost:
    """Run one command of ``stats events`` on names of its own; the one with less memory first."""
    environment = {**os.environ, **fresh_namespace(addresses).as_config()}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([*STATS, "events", *map(str, words)], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.monotonic() - begun, processor, after.ru_maxrss // 1024)


if __name__ == "__main__":
    main()
