"""One run of the benchmark.

The machine may be busy with other things, so what is compared is done in turns on parts of the
stream and the median of the parts' ratios counts; counting is repeated on three places that hold
the same events.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from statistics import median

from stats.bench.answering import Answered, request_totals
from stats.bench.counting import aggregate, aggregate_new, bulk_daily, read_raw
from stats.bench.disk import disk_figures, measure_disk
from stats.bench.figures import Figure, Target
from stats.bench.importing import import_log
from stats.bench.ingesting import bulk_raw, process, publish, publish_in_requests, publish_single
from stats.bench.measured import Measured
from stats.bench.places import Engines, Report
from stats.bench.processes import Part
from stats.bench.stream import set_aside, write_parts
from stats.engines.namespace import Namespace
from stats.times import EPOCH, utc_now

PARTS = 4
REQUESTS = 2_000
IDLE_SECONDS = 0.3
PUBLISH_SECONDS = 0.001
MB = 1_000_000


@dataclass(frozen=True)
class Ingested:
    """One part of the stream: written bare, and processed from both kinds of messages."""

    bulk: Measured
    published: Measured
    processed: Measured
    imported: Measured
    published_single: Measured
    processed_single: Measured


@dataclass(frozen=True)
class Bounded:
    """What was written of some days, and the two halves of the limit."""

    documents: Measured
    read: Measured
    bulk: Measured

    @property
    def limit(self) -> float:
        """Return the seconds that the engine alone would need."""
        return self.read.seconds + self.bulk.seconds

    @property
    def ratio(self) -> float:
        """Return how many times the limit it took."""
        return self.documents.seconds / self.limit


@dataclass(frozen=True)
class Counted:
    """All of the stream, its totals apart; nothing new; and late events, with their totals."""

    first: Bounded
    totals: Measured
    idle: Measured
    late: Bounded


@dataclass(frozen=True)
class Parts:
    """The processes that count, and what comes before it, and the one for the rest."""

    publisher: Part
    worker: Part
    aggregator: Part
    baseline: Part


def run_bench(events: int, engines: Engines, report: Report) -> list[Figure]:
    """Measure everything once; ``report`` gets lines of progress."""
    with (
        tempfile.TemporaryDirectory(prefix="stats-bench-") as folder,
        closing(Part()) as publisher,
        closing(Part()) as worker,
        closing(Part()) as aggregator,
        closing(Part()) as service,
        closing(Part()) as baseline,
    ):
        report(f"making {events:,} events")
        paths = write_parts(events, parts=PARTS, folder=Path(folder))
        late = set_aside(paths, Path(folder) / "late.ndjson")
        places = [engines.place() for _ in range(3)]
        imports = engines.place()
        ingested = [
            _ingest(path, [*places, imports], publisher, worker, baseline, report=report)
            for path in paths
        ]
        parts = Parts(publisher, worker, aggregator, baseline)
        counted = [_count(place, engines, late, parts, report=report) for place in places]
        report("publishing inside requests, and asking for totals")
        requests = publisher.call(publish_in_requests, engines.place(), paths[0], REQUESTS)
        answered = service.call(request_totals, places[0], REQUESTS)
        disk = baseline.call(measure_disk, places[1])
        peaks = {
            "publisher": publisher.peak(),
            "worker": worker.peak(),
            "aggregation": aggregator.peak(),
            "service": service.peak(),
            **engines.peaks(),
        }
        return [
            *_ingest_figures(ingested),
            *_count_figures(counted),
            _request_figure(median(requests)),
            _answer_figure(answered),
            *disk_figures(disk),
            *_peak_figures(peaks),
        ]


def _ingest(
    path: Path,
    places: list[Namespace],
    publisher: Part,
    worker: Part,
    baseline: Part,
    *,
    report: Report,
) -> Ingested:
    """Write a part bare to one place, in batches, one by one, and from a log to three others."""
    bare, batched, single, imports = places
    ingested = Ingested(
        bulk=baseline.call(bulk_raw, bare, path),
        published=publisher.call(publish, batched, path),
        processed=worker.call(process, batched),
        imported=publisher.call(import_log, imports, path),
        published_single=publisher.call(publish_single, single, path),
        processed_single=worker.call(process, single),
    )
    report(
        f"{path.stem}: bulk {ingested.bulk.rate:,.0f}/s, processed {ingested.processed.rate:,.0f}/s"
        f" in batches and {ingested.processed_single.rate:,.0f}/s one by one"
    )
    return ingested


def _count(
    place: Namespace, engines: Engines, late: Path, parts: Parts, *, report: Report
) -> Counted:
    """Count all that is at a place; then let late events come to it, and count these."""
    aggregated = parts.aggregator.call(aggregate, place)
    first = _bound(aggregated.documents, place, engines, parts, days=aggregated.days)
    report(
        f"aggregation {first.documents.seconds:.1f} s, read {first.read.seconds:.1f} s,"
        f" bulk {first.bulk.seconds:.1f} s, totals {aggregated.totals.seconds:.1f} s"
    )
    parts.aggregator.call(aggregate_new, place)  # what a process does once
    idle, _ = parts.aggregator.call(aggregate_new, place)
    parts.publisher.call(publish, place, late)
    parts.worker.call(process, place)
    began = utc_now()
    documents, days = parts.aggregator.call(aggregate_new, place)
    after = _bound(documents, place, engines, parts, days=sorted(days), since=began)
    report(f"after late events {documents.seconds:.1f} s, of a limit of {after.limit:.1f} s")
    return Counted(first, aggregated.totals, idle, after)


def _bound(
    documents: Measured,
    place: Namespace,
    engines: Engines,
    parts: Parts,
    *,
    days: Sequence[date],
    since: datetime = EPOCH,
) -> Bounded:
    """Read the days bare that were counted, and write the documents bare that were written."""
    return Bounded(
        documents,
        read=parts.baseline.call(read_raw, place, days),
        bulk=parts.baseline.call(bulk_daily, place, engines.place(), since),
    )


def _ingest_figures(parts: list[Ingested]) -> list[Figure]:
    def rate(of: Callable[[Ingested], Measured]) -> str:
        return f"{median(of(part).rate for part in parts):,.0f}/s"

    def processing(name: str, bound: float, of: Callable[[Ingested], Measured]) -> Figure:
        ratio = median(of(part).rate / part.bulk.rate for part in parts)
        bulk = f"bulk {rate(lambda part: part.bulk)}"
        return Figure(name, rate(of), bulk, ratio, Target("at least", bound))

    return [
        processing("processing, an event a message", 0.3, lambda part: part.processed_single),
        processing("processing, batched messages", 0.5, lambda part: part.processed),
        Figure("publishing, an event a message", rate(lambda part: part.published_single)),
        Figure("publishing, batched messages", rate(lambda part: part.published)),
        Figure(
            "importing a combined log",
            rate(lambda part: part.imported),
            f"publishing {rate(lambda part: part.published)}",
            median(part.imported.rate / part.published.rate for part in parts),
            Target("at least", 1),
        ),
    ]


def _count_figures(runs: list[Counted]) -> list[Figure]:
    totals, idle = runs[0].totals, median(run.idle.seconds for run in runs)
    first, late = [run.first for run in runs], [run.late for run in runs]
    return [
        _bounded("aggregation, {read:,} events to {written:,} documents", first, 2),
        Figure(
            f"setting {totals.number:,} totals",
            f"{median(run.totals.seconds for run in runs):.1f} s",
        ),
        Figure(
            "aggregation with nothing new",
            f"{idle:.2f} s",
            f"{IDLE_SECONDS} s",
            idle / IDLE_SECONDS,
            Target("at most", 1),
        ),
        _bounded("aggregation after late events, {written:,} documents", late, 1.5),
    ]


def _bounded(name: str, runs: list[Bounded], bound: float) -> Figure:
    read, bulk = (median(r.read.seconds for r in runs), median(r.bulk.seconds for r in runs))
    return Figure(
        name.format(read=runs[0].read.number, written=runs[0].documents.number),
        f"{median(run.documents.seconds for run in runs):.1f} s",
        f"limit {median(r.limit for r in runs):.1f} s (read {read:.1f}, bulk {bulk:.1f})",
        median(run.ratio for run in runs),
        Target("at most", bound),
    )


def _request_figure(seconds: float) -> Figure:
    """Say what a request that publishes takes longer by."""
    return Figure(
        "publishing inside a request, p50",
        f"{seconds * 1000:.2f} ms",
        f"{PUBLISH_SECONDS * 1000:.0f} ms",
        seconds / PUBLISH_SECONDS,
        Target("at most", 1),
    )


def _answer_figure(answered: Answered) -> Figure:
    request, look_up = median(answered.requests), median(answered.look_ups)
    return Figure(
        "a totals request (WSGI call)",
        f"{request * 1000:.2f} ms",
        f"look-up {look_up * 1000:.2f} ms",
        request / look_up,
    )


def _peak_figures(peaks: Mapping[str, int | None]) -> list[Figure]:
    return [
        Figure(f"peak memory, {name}", f"{peak / MB:,.0f} MB" if peak else "not known")
        for name, peak in peaks.items()
    ]
