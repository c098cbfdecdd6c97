"""The pytest plugin: names of one's own, nothing left behind, no engine outlives its tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import kombu
import pymongo
import pytest
from amqp.exceptions import NotFound

from stats.engines import Addresses
from stats.engines.folder import free_port
from stats.engines.namespace import Namespace, clean_up, fresh_namespace
from tests.engine.elasticsearch_api import call

ROOT = Path(__file__).parents[2]
HOST_CONFTEST = """
pytest_plugins = ["stats.engines.pytest_plugin"]
"""
HOST_TEST = """
import json, os, time
from pathlib import Path
from stats.engines.folder import Folder

def test_host(stats_engines, stats_namespace, tmp_path_factory):
    data = tmp_path_factory.getbasetemp() / "stats-engines0"
    pids = [Folder(data).process(name).pid for name in ("elasticsearch", "amqp", "mongo")]
    Path("found.json").write_text(json.dumps([pids, stats_namespace.as_config()]))
    time.sleep(float(os.environ["SLEEP"]))
"""


def fill(namespace: Namespace) -> None:
    """Make one of everything."""
    url, prefix = namespace.elasticsearch, namespace.prefix
    call("PUT", f"{url}/{prefix}a/_doc/1?refresh=true", {"n": 1})
    call("PUT", f"{url}/_index_template/{prefix}b", {"index_patterns": [f"{prefix}b*"]})
    with pymongo.MongoClient(namespace.mongo) as client:
        client.get_default_database().things.insert_one({"_id": 1})
    with kombu.Connection(namespace.broker) as connection:
        kombu.Queue(f"{prefix}q", channel=connection.default_channel).declare()
    namespace.queues.append(f"{prefix}q")


def left(namespace: Namespace) -> tuple[int, int, int, bool]:
    """Return how much there is: documents, templates, Mongo documents, the queue."""
    url, prefix = namespace.elasticsearch, namespace.prefix
    found = call("GET", f"{url}/{prefix}*/_count")["count"]
    templates = call("GET", f"{url}/_index_template")["index_templates"]
    with pymongo.MongoClient(namespace.mongo) as client:
        documents = client.get_default_database().things.count_documents({})
    with kombu.Connection(namespace.broker) as connection:
        try:
            connection.default_channel.queue_declare(f"{prefix}q", passive=True)
            queue = True
        except NotFound:
            queue = False
    return found, sum(t["name"].startswith(prefix) for t in templates), documents, queue


def test_cleaning_up_a_namespace_leaves_the_others(stats_engines: Addresses) -> None:
    ours, theirs = fresh_namespace(stats_engines), fresh_namespace(stats_engines)
    fill(ours)
    fill(theirs)
    assert left(ours) == left(theirs) == (1, 1, 1, True)
    clean_up(ours)
    assert (left(ours), left(theirs)) == ((0, 0, 0, False), (1, 1, 1, True))
    clean_up(theirs)


def test_many_indices_are_cleaned_up(stats_namespace: Namespace) -> None:
    for number in range(60):  # more than fit into one request
        call("PUT", f"{stats_namespace.elasticsearch}/{stats_namespace.prefix}{number}")
    clean_up(stats_namespace)
    assert call("GET", f"{stats_namespace.elasticsearch}/{stats_namespace.prefix}*") == {}


@pytest.mark.parametrize("round_number", [1, 2])
def test_a_namespace_is_new_every_time(stats_namespace: Namespace, round_number: int) -> None:
    assert left(stats_namespace) == (0, 0, 0, False), round_number
    fill(stats_namespace)


@pytest.mark.parametrize("killed", [False, True])
def test_engines_of_a_host_end_with_its_tests(killed: bool, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOST_CONFTEST)
    (tmp_path / "test_host.py").write_text(HOST_TEST)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STATS_")}
    environment |= {"PYTHONPATH": str(ROOT), "SLEEP": "60" if killed else "0"}
    options = ["-q", f"--basetemp={tmp_path / 'base'}", f"--rootdir={tmp_path}"]
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "test_host.py", *options],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if killed:
        deadline = time.monotonic() + 60
        while not (tmp_path / "found.json").exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(0.2)
        run.send_signal(signal.SIGKILL)
    output = run.communicate(timeout=90)[0]
    assert run.returncode == (-9 if killed else 0), output
    pids, config = json.loads((tmp_path / "found.json").read_text())
    assert len(set(pids)) == 3
    assert sorted(config) == [
        "STATS_BROKER_URL",
        "STATS_ELASTICSEARCH_URL",
        "STATS_INDEX_PREFIX",
        "STATS_MONGO_URL",
    ]
    deadline = time.monotonic() + (10 if killed else 0)
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, "engines outlive the tests"
        time.sleep(0.1)


def test_engines_that_cannot_start_fail_a_test_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOST_CONFTEST)
    (tmp_path / "test_host.py").write_text("def test_host(stats_engines): pass\n")
    (tmp_path / "jgo.conf").write_text(
        f"[repositories]\ncentral = http://127.0.0.1:{free_port()}\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STATS_")}
    environment |= {"PYTHONPATH": str(ROOT), "JGO_CONFIG_FILE": str(tmp_path / "jgo.conf")}
    environment |= {"M2_REPO": str(tmp_path / "m2"), "JGO_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "test_host.py", f"--basetemp={tmp_path / 'base'}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "the Maven repository is not reachable: the jars of elasticsearch" in done.stdout
    assert "Traceback" not in done.stdout
    assert "stats/engines" not in done.stdout


def test_the_plugin_is_light() -> None:
    program = (
        "import sys, stats.engines.pytest_plugin, stats.engines;"
        "print([n for n in ('kombu', 'pymongo', 'elasticsearch', 'jgo', 'jpype', 'flask', 'celery')"
        " if n in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
