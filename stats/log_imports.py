"""Importing access logs into the queues of one installation.

Comes in: files, a mapping and a format. Goes out: events in the queues, descriptions in
``resources``, and each import under an id by which it can be withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from socket import gethostname
from time import sleep

from stats.config import Settings
from stats.definitions import Definitions
from stats.errors import InputError
from stats.events.importers.catalogue import AUTO
from stats.events.importers.event_lines import Imported, Lines
from stats.events.importers.forwarded import trust
from stats.events.importers.importing import Importing, Summary
from stats.events.importers.options import read_format, read_mapping
from stats.events.importers.recorded import run_recorded, run_recorded_follow
from stats.events.publish import run_publish_json
from stats.events.types import EventType
from stats.kinds.types import Kinds
from stats.stores.connections import Stores
from stats.times import utc_now

FOLLOW_PAUSE = 1.0
"""Seconds between two looks at logs that are followed."""


def _no_progress(size: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class LogImports:
    """Imports of one installation; ``trusted_proxies`` are the networks of its proxies."""

    stores: Stores
    event_types: Mapping[str, EventType]
    kinds: Kinds
    trusted_proxies: Sequence[str]

    def build(
        self,
        mapping: Path | None = None,
        *,
        file_format: str = AUTO,
        log_format: str | None = None,
    ) -> Importing:
        """Return how logs are imported, by the mapping in a file and in a format.

        Raises ``InputError`` when the mapping or ``log_format`` is wrong.
        """
        chosen = read_format(file_format, log_format)
        rules = read_mapping(mapping, chosen, type_names=self.event_types)
        trusted = trust(self.trusted_proxies)
        return Importing(
            lines=Lines(self.event_types, self.kinds, rules, trusted, utc_now),
            publish=lambda events, _span: run_publish_json(events, queues=self.stores.queues),
            log_format=chosen,
            describe=self.stores.resources.describe,
        )

    def run_one(
        self,
        path: Path,
        mapping: Path | None = None,
        *,
        file_format: str = AUTO,
        report: Callable[[int], None] = _no_progress,
    ) -> Imported:
        """Publish the events of a log's lines; ``report`` gets the bytes read.

        Raises ``InputError`` when the mapping is wrong or the file cannot be read.
        """
        importing = replace(self.build(mapping, file_format=file_format), report=report)
        summary = Summary()
        self.run([path], importing, summary)
        for problem in summary.problems:
            raise InputError("bad_format", problem, field="FILE")
        return summary.result

    def run(self, files: Sequence[Path], importing: Importing, summary: Summary) -> str:
        """Publish the events of logs under an id, and return it.

        Raises ``StoreUnavailable`` when an engine is down; the same can be imported again then.
        """
        return run_recorded(files, importing, summary, imports=self.stores.imports, now=utc_now)

    def follow(
        self,
        files: Sequence[Path],
        importing: Importing,
        summary: Summary,
        *,
        should_stop: Callable[[], bool],
    ) -> None:
        """Publish what is written to logs until ``should_stop``, over rotation and kills."""
        run_recorded_follow(
            files,
            importing,
            summary,
            imports=self.stores.imports,
            now=utc_now,
            host=gethostname(),
            should_stop=should_stop,
            pause=partial(sleep, FOLLOW_PAUSE),
        )


def build_log_imports(settings: Settings, stores: Stores, definitions: Definitions) -> LogImports:
    """Return what imports access logs into an installation."""
    return LogImports(stores, definitions.event_types, definitions.kinds, settings.trusted_proxies)
