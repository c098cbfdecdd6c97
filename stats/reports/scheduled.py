"""Reports written to a folder or an object store, once a month each.

Comes in: what the settings list, and where to write. Goes out: files
``<report>-YYYY-MM.<format>``. Invariant: only a month that is wholly
counted is written; a file is there whole or not at all; what is there is not
written again unless asked for, so the job may run any number of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import fsspec

from stats.errors import ConfigError, InputError, StoreUnavailable
from stats.kinds.types import Kinds
from stats.reports.counter.definitions import COUNTER_REPORTS
from stats.reports.months import last_of, last_whole_month
from stats.reports.registry import DSR, Reporter, forms_of
from stats.times import month_of

SETTING = "STATS_SCHEDULED_REPORTS"
PART = ".part"


@dataclass(frozen=True)
class Scheduled:
    """One report to be written each month."""

    report: str
    form: str

    def file_name(self, month: date) -> str:
        """Return the name of the file of one month."""
        return f"{self.report}-{month_of(month)}.{self.form}"

    def parameters(self, month: date) -> dict[str, str]:
        """Return the parameters that make it the report of ``month``."""
        if self.report not in (*COUNTER_REPORTS, DSR):
            return {"from": month.isoformat(), "to": last_of(month).isoformat()}
        return {"begin_date": month_of(month), "end_date": month_of(month)}


def parse_scheduled(listed: Iterable[object], *, kinds: Kinds) -> list[Scheduled]:
    """Read the setting; raise ``ConfigError`` naming the entry that is wrong."""
    return [_parse(entry, kinds) for entry in listed]


def _parse(entry: object, kinds: Kinds) -> Scheduled:
    if not isinstance(entry, Mapping) or not {"report"} <= entry.keys() <= {"report", "format"}:
        raise ConfigError(f'{SETTING}: {entry!r} is not {{"report": NAME, "format": FORMAT}}')
    name = str(entry["report"])
    try:
        forms = forms_of(name, kinds=kinds)
    except InputError as error:
        raise ConfigError(f"{SETTING}: {error.message}") from error
    form = str(entry.get("format") or forms[0])
    if form not in forms:
        raise ConfigError(f"{SETTING}: {name} is not written as {form}, but {', '.join(forms)}")
    return Scheduled(name, form)


def run_scheduled(
    reports: Iterable[Scheduled],
    reporter: Reporter,
    target: str,
    *,
    now: datetime,
    month: date | None = None,
) -> list[str]:
    """Write what is not there yet of the last whole month; return the paths written.

    With ``month``, write all reports of it, over those that are there.
    """
    chosen = month or last_whole_month(reporter.sources.bookmarks.counted_until(), now)
    if chosen is None:
        return []
    folder, path = _open(target)
    written = []
    for report in reports:
        name = f"{path}/{report.file_name(chosen)}"
        if month is None and folder.exists(name):
            continue
        chunks = reporter.run(report.report, report.form, report.parameters(chosen), now=now)
        _write(folder, name, chunks)
        written.append(name)
    return written


def _open(target: str) -> tuple[Any, str]:
    """Return the file system and the path of an address; the folder is made."""
    try:
        folder, path = fsspec.core.url_to_fs(target)
        folder.makedirs(path, exist_ok=True)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"STATS_REPORTS_TARGET: {error}") from error
    except OSError as error:
        raise StoreUnavailable("STATS_REPORTS_TARGET", str(error)) from error
    return folder, path.rstrip("/")


def _write(folder: Any, name: str, chunks: Iterable[bytes]) -> None:
    """Write beside the name and move: a file that is there is complete."""
    part = name + PART
    try:
        with folder.open(part, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
        folder.mv(part, name)
    except OSError as error:
        raise StoreUnavailable("STATS_REPORTS_TARGET", str(error)) from error
    finally:
        if folder.exists(part):
            folder.rm(part)
