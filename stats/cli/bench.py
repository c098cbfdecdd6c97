"""``stats bench``: the speed of the pipeline against what its engines could do alone."""

from __future__ import annotations

from functools import partial

import click

from stats.bench.against import run_against
from stats.bench.figures import build_table
from stats.bench.places import opened
from stats.bench.run import run_bench
from stats.cli.context import with_stats
from stats.proxies import current_stats

say = partial(click.echo, err=True)


@click.command()
@click.option(
    "--events",
    type=click.IntRange(min=1_000),
    default=200_000,
    show_default=True,
    help="Length of the seeded stream.",
)
@click.option(
    "--against",
    type=click.Choice(["invenio-stats"]),
    help="Let another package's own code count the same events beside, and compare.",
)
@with_stats
def bench(events: int, against: str | None) -> None:
    """Measure processing, aggregation, requests and memory on a seeded stream of events.

    On the engines of the settings, under names of its own that are cleaned up; on embedded
    engines in a temporary folder when one of them does not answer.
    """
    if against:
        lines = run_against(events, current_stats.settings, say)
    else:
        with opened(current_stats.settings, say) as engines:
            lines = build_table(run_bench(events, engines, say))
    click.echo("\n".join(lines))
