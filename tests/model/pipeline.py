"""The model behind the tests' driver protocol: queue, raw events and counts as three lists.

It is what an expectation in the middle of a golden case is proven with, and what the golden
runner is tried on without engines. Always holds: an aggregation counts what was visible when it
read, and one that read earlier never replaces one that read later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.model.counting import Counted, count
from tests.model.events import NO_EXCLUSIONS, Country, Exclusions
from tests.model.log import Log, read_log

Event = dict[str, Any]


@dataclass(frozen=True)
class Begun:
    """Work that waits: what is left of it is one call."""

    finish: Callable[[], None]


class ModelPipeline:
    """`tests.pipeline.Pipeline` on lists."""

    def __init__(self, country: Country, exclusions: Exclusions = NO_EXCLUSIONS) -> None:
        self.country = country
        self.exclusions = exclusions
        self.queue: list[Event] = []
        self.raw: list[Event] = []
        self.reads = 0
        self.counted_at = 0
        self.counted: list[Event] = []

    def publish(self, events: list[Event]) -> None:
        self.queue += events

    def import_log(self, path: Path, mapping: Path) -> Log:
        log = read_log(path, mapping)
        self.publish(log.events)
        return log

    def process(self) -> None:
        self.slow_process().finish()

    def slow_process(self) -> Begun:
        drained, self.queue = self.queue, []
        return Begun(lambda: self.raw.extend(drained))

    def aggregate(self) -> None:
        self.begin_aggregation().finish()

    def begin_aggregation(self) -> Begun:
        self.reads += 1
        read, snapshot = self.reads, list(self.raw)
        return Begun(lambda: self._write(read, snapshot))

    def _write(self, read: int, snapshot: list[Event]) -> None:
        if read > self.counted_at:
            self.counted_at, self.counted = read, snapshot

    def numbers(self) -> Counted:
        return count(self.counted, country=self.country, exclusions=self.exclusions)

    def daily(self, type: str) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        daily = self.numbers().daily
        return {bucket[1:]: document for bucket, document in daily.items() if bucket[0] == type}

    def usage(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        return self.numbers().usage

    def totals(self) -> Mapping[str, Mapping[str, Any]]:
        return self.numbers().totals

    def users(self) -> Mapping[tuple[str, str], Mapping[str, Any]]:
        return self.numbers().users
