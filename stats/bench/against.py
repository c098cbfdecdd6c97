"""One run of the benchmark beside invenio-stats: the same events, the same Elasticsearch.

Speed, memory, and exactness: at first, and with more events of days that were counted already.
Parts of the stream are processed in turns and the medians count, as in :mod:`stats.bench.run`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import Generic, TypeVar

from stats.bench.counting import aggregate_new
from stats.bench.exactness import Exactness, compare, run_read_numbers
from stats.bench.figures import Figure, build_table
from stats.bench.ingesting import process, publish_single
from stats.bench.measured import Measured
from stats.bench.places import Engines, Report, opened
from stats.bench.processes import Part
from stats.bench.stream import ONE_LATE_OF, set_aside, write_parts
from stats.config import Settings
from stats.engines.namespace import Namespace
from stats.errors import ConfigError

PARTS = 4
MB = 1_000_000
HEADER = ("figure", "stats", "invenio-stats", "ratio", "", "")
INSTALL = "pip install 'stats[bench]'"
NOTES = (
    "Compared are regular views of records and downloads of files, a number a day. Exact is what"
    " the audit counts anew from raw events, by COUNTER's rules.",
    "Machines (wget, curl, ...) are not compared: they are on both lists of COUNTER's, and"
    " invenio-stats leaves them out as robots, where stats counts them apart.",
    "The double-click window of invenio-stats is 30 s, as in its documentation; its default is"
    " 10 s. Late events are one in fifty, of all days.",
    "Left out, in favour of invenio-stats: its queue (its events come from a file, ours through"
    " the broker), Redis (its salts are in its memory), and the days from the end of the stream"
    " to today, of which its aggregation would ask each.",
    "It counts records and files; stats, in its time and memory, also versions, communities,"
    " owners, the site, countries, referrers, people, COUNTER's usage, and totals in MongoDB.",
)


T = TypeVar("T")


@dataclass(frozen=True)
class Both(Generic[T]):
    """The same of ours and of theirs."""

    ours: T
    theirs: T


@dataclass(frozen=True)
class Results:
    """A whole run: ``again`` is theirs, aggregated by hand from the first day on."""

    processed: list[Both[Measured]]
    aggregated: Both[Measured]
    first: Both[Exactness]
    aggregated_late: Both[Measured]
    late: Both[Exactness]
    aggregated_again: Measured
    again: Both[Exactness]
    peaks: dict[str, tuple[int | None, int | None]]


@dataclass
class Contest:
    """A place, two processes of ours and two of theirs that work on it, and one for the rest."""

    place: Namespace
    peer: ModuleType
    worker: Part
    their_worker: Part
    aggregator: Part
    their_aggregator: Part
    other: Part
    days: set[date] = field(default_factory=set)

    def process(self, path: Path) -> Both[Measured]:
        """Let both process a part, ours from the queue."""
        self.other.call(publish_single, self.place, path)
        ours = self.worker.call(process, self.place)
        return Both(ours, self.their_worker.call(self.peer.process, self.place, path))

    def aggregate(self) -> Both[Measured]:
        """Let both aggregate what is new, as their schedules would."""
        ours, days = self.aggregator.call(aggregate_new, self.place)
        self.days |= days
        last = max(self.days)
        return Both(ours, self.their_aggregator.call(self.peer.aggregate, self.place, last))

    def aggregate_again(self) -> Measured:
        """Let theirs aggregate all days anew, as one may by hand."""
        first, last = min(self.days), max(self.days)
        measured: Measured = self.their_aggregator.call(
            self.peer.aggregate, self.place, last, first
        )
        return measured

    def compare(self) -> Both[Exactness]:
        """Compare the numbers that both have now with the exact ones."""
        exact, ours = self.other.call(run_read_numbers, self.place)
        theirs = self.other.call(self.peer.read_numbers, self.place)
        return Both(compare(ours, exact), compare(theirs, exact))

    def peaks(self) -> dict[str, tuple[int | None, int | None]]:
        """Return the peak memory of the processes, ours and theirs."""
        return {
            "worker": (self.worker.peak(), self.their_worker.peak()),
            "aggregation": (self.aggregator.peak(), self.their_aggregator.peak()),
        }


def load_peer() -> ModuleType:
    """Return the module that runs invenio-stats; raise what to install when that is not there."""
    try:
        return import_module("stats.bench.invenio")
    except ImportError as error:
        raise ConfigError(f"--against invenio-stats needs {INSTALL} ({error})") from error


def run_against(events: int, settings: Settings, report: Report) -> list[str]:
    """Measure both once and return the lines of the table; ``report`` gets lines of progress."""
    peer = load_peer()
    with opened(settings, report) as engines:
        results = run_contest(events, engines, peer, report)
    return [*build_table(build_figures(events, results), HEADER), "", peer.describe(), *NOTES]


def run_contest(events: int, engines: Engines, peer: ModuleType, report: Report) -> Results:
    """Let both process, aggregate, and take late events."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stats-bench-")))
        contest = Contest(
            engines.place(),
            peer,
            worker=stack.enter_context(closing(Part())),
            their_worker=stack.enter_context(closing(Part())),
            aggregator=stack.enter_context(closing(Part())),
            their_aggregator=stack.enter_context(closing(Part())),
            other=stack.enter_context(closing(Part())),
        )
        report(f"making {events:,} events")
        paths = write_parts(events, parts=PARTS, folder=folder)
        late = set_aside(paths, folder / "late.ndjson")
        contest.their_worker.call(peer.prepare, contest.place)
        return _run_stages(contest, paths, late, report)


