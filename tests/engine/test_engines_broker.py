"""What the package's queues and tasks need of the broker: invenio-queues and Celery."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import kombu
from flask import Flask
from invenio_queues import InvenioQueues, current_queues

from stats.engines.namespace import Namespace

TASKS = """
import os
from pathlib import Path
from celery import Celery

name = os.environ["QUEUE"]
app = Celery("tasks", broker=os.environ["STATS_BROKER_URL"])
app.conf.update(
    task_default_queue=name,
    task_default_exchange=name,
    task_default_exchange_type="topic",
    task_default_routing_key=name,
    task_acks_late=True,
)

@app.task
def touch(path):
    Path(path).touch()
"""


def test_invenio_queues_publish_and_consume(stats_namespace: Namespace) -> None:
    name = f"{stats_namespace.prefix}events"
    stats_namespace.queues.append(name)
    app = Flask("test")
    app.config["QUEUES_BROKER_URL"] = stats_namespace.broker
    app.config["QUEUES_DEFINITIONS"] = [
        {"name": name, "exchange": kombu.Exchange(f"{name}-exchange", type="direct")}
    ]
    # Not the queues of what else is installed: invenio-stats is there for its mappings alone.
    InvenioQueues(app, entry_point_group="stats.tests.none")
    with app.app_context():
        current_queues.declare()
        assert current_queues.queues[name].exists
        current_queues.queues[name].publish([{"n": number} for number in range(500)])
        assert list(current_queues.queues[name].consume()) == [{"n": n} for n in range(500)]
        assert list(current_queues.queues[name].consume()) == []


def test_celery_runs_tasks_now_and_later(stats_namespace: Namespace, tmp_path: Path) -> None:
    queue = f"{stats_namespace.prefix}celery"
    stats_namespace.queues.append(queue)
    (tmp_path / "tasks.py").write_text(TASKS)
    environment = {**os.environ, "STATS_BROKER_URL": stats_namespace.broker, "QUEUE": queue}
    celery = [sys.executable, "-m", "celery", "-A", "tasks"]
    worker = subprocess.Popen(
        [*celery, "worker", "--pool", "solo", "-n", f"{queue}@test"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for name, countdown in (("now", "0"), ("later", "1")):
            subprocess.run(
                [
                    *celery,
                    "call",
                    "tasks.touch",
                    f'--args=["{tmp_path / name}"]',
                    f"--countdown={countdown}",
                ],
                cwd=tmp_path,
                env=environment,
                check=True,
                capture_output=True,
                timeout=60,
            )
        deadline = time.monotonic() + 30
        while not ((tmp_path / "now").exists() and (tmp_path / "later").exists()):
            assert time.monotonic() < deadline, "the worker did not run the tasks"
            time.sleep(0.1)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)


def test_unacknowledged_messages_come_back(stats_namespace: Namespace) -> None:
    name = f"{stats_namespace.prefix}again"
    stats_namespace.queues.append(name)
    queue = kombu.Queue(name, kombu.Exchange(f"{name}-exchange", type="direct"), routing_key=name)
    with kombu.Connection(stats_namespace.broker) as connection:
        bound = queue(connection.default_channel)
        bound.declare()
        connection.Producer().publish({"n": 1}, exchange=queue.exchange, routing_key=name)
        for _ in range(50):
            if bound.queue_declare(passive=True).message_count:
                break
            time.sleep(0.1)
        assert bound.get(no_ack=False).payload == {"n": 1}
    with kombu.Connection(stats_namespace.broker) as connection:
        message = queue(connection.default_channel).get(no_ack=False)
        assert (message.payload, message.delivery_info["redelivered"]) == ({"n": 1}, True)
        message.ack()


def test_an_exchange_hides_a_queue_of_its_name_from_the_default_exchange(
    stats_namespace: Namespace,
) -> None:
    """It is otherwise in RabbitMQ. The reason for topic exchanges in Celery's settings."""
    same, other = (f"{stats_namespace.prefix}{name}" for name in ("same", "other"))
    stats_namespace.queues.extend([same, other])
    with kombu.Connection(stats_namespace.broker) as connection:
        channel = connection.default_channel
        found = {}
        for queue, exchange in ((same, same), (other, f"{other}-exchange")):
            bound = kombu.Queue(
                queue, kombu.Exchange(exchange, type="direct"), routing_key=queue, channel=channel
            )
            bound.declare()
            connection.Producer().publish({}, exchange="", routing_key=queue)
            time.sleep(0.5)
            found[queue] = bound.get(no_ack=True) is not None
    assert found == {same: False, other: True}
