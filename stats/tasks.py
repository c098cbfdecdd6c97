"""The periodic jobs as Celery tasks, and their schedule in one table.

In a host application they run in its worker; on its own, the service has one
in ``stats.worker``. Invariant: every task may run twice, at the same
time as another, and be killed at any point. An engine that is not reachable
is a retry, or one line where the schedule comes again soon; anything else is an
error to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import monotonic, sleep
from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger

from stats.audit.differences import Difference
from stats.audit.job import AuditJob
from stats.audit.mending import find_mend
from stats.audit.run import run_audit
from stats.config import Settings
from stats.errors import StoreUnavailable
from stats.exports.monthly import run_monthly
from stats.exports.openaire import Due, run_openaire
from stats.metrics import TASK_FAILURES
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


OFTEN = {"ignore_result": True}
"""Of tasks that the schedule repeats before a retry would: a retry is a message more, too."""

_ended: dict[str, float] = {}
"""When each of those tasks ended last in this process, on the monotonic clock."""


def run_often(name: str, job: Callable[[], object], *, interval: float) -> None:
    """Run a job of the schedule; one line says that an engine is away.

    What piled up in the queue meanwhile (a worker that was stopped, a broker that was
    blocked) is one run, not a hundred.
    """
    if monotonic() - _ended.get(name, float("-inf")) < interval / 2:
        return
    try:
        job()
    except StoreUnavailable as error:
        current_stats.stores.recorder.add(TASK_FAILURES, labels=(name,))
        logger.warning("%s is put off to its next time: %s", name, error)
    _ended[name] = monotonic()


@shared_task(name="stats.process", **OFTEN)  # type: ignore[untyped-decorator]
def process() -> None:
    """Drain the queues into raw documents."""
    interval = current_stats.settings.process_interval_seconds
    run_often("stats.process", current_stats.process, interval=interval)


@shared_task(name="stats.aggregate", **OFTEN)  # type: ignore[untyped-decorator]
def aggregate() -> None:
    """Count the days that have new events; several workers share the days."""
    interval = current_stats.settings.aggregate_interval_seconds
    run_often("stats.aggregate", _aggregate, interval=interval)


def _aggregate() -> None:
    for missing in current_stats.aggregate().missing:
        logger.error("a day is not counted again: %s; see stats status", missing)


@shared_task(name="stats.audit", **RETRIED)  # type: ignore[untyped-decorator]
def audit() -> None:
    """Compare what is stored with what it is made of, and say what differs and what mends it."""
    found: list[Difference] = []
    job = AuditJob(
        current_stats.aggregation_job, current_stats.stores.clock, sleep, found.append, logger.info
    )
    run_audit(job, (None, None))
    for difference in found[:MOST_LINES]:
        logger.error("%s. %s", difference, find_mend(difference))
    if found:
        logger.error("the audit found %d differences: stats audit --repair", len(found))
    current_stats.stores.bookmarks.note_audit(utc_now(), len(found))


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
        run_openaire(job, Due(stores.bookmarks.counted_until(), utc_now()))


@shared_task(name="stats.export_datacite", **RETRIED)  # type: ignore[untyped-decorator]
def export_datacite() -> None:
    """Submit the last whole month's dataset report to DataCite, if there is a token."""
    settings, stores = current_stats.settings, current_stats.stores
    if settings.datacite_token:
        run_monthly(build_datacite(settings, stores), current_stats.reporter, now=utc_now())


@shared_task(name="stats.retention", **OFTEN)  # type: ignore[untyped-decorator]
def retention() -> None:
    """Let go of what is older than is kept; say what must stay because it is not counted."""
    interval = current_stats.settings.retention_interval_seconds
    run_often("stats.retention", _retain, interval=interval)


def _retain() -> None:
    done = run_retention(current_stats.retention_job(report=logger.info))
    if done.refused:
        logger.warning("raw events stay, not counted yet: %s", ", ".join(map(str, done.refused)))


WEEKLY = 7 * 86_400.0
MOST_LINES = 20
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
        "stats.audit": WEEKLY,
        "stats.retention": settings.retention_interval_seconds,
    }
    return {
        name: {"task": name, "schedule": timedelta(seconds=seconds)}
        for name, seconds in seconds_by_name.items()
    }
