"""MongoDB: one connection, and its exceptions in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import AutoReconnect, ConfigurationError, ConnectionFailure, PyMongoError

from stats.errors import ConfigError, StoreRejected, StoreUnavailable
from stats.times import UTC

ENGINE = "MongoDB"
DEFAULT_DATABASE = "stats"

Document = dict[str, Any]
Documents = Database[Document]


def connect(url: str, *, timeout: float) -> Documents:
    """Return the database that ``url`` names; nothing is sent before the first call."""
    milliseconds = int(timeout * 1000)
    try:
        client: MongoClient[Document] = MongoClient(
            url,
            tz_aware=True,
            tzinfo=UTC,
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
        )
        return client.get_default_database(DEFAULT_DATABASE)
    except (ConfigurationError, ValueError) as error:
        raise ConfigError(f"STATS_MONGO_URL is not a MongoDB address: {error}") from error


@contextmanager
def translated() -> Iterator[None]:
    """Turn PyMongo's exceptions into "try again" and "our request is wrong"."""
    try:
        yield
    except (AutoReconnect, ConnectionFailure) as error:
        raise StoreUnavailable(ENGINE, str(error).split(", Timeout")[0]) from error
    except PyMongoError as error:
        raise StoreRejected(ENGINE, str(error)) from error


def ping(database: Documents) -> None:
    """Raise :class:`StoreUnavailable` unless the server answers."""
    with translated():
        database.client.admin.command("ping")
