"""The periodic jobs as Celery tasks, and their schedule in one table.

In a host application they run in its worker; on its own, the service has one
in ``stats.worker``. What always holds: every task may run twice, at the same
time as another, and be killed at any point. An engine that is not reachable
is a retry; anything else is an error to be looked at.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger

from stats.config import Settings
from stats.errors import StoreUnavailable
from stats.exports.monthly import run_monthly
from stats.exports.openaire import run_openaire
from stats.proxies import current_stats
from stats.reports.scheduled import run_scheduled
from stats.retention.run import run_retention
from stats.times import utc_now
from stats.wiring import build_datacite, build_openaire

logger = get_task_logger(__name__)

RETRIED = {
    "autoretry_for": (StoreUnavailable,),
    "retry_backoff": True,
    "retry_backoff_max": 300,
    "max_retries": 8,
    "ignore_result": True,
}


@shared_task(name="stats.process", **RETRIED)  # type: ignore[untyped-decorator]
def process() -> None:
    """Drain the queues into raw documents."""
    current_stats.process()


@shared_task(name="stats.aggregate", **RETRIED)  # type: ignore[untyped-decorator]
def aggregate() -> None:
    """Count the days that have new events; several workers share the days."""
    current_stats.aggregate()


@shared_task(name="stats.write_reports", **RETRIED)  # type: ignore[untyped-decorator]
def write_reports() -> None:
    """Write the scheduled reports of the last whole month that are not there yet."""
    run_scheduled(
        current_stats.scheduled_reports,
        current_stats.reporter,
        current_stats.settings.reports_target,
        now=utc_now(),
    )


@shared_task(name="stats.export_openaire", **RETRIED)  # type: ignore[untyped-decorator]
def export_openaire() -> None:
    """Send counted events to OpenAIRE, if the repository has a site there."""
    settings, stores = current_stats.settings, current_stats.stores
    if settings.openaire_site is not None:
        job = build_openaire(settings, stores, current_stats.definitions)
        run_openaire(job, counted_until=stores.bookmarks.counted_until(), now=utc_now())


@shared_task(name="stats.export_datacite", **RETRIED)  # type: ignore[untyped-decorator]
def export_datacite() -> None:
    """Submit the last whole month's dataset report to DataCite, if there is a token."""
    settings, stores = current_stats.settings, current_stats.stores
    if settings.datacite_token:
        run_monthly(build_datacite(settings, stores), current_stats.reporter, now=utc_now())


@shared_task(name="stats.retention", **RETRIED)  # type: ignore[untyped-decorator]
def retention() -> None:
    """Let go of what is older than is kept; say what must stay because it is not counted."""
    done = run_retention(current_stats.retention_job(report=logger.info))
    if done.refused:
        logger.warning("raw events stay, not counted yet: %s", ", ".join(map(str, done.refused)))


DAILY = 86_400.0
"""Seconds. What these do once a month is found out by what is there already."""


def build_schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Return Celery's ``beat_schedule``.

    By their names, since to look at a task completes Celery's application, and a
    host may not have made its own yet. Messages have no expiry: Broker-J reads AMQP's
    ``expiration`` as a point in time and drops them at once. Runs that queued up find
    nothing to do.
    """
    seconds_by_name = {
        "stats.process": settings.process_interval_seconds,
        "stats.aggregate": settings.aggregate_interval_seconds,
        "stats.write_reports": DAILY,
        "stats.export_openaire": DAILY,
        "stats.export_datacite": DAILY,
        "stats.retention": settings.retention_interval_seconds,
    }
    return {
        name: {"task": name, "schedule": timedelta(seconds=seconds)}
        for name, seconds in seconds_by_name.items()
    }
