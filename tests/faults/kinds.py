"""The kinds of faults of the suite: a line each, with how often it is drawn among the others."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from stats import engines
from stats.engines.folder import Folder
from tests.faults import people
from tests.faults.place import BROKER, INDEX_ENGINE, LEASE, MONGO, Place
from tests.faults.proxy import Mode

GONE_SECONDS = 60.0
JOB_SECONDS = 5.0
POISON = [b"\x00 no JSON", b'{"type":"record-view"}', b"[[[["]

Fault = Callable[[Place], bool]
"""Injects one fault; returns whether it met something."""


def kill(name: str) -> Fault:
    return lambda place: place.crowd.kill(name)


def stand_still(name: str) -> Fault:
    """SIGSTOP for longer than a lease, then SIGCONT."""

    def inject(place: Place) -> bool:
        pid = place.crowd.pid(name)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(LEASE + place.chance.random())
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        return True

    return inject


def cut(engine: str) -> Fault:
    def inject(place: Place) -> bool:
        place.proxies[engine].cut()
        return True

    return inject


def trouble(engine: str, mode: Mode, seconds: float) -> Fault:
    def inject(place: Place) -> bool:
        proxy = place.proxies[engine]
        proxy.mode = mode
        time.sleep(seconds * place.chance.random())
        proxy.mode = "through"
        if mode == "half-open":
            proxy.cut()
        return True

    return inject


def gone(engine: str) -> Fault:
    """An engine that nobody reaches, for longer than anything waits for it."""

    def inject(place: Place) -> bool:
        proxy = place.proxies[engine]
        proxy.mode = "refuse"
        proxy.cut()
        time.sleep(GONE_SECONDS)
        proxy.mode = "through"
        return True

    return inject


def kill_engine(engine: str) -> Fault:
    def inject(place: Place) -> bool:
        if engine == BROKER and place.node is not None:
            place.node.kill()
            place.node.start()
            return True
        process = Folder(place.data).process(engine)
        if process is None:
            return False
        os.kill(process.pid, signal.SIGKILL)
        while Folder(place.data).process(engine) is not None:
            time.sleep(0.01)
        engines.start(place.data, attached=True, usual_ports=False, report=lambda line: None)
        return True

    return inject


def alarm(kind: str) -> Fault:
    def inject(place: Place) -> bool:
        if place.node is None:
            return False
        with place.node.alarm(kind):
            time.sleep(2 * place.chance.random())
        return True

    return inject


def block(name: str) -> Fault:
    """Indices that take no writes for a while: by hand, or as on a full disk."""

    def inject(place: Place) -> bool:
        search = place.state.stores.search
        found = search.indices(f"{search.prefix}*")
        if not found:
            return False
        index = place.chance.choice(sorted(found))
        path = f"/{index}/_settings"
        search._ask("PUT", path, {f"index.blocks.{name}": True})
        time.sleep(place.chance.random())
        search._ask("PUT", path, {f"index.blocks.{name}": None})
        return True

    return inject


def delete_daily_index(place: Place) -> bool:
    search = place.state.stores.search
    families = [*(a.family for a in place.state.aggregations), "usage"]
    found = [name for family in families for name in search.members(search.daily(family))]
    if not found:
        return False
    search.delete_index(place.chance.choice(sorted(found)))
    return True


def publish_again(place: Place) -> bool:
    """Messages that come twice, and in another order."""
    known = place.published
    if not known:
        return False
    place.state.publish(place.chance.choices(known, k=20))
    return True


def poison(place: Place) -> bool:
    place.state.stores.queues.publish("record-view", [place.chance.choice(POISON)])
    return True


def job_that_is_killed(job: Callable[..., None], *arguments: Any) -> Fault:
    def inject(place: Place) -> bool:
        place.crowd.start("job", job, *arguments)
        time.sleep(place.chance.random())
        met = place.crowd.pid("job") is not None and not place.crowd.is_done("job")
        place.crowd.end("job")
        return met

    return inject


def kill_web_process(place: Place) -> bool:
    """Of a server of several processes: one that serves, or the one that starts them."""
    master = place.crowd.pid("web")
    children = Path(f"/proc/{master}/task/{master}/children")
    serving = children.read_text().split() if children.exists() else []
    victim = place.chance.randrange(len(serving) + 1)
    if victim == len(serving):
        return place.crowd.kill("web")
    with suppress(ProcessLookupError):
        os.kill(int(serving[victim]), signal.SIGKILL)
    return True


def dies(place: Place, job: Callable[..., None], *arguments: Any) -> bool:
    """Start a job that kills itself at some point; False when it ended before, or hung."""
    place.crowd.start("job", job, *arguments)
    exit_code = place.crowd.wait("job", JOB_SECONDS)
    place.crowd.end("job")
    return exit_code == -signal.SIGKILL


IMPORTING = [
    "after imports.begin",
    "after imports.note_days",
    "before queues.publish",
    "after queues.publish",
    "before imports.finish",
]


def importer_dies(place: Place) -> bool:
    """An import, of a log that may have been begun before."""
    log = place.chance.choice(place.logs.kept)
    log.is_begun = True
    return dies(place, people.import_log, *log.arguments, place.chance.choice(IMPORTING))


WITHDRAWING = [
    "after imports.withdraw",
    "after imports.note_withdrawn_days",
    "after day_claims.mark_days",
    "before search.bulk",
    "after search.bulk",
    "before counted_days.accept",
    "before day_claims.finish_day",
    "before imports.finish_withdrawal",
]


def withdrawal_dies(place: Place) -> bool:
    """The withdrawal of an import, which may have been begun before.

    It does not wait until requests of others are visible, and so never gets to its end.
    """
    log = place.chance.choice(place.logs.withdrawn)
    if not log.is_begun:
        log.run_import(place.state)
    return dies(place, people.withdraw, log.import_id, place.chance.choice(WITHDRAWING))


DAYS = ["2024-02-28", "2024-02-29"]

KINDS: dict[str, tuple[int, Fault]] = {
    "processing worker killed": (12, kill("process")),
    "aggregating worker killed": (12, kill("aggregate")),
    "second aggregating worker killed": (6, kill("aggregate-too")),
    "publisher killed": (8, kill("publish")),
    "publisher over HTTP killed": (4, kill("post")),
    "web process killed": (8, kill_web_process),
    "Celery worker killed": (6, kill("celery")),
    "beat killed": (4, kill("beat")),
    "importer killed": (6, importer_dies),
    "withdrawal killed": (4, withdrawal_dies),
    "worker with a clock an hour off killed": (4, kill("elsewhen")),
    "processing worker stands still for longer than a lease": (1, stand_still("process")),
    "aggregating worker stands still for longer than a lease": (1, stand_still("aggregate")),
    "connections to the broker cut": (12, cut(BROKER)),
    "connections to the search engine cut": (12, cut(INDEX_ENGINE)),
    "connections to MongoDB cut": (12, cut(MONGO)),
    "half-open connections to the broker": (2, trouble(BROKER, "half-open", 3)),
    "half-open connections to the search engine": (2, trouble(INDEX_ENGINE, "half-open", 3)),
    "half-open connections to MongoDB": (2, trouble(MONGO, "half-open", 3)),
    "search engine answers slowly": (3, trouble(INDEX_ENGINE, "slow", 2)),
    "MongoDB answers slowly": (3, trouble(MONGO, "slow", 2)),
    "search engine answers 503": (6, trouble(INDEX_ENGINE, "busy", 1)),
    "search engine answers 429": (6, trouble(INDEX_ENGINE, "overloaded", 1)),
    "broker refuses connections": (4, trouble(BROKER, "refuse", 1)),
    "MongoDB refuses connections": (4, trouble(MONGO, "refuse", 1)),
    "index read-only by hand": (4, block("write")),
    "index read-only as on a full disk": (4, block("read_only_allow_delete")),
    "daily index deleted": (2, delete_daily_index),
    "messages twice and out of order": (6, publish_again),
    "poison between good messages": (4, poison),
    "recount killed": (4, job_that_is_killed(people.redo, DAYS)),
    "retention killed": (3, job_that_is_killed(people.retention)),
    "erasure killed": (3, job_that_is_killed(people.erase)),
    "re-flagging killed": (3, job_that_is_killed(people.reflag)),
    "broker in a memory alarm": (1, alarm("memory")),
}
ENGINE_KILLS: dict[str, Fault] = {
    "broker killed": kill_engine(BROKER),
    "search engine killed": kill_engine(INDEX_ENGINE),
    "MongoDB killed": kill_engine(MONGO),
    "MongoDB gone for a minute": gone(MONGO),
}
ENGINE_KILL_EVERY = 60.0
"""Seconds: an engine needs some of them to start."""
