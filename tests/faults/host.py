"""A host application to be hurt: emits events, and says which it may forget.

python -m tests.faults.host BROKER SPOOL NAME COUNT [MOST_BYTES_OF_A_FILE]

Prints the id of each event once ``emit`` said that it is in the queue or the spool, and
``slowest SECONDS`` at the end: the call that took longest after the first failure.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from stats.events.catalogue import EVENT_TYPES
from stats.events.publish import run_send
from stats.hosts.emit import Emitter
from stats.hosts.spool import Spool
from stats.stores.queues import EventQueues

TIMEOUT = 1.0
PAUSE = 0.002


def build_emitter(broker: str, spool: Path, *, prefix: str = "host-") -> Emitter:
    """Return an emitter as a host application makes it."""
    types = {event_type.name: event_type for event_type in EVENT_TYPES}
    queues = EventQueues(broker, prefix=prefix, type_names=types, timeout=TIMEOUT)
    return Emitter(
        lambda events: run_send(events, queues=queues),
        types=types,
        spool=Spool(spool, max_bytes=10_000_000),
        probe=queues.ping,
    )


def main() -> None:
    broker, spool, name, count, *limit = sys.argv[1:]
    if limit:  # as a full disk does
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit[0]), int(limit[0])))
    emitter = build_emitter(broker, Path(spool))
    slowest, has_failed = 0.0, False
    for number in range(int(count)):
        event = {"type": "record-view", "resource": "record:r1", "id": f"{name}-{number}"}
        began = time.monotonic()
        is_safe = emitter.emit(event)
        if has_failed:
            slowest = max(slowest, time.monotonic() - began)
        has_failed = emitter.counts["spooled"] + emitter.counts["lost"] > 0
        if is_safe:
            print(event["id"], flush=True)
        time.sleep(PAUSE)
    print("slowest", slowest, flush=True)


if __name__ == "__main__":
    main()
