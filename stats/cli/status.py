"""``stats status``: how the pipeline does."""

from __future__ import annotations

import json

import click

from stats.cli.context import with_stats
from stats.health import Health, read_health
from stats.proxies import current_stats
from stats.times import iso_ms, utc_now


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_stats
def status(as_json: bool) -> None:
    """Print until when is counted, the lag, and what waits: days, messages, dead letters."""
    health = read_health(current_stats._get_current_object(), utc_now())  # type: ignore[attr-defined]
    if as_json:
        click.echo(json.dumps(build_status(health)))
        return
    for name, value in build_status(health).items():
        click.echo(f"{name.replace('_', ' ')}: {_text(value)}")


def _text(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{key} {n}" for key, n in value.items()) or "none"
    return "never" if value is None else value


def build_status(health: Health) -> dict[str, object]:
    """Return what the command prints; times are ISO 8601, the lag is in seconds."""
    return {
        "counted_until": iso_ms(health.counted_until) if health.counted_until else None,
        "lag_seconds": None if health.lag_seconds is None else round(health.lag_seconds, 1),
        "days_waiting": health.days_waiting,
        "dead_letters": health.dead_letters,
        "queues": health.queued,
    }
