"""``stats bench`` as a command of its own, on the engines of the tests."""

from __future__ import annotations

import os
import subprocess
import sys

from stats.engines import Addresses

SECONDS = 400


def run_bench(engines: Addresses, *options: str) -> list[str]:
    """Run the benchmark of 1,000 events; return the lines that it prints."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("STATS_")}
    main = "from stats.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", main, "bench", "--events", "1000", *options],
        env=outside | engines.as_env(),
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
