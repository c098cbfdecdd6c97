"""Print which files of the package one event goes through, by stage, and how many calls between.

    env $(stats engines start) python -m tools.walk

On the engines of ``STATS_*_URL``, under names of its own that are deleted afterwards. A file
is on the walk when a function of it is called; a hop is a pair of files of which one calls the
other. The event is a double click, so that the filter is on the walk.
``docs/architecture.md#the-walk-of-one-event`` has the files that matter, and a test compares them.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from stats.engines import Addresses
from stats.engines.namespace import clean_up, fresh_namespace
from stats.ext import EXTENSION
from stats.service import create_app
from stats.times import iso_ms, utc_now

PACKAGE = f"{Path(create_app.__code__.co_filename).parent}{os.sep}"
EVENT = {
    "type": "record-view",
    "resource": "record:r1",
    "parents": ["community:c1"],
    "ip_address": "192.0.2.1",
    "user_agent": "Mozilla/5.0 (X11; Linux) Firefox/128.0",
    "referrer": "https://example.org/",
    "user_id": "u1",
}
ASKED = (
    "/api/stats/totals/record:r1",
    "/api/stats/record-view-histogram?resource=record:r1",
    "/widgets/record:r1",
)


class Walk:
    """The files and the hops of each stage."""

    def __init__(self) -> None:
        self.files: dict[str, set[str]] = {}
        self.hops: dict[str, set[tuple[str, str]]] = {}
        self._stage = ""

    def run(self, stage: str, work: Callable[[], Any]) -> None:
        """Do the work of a stage, and note what is called in all threads."""
        self._stage = stage
        self.files[stage], self.hops[stage] = set(), set()
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        name = _name(frame) if event == "call" else None
        if name is None:
            return
        self.files[self._stage].add(name)
        caller = frame.f_back
        while caller is not None and _name(caller) is None:
            caller = caller.f_back
        before = caller and _name(caller)
        if before and before != name:
            self.hops[self._stage].add((before, name))


def _name(frame: FrameType) -> str | None:
    path = frame.f_code.co_filename
    return path.removeprefix(PACKAGE) if path.startswith(PACKAGE) else None


def walk_event() -> Walk:
    """Send one event through everything and return its walk."""
    found = Walk()
    names = fresh_namespace(
        Addresses(
            elasticsearch=os.environ.get("STATS_ELASTICSEARCH_URL"),
            broker=os.environ.get("STATS_BROKER_URL"),
            mongo=os.environ.get("STATS_MONGO_URL"),
        )
    )
    app = create_app(names.as_config())
    state = app.extensions[EXTENSION]
    names.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    try:
        state.init()
        event = {**EVENT, "timestamp": iso_ms(utc_now())}
        found.run("publish", lambda: state.publish([event, event]))
        found.run("process", lambda: state.process([EVENT["type"]]))
        found.run("aggregate", state.aggregate)
        client = app.test_client()
        found.run("answer", lambda: [client.get(path) for path in ASKED])
        assert client.get(ASKED[0]).get_json()["views"] == 1
    finally:
        clean_up(names)
    return found


def main() -> None:
    """Print the walk."""
    walk = walk_event()
    for stage, files in walk.files.items():
        print(f"{stage}: {len(files)} files, {len(walk.hops[stage])} hops")
        print("\n".join(f"    {name}" for name in sorted(files)))
    files = set().union(*walk.files.values())
    print(f"all: {len(files)} files, {len(set().union(*walk.hops.values()))} hops")


if __name__ == "__main__":
    main()