def _run_stages(contest: Contest, paths: Sequence[Path], late: Path, report: Report) -> Results:
    processed = []
    for path in paths:
        both = contest.process(path)
        report(f"{path.stem}: {both.ours.rate:,.0f}/s and {both.theirs.rate:,.0f}/s")
        processed.append(both)
    report("aggregating and comparing")
    aggregated, first = contest.aggregate(), contest.compare()
    report("late events")
    contest.process(late)
    return Results(
        processed,
        aggregated,
        first,
        aggregated_late=contest.aggregate(),
        late=contest.compare(),
        aggregated_again=contest.aggregate_again(),
        again=contest.compare(),
        peaks=contest.peaks(),
    )


def build_figures(events: int, results: Results) -> list[Figure]:
    """Return the lines of the table."""
    late = (events + ONE_LATE_OF - 1) // ONE_LATE_OF
    return [
        _rates("processing, an event a message", results.processed),
        *_aggregation(f"aggregation of {events - late:,} events", results.aggregated),
        *_differences("", results.first),
        *_aggregation(f"aggregation after {late:,} late events", results.aggregated_late),
        _gained(results),
        *_differences(", with late events", results.late),
        Figure("aggregation of all days again", "", f"{results.aggregated_again.seconds:.1f} s"),
        *_differences(", all days again", results.again),
        *(_peak(name, *peaks) for name, peaks in results.peaks.items()),
    ]


def _rates(name: str, parts: Sequence[Both[Measured]]) -> Figure:
    ours, theirs = median(p.ours.rate for p in parts), median(p.theirs.rate for p in parts)
    return Figure(name, f"{ours:,.0f}/s", f"{theirs:,.0f}/s", ours / theirs)


def _aggregation(name: str, both: Both[Measured]) -> list[Figure]:
    """Return its time and its documents, without ratios: it is not the same that is done."""
    ours, theirs = both.ours, both.theirs
    return [
        Figure(name, f"{ours.seconds:.1f} s", f"{theirs.seconds:.1f} s"),
        Figure("its daily documents", f"{ours.number:,}", f"{theirs.number:,}"),
    ]


def _differences(when: str, found: Both[Exactness]) -> list[Figure]:
    ours, theirs = found.ours, found.theirs
    of, total = f"that differ, of {ours.of:,}{when}", f"exactly {ours.exact_total:,}{when}"
    return [
        Figure(f"counts {of}", f"{ours.counts:,}", f"{theirs.counts:,}"),
        Figure(f"unique counts {of}", f"{ours.unique_counts:,}", f"{theirs.unique_counts:,}"),
        Figure(f"sum of counts, {total}", f"{ours.total:,}", f"{theirs.total:,}"),
    ]


def _gained(results: Results) -> Figure:
    """Return how much the late events added to the counts."""
    first, late = results.first, results.late
    return Figure(
        f"counted of late events, exactly {late.ours.exact_total - first.ours.exact_total:,}",
        f"{late.ours.total - first.ours.total:,}",
        f"{late.theirs.total - first.theirs.total:,}",
    )


def _peak(name: str, ours: int | None, theirs: int | None) -> Figure:
    ratio = ours / theirs if ours and theirs else None
    return Figure(f"peak memory, {name}", _memory(ours), _memory(theirs), ratio)


def _memory(peak: int | None) -> str:
    return f"{peak / MB:,.0f} MB" if peak else "not known"
