"""MongoDB collection ``counters``: numbers that all processes of an installation add to.

One document a metric and its labels: ``name``, ``labels``, ``value``. A number only rises.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

from pymongo import UpdateOne

from stats.errors import StatsError
from stats.metrics import BY_NAME, Recorder, Sample
from stats.stores.mongo import Documents, translated, write_upserts

FLUSH_EVERY = 5.0
"""Seconds between two flushes that nobody insists on."""


class Counters:
    """The counters of all processes, and the recorder of this one."""

    def __init__(self, database: Documents, recorder: Recorder) -> None:
        self._counters = database["counters"]
        self.recorder = recorder
        self._flushed = float("-inf")

    def flush(self, *, at_once: bool = True) -> None:
        """Bring what was recorded to MongoDB; raises nothing, since it is no work of its own."""
        if not at_once and monotonic() - self._flushed < FLUSH_EVERY:
            return
        self._flushed = monotonic()
        taken = self.recorder.take()
        updates = [
            UpdateOne(
                {"_id": "|".join((metric.name, *labels))},
                {
                    "$inc": {"value": value},
                    "$set": {"name": metric.name, "labels": list(labels)},
                },
                upsert=True,
            )
            for (metric, labels), value in taken.items()
        ]
        try:
            with translated():
                write_upserts(self._counters, updates)
        except StatsError:
            self.recorder.put_back(taken)

    def read(self) -> Iterator[tuple[Sample, float]]:
        """Yield the numbers of all processes; those of an older version are left out."""
        with translated():
            found = list(self._counters.find())
        for one in found:
            metric = BY_NAME.get(one["name"])
            if metric is not None and len(metric.labels) == len(one["labels"]):
                yield (metric, tuple(one["labels"])), float(one["value"])
