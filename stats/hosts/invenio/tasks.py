"""Celery tasks for Invenio (entry point ``invenio_celery.tasks``)."""

from __future__ import annotations

from celery import shared_task

from stats.hosts.invenio.loans import run_overdue


@shared_task(name="stats.count_overdue_loans", ignore_result=True)  # type: ignore[untyped-decorator]
def count_overdue_loans() -> int:
    """Count the loans whose last day has passed; each once, however often it runs."""
    return run_overdue()
