"""Faults at random moments, of many kinds, for as long as one likes; then every number is checked.

    ./run-tests.sh --faults SECONDS --seed N

Processes process, aggregate and publish through proxies to engines of the suite's own, while
one fault after the other is injected. In the end everything is mended and drained: each event is
a raw document once, every number is the independent model's, and the audit finds nothing. A
seed repeats the faults, their order and their pauses; what they meet depends on the machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stats.audit.differences import Difference
from stats.audit.job import AuditJob
from stats.audit.run import run_audit
from stats.errors import StatsError, StoreUnavailable
from stats.ext import StatsState
from stats.times import utc_now
from tests import rabbitmq
from tests.faults.kinds import ENGINE_KILL_EVERY, ENGINE_KILLS, KINDS, POISON
from tests.faults.place import Place, prepared
from tests.golden.case import all_differences, read_pipeline
from tests.model import count
from tests.model.country import shipped_country
from tests.system import System

HEAL_SECONDS = 240.0


@dataclass(frozen=True)
class Outcome:
    """What a run did and what is wrong after it."""

    injected: Counter[str]
    events: int
    lost: int
    doubled: int
    differences: list[str]
    audit: list[str]
    strange_letters: int
    ended: list[str]

    @property
    def is_good(self) -> bool:
        wrong = self.lost or self.doubled or self.differences or self.audit
        return not (wrong or self.strange_letters or self.ended)

    def lines(self) -> Iterator[str]:
        for kind, number in sorted(self.injected.items()):
            yield f"{number:6d}  {kind}"
        yield f"{self.injected.total():6d}  faults of {len(self.injected)} kinds"
        yield f"{self.events:6d}  events, {self.lost} lost, {self.doubled} doubled"
        yield f"{len(self.differences):6d}  numbers that are not the model's"
        yield f"{len(self.audit):6d}  differences of the audit"
        yield from (f"        {line}" for line in (*self.differences[:20], *self.audit[:20]))
        if self.strange_letters:
            yield f"{self.strange_letters:6d}  dead letters that are no poison"
        yield from (f"        a process ended by itself: {name}" for name in self.ended)


def run_suite(seconds: float, *, seed: int, data: Path) -> Outcome:
    """Inject faults for so long, mend everything, and check every number."""
    with prepared(seconds, seed=seed, data=data) as place:
        _inject(place, time.monotonic() + seconds)
        for proxy in place.proxies.values():
            proxy.mode = "through"
        return _check(place)


def _inject(place: Place, end: float) -> None:
    names, weights = list(KINDS), [weight for weight, _ in KINDS.values()]
    next_engine = time.monotonic() + ENGINE_KILL_EVERY / 3
    engine_kills = list(ENGINE_KILLS)
    while time.monotonic() < end:
        if time.monotonic() > next_engine:
            name = engine_kills[0]
            engine_kills = [*engine_kills[1:], name]
            fault = ENGINE_KILLS[name]
            next_engine = time.monotonic() + ENGINE_KILL_EVERY
        else:
            (name,) = place.chance.choices(names, weights)
            fault = KINDS[name][1]
        with suppress(StoreUnavailable):  # of the look that a fault takes first
            if fault(place):
                place.injected[name] += 1
        time.sleep(0.4 * place.chance.random())


def _check(place: Place) -> Outcome:
    """Let all be published, end what was begun, drain, count, and compare."""
    end = time.monotonic() + HEAL_SECONDS
    while not all(stream.is_done for stream in place.streams) and time.monotonic() < end:
        time.sleep(0.2)
    ended = place.crowd.failed()
    place.crowd.stop()
    place.state.stores.queues.publish("record-view", [])
    pipeline = System(place.state)
    for job in (place.logs.finish_imports, _drain, place.logs.finish_withdrawals, _drain):
        _persist(partial(job, place.state), end)
    expected = [*place.published, *place.logs.expected_events()]
    raw = _raw_ids(place.state)
    of_imports = Counter(import_id for import_id, _ in raw)
    lost = {(None, event["id"]) for event in place.published} - raw.keys()
    letters = {letter.payload for letter in place.state.stores.dead_letters.read()}
    found: list[Difference] = []
    run_audit(
        AuditJob(place.state.aggregation_job, utc_now, time.sleep, found.append), (None, None)
    )
    return Outcome(
        place.injected,
        len(expected),
        len(lost) + place.logs.lost(of_imports),
        sum(number - 1 for number in raw.values()) + place.logs.left(of_imports),
        all_differences(count(expected, country=shipped_country), read_pipeline(pipeline)),
        list(map(str, found)),
        len(letters - set(POISON)),
        ended,
    )


def _persist(job: Callable[[], bool | None], end: float) -> None:
    """Do a job until it is done; what killed processes held is let go of in time."""
    while time.monotonic() < end:
        with suppress(StatsError):
            if job() is not False:
                return
        time.sleep(0.5)


def _drain(state: StatsState) -> bool:
    """Process and count what waits; return whether nothing does any more."""
    System(state).process()
    result = state.aggregate()
    waiting = sum(state.stores.queues.depths(state.event_types).values())
    return not (waiting or result.left or state.stores.day_claims.marked_days())


def _raw_ids(state: StatsState) -> Counter[tuple[str | None, str]]:
    """Return how often each raw document is there, by its import, if it has one, and id."""
    names = state.aggregation_job.raw_names
    state.stores.search.refresh(names)
    pages = state.stores.search.pages(names, {"_source": ["id", "import_id"]})
    found = (hit["_source"] for page in pages for hit in page)
    return Counter((source.get("import_id"), source["id"]) for source in found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run-tests.sh")
    parser.add_argument("--faults", type=float, required=True, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if not rabbitmq.is_installed():
        print(f"on the embedded broker: {rabbitmq.MISSING}")
    with tempfile.TemporaryDirectory(prefix="stats-faults-") as data:
        outcome = run_suite(arguments.faults, seed=arguments.seed, data=Path(data))
    print(f"seed {arguments.seed}, {arguments.faults:g} s")
    print("\n".join(outcome.lines()))
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
