"""Celery tasks for Invenio (entry point ``invenio_celery.tasks``)."""

from __future__ import annotations

from importlib.util import find_spec

from celery import shared_task

from stats.hosts.invenio.loans import run_overdue
from stats.proxies import current_stats
from stats.tasks import RETRIED
from stats.times import utc_now


@shared_task(name="stats.count_overdue_loans", ignore_result=True)  # type: ignore[untyped-decorator]
def count_overdue_loans() -> int:
    """Count the loans whose last day has passed; each once, however often it runs."""
    return run_overdue()


@shared_task(name="stats.refresh_records", **RETRIED)  # type: ignore[untyped-decorator]
def refresh_records() -> int:
    """Bring ``stats`` in InvenioRDM's records up to date; return how many were indexed again."""
    if find_spec("invenio_rdm_records") is None:
        return 0
    from stats.hosts.invenio.rdm.refreshing import run_refresh  # noqa: PLC0415 - optional

    return run_refresh(current_stats, utc_now()).indexed
