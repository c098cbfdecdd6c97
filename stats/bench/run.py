"""One run of the benchmark.

The machine may be busy with other things, so what is compared is done in turns on parts of the
stream and the median of the parts' ratios counts; counting is repeated on three places that hold
the same events.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from stats.bench.answering import Answered, request_totals
from stats.bench.counting import Aggregated, aggregate, bulk_daily, read_raw
from stats.bench.figures import Figure, Target
from stats.bench.importing import import_log
from stats.bench.ingesting import bulk_raw, process, publish, publish_single
from stats.bench.measured import Measured
from stats.bench.places import Engines, Report
from stats.bench.processes import Part
from stats.bench.stream import write_parts
from stats.engines.namespace import Namespace

PARTS = 4
REQUESTS = 2_000
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
class Counted:
    """All of the stream: counted, and the two halves of the limit."""

    aggregated: Aggregated
    read: Measured
    bulk: Measured

    @property
    def limit(self) -> float:
        """Return the seconds that the engine alone would need."""
        return self.read.seconds + self.bulk.seconds


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
        places = [engines.place() for _ in range(3)]
        imports = engines.place()
        ingested = [
            _ingest(path, [*places, imports], publisher, worker, baseline, report=report)
            for path in paths
        ]
        counted = [_count(place, engines, aggregator, baseline, report=report) for place in places]
        report("asking for totals")
        answered = service.call(request_totals, places[0], REQUESTS)
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
            _answer_figure(answered),
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
    place: Namespace, engines: Engines, aggregator: Part, baseline: Part, *, report: Report
) -> Counted:
    aggregated = aggregator.call(aggregate, place)
    counted = Counted(
        aggregated,
        read=baseline.call(read_raw, place, aggregated.days),
        bulk=baseline.call(bulk_daily, place, engines.place()),
    )
    report(
        f"aggregation {aggregated.documents.seconds:.1f} s, read {counted.read.seconds:.1f} s,"
        f" bulk {counted.bulk.seconds:.1f} s, totals {aggregated.totals.seconds:.1f} s"
    )
    return counted


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
    limit = median(run.limit for run in runs)
    read, bulk = (
        median(run.read.seconds for run in runs),
        median(run.bulk.seconds for run in runs),
    )
    documents = runs[0].aggregated.documents.number
    totals = runs[0].aggregated.totals
    return [
        Figure(
            f"aggregation, {runs[0].read.number:,} events to {documents:,} documents",
            f"{median(run.aggregated.documents.seconds for run in runs):.1f} s",
            f"limit {limit:.1f} s (read {read:.1f}, bulk {bulk:.1f})",
            median(run.aggregated.documents.seconds / run.limit for run in runs),
            Target("at most", 2),
        ),
        Figure(
            f"setting {totals.number:,} totals",
            f"{median(run.aggregated.totals.seconds for run in runs):.1f} s",
        ),
    ]


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
