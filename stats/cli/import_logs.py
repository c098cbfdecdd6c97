"""``stats events import``: logs of servers, as they come.

Out: one last line with the counts on stdout; on stderr what each file was taken for, the first
malformed lines with their reasons, and what whole files lack.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import click
from tqdm import tqdm

from stats.cli.context import with_stats
from stats.cli.termination import termination
from stats.errors import InputError
from stats.events.importers.catalogue import AUTO, LOG_FORMATS
from stats.events.importers.event_lines import Imported, Part
from stats.events.importers.following import check_followed
from stats.events.importers.importing import Importing, Span, Summary, run_import
from stats.events.importers.mapping import MappingError
from stats.events.importers.opening import STDIN, find_files
from stats.log_imports import LogImports, build_log_imports
from stats.proxies import current_stats

FOUND_WRONG, BAD_INPUT = 1, 2
REASONS_SHOWN = 5
EVENTS_SHOWN = 3
say = partial(click.echo, err=True)


@click.command("import")
@click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice((AUTO, *LOG_FORMATS)),
    default=AUTO,
    help="What wrote the files; told from their first lines if not said.",
)
@click.option(
    "--log-format",
    metavar="STRING",
    help="The line of the server's configuration: Apache's LogFormat or nginx's log_format.",
)
@click.option(
    "--mapping",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="TOML: which paths are which events. Needed for an access log.",
)
@click.option("--glob", default="*", help="Which files of a folder; **/*.log goes into folders.")
@click.option(
    "--follow", is_flag=True, help="Go on with what is written, over rotation, until a signal."
)
@click.option("--dry-run", is_flag=True, help="Show lines by rule and the first events; no more.")
@click.option(
    "--max-malformed",
    type=click.FloatRange(0, 1),
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="Exit code 1 when a greater part of the lines is malformed.",
)
@with_stats
def import_(
    paths: tuple[Path, ...],
    file_format: str,
    log_format: str | None,
    mapping: Path | None,
    glob: str,
    *,
    follow: bool,
    dry_run: bool,
    max_malformed: float,
) -> None:
    """Publish the events of logs: of servers, by a mapping, or of Make Data Count.

    FILE is a file, compressed or not, a folder, or - for standard input. Lines are known
    again: importing a file twice counts it once.
    """
    importing = _log_imports().build(mapping, file_format=file_format, log_format=log_format)
    importing = replace(importing, say=say)
    if follow:
        _follow(paths, importing, dry_run=dry_run)
        return
    files = find_files(paths, glob)
    first: list[Part] = []
    if dry_run:
        importing = replace(
            importing, publish=partial(_keep_first, first), describe=lambda descriptions: None
        )
    with _progress(files) as report:
        summary = _run(files, replace(importing, report=report), dry_run=dry_run)
    if dry_run:
        _show_rules(importing, summary.result, first)
    _show(summary)
    click.echo(f"{summary.result}{' (dry run: nothing is published)' if dry_run else ''}")
    if code := exit_code_of(summary, max_malformed):
        sys.exit(code)


def _log_imports() -> LogImports:
    stats = current_stats
    return build_log_imports(stats.settings, stats.stores, stats.definitions)


def _follow(paths: tuple[Path, ...], importing: Importing, *, dry_run: bool) -> None:
    if dry_run or STDIN in paths or any(path.is_dir() for path in paths):
        message = "--follow takes files by their paths, and goes without --dry-run"
        raise InputError("bad_format", message, field="follow")
    check_followed(paths)
    summary = Summary()
    with termination(signal.SIGTERM, signal.SIGINT) as should_stop:
        _log_imports().follow(paths, importing, summary, should_stop=should_stop)
    _show(summary)
    click.echo(str(summary.result))


def _run(files: list[Path], importing: Importing, *, dry_run: bool) -> Summary:
    summary = Summary()
    try:
        if dry_run:
            run_import(files, importing, summary)
        else:
            _log_imports().run(files, importing, summary)
    except MappingError:
        click.echo(str(summary.result))
        raise
    return summary


def _keep_first(first: list[Part], events: list[Part], _span: Span) -> None:
    first.extend(events[: EVENTS_SHOWN - len(first)])


def exit_code_of(summary: Summary, max_malformed: float) -> int:
    """Return 2 when nothing could be read, 1 when something is wrong with what was, else 0."""
    result = summary.result
    if summary.problems:
        return FOUND_WRONG if result.lines else BAD_INPUT
    nothing = result.imported + result.skipped == 0
    return FOUND_WRONG if nothing or result.malformed_share > max_malformed else 0


@contextmanager
def _progress(files: list[Path]) -> Iterator[Callable[[int], None]]:
    """Show the bytes read of all files on a terminal."""
    total = None if STDIN in files else sum(file.stat().st_size for file in files)
    quiet = not sys.stderr.isatty()
    with tqdm(total=total, unit="B", unit_scale=True, disable=quiet) as bar:

        def report(size: int) -> None:
            bar.update(size)

        yield report


def _show_rules(importing: Importing, result: Imported, first: list[Part]) -> None:
    mapping = importing.lines.mapping
    for rule in mapping.rules if mapping else ():
        say(f"rule {rule.number}: {result.rules[rule.number]} lines: {rule.path.pattern}")
    for event in first:
        click.echo(event.body.decode())


def _show(summary: Summary) -> None:
    result = summary.result
    for fault in result.faults:
        say(f"{fault.file} line {fault.line}: {fault.message}")
    if result.malformed > len(result.faults):
        for reason, number in result.reasons.most_common(REASONS_SHOWN):
            say(f"malformed: {number} x {reason}")
    if result.warnings:
        fields = ", ".join(f"{name} of {n}" for name, n in sorted(result.warnings.items()))
        say(f"left out or cut, in events that count: {fields}")
    for line in (*summary.hints, *summary.empty):
        say(line)
    for problem in summary.problems:
        say(f"stats: {problem}")
