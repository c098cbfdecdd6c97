"""The ``stats`` command, and the same group as ``flask stats``.

One module a group of commands. Invariant: an error is one line on
stderr that says what to do, and an exit code: 1 found something wrong, 2 bad
usage or input, 3 an engine is not reachable.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, NoReturn, cast

import click

from stats.cli.aggregate import aggregate
from stats.cli.annotate import annotate
from stats.cli.audit import audit
from stats.cli.backup import add_exports, import_files
from stats.cli.erase import erase, reflag
from stats.cli.events import events
from stats.cli.export import export
from stats.cli.imports import imports
from stats.cli.legacy import import_legacy
from stats.cli.query import query
from stats.cli.report import report
from stats.cli.resources import resources
from stats.cli.retention import retention
from stats.cli.search import search
from stats.cli.service import init, serve
from stats.cli.status import status
from stats.cli.token import token
from stats.cli.upgrade import upgrade
from stats.errors import InputError, StatsError, StoreRejected, StoreUnavailable

FOUND_WRONG, BAD_USAGE, UNREACHABLE = 1, 2, 3

LAZY = ("bench", "demo", "engines", "kibana")
"""Commands for development and trial, each imported when it is asked for: nobody else pays."""


def exit_code(error: StatsError) -> int:
    """Return the exit code of an error (``docs/contracts.md#command-line``)."""
    if isinstance(error, StoreUnavailable):
        return UNREACHABLE
    return FOUND_WRONG if isinstance(error, StoreRejected) else BAD_USAGE


class StatsGroup(click.Group):
    """A group whose commands end with one line and an exit code, in ``flask stats`` too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *LAZY})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now if it is one for trial."""
        if cmd_name in LAZY:
            module = import_module(f"stats.cli.{cmd_name}")
            return cast(click.Command, getattr(module, cmd_name))
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn an error of ours, or of usage, into its line and code."""
        try:
            return super().invoke(ctx)
        except StatsError as error:
            line = error.line if isinstance(error, InputError) else str(error)
            _fail(line, exit_code(error))
        except click.UsageError as error:
            _fail(error.format_message(), BAD_USAGE)


def _fail(line: str, code: int) -> NoReturn:
    click.echo(f"stats: {line}", err=True)
    sys.exit(code)


@click.group(cls=StatsGroup)
def stats() -> None:
    """Exact usage statistics for research repositories."""


for command in (
    aggregate,
    annotate,
    audit,
    erase,
    events,
    export,
    import_files,
    import_legacy,
    imports,
    init,
    query,
    report,
    reflag,
    resources,
    retention,
    serve,
    status,
    token,
    upgrade,
):
    stats.add_command(command)
events.add_command(search)
add_exports(export)


def main() -> None:
    """Run the command line."""
    stats()
