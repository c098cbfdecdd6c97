"""The embedded engines as real processes: start, stop, kill, share, collide."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import kombu
import pymongo
import pytest

from stats import engines
from stats.engines import launch as launching
from stats.engines.folder import Folder
from stats.errors import ConfigError, StoreUnavailable
from tests.engine.elasticsearch_api import call

MONGO = ("mongo",)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose name needs care; what runs in it is stopped."""
    folder = tmp_path / "my dätä"
    yield folder
    engines.stop(folder)


def start(data: Path, names: tuple[str, ...] = MONGO, **options: object) -> engines.Addresses:
    """Start engines that end with the tests, on ports that are nobody's."""
    return engines.start(data, names=names, **{"attached": True, "usual_ports": False, **options})


def pid(data: Path, name: str = "mongo") -> int:
    process = Folder(data).process(name)
    assert process is not None
    return process.pid


def wait_for_end(number: int, seconds: float = 10) -> bool:
    """Tell whether a process ends in time; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def durable_queue(channel: object) -> kombu.Queue:
    exchange = kombu.Exchange("kept-exchange", type="direct", durable=True)
    return kombu.Queue("kept", exchange, routing_key="kept", durable=True, channel=channel)


def publish(url: str, count: int) -> None:
    """Publish persistent messages; returns when the broker has confirmed them all."""
    with kombu.Connection(url, transport_options={"confirm_publish": True}) as connection:
        queue = durable_queue(connection.default_channel)
        queue.declare()
        producer = connection.Producer()
        for number in range(count):
            producer.publish({"n": number}, exchange=queue.exchange, routing_key="kept")


def received(url: str) -> list[int]:
    """Take all messages that are there."""
    with kombu.Connection(url) as connection:
        queue = durable_queue(connection.default_channel)
        queue.declare()
        return [message.payload["n"] for message in iter(lambda: queue.get(no_ack=True), None)]


def insert(url: str, key: int) -> None:
    with pymongo.MongoClient(url) as client:
        client.get_default_database().things.insert_one({"_id": key})


def stored(url: str) -> list[int]:
    with pymongo.MongoClient(url) as client:
        return [row["_id"] for row in client.get_default_database().things.find().sort("_id")]


def test_data_and_addresses_survive_a_restart(data: Path) -> None:
    lines: list[str] = []
    first = start(data, engines.NAMES, report=lines.append)
    call("PUT", f"{first.elasticsearch}/kept/_doc/1?refresh=true", {"n": 1})
    publish(str(first.broker), 3)
    insert(str(first.mongo), 1)
    assert engines.status(data) == first
    engines.stop(data)
    assert engines.status(data) == engines.Addresses()
    assert start(data, engines.NAMES) == first
    assert call("GET", f"{first.elasticsearch}/kept/_count")["count"] == 1
    assert received(str(first.broker)) == [0, 1, 2]
    assert stored(str(first.mongo)) == [1]
    assert sum(" answers after " in line for line in lines) == 3


def test_elasticsearch_takes_writes_on_a_full_disk_and_many_indices(data: Path) -> None:
    url = start(data, ("elasticsearch",)).elasticsearch
    found = call("GET", f"{url}/_cluster/settings?include_defaults=true&flat_settings=true")
    settings = {**found["defaults"], **found["persistent"], **found["transient"]}
    assert settings["cluster.routing.allocation.disk.threshold_enabled"] == "false"
    assert settings["cluster.max_shards_per_node"] == "20000"


def test_a_second_start_changes_nothing(data: Path) -> None:
    first = start(data)
    before = pid(data)
    assert start(data) == first
    assert pid(data) == before


def test_two_starts_at_once_start_one_engine(data: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from stats import engines;"
        "engines.start(Path(sys.argv[1]), names=('mongo',), usual_ports=False)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, data], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("answers" in text for text in said) == 1
    assert sum("another start or stop is busy" in text for text in said) == 1


def test_detached_engines_outlive_who_started_them(data: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from stats import engines;"
        "engines.start(Path(sys.argv[1]), names=('mongo',), usual_ports=False)"
    )
    subprocess.run([sys.executable, "-c", program, data], check=True, timeout=60)
    number = pid(data)
    time.sleep(1.5)
    assert engines.status(data).mongo
    engines.stop(data)
    assert wait_for_end(number, 1)


def test_a_taken_port_is_given_way_to_and_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setitem(launching.USUAL_PORTS, "mongo", port)
        lines: list[str] = []
        url = start(data, usual_ports=True, report=lines.append).mongo
        assert f":{port}/" not in str(url)
        assert any(f"port {port} is taken" in line for line in lines)
        insert(str(url), 1)


def test_a_port_lost_between_looking_and_listening_is_replaced(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setitem(launching.USUAL_PORTS, "mongo", other.getsockname()[1])
        monkeypatch.setattr(launching, "is_free", lambda port: True)
        lines: list[str] = []
        insert(str(start(data, usual_ports=True, report=lines.append).mongo), 1)
        assert any("another process was faster" in line for line in lines)


def test_a_killed_engine_alone_is_started_again(data: Path) -> None:
    first = start(data, ("amqp", "mongo"))
    amqp, mongo = pid(data, "amqp"), pid(data)
    os.kill(mongo, signal.SIGKILL)
    assert wait_for_end(mongo)
    assert engines.status(data) == engines.Addresses(broker=first.broker)
    assert start(data, ("amqp", "mongo")) == first
    assert (pid(data, "amqp"), pid(data) != mongo) == (amqp, True)


def test_persistent_messages_survive_kill_9_of_the_broker(data: Path) -> None:
    url = str(start(data, ("amqp",)).broker)
    publish(url, 200)
    os.kill(pid(data, "amqp"), signal.SIGKILL)
    assert start(data, ("amqp",)).broker == url
    assert received(url) == list(range(200))


def test_documents_survive_kill_9_of_elasticsearch(data: Path) -> None:
    url = start(data, ("elasticsearch",)).elasticsearch
    for number in range(20):
        call("PUT", f"{url}/kept/_doc/{number}", {"n": number})
    os.kill(pid(data, "elasticsearch"), signal.SIGKILL)
    start(data, ("elasticsearch",))
    call("POST", f"{url}/kept/_refresh")
    assert call("GET", f"{url}/kept/_count")["count"] == 20


def test_acknowledged_writes_survive_kill_9_of_mongo(data: Path) -> None:
    url = str(start(data).mongo)
    with pymongo.MongoClient(url) as client:
        things = client.get_default_database().things
        for number in range(300):
            things.insert_one({"_id": number})
        os.kill(pid(data), signal.SIGKILL)
    start(data)
    assert stored(url) == list(range(300))


def test_mongo_refuses_a_second_document_of_one_id(data: Path) -> None:
    url = str(start(data).mongo)
    insert(url, 1)
    with pytest.raises(pymongo.errors.DuplicateKeyError):
        insert(url, 1)
    assert stored(url) == [1]


def test_mongos_file_does_not_grow_with_every_write(data: Path) -> None:
    with pymongo.MongoClient(str(start(data).mongo)) as client:
        things = client.get_default_database().things
        for number in range(1000):
            things.update_one({"_id": 1}, {"$set": {"n": number}}, upsert=True)
    assert (data / "mongo" / "mongo.h2").stat().st_size < 5_000_000


def test_a_stale_pid_file_is_neither_trusted_nor_shot_at(data: Path) -> None:
    start(data)
    engines.stop(data)
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        (data / "mongo" / "pid").write_text(f"{bystander.pid}\nready\n")
        assert engines.status(data) == engines.Addresses()
        engines.stop(data)
        assert bystander.poll() is None
        start(data)
        assert pid(data) != bystander.pid
        assert engines.status(data).mongo
    finally:
        bystander.kill()
        bystander.wait()


def test_an_engine_that_dies_at_start_is_reported_with_its_log(data: Path) -> None:
    start(data)
    engines.stop(data)
    (data / "mongo" / "mongo.h2").write_bytes(b"this is not a database" * 1000)
    with pytest.raises(StoreUnavailable) as caught:
        start(data, ("amqp", "mongo"))
    message = str(caught.value)
    assert str(data / "mongo.log") in message
    assert "mongo cannot start" in message
    assert "\n" not in message
    assert Folder(data).process("amqp") is None  # it was started by this call


def test_an_engine_ends_when_its_folder_is_deleted(data: Path) -> None:
    start(data)
    number = pid(data)
    shutil.rmtree(data)
    assert wait_for_end(number)


def test_another_version_than_the_running_one_is_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(data, ("elasticsearch",))
    monkeypatch.setenv("STATS_EMBEDDED_ELASTICSEARCH", "9.5.3")
    refused = r"8\.19\.21 runs in .*, not elasticsearch 9\.5\.3: stop it first"
    with pytest.raises(ConfigError, match=refused):
        start(data, ("elasticsearch",))


@pytest.mark.elasticsearch9
def test_elasticsearch_9_runs_and_its_folder_stays_9(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATS_EMBEDDED_ELASTICSEARCH", "9.5.3")
    url = start(data, ("elasticsearch",)).elasticsearch
    call("PUT", f"{url}/kept/_doc/1?refresh=true", {"n": 1})
    engines.stop(data)
    monkeypatch.delenv("STATS_EMBEDDED_ELASTICSEARCH")
    start(data, ("elasticsearch",))
    assert call("GET", f"{url}/kept/_count")["count"] == 1
    nodes = call("GET", f"{url}/_nodes")["nodes"]
    assert [node["version"] for node in nodes.values()] == ["9.5.3"]


def test_a_folder_that_cannot_be_made_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot hold engines"):
        engines.start(tmp_path / "file" / "data", names=MONGO)


def test_an_unknown_engine_is_a_configuration_error(data: Path) -> None:
    with pytest.raises(ConfigError, match="there is no engine 'redis'"):
        engines.start(data, names=("redis",))
