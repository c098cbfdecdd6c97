"""``stats engines`` as a shell sees it: output for eval, exit codes, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stats import engines
from stats.engines.folder import NAMES, Folder, free_port

ROOT = Path(__file__).parents[2]
FREE_PORTS = (
    "from stats.engines import launch; from stats.engines.folder import NAMES, free_port;"
    "launch.USUAL_PORTS.update({name: free_port() for name in NAMES});"
)
COMMAND = [sys.executable, "-c", f"{FREE_PORTS} from stats.cli import main; main()", "engines"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A working folder; the engines of its ``.stats`` are stopped."""
    yield tmp_path
    engines.stop(tmp_path / ".stats")


def stats_engines_command(
    folder: Path, *arguments: str, **environment: str
) -> tuple[int, str, str]:
    """Run ``stats engines ...``; return exit code, stdout and stderr."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        check=False,
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def test_start_status_stop(folder: Path) -> None:
    assert stats_engines_command(folder, "status") == (
        3,
        "",
        "".join(
            f"{name} is down; `stats engines start --data .stats` starts it\n" for name in NAMES
        ),
    )
    code, out, progress = stats_engines_command(folder, "start")
    assert code == 0
    keys = ["STATS_ELASTICSEARCH_URL", "STATS_BROKER_URL", "STATS_MONGO_URL"]
    assert [line.partition("=")[0] for line in out.splitlines()] == keys
    assert progress.count(" answers after ") == 3
    assert stats_engines_command(folder, "status") == (0, out, "")

    process = Folder(folder / ".stats").process("mongo")
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    code, out, said = stats_engines_command(folder, "status")
    assert (code, len(out.splitlines())) == (3, 2)
    assert said == "mongo is down; `stats engines start --data .stats` starts it\n"

    code, out, said = stats_engines_command(folder, "stop")
    assert (code, out) == (0, "")
    assert said == "elasticsearch stopped\namqp stopped\n"
    assert stats_engines_command(folder, "status")[0] == 3
    assert stats_engines_command(folder, "stop") == (0, "", "")


def test_a_failed_download_is_exit_code_3_and_one_line(folder: Path) -> None:
    (folder / "jgo.conf").write_text(f"[repositories]\ncentral = http://127.0.0.1:{free_port()}\n")
    code, out, said = stats_engines_command(
        folder,
        "start",
        JGO_CONFIG_FILE=str(folder / "jgo.conf"),
        M2_REPO=str(folder / "m2"),
        JGO_CACHE_DIR=str(folder / "cache"),
    )
    assert (code, out) == (3, "")
    assert said.splitlines()[0] == "looking up what elasticsearch needs, once"
    assert said.splitlines()[1].startswith("stats: the Maven repository is not reachable: ")
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_run_stays_and_takes_its_engines_with_it(number: signal.Signals, folder: Path) -> None:
    command = subprocess.Popen(
        [*COMMAND, "run"], cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )
    assert command.stderr is not None
    lines = []
    for line in command.stderr:
        lines.append(line)
        if "Ctrl-C stops them" in line:
            break
    assert command.poll() is None, "".join(lines)
    assert engines.status(folder / ".stats").missing() == []
    command.send_signal(number)
    assert command.wait(30) == (-9 if number == signal.SIGKILL else 0)
    command.stderr.close()
    deadline = time.monotonic() + (10 if number == signal.SIGKILL else 0.5)
    while any(Folder(folder / ".stats").process(name) for name in NAMES):
        assert time.monotonic() < deadline, "engines outlive their run"
        time.sleep(0.1)


def test_run_ends_when_an_engine_does(folder: Path) -> None:
    command = subprocess.Popen(
        [*COMMAND, "run"], cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
    )
    assert command.stderr is not None
    for line in command.stderr:
        if "Ctrl-C stops them" in line:
            break
    process = Folder(folder / ".stats").process("amqp")
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    said = command.communicate(timeout=30)[1]
    assert command.returncode == 3
    assert "stats: embedded amqp is not reachable: it ended by itself; its log" in said
    assert engines.status(folder / ".stats") == engines.Addresses()
