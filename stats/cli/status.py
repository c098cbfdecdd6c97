"""``stats status``: how the pipeline does."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import click

from stats.cli.context import with_stats
from stats.health import Health, Problem, find_problems, read_health
from stats.proxies import current_stats
from stats.times import iso_ms, utc_now


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@with_stats
def status(as_json: bool) -> None:
    """Print until when is counted, the lag, what waits, and what is wrong and mends it.

    The exit code is 3 when an engine is not reachable, and 1 when counters are frozen: an
    engine takes no writes, raw events are missing, or nothing was counted for long though
    events wait.
    """
    now = utc_now()
    health = read_health(current_stats._get_current_object(), now)  # type: ignore[attr-defined]
    interval = current_stats.settings.aggregate_interval_seconds
    problems = find_problems(health, interval=interval)
    if as_json:
        click.echo(json.dumps(build_status(health, problems, now)))
    else:
        _print(health, problems, now)
    if health.down:
        sys.exit(3)
    if any(problem.frozen for problem in problems):
        sys.exit(1)


def _print(health: Health, problems: list[Problem], now: datetime) -> None:
    for name, value in build_status(health, [], now).items():
        if name != "problems":
            click.echo(f"{name.replace('_', ' ')}: {_text(value)}")
    for problem in problems:
        click.echo(f"{'FROZEN' if problem.frozen else 'note'}: {problem}")
    if not problems:
        click.echo("all is well")


def _text(value: object) -> object:
    if isinstance(value, dict):
        return ", ".join(f"{key} {n}" for key, n in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "never" if value is None else value


def build_status(health: Health, problems: list[Problem], now: datetime) -> dict[str, object]:
    """Return what the command prints; times are ISO 8601, lag and ages are in seconds."""
    return {
        "counted_until": iso_ms(health.counted_until) if health.counted_until else None,
        "lag_seconds": None if health.lag_seconds is None else round(health.lag_seconds, 1),
        "days_waiting": health.days_waiting,
        "days_held": [f"{held.day} {held.holder}" for held in health.held],
        "dead_letters": health.dead_letters,
        "queues": dict(health.queued),
        "oldest_queued_seconds": {
            name: round(seconds, 1) for name, seconds in health.oldest_queued_seconds(now).items()
        },
        "in_hand": {held.type_name: held.messages for held in health.in_hand},
        "problems": [
            {"problem": one.text, "mend": one.mend, "frozen": one.frozen} for one in problems
        ],
    }
