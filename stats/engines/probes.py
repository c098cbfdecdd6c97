"""Ask an engine whether it answers, in its own protocol.

In: the name of an engine and its address. Out: yes or no, within about two seconds.
The clients are imported when they are first needed: the pytest plugin, which every
test run of a host loads, must stay light.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request

SECONDS = 2


def answers(name: str, url: str) -> bool:
    """Tell whether the engine at ``url`` is up and does its work."""
    return {"elasticsearch": _elasticsearch, "amqp": _amqp, "mongo": _mongo}[name](url)


def _elasticsearch(url: str) -> bool:
    # `GET /` is in a module that the embedded server does not have.
    try:
        with urllib.request.urlopen(f"{url}/_cluster/health", timeout=SECONDS) as response:
            return json.load(response)["status"] in ("green", "yellow")
    except (OSError, ValueError, KeyError):
        return False


def _amqp(url: str) -> bool:
    import kombu  # noqa: PLC0415
    import kombu.exceptions  # noqa: PLC0415

    connection = kombu.Connection(url, connect_timeout=SECONDS)
    try:
        connection.connect()
    except (OSError, kombu.exceptions.KombuError, *connection.connection_errors):
        return False
    finally:
        connection.release()
    return True


def _mongo(url: str) -> bool:
    import pymongo  # noqa: PLC0415
    import pymongo.errors  # noqa: PLC0415

    client: pymongo.MongoClient[dict[str, object]]
    with pymongo.MongoClient(url, serverSelectionTimeoutMS=SECONDS * 1000) as client:
        try:
            client.admin.command("ping")
        except pymongo.errors.PyMongoError:
            return False
    return True
