"""Connections to the AMQP broker: how they are made, bounded, and dropped.

Comes in: the address of ``STATS_BROKER_URL``. Goes out: kombu connections whose
every read and write ends after a time-out, and whose exceptions are ours.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import kombu
from kombu.exceptions import KombuError

from stats.errors import StoreBlocked, StoreUnavailable
from stats.stores.broker_address import parse_broker_address

ENGINE = "the AMQP broker"
Errors = tuple[type[Exception], ...]


class Blocked(Exception):
    """The broker said ``connection.blocked``: it reads no message until its alarm ends.

    RabbitMQ does so while it is low on memory or on disk space, and answers nothing
    on that connection meanwhile, not even that it closes.
    """


@dataclass(frozen=True)
class Deadline:
    """When a call must have ended, on the monotonic clock."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline ``seconds`` from now."""
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds that are left; raises ``TimeoutError`` when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left


def build_connection(url: str, *, timeout: float) -> kombu.Connection:
    """Return the definition of a connection that gives up after ``timeout`` seconds."""
    address = parse_broker_address(url)
    options: dict[str, Any] = {"max_retries": 0, "interval_start": 0}
    if not url.startswith("memory"):
        options |= {
            "read_timeout": timeout,
            "write_timeout": timeout,
            "socket_settings": _socket_settings(timeout),
        }
    return kombu.Connection(
        address.url, connect_timeout=timeout, transport_options=options, ssl=address.tls or False
    )


def connection_errors(connection: kombu.Connection) -> Errors:
    """Return what a connection may raise when the broker is not as it should be."""
    return (
        *connection.connection_errors,
        *connection.channel_errors,
        KombuError,
        OSError,
    )


@contextmanager
def own_connection(definition: kombu.Connection) -> Iterator[kombu.Connection]:
    """Give a connection for one job; at the end it is closed, after an error dropped.

    Closing says goodbye and waits for the answer, which a broker in trouble never gives.
    """
    connection = definition.clone()
    try:
        yield connection
    except BaseException:
        drop(connection)
        raise
    with suppress(*connection_errors(definition)):
        connection.release()
    drop(connection)


def drop(connection: Any) -> None:
    """Close the socket of a connection without a word to the broker, who may be gone.

    TLS would say goodbye too and wait for the answer; so the socket goes first.
    """
    if not connection.connected or not hasattr(connection.connection, "collect"):
        return
    amqp = connection.connection
    sock = getattr(getattr(amqp, "_transport", None), "sock", None)
    if sock is not None:
        with suppress(OSError):
            sock.close()
    with suppress(OSError, ValueError):
        amqp.collect()


@contextmanager
def translated(errors: Errors) -> Iterator[None]:
    """Turn the exceptions of kombu, amqp and sockets into "try again"."""
    try:
        yield
    except Blocked as error:
        raise StoreBlocked(ENGINE, str(error)) from error
    except errors as error:
        raise StoreUnavailable(ENGINE, str(error) or type(error).__name__) from error


def _socket_settings(timeout: float) -> dict[int, int]:
    """Give a busy broker our time-out to read; the library gives it one second."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # of Linux alone
    return {} if option is None else {option: int(timeout * 1000)}
