"""Serve AMQP 0-9-1 with Apache Qpid Broker-J and its Derby store.

Durable queues and persistent messages are on disk when they are acknowledged, so they
survive a kill.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stats.engines.folder import HOST, Launch
from stats.engines.jvm import java, start_jvm


def serve_amqp(home: Path, launch: Launch) -> Callable[[], None]:
    """Listen on the port; return what closes the broker."""
    start_jvm(
        launch.jars, "-Xmx256m", "-XX:+UseSerialGC", f"-Dderby.stream.error.file={home}/derby.log"
    )
    model = str(java("org.apache.qpid.server.model.BrokerModel").MODEL_VERSION)
    config = home / "broker.json"
    config.write_text(json.dumps(build_broker(model, launch.port)), "utf-8")
    context = java("java.util.HashMap")()
    context.put("qpid.work_dir", str(home / "qpid"))
    # Celery declares queues with x-expires and x-message-ttl.
    context.put("queue.behaviourOnUnknownDeclareArgument", "IGNORE")
    attributes = java("java.util.HashMap")()
    attributes.put("type", "Memory")
    attributes.put("initialConfigurationLocation", config.as_uri())
    attributes.put("context", context)
    launcher = java("org.apache.qpid.server.SystemLauncher")()
    launcher.startup(attributes)

    def close() -> None:
        launcher.shutdown()

    return close


def build_broker(model: str, port: int) -> dict[str, Any]:
    """Build the broker's configuration: one port, one virtual host, the user guest."""
    return {
        "name": "stats",
        "modelVersion": model,
        "authenticationproviders": [
            {
                "name": "plain",
                "type": "Plain",
                "secureOnlyMechanisms": [],
                "users": [{"name": "guest", "type": "managed", "password": "guest"}],
            }
        ],
        "ports": [
            {
                "name": "AMQP",
                "port": str(port),
                "bindingAddress": HOST,
                "authenticationProvider": "plain",
                "protocols": ["AMQP_0_9_1"],
                "virtualhostaliases": [
                    {"name": "nameAlias", "type": "nameAlias"},
                    {"name": "defaultAlias", "type": "defaultAlias"},
                ],
            }
        ],
        "virtualhostnodes": [
            {
                "name": "default",
                "type": "DERBY",
                "defaultVirtualHostNode": "true",
                "virtualHostInitialConfiguration": json.dumps({"type": "DERBY"}),
            }
        ],
    }
