"""``stats events import --follow`` and ``stats imports`` as processes, on real engines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from stats.engines.namespace import Namespace
from tests.engine.forgetting import open_state
from tests.importing import RECORDS

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
PATIENCE = 60.0


def line(number: int) -> str:
    time_ = f"10/Nov/2026:10:00:{number:02d} +0000"
    return f'192.0.2.1 - - [{time_}] "GET /records/{number} HTTP/1.1" 200 512 "-" "{AGENT}"\n'


def stats(namespace: Namespace, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {k: str(v) for k, v in namespace.as_config().items()}
    command = [sys.executable, "-c", "from stats.cli import main; main()", *arguments]
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_a_log_is_followed_over_kills_and_rotation(
    stats_namespace: Namespace, tmp_path: Path
) -> None:
    state = open_state(stats_namespace)
    log, mapping = tmp_path / "access.log", tmp_path / "mapping.toml"
    mapping.write_text(RECORDS, "utf-8")
    log.write_text(line(1) + line(2), "utf-8")
    arguments = ("events", "import", "--follow", str(log), "--mapping", str(mapping))

    def views() -> int:
        state.process()
        state.aggregate()
        return int(state.totals(["site:all"])["site:all"]["views"])

    def wait_for(expected: int) -> None:
        end = time.monotonic() + PATIENCE
        while (found := views()) != expected:
            assert time.monotonic() < end, found
            time.sleep(0.5)

    first = stats(stats_namespace, *arguments)
    wait_for(2)
    first.kill()
    first.communicate()
    with log.open("a", encoding="utf-8") as file:
        file.write(line(3))
    log.rename(tmp_path / "access.log.1")
    log.write_text(line(4), "utf-8")
    second = stats(stats_namespace, *arguments)
    wait_for(4)
    second.send_signal(signal.SIGTERM)
    out, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, err
    assert out.splitlines()[-1].startswith("imported ")
    listed, _ = stats(stats_namespace, "imports", "list").communicate(timeout=PATIENCE)
    [record] = listed.splitlines()
    assert record.split("\t")[2] == "done"
    unknown = stats(stats_namespace, "imports", "withdraw", "nonsense")
    _, err = unknown.communicate(timeout=PATIENCE)
    assert (unknown.returncode, len(err.splitlines())) == (2, 1)
    state.stores.search.close()
