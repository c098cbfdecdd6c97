"""A worker to be killed, on the engines and settings of its environment.

python -m tests.faults.worker                      process and aggregate for ever
python -m tests.faults.worker --only aggregate     the one for ever
python -m tests.faults.worker --once               both once
python -m tests.faults.worker --die before search.bulk 2
                                                   once, up to the second call of a store
python -m tests.faults.worker --sleep after bookmarks.ticket 1 8
                                                   for ever, and takes 8 seconds over one call
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from stats.errors import StoreUnavailable
from stats.ext import StatsState
from stats.setting_sources import load_settings
from stats.stores.queues import EventConsumer

JOBS = ("process", "aggregate")


def die() -> None:
    """End like a process that the system kills: no handler runs, nothing is sent or flushed."""
    os.kill(os.getpid(), signal.SIGKILL)


def act_at(
    state: StatsState, moment: str, call: str, *, number: int, act: Callable[[], None]
) -> None:
    """Do something right before or after the call ``number`` (from 1) of a store's method."""
    store, method = call.split(".")
    holder: Any = EventConsumer if store == "consumer" else getattr(state.stores, store)
    original = getattr(holder, method)
    calls = 0

    def watched(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number and moment == "before":
            act()
        result = original(*args, **kwargs)
        if calls == number and moment == "after":
            act()
        return result

    setattr(holder, method, watched)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=JOBS)
    parser.add_argument("--die", nargs=3, metavar=("before|after", "STORE.METHOD", "N"))
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--sleep", nargs=4, metavar=("before|after", "STORE.METHOD", "N", "S"))
    return parser.parse_args()


def sleep_for(seconds: float) -> None:
    """Take long, and say so."""
    print("sleeping", flush=True)
    time.sleep(seconds)


def main() -> None:
    arguments = read_arguments()
    state = StatsState(load_settings({}, os.environ))
    jobs: list[Callable[[], Any]] = [
        getattr(state, job) for job in JOBS if arguments.only in (None, job)
    ]
    if arguments.die:
        moment, call, number = arguments.die
        act_at(state, moment, call, number=int(number), act=die)
    if arguments.sleep:
        moment, call, number, seconds = arguments.sleep
        act_at(state, moment, call, number=int(number), act=lambda: sleep_for(float(seconds)))
    print("working", flush=True)
    while True:
        for job in jobs:
            with suppress(StoreUnavailable):  # as Celery does: a shard may be starting
                job()
        if arguments.die or arguments.once:
            state.flush_counters(at_once=True)
            break


if __name__ == "__main__":
    main()
