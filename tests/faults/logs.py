"""Logs that a fault suite imports and takes back again, and what the model makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from stats.ext import StatsState
from stats.log_imports import build_log_imports
from stats.retention.withdraw import run_withdraw
from tests.faults.traffic import FIREFOX, START
from tests.importing import RECORDS
from tests.model.log import read_log

LINES = 200
KEPT, WITHDRAWN = 6, 3
RESOURCES = 5


@dataclass
class ImportedLog:
    """A log, whether an import of it was begun, and the id of its import once it is known."""

    path: Path
    mapping: Path
    is_begun: bool = False
    import_id: str = ""

    @property
    def arguments(self) -> tuple[str, str]:
        return str(self.path), str(self.mapping)

    def run_import(self, state: StatsState) -> None:
        """Import it to its end."""
        self.is_begun = True
        imports = build_log_imports(state.settings, state.stores, state.definitions)
        assert imports.run_one(self.path, self.mapping).imported == LINES
        files = (str(self.path),)
        (self.import_id,) = {one.id for one in state.stores.imports.all() if one.files == files}


@dataclass(frozen=True)
class ImportedLogs:
    """Logs that stay, and logs whose import is taken back."""

    kept: list[ImportedLog]
    withdrawn: list[ImportedLog]

    def finish_imports(self, state: StatsState) -> None:
        """Repeat every import that was begun."""
        for log in self.kept:
            if log.is_begun:
                log.run_import(state)

    def finish_withdrawals(self, state: StatsState) -> None:
        """Repeat every withdrawal; nothing else may be at work any more."""
        job = state.retention_job(wait=lambda seconds: None)
        for log in self.withdrawn:
            if log.is_begun:
                run_withdraw(job, log.import_id, imports=state.stores.imports)

    def lost(self, raw: Mapping[str | None, int]) -> int:
        """Return how many events are missing, given how many there are by import."""
        return sum(LINES - raw.get(log.import_id, 0) for log in self.kept if log.is_begun)

    def left(self, raw: Mapping[str | None, int]) -> int:
        """Return how many events are there that were taken back."""
        return sum(raw.get(log.import_id, 0) for log in self.withdrawn if log.is_begun)

    def expected_events(self) -> Iterator[dict[str, Any]]:
        """Yield the events of imports that stay, as the model reads them."""
        for log in self.kept:
            if log.is_begun:
                yield from read_log(log.path, log.mapping).events


def write_logs(folder: Path) -> ImportedLogs:
    """Write logs into a folder; each is of a visitor of its own."""
    mapping = folder / "mapping.toml"
    mapping.write_text(RECORDS, "utf-8")
    logs = [ImportedLog(folder / f"{n}.log", mapping) for n in range(KEPT + WITHDRAWN)]
    for number, log in enumerate(logs):
        log.path.write_text("".join(_lines(f"192.0.2.{number + 1}")), "utf-8")
    return ImportedLogs(logs[:KEPT], logs[KEPT:])


def _lines(address: str) -> Iterator[str]:
    """Yield views and downloads, 11 seconds apart, over the midnight that other events meet at."""
    for number in range(LINES):
        moment = (START + timedelta(seconds=11 * number)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        record = number // 3 % RESOURCES
        target = f"/records/{record}" + (f"/files/f{record}" if number % 2 else "")
        yield f'{address} - - [{moment}] "GET {target} HTTP/1.1" 200 {number} "-" "{FIREFOX}"\n'
