"""The ``stats`` command, and the same group as ``flask stats``.

One module a group of commands, imported when it is asked for. Invariant: an error is one line on
stderr that says what to do, and an exit code: 1 found something wrong, 2 bad
usage or input, 3 an engine is not reachable.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NoReturn, cast

import click

from stats.errors import InputError, StatsError, StoreRejected, StoreUnavailable

FOUND_WRONG, BAD_USAGE, UNREACHABLE = 1, 2, 3


@dataclass(frozen=True)
class Command:
    """Where a command is (``module:name`` in ``stats.cli``), and its line in ``stats --help``."""

    place: str
    help: str

    def load(self) -> click.Command:
        """Import the command, and what it needs."""
        module, name = self.place.split(":")
        return cast(click.Command, getattr(import_module(f"stats.cli.{module}"), name))


COMMANDS = {
    "aggregate": Command(
        "aggregate:aggregate",
        "Count the days that have new events; with --from and --to, those days again.",
    ),
    "annotate": Command(
        "annotate:annotate",
        'Remarks on days: stats annotate 2026-03-01 "press release" [--resource KIND:ID].',
    ),
    "audit": Command(
        "audit:audit",
        "Count days anew from raw events, and compare them, their sums and the totals.",
    ),
    "bench": Command(
        "bench:bench",
        "Measure processing, aggregation, requests and memory on a seeded stream of events.",
    ),
    "demo": Command(
        "demo:demo", "Run engines, an imported log, generated traffic, a worker and the service."
    ),
    "engines": Command(
        "engines:engines",
        "Elasticsearch, AMQP broker and MongoDB server for development, nothing installed.",
    ),
    "erase": Command(
        "erase:erase", "Erase a person: private fields of their events, and their statistics."
    ),
    "events": Command("events:events", "Events: into the queue, and out of it into raw documents."),
    "export": Command(
        "export:export",
        "Usage sent to services elsewhere, and parts of this installation for a back-up.",
    ),
    "import": Command(
        "backup:import_files",
        "Write what ``stats export`` wrote; the same file again changes nothing.",
    ),
    "import-legacy": Command(
        "legacy:import_legacy",
        "Take over raw events of invenio-stats where there are any, else its daily numbers.",
    ),
    "imports": Command(
        "imports:imports", "Imports of logs: what they brought, and how to take one back."
    ),
    "init": Command(
        "service:init", "Make index templates, queues and MongoDB indexes; safe to repeat."
    ),
    "kibana": Command(
        "kibana:kibana",
        "Print saved objects as NDJSON, for the import of a program (docs/kibana.md).",
    ),
    "query": Command("query:query", "Print the JSON answer of the query NAME."),
    "reflag": Command(
        "erase:reflag",
        "Apply today's lists of robots and machines to the raw events that are kept.",
    ),
    "report": Command(
        "report:report", "Usage reports: tables for people, COUNTER, Make Data Count."
    ),
    "resources": Command("resources:resources", "Resources: two refs of one thing made one."),
    "retention": Command(
        "retention:retention",
        "Drop raw events, scrub private fields, roll days up to months, as STATS_RETENTION says.",
    ),
    "serve": Command("service:serve", "Run the HTTP service; Ctrl-C ends it."),
    "status": Command(
        "status:status",
        "Print until when is counted, the lag, what waits, and what is wrong and mends it.",
    ),
    "token": Command("token:token", "Tokens for programs and people that the host does not know."),
    "upgrade": Command(
        "upgrade:upgrade",
        "Bring index templates, indices and the module's own documents to this version.",
    ),
}
"""All commands, each imported when it is asked for: ``stats --help`` and cron pay for no other."""


def exit_code(error: StatsError) -> int:
    """Return the exit code of an error (``docs/contracts.md#command-line``)."""
    if isinstance(error, StoreUnavailable):
        return UNREACHABLE
    return FOUND_WRONG if isinstance(error, StoreRejected) else BAD_USAGE


class StatsGroup(click.Group):
    """A group whose commands end with one line and an exit code, in ``flask stats`` too."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command: one that was added to the group, or one of the table, imported now."""
        added = super().get_command(ctx, cmd_name)
        return COMMANDS[cmd_name].load() if added is None and cmd_name in COMMANDS else added

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands and what they do, without importing them."""
        added = {name: one.get_short_help_str() for name, one in self.commands.items()}
        lines = {name: one.help for name, one in COMMANDS.items()} | added
        with formatter.section("Commands"):
            formatter.write_dl(sorted(lines.items()))

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


def main() -> None:
    """Run the command line."""
    stats()
