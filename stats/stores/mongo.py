"""MongoDB: one connection, and its exceptions in our words."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.uri_parser import parse_uri
from pymongo.write_concern import WriteConcern

from stats.errors import ConfigError, StoreRejected, StoreUnavailable
from stats.times import UTC

ENGINE = "MongoDB"
DEFAULT_DATABASE = "stats"
DUPLICATE_KEY = 11000
UPSERT_TRIES = 5
PASSING_LABELS = ("RetryableWriteError", "TransientTransactionError", "NetworkError")
PASSING_CODES = frozenset(
    {6, 7, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436}
) | {DUPLICATE_KEY}
"""Of the server: not primary, shutting down, interrupted, timed out, not replicated in time; and
of upserts that race, since nothing that is inserted has the key of something else."""
KNOCK_SECONDS = 1.0
ANSWER_SECONDS = 60.0

Document = dict[str, Any]
Documents = Database[Document]
DocumentCollection = Collection[Document]


def connect(url: str, *, timeout: float, answer_timeout: float = ANSWER_SECONDS) -> Documents:
    """Return the database that ``url`` names; nothing is sent before the first call.

    ``timeout`` is for reaching a server, ``answer_timeout`` for one answer of one
    that was reached: a server that hangs must not hang its callers for ever.
    Writes are majority writes, which outlive a fail-over, unless ``url`` has a ``w``.
    """
    milliseconds = int(timeout * 1000)
    try:
        client: MongoClient[Document] = MongoClient(
            url,
            tz_aware=True,
            tzinfo=UTC,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=int(answer_timeout * 1000),
        )
        concern = WriteConcern(**{"w": "majority", **client.write_concern.document})
        return client.get_default_database(DEFAULT_DATABASE, write_concern=concern)
    except (ConfigurationError, ValueError, OSError) as error:
        raise ConfigError(f"STATS_MONGO_URL is not a MongoDB address: {error}") from error


def check_listening(url: str) -> None:
    """Raise :class:`StoreUnavailable` when every server that ``url`` names refuses a connection.

    The client would wait for one of them as long as it may, which is right for who
    outlives a restart or a fail-over, and long for who looks at a command line.
    """
    try:
        servers = parse_uri(url)["nodelist"]
    except (PyMongoError, ValueError):
        return  # the client says better what is wrong with it
    refusals = [_refusal(host, port) for host, port in servers]
    if all(refusals):
        raise StoreUnavailable(ENGINE, "; ".join(map(str, refusals)))


def _refusal(host: str, port: int | None) -> str | None:
    """Return how a server refuses; None when it listens, or takes its time."""
    if port is None:  # a socket in the file system
        return None
    try:
        socket.create_connection((host, port), timeout=KNOCK_SECONDS).close()
    except TimeoutError:
        return None
    except OSError as error:
        return f"{host}:{port}: {error}"
    return None


@contextmanager
def translated() -> Iterator[None]:
    """Turn PyMongo's exceptions into "try again" and "our request is wrong"."""
    try:
        yield
    except (AutoReconnect, ConnectionFailure, WriteConcernError) as error:
        raise StoreUnavailable(ENGINE, str(error).split(", Timeout")[0]) from error
    except PyMongoError as error:
        kind = StoreUnavailable if is_passing(error) else StoreRejected
        raise kind(ENGINE, str(error)) from error


def is_passing(error: PyMongoError) -> bool:
    """Return whether the same request may succeed later: at a fail-over, for one."""
    if any(error.has_error_label(label) for label in PASSING_LABELS):
        return True
    if isinstance(error, BulkWriteError):
        details = error.details or {}
        codes = {problem.get("code") for problem in details.get("writeErrors", ())}
        return bool(details.get("writeConcernErrors")) or bool(codes & PASSING_CODES)
    return isinstance(error, OperationFailure) and error.code in PASSING_CODES


def write_upserts(collection: DocumentCollection, updates: Sequence[UpdateOne]) -> None:
    """Write upserts by ``_id`` in one request.

    Two that insert one document at the same time: the server refuses one of them as a duplicate
    (E11000), and it is an update when it is tried again.
    """
    waiting = list(updates)
    for _ in range(UPSERT_TRIES):
        if not waiting:
            return
        try:
            collection.bulk_write(waiting, ordered=False)
        except BulkWriteError as error:
            problems = (error.details or {}).get("writeErrors", [])
            if not problems or any(one["code"] != DUPLICATE_KEY for one in problems):
                raise
            waiting = [waiting[one["index"]] for one in problems]
        else:
            return
    raise StoreUnavailable(ENGINE, "upserts met each other again and again")


def ping(database: Documents) -> None:
    """Raise :class:`StoreUnavailable` unless the server answers."""
    with translated():
        database.client.admin.command("ping")
