"""Every report by name, as the bytes of a file: what the command line and the schedule write.

Comes in: a name (``files``, ``datasets_by_user``, ``pr``, ``ir``, ``dsr``...), a form,
and parameters as text. Goes out: chunks. Invariant: the same report as
over HTTP, made by the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from stats.errors import InputError, UnknownError
from stats.kinds.types import Kinds
from stats.reports import dsr, dsr_tsv, stream
from stats.reports.counter import json_form, tsv_form
from stats.reports.counter.definitions import COUNTER_REPORTS
from stats.reports.counter.request import parse_dates, parse_request
from stats.reports.counter.run import run_counter
from stats.reports.items import Platform
from stats.reports.metrics import build_head, parse_metrics, run_metrics
from stats.reports.rows import build_reports
from stats.reports.sources import Sources
from stats.reports.stream import Format

TABLES: tuple[Format, ...] = get_args(Format)
COUNTER_FORMS = ("json", "tsv")
DSR = "dsr"


@dataclass(frozen=True)
class Reporter:
    """What reports of one installation are made of."""

    sources: Sources
    platform: Platform

    def run(
        self, name: str, form: str, given: Mapping[str, str], *, now: datetime
    ) -> Iterator[bytes]:
        """Return the report called ``name`` in ``form``; raise ``InputError`` for a wrong one."""
        forms = forms_of(name, kinds=self.sources.kinds)
        if form not in forms:
            message = f"{name} is not written as {form}, but as {', '.join(forms)}"
            raise InputError("out_of_range", message, field="format")
        if name == DSR:
            window = parse_dates(given, now, begun=True)
            report = dsr.run_dsr(self.sources, self.platform, window, now=now)
            return dsr_tsv.to_tsv(report) if form == "tsv" else dsr.to_json(report)
        if name in COUNTER_REPORTS:
            return self._counter(name, form, given, now)
        return self._metrics(name, form, given)

    def _counter(
        self, name: str, form: str, given: Mapping[str, str], now: datetime
    ) -> Iterator[bytes]:
        report, platform = COUNTER_REPORTS[name], self.platform
        request = parse_request(report, given, now=now, platform=platform.id)
        answer = run_counter(request, self.sources, platform, now=now)
        return tsv_form.to_tsv(answer) if form == "tsv" else json_form.to_json(answer)

    def _metrics(self, name: str, form: str, given: Mapping[str, str]) -> Iterator[bytes]:
        request = parse_metrics(name, given, kinds=self.sources.kinds)
        answer = run_metrics(request, self.sources)
        (known,) = (table for table in TABLES if table == form)
        return stream.body(request.report, answer.rows, form=known, head=build_head(answer))


def forms_of(name: str, *, kinds: Kinds) -> tuple[str, ...]:
    """Return the forms that a report can be written in, the usual one first."""
    if name == DSR or name in COUNTER_REPORTS:
        return COUNTER_FORMS
    reports = build_reports(kinds)
    if name in reports:
        return TABLES
    known = ", ".join([*reports, *COUNTER_REPORTS, DSR])
    raise UnknownError("unknown_query", f"there is no report {name!r}, but {known}", field="report")
