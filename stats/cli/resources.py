"""``stats resources``: what is counted, put right."""

from __future__ import annotations

import sys

import click

from stats.cli.context import with_stats
from stats.cli.retention import listed, say
from stats.proxies import current_stats
from stats.retention.merge import run_merge

FOUND_WRONG = 1


@click.group()
def resources() -> None:
    """Resources: two refs of one thing made one."""


@resources.command()
@click.argument("old")
@click.argument("new")
@with_stats
def merge(old: str, new: str) -> None:
    """Put the history, totals and rankings of OLD under NEW, for good; OLD answers as NEW.

    Events of OLD that come later count under NEW. What is described stays: describe NEW.
    """
    kinds = current_stats.kinds
    refs = kinds.parse_ref(old, field="OLD"), kinds.parse_ref(new, field="NEW")
    done = run_merge(
        current_stats.retention_job(report=say), *refs, merges=current_stats.stores.merges
    )
    click.echo(
        f"rewrote {done.events} events, recounted {len(done.days)} days,"
        f" summed {done.summed} documents"
    )
    if done.busy:
        say(f"stats: another worker counts {listed(done.busy)} just now; `stats aggregate`")
        sys.exit(FOUND_WRONG)
