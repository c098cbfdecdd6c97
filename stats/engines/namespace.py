"""Names of one test on engines that it shares with others.

In: the addresses. Out: a prefix for indices, aliases, templates and queues, and a
MongoDB database, that nobody else uses; :func:`clean_up` removes all that was made
under them.
"""

from __future__ import annotations

import json
import secrets
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from stats.engines.folder import Addresses

SECONDS = 30


@dataclass(frozen=True)
class Namespace:
    """Where one test works: ``STATS_*`` settings are in :meth:`as_config`.

    A broker cannot list its queues, so a test adds the names of queues it makes to
    ``queues``; they need not begin with the prefix.
    """

    prefix: str
    elasticsearch: str
    broker: str
    mongo: str
    queues: list[str] = field(default_factory=list)

    def as_config(self) -> dict[str, str]:
        """Return the settings that point the package at this namespace."""
        return {
            "STATS_ELASTICSEARCH_URL": self.elasticsearch,
            "STATS_BROKER_URL": self.broker,
            "STATS_MONGO_URL": self.mongo,
            "STATS_INDEX_PREFIX": self.prefix,
        }


def fresh_namespace(addresses: Addresses) -> Namespace:
    """Return names that were not used before."""
    name = f"t{secrets.token_hex(5)}"
    mongo = urlsplit(addresses.mongo or "")
    return Namespace(
        prefix=f"{name}-",
        elasticsearch=addresses.elasticsearch or "",
        broker=addresses.broker or "",
        mongo=urlunsplit(mongo._replace(path=f"/{name}")),
    )


def clean_up(namespace: Namespace) -> None:
    """Delete the indices, templates, database and queues of the namespace."""
    _delete_indices(namespace)
    _drop_database(namespace.mongo)
    _delete_queues(namespace)


def _delete_indices(namespace: Namespace) -> None:
    url, prefix = namespace.elasticsearch, namespace.prefix
    # By name: a cluster may forbid wildcards in deletions.
    indices = list(_call("GET", f"{url}/{prefix}*/_alias?expand_wildcards=all"))
    for start in range(0, len(indices), 50):
        _call("DELETE", f"{url}/{','.join(indices[start : start + 50])}?ignore_unavailable=true")
    for kind, key in (
        ("_index_template", "index_templates"),
        ("_component_template", "component_templates"),
    ):
        names = [
            template["name"] for template in _call("GET", f"{url}/{kind}/{prefix}*").get(key, [])
        ]
        for start in range(0, len(names), 50):
            _call("DELETE", f"{url}/{kind}/{','.join(names[start : start + 50])}")


def _call(method: str, url: str) -> dict[str, list[dict[str, str]]]:
    """Ask Elasticsearch; what is not there is an empty answer."""
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            answer: dict[str, list[dict[str, str]]] = json.load(response)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return {}
        raise
    return answer


def _drop_database(url: str) -> None:
    import pymongo  # noqa: PLC0415 - see probes

    client: pymongo.MongoClient[dict[str, object]]
    with pymongo.MongoClient(url, serverSelectionTimeoutMS=SECONDS * 1000) as client:
        client.drop_database(client.get_default_database().name)


def _delete_queues(namespace: Namespace) -> None:
    import kombu  # noqa: PLC0415 - see probes

    if not namespace.queues:
        return
    with kombu.Connection(namespace.broker, connect_timeout=SECONDS) as connection:
        for queue in namespace.queues:
            # A queue that nobody published to may never have been made.
            with suppress(*connection.channel_errors), connection.channel() as channel:
                channel.queue_delete(queue)
