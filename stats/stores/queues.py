"""The AMQP broker: one durable queue an event type, over invenio-queues.

Comes in: message bodies, JSON made elsewhere. Goes out: the same bodies, each
until it is acknowledged. What always holds: :meth:`EventQueues.publish`
returns when the broker has taken responsibility for every message (publisher
confirms, where the broker has them; persistent messages in a durable queue),
and otherwise raises :class:`StoreUnavailable` within a few seconds, whatever
the broker does: statistics being down must not hold up a host's request.
After an exception some messages may be in; publishing them again is safe,
since an event's ``id`` makes it one event.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import kombu
from invenio_queues.queue import Queue
from kombu.exceptions import KombuError
from kombu.utils.uuid import uuid

from stats.errors import ConfigError, StoreUnavailable
from stats.stores.amqp_transport import ReadAhead
from stats.stores.confirms import Confirms

ENGINE = "the AMQP broker"

CONNECTIONS = 10
"""Threads of one process that publish at once."""

IN_FLIGHT = 500
"""Messages that are sent before their confirmation is waited for."""


class Delivery(NamedTuple):
    """One message; ``tag`` acknowledges it, ``redelivered`` says it was given out before."""

    tag: int
    body: bytes
    redelivered: bool


class EventConsumer:
    """The messages of one queue, as they arrive; for one thread."""

    def __init__(self, queue: kombu.Queue, *, prefetch: int, errors: tuple[type[Exception], ...]):
        self._errors = errors
        self._arrived: deque[Delivery] = deque()
        self._queue = queue
        self._client = queue.channel.connection.client
        self._reader = ReadAhead.of(self._client.connection)
        self._tag = uuid()
        queue.channel.auto_decode = False  # of py-amqp: bodies stay bytes
        queue.channel.basic_qos(0, prefetch, False)
        queue.consume(self._tag, self._keep, no_ack=False)

    def arriving(self, *, wait: float) -> Iterator[Delivery]:
        """Yield messages until none arrives for ``wait`` seconds; can be called again."""
        while True:
            while self._arrived:
                yield self._arrived.popleft()
            if not self._receive(wait):
                return

    def ack(self, tag: int) -> None:
        """Say that all messages up to ``tag`` are done with."""
        with translated(self._errors):
            self._queue.channel.basic_ack(tag, multiple=True)

    def close(self) -> None:
        """Take no more messages; a broker that is gone by now sends none anyway."""
        with suppress(*self._errors):
            self._queue.cancel(self._tag)

    def _receive(self, wait: float) -> bool:
        """Wait for messages; return whether any is there."""
        with translated(self._errors), suppress(TimeoutError):
            if self._reader is None:
                self._client.drain_events(timeout=wait)
            else:
                self._reader.drain(wait)
        return bool(self._arrived)

    def _keep(self, message: Any) -> None:
        body = message.body
        self._arrived.append(
            Delivery(
                message.delivery_tag,
                body if isinstance(body, bytes) else bytes(body, "utf-8"),
                bool(message.delivery_info.get("redelivered")),
            )
        )


class EventQueues:
    """The queues of one installation on one broker; threads may share it."""

    def __init__(
        self, broker_url: str, *, prefix: str, type_names: Iterable[str], timeout: float = 3.0
    ) -> None:
        self._timeout = timeout
        self._connection = _connection(broker_url, timeout=timeout)
        self._errors: tuple[type[Exception], ...] = (
            *self._connection.connection_errors,
            *self._connection.channel_errors,
            KombuError,
            OSError,
        )
        exchange = kombu.Exchange(f"{prefix}stats", "direct", durable=True, delivery_mode=2)
        self._queues = {
            name: Queue(exchange, f"{prefix}stats-{name}", self._connections, no_ack=False)
            for name in type_names
        }
        self._begin()

    def name(self, type_name: str) -> str:
        """Return the queue's name on the broker."""
        return str(self._queues[type_name].routing_key)

    def definitions(self) -> list[dict[str, Any]]:
        """Return name and exchange of each queue, as invenio-queues wants them."""
        return [
            {"name": queue.routing_key, "exchange": queue.exchange}
            for queue in self._queues.values()
        ]

    def ensure(self) -> None:
        """Declare exchange and queues; a second time is no error."""
        with translated(self._errors), self._connection.clone() as connection:
            for type_name in self._queues:
                self._declare(type_name, connection)

    def ping(self) -> None:
        """Raise :class:`StoreUnavailable` unless the broker takes a connection."""
        with translated(self._errors), self._connection.clone() as connection:
            connection.default_channel.basic_qos(0, 1, False)

    def publish(self, type_name: str, bodies: Sequence[bytes]) -> None:
        """Put ``bodies`` into the queue of a type, one message each, in their order."""
        while not self._published(type_name, bodies):
            continue

    def depth(self, type_name: str) -> int:
        """Return how many messages wait in the queue of a type."""
        return self.depths([type_name])[type_name]

    def depths(self, type_names: Iterable[str]) -> dict[str, int]:
        """Return how many messages wait in the queue of each of some types."""
        with translated(self._errors), self._connection.clone() as connection:
            return {
                name: int(self._declare(name, connection).queue_declare(passive=True).message_count)
                for name in type_names
            }

    @contextmanager
    def consume(self, type_name: str, *, prefetch: int) -> Iterator[EventConsumer]:
        """Give the messages of a type; those not acknowledged at the end go back.

        ``prefetch`` is how many the broker gives before the first is acknowledged.
        """
        with self._connection.clone() as connection:
            with translated(self._errors):
                queue = self._declare(type_name, connection)
                consumer = EventConsumer(queue, prefetch=prefetch, errors=self._errors)
            try:
                yield consumer
            finally:
                consumer.close()

    def purge(self, type_name: str) -> int:
        """Throw the messages of a type away; return how many."""
        with translated(self._errors), self._connection.clone() as connection:
            return int(self._declare(type_name, connection).purge())

    def close(self) -> None:
        """Close the connections."""
        self._pool.force_close_all(close_pool=False)

    def _begin(self) -> None:
        self._process = os.getpid()
        self._pool = self._connection.Pool(limit=CONNECTIONS)
        self._declared: set[str] = set()
        self._confirms: WeakKeyDictionary[Any, Confirms] = WeakKeyDictionary()

    def _connections(self) -> Any:
        """Return the pool; a forked process must not write to its parent's sockets."""
        if self._process != os.getpid():
            self._begin()
        return self._pool

    def _published(self, type_name: str, bodies: Sequence[bytes]) -> bool:
        """Return False when the connection was an old one that the broker has left."""
        with (
            translated(self._errors),
            self._connections().acquire(block=True, timeout=self._timeout) as connection,
        ):
            was_open = bool(connection.connected)
            try:
                self._send(type_name, bodies, connection=connection)
            except self._errors as error:
                self._abandon(connection)
                if was_open and not isinstance(error, TimeoutError):
                    return False
                raise
        return True

    def _send(self, type_name: str, bodies: Sequence[bytes], *, connection: Any) -> None:
        if type_name not in self._declared:
            self._declare(type_name, connection)
        with self._queues[type_name].producer(connection) as producer:
            confirms = self._confirms_of(producer.channel)
            for start in range(0, len(bodies), IN_FLIGHT):
                for body in bodies[start : start + IN_FLIGHT]:
                    confirms.sent()
                    producer.publish(body, **_AS_JSON)
                confirms.wait(connection, timeout=self._timeout)

    def _confirms_of(self, channel: Any) -> Confirms:
        confirms = self._confirms.get(channel)
        if confirms is None:
            confirms = self._confirms[channel] = Confirms(channel)
        return confirms

    def _declare(self, type_name: str, connection: Any) -> kombu.Queue:
        """Return kombu's queue, declared and bound to its exchange."""
        queue = self._queues[type_name]
        name = queue.routing_key
        declared = kombu.Queue(name, queue.exchange, name)(connection.default_channel)
        declared.declare()
        self._declared.add(type_name)
        return declared

    def _abandon(self, connection: Any) -> None:
        """Drop a connection in an unknown state without a word to the broker, who may be gone.

        The queue may be gone too: the next attempt declares it again.
        """
        self._declared.clear()
        if connection.connected and hasattr(connection.connection, "collect"):
            connection.connection.collect()


_AS_JSON = {
    "content_type": "application/json",
    "content_encoding": "utf-8",
    "delivery_mode": 2,
    "mandatory": True,  # a queue that is gone is an error, not a loss
}


def _connection(url: str, *, timeout: float) -> kombu.Connection:
    """Return the definition of a connection that gives up after ``timeout`` seconds."""
    options: dict[str, Any] = {"max_retries": 0, "interval_start": 0}
    if url.startswith(("amqp", "pyamqp")):
        options |= {"write_timeout": timeout, "socket_settings": _socket_settings(timeout)}
    try:
        return kombu.Connection(url, connect_timeout=timeout, transport_options=options)
    except (KeyError, ValueError) as error:
        raise ConfigError(f"STATS_BROKER_URL is not the address of a broker: {error}") from error


def _socket_settings(timeout: float) -> dict[int, int]:
    """Give a busy broker our time-out to read; the library gives it one second."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # of Linux alone
    return {} if option is None else {option: int(timeout * 1000)}


@contextmanager
def translated(errors: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn the exceptions of kombu, amqp and sockets into "try again"."""
    try:
        yield
    except errors as error:
        raise StoreUnavailable(ENGINE, str(error) or type(error).__name__) from error
