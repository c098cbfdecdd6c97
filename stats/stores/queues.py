"""The AMQP broker: one durable queue an event type, over invenio-queues.

Comes in: message bodies, JSON made elsewhere. Goes out: the same bodies, each
until it is acknowledged. Invariant: :meth:`EventQueues.publish`
returns when the broker has taken responsibility for every message (publisher
confirms, where the broker has them; persistent messages in a durable queue),
and otherwise raises :class:`StoreUnavailable` within a few seconds, whatever
the broker does, at once when it says that it takes no messages
(:class:`StoreBlocked`): statistics being down must not hold up a host's request.
After an exception some messages may be in; publishing them again is safe,
since an event's ``id`` makes it one event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import kombu
from invenio_queues.queue import Queue
from kombu.utils.uuid import uuid

from stats.stores.amqp_transport import ReadAhead
from stats.stores.broker import build_connection, connection_errors, own_connection, translated
from stats.stores.publisher import Confirm, Publisher


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
        self._received = self._acknowledged = 0
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

    @property
    def unacknowledged(self) -> int:
        """Return how many messages the broker waits to hear of; tags count from 1."""
        return self._received - self._acknowledged

    def ack(self, tag: int) -> None:
        """Say that all messages up to ``tag`` are done with."""
        with translated(self._errors):
            self._queue.channel.basic_ack(tag, multiple=True)
        self._acknowledged = tag

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
        self._received = message.delivery_tag
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
        self._connection = build_connection(broker_url, timeout=timeout)
        self._errors = connection_errors(self._connection)
        self._exchange = kombu.Exchange(f"{prefix}stats", "direct", durable=True, delivery_mode=2)
        self._publisher = Publisher(self._connection, self._declare, timeout=timeout)
        self._queues = {
            name: Queue(self._exchange, f"{prefix}stats-{name}", self._publisher.pool, no_ack=False)
            for name in type_names
        }

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
        with self._session() as connection:
            for type_name in self._queues:
                self._declare(self.name(type_name), connection)

    def ping(self) -> None:
        """Raise :class:`StoreUnavailable` unless the broker takes a message."""
        self._publisher.probe()

    def publish(self, type_name: str, bodies: Sequence[bytes]) -> None:
        """Put ``bodies`` into the queue of a type, one message each, in their order."""
        self.send(type_name, bodies)()

    def send(self, type_name: str, bodies: Sequence[bytes]) -> Confirm:
        """Send ``bodies`` to the queue of a type; call what is returned to wait for the broker."""
        name = self.name(type_name)
        return self._publisher.send(kombu.Queue(name, self._exchange, name), bodies)

    def depth(self, type_name: str) -> int:
        """Return how many messages wait in the queue of a type."""
        return self.depths([type_name])[type_name]

    def depths(self, type_names: Iterable[str]) -> dict[str, int]:
        """Return how many messages wait in the queue of each of some types."""
        with self._session() as connection:
            queues = {name: self._declare(self.name(name), connection) for name in type_names}
            return {
                name: int(queue.queue_declare(passive=True).message_count)
                for name, queue in queues.items()
            }

    @contextmanager
    def consume(self, type_name: str, *, prefetch: int) -> Iterator[EventConsumer]:
        """Give the messages of a type; those not acknowledged at the end go back.

        ``prefetch`` is how many the broker gives before the first is acknowledged.
        """
        with own_connection(self._connection) as connection:
            with translated(self._errors):
                queue = self._declare(self.name(type_name), connection)
                consumer = EventConsumer(queue, prefetch=prefetch, errors=self._errors)
            try:
                yield consumer
            finally:
                consumer.close()

    def purge(self, type_name: str) -> int:
        """Throw the messages of a type away; return how many."""
        with self._session() as connection:
            return int(self._declare(self.name(type_name), connection).purge())

    def close(self) -> None:
        """Close the connections."""
        self._publisher.close()

    @contextmanager
    def _session(self) -> Iterator[kombu.Connection]:
        with translated(self._errors), own_connection(self._connection) as connection:
            yield connection

    def _declare(self, name: str, connection: Any) -> kombu.Queue:
        """Return kombu's queue, declared and bound to its exchange."""
        declared = kombu.Queue(name, self._exchange, name)(connection.default_channel)
        declared.declare()
        return declared
