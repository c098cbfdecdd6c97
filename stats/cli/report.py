"""``stats report``: metrics, COUNTER and dataset reports, and whole pages, to a file or stdout.

Invariant: a file given with ``-o`` is there whole or not at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

import click

from stats.cli.context import with_stats
from stats.cli.pairs import parse_pairs
from stats.errors import InputError
from stats.proxies import current_stats
from stats.reports.checks.run import check_file
from stats.reports.counter.definitions import COUNTER_REPORTS
from stats.reports.metrics import SORTS
from stats.reports.page import list_elements, page_chunks, parse_page
from stats.reports.registry import DSR, TABLES
from stats.reports.rows import OWN_VIEWS
from stats.reports.scheduled import run_scheduled
from stats.times import utc_now

FOUND_WRONG = 1
MONTH = click.DateTime(["%Y-%m"])
OUTPUT = click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to FILE.")


@click.group()
def report() -> None:
    """Usage reports: tables for people, COUNTER, Make Data Count."""


@report.command()
@click.argument("kind", required=False, metavar="[files|datasets|records|...]")
@click.option("--by-user", is_flag=True, help="One row for each user and resource.")
@click.option("--from", "first", default="", help="First day; all time without.")
@click.option("--to", "last", default="", help="Last day.")
@click.option("--own-views", is_flag=True, help="A column of the views of its own page alone.")
@click.option("--sort", default="downloads", help=f"One of {', '.join(SORTS)}.")
@click.option("--limit", default="", help="Rows at most.")
@click.option("--deleted", default="", help="show (the default), or hide what is deleted.")
@click.option("--format", "form", type=click.Choice(TABLES), default="csv", show_default=True)
@OUTPUT
@with_stats
def metrics(
    kind: str | None,
    by_user: bool,
    own_views: bool,
    form: str,
    output: Path | None,
    **given: str,
) -> None:
    """What was viewed and downloaded, and how often: of one kind, or of all."""
    name = (kind or "metrics") + ("_by_user" if by_user else "")
    names = {"first": "from", "last": "to"}
    parameters = {names.get(key, key): value for key, value in given.items() if value}
    parameters |= {OWN_VIEWS: "true"} if own_views else {}
    _write(current_stats.reporter.run(name, form, parameters, now=utc_now()), output)


@report.command()
@click.argument("name", type=click.Choice([*COUNTER_REPORTS, DSR]))
@click.option("--begin", required=True, help="First month, YYYY-MM.")
@click.option("--end", required=True, help="Last month, YYYY-MM.")
@click.option("--format", "form", default="json", show_default=True, help="json or tsv.")
@click.option(
    "--param", "params", multiple=True, metavar="KEY=VALUE", help="As in the COUNTER API."
)
@OUTPUT
@with_stats
def counter(
    name: str, begin: str, end: str, form: str, params: tuple[str, ...], output: Path | None
) -> None:
    """A report of COUNTER 5.1 (pr, pr_p1, ir, ir_a1, ir_m1), or the dataset report (dsr)."""
    dates = {"begin_date": begin, "end_date": end}
    parameters = parse_pairs(params, field="--param") | dates
    _write(current_stats.reporter.run(name, form, parameters, now=utc_now()), output)


@report.command()
@click.argument("resource")
@click.option("--from", "from", default="", help="First day; a month back without.")
@click.option("--to", default="", help="Last day; today without.")
@click.option(
    "--window", default="", help="In place of both: last-month, this-year, 2025, all, ..."
)
@click.option("--interval", default="", help="Of histories; what reads best without.")
@click.option("--lang", default="", help="Language of the first sheet: en, de, fr or es.")
@click.option("--url", default="/", help="Address of the service, for links in the workbook.")
@OUTPUT
@with_stats
def page(output: Path | None, url: str, **given: str) -> None:
    """All that the page of RESOURCE (kind:id) shows, as a workbook (XLSX): a sheet a table."""
    now = utc_now()
    asked = parse_page(given, now.date())
    ref = current_stats.parse_ref(asked.resource, field="resource")
    asked = replace(asked, resource=ref, base=f"{url.rstrip('/')}/")
    elements = list_elements(asked, kinds=current_stats.kinds, queries=current_stats.queries)
    sources = current_stats.reporter.sources
    _write(page_chunks(asked, elements, current_stats.table, sources=sources, now=now), output)


@report.command()
@click.argument("file", type=click.File("rb"))
def check(file: IO[bytes]) -> None:
    """Check a report, of ours or another's: schema and invariants; exit 1 if something is wrong.

    FILE is a COUNTER 5.1 report or a dataset report, as JSON or TSV.
    """
    findings = check_file(file.read())
    for finding in findings:
        click.echo(finding.text)
    click.echo(f"{len(findings)} wrong" if findings else "nothing wrong")
    if findings:
        sys.exit(FOUND_WRONG)


@report.command()
@click.option("--month", type=MONTH, help="Write the reports of this month, over those there.")
@with_stats
def scheduled(month: datetime | None) -> None:
    """Write the reports of STATS_SCHEDULED_REPORTS that are not there yet."""
    settings = current_stats.settings
    written = run_scheduled(
        current_stats.scheduled_reports,
        current_stats.reporter,
        settings.reports_target,
        now=utc_now(),
        month=month.date() if month else None,
    )
    for path in written:
        click.echo(path)
    click.echo(f"wrote {len(written)} reports", err=True)


def _write(chunks: Iterable[bytes], output: Path | None) -> None:
    with _opened(output) as file:
        for chunk in chunks:
            file.write(chunk)


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[bytes]]:
    """Open stdout, or a file beside ``output`` that takes its place when all is written."""
    if output is None:
        yield sys.stdout.buffer
        return
    part = output.with_name(output.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    except OSError as error:
        message = f"cannot write {output}: {error.strerror}"
        raise InputError("bad_format", message, field="-o") from error
    finally:
        part.unlink(missing_ok=True)
