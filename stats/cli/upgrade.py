"""``stats upgrade``: templates and documents of an older version."""

from __future__ import annotations

import click

from stats.backup.upgrade import run_upgrade
from stats.cli.context import with_stats
from stats.proxies import current_stats
from stats.retention.referrers import run_cut_referrers


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done; change nothing.")
@with_stats
def upgrade(dry_run: bool) -> None:
    """Bring index templates, indices and the module's own documents to this version."""
    done = run_upgrade(current_stats.aggregation_job, dry_run=dry_run, report=click.echo)
    if referrers := run_cut_referrers(current_stats.retention_job(), dry_run=dry_run):
        click.echo(f"{referrers} referrers lose their query, fragment and user")
        done += referrers
    if not done:
        click.echo("everything is of this version")
