"""The Celery application of the service of its own: ``celery -A stats.worker worker -B``."""

from __future__ import annotations

from typing import Any

from celery import Celery, Task
from kombu import Exchange, Queue

from stats.ext import EXTENSION, StatsState
from stats.service import create_app
from stats.stores.broker_address import parse_broker_address
from stats.tasks import build_schedule

flask_app = create_app()


class ContextTask(Task):  # type: ignore[misc]
    """A task that runs where ``current_stats`` is there."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task in the application's context."""
        with flask_app.app_context():
            return super().__call__(*args, **kwargs)


def make_celery(state: StatsState) -> Celery:
    """Return a Celery application on the broker of the events.

    Exchange, queue and routing key are named, since the default exchange does
    not route on every AMQP broker.
    """
    name = f"{state.settings.index_prefix}stats-tasks"
    address = parse_broker_address(state.settings.broker_url)
    found = Celery("stats", broker=address.url, task_cls=ContextTask)
    found.conf.update(
        beat_schedule=build_schedule(state.settings),
        beat_scheduler="stats.beat:QuietScheduler",
        broker_use_ssl=address.tls or False,
        broker_connection_timeout=state.settings.connect_timeout,
        broker_transport_options={
            "read_timeout": state.settings.connect_timeout,
            "write_timeout": state.settings.connect_timeout,
        },
        task_publish_retry=False,
        broker_connection_retry_on_startup=True,
        task_acks_late=True,
        task_default_exchange=name,
        task_default_exchange_type="topic",
        task_default_queue=name,
        task_default_routing_key=name,
        task_ignore_result=True,
        task_queues=[Queue(name, Exchange(name, "topic"), routing_key=name)],
        timezone="UTC",
        worker_enable_remote_control=False,
        worker_prefetch_multiplier=1,
    )
    found.set_default()
    return found


celery = make_celery(flask_app.extensions[EXTENSION])
