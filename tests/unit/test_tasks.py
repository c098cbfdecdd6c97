"""The schedule of the periodic jobs."""

from __future__ import annotations

import subprocess
import sys

from celery import Celery

from stats import tasks
from stats.config import Settings
from stats.tasks import build_schedule

LOOK = """
from celery import current_app
from stats.config import Settings
from stats.tasks import build_schedule
build_schedule(Settings())
assert not current_app.finalized, "a host's own application comes too late"
"""


def test_every_job_of_the_schedule_is_a_task() -> None:
    app = Celery("test", set_as_current=False)
    known = {name for name in app.tasks if name.startswith("stats.")}
    assert set(build_schedule(Settings())) <= known
    assert tasks.process.name == "stats.process"


def test_a_schedule_is_made_before_a_host_has_made_its_celery_application() -> None:
    subprocess.run([sys.executable, "-c", LOOK], check=True)
