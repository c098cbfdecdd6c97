"""Every metric of an installation, in one place, and the recorder of one process.

The metrics below are what ``/metrics`` offers and ``docs/metrics.md`` lists. Gauges are
asked of the engines at each scrape. Counters are recorded in the process where
something happens, and brought to MongoDB now and then, where all processes of an
installation (Gunicorn's, Celery's, commands) add to the same numbers; so any one
web process may be scraped.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A number by the values of its labels."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    labels: tuple[str, ...] = ()


Sample = tuple[Metric, tuple[str, ...]]
"""A metric, and a value for each of its labels."""

ENGINE_UP = Metric(
    "stats_engine_up", "gauge", "Whether an engine answers and takes writes.", ("engine",)
)
QUEUE_MESSAGES = Metric(
    "stats_queue_messages", "gauge", "Messages that wait in a queue.", ("type",)
)
UNACKNOWLEDGED = Metric(
    "stats_unacknowledged_messages",
    "gauge",
    "Messages that workers have in hand and that are not indexed yet.",
    ("type",),
)
IN_HAND_SECONDS = Metric(
    "stats_in_hand_seconds",
    "gauge",
    "How long the worker that is longest at it has held unacknowledged messages.",
    ("type",),
)
OLDEST_QUEUED_SECONDS = Metric(
    "stats_oldest_queued_seconds",
    "gauge",
    "How long the oldest message of a queue has waited at most: since the queue was worked off.",
    ("type",),
)
DAYS_WAITING = Metric("stats_days_waiting", "gauge", "Days that are to be counted anew.")
DAYS_HELD = Metric("stats_days_held", "gauge", "Days that a worker holds just now.")
DAYS_REFUSED = Metric(
    "stats_days_refused", "gauge", "Days that are not counted, since raw events are missing."
)
DEAD_LETTERS = Metric("stats_dead_letters", "gauge", "Events that were set aside.", ("code",))
COUNTED_UNTIL = Metric(
    "stats_counted_until_seconds", "gauge", "Events indexed before this time are counted."
)
LAG = Metric("stats_lag_seconds", "gauge", "Time since stats_counted_until_seconds.")
READ_ONLY_INDICES = Metric(
    "stats_read_only_indices", "gauge", "Indices that take no writes, by hand or on a full disk."
)
SPOOL_BYTES = Metric("stats_spool_bytes", "gauge", "Bytes that wait in the spool of this machine.")

ACCEPTED = Metric(
    "stats_accepted_events_total", "counter", "Events that were put into the queue.", ("type",)
)
REFUSED = Metric(
    "stats_refused_events_total", "counter", "Objects that were refused as events.", ("code",)
)
EMITTED = Metric(
    "stats_emitted_events_total", "counter", "Events that hosts emitted.", ("outcome",)
)
PROCESSED = Metric(
    "stats_processed_events_total",
    "counter",
    "Events that workers made raw documents of, met again, or set aside.",
    ("type", "outcome"),
)
EXCLUDED = Metric(
    "stats_excluded_events_total", "counter", "Events that are kept and not counted.", ("reason",)
)
PROCESS_SECONDS = Metric(
    "stats_process_seconds_total", "counter", "Time that workers spent on queues.", ("type",)
)
BULK_SECONDS = Metric(
    "stats_bulk_seconds_total", "counter", "Time of bulk requests of raw documents.", ("type",)
)
BULK_RETRIES = Metric(
    "stats_bulk_retries_total", "counter", "Bulk requests that were tried again.", ("type",)
)
AGGREGATION_SECONDS = Metric(
    "stats_aggregation_seconds_total", "counter", "Time of aggregations.", ("stage",)
)
COUNTED_DAYS = Metric("stats_counted_days_total", "counter", "Days that were counted.")
WRITTEN_DOCUMENTS = Metric(
    "stats_written_documents_total", "counter", "Daily documents that were written."
)
TASK_FAILURES = Metric(
    "stats_task_retries_total", "counter", "Tasks put off, an engine being away.", ("task",)
)

METRICS: tuple[Metric, ...] = tuple(
    sorted((m for m in list(globals().values()) if isinstance(m, Metric)), key=lambda m: m.name)
)
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}


class Recorder:
    """Counters of this process that are not in MongoDB yet; threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: dict[Sample, float] = {}

    def add(self, metric: Metric, value: float = 1, *, labels: tuple[str, ...] = ()) -> None:
        """Add to a counter."""
        if value:
            with self._lock:
                key = (metric, labels)
                self._samples[key] = self._samples.get(key, 0) + value

    def take(self) -> dict[Sample, float]:
        """Return what was recorded, which is gone from here then."""
        with self._lock:
            taken, self._samples = self._samples, {}
        return taken

    def put_back(self, samples: Mapping[Sample, float]) -> None:
        """Add what could not be brought away."""
        for (metric, labels), value in samples.items():
            self.add(metric, value, labels=labels)


def build_text(samples: Iterable[tuple[Sample, float]]) -> str:
    """Return the text that Prometheus scrapes; a metric without a sample is left out."""
    by_metric: dict[Metric, list[str]] = {}
    for (metric, labels), value in samples:
        line = f"{metric.name}{_labels(metric, labels)} {value:.15g}"
        by_metric.setdefault(metric, []).append(line)
    lines = []
    for metric in METRICS:
        if metric in by_metric:
            lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
            lines += sorted(by_metric[metric])
    return "\n".join(lines) + "\n"


def _labels(metric: Metric, values: tuple[str, ...]) -> str:
    pairs = [
        f'{name}="{_escaped(value)}"' for name, value in zip(metric.labels, values, strict=True)
    ]
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
