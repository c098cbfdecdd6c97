"""Publishing to the AMQP broker within a bounded time, over a pool of connections.

Invariant: :meth:`Publisher.publish` returns when the broker has taken every message,
and otherwise raises within about twice the time-out, whatever the broker does: a
connection in an unknown state is dropped, never closed in due form.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import kombu
from kombu.exceptions import OperationalError

from stats.stores.broker import (
    Blocked,
    Deadline,
    connection_errors,
    drop,
    own_connection,
    translated,
)

CONNECTIONS = 10
"""Threads of one process that publish at once."""

IN_FLIGHT = 500
"""Messages that are sent before their confirmation is waited for."""

_AS_JSON = {
    "content_type": "application/json",
    "content_encoding": "utf-8",
    "delivery_mode": 2,
}

Confirm = Callable[[], None]
"""Returns when the broker has what was sent; called once, soon: a connection waits for it."""

Declare = Callable[[str, Any], kombu.Queue]
"""Declares a queue by its name over a connection."""


class Publisher:
    """Publishes to the queues of one exchange; threads share it."""

    def __init__(self, definition: kombu.Connection, declare: Declare, *, timeout: float) -> None:
        self._definition = definition
        self._declare = declare
        self._timeout = timeout
        self._errors = connection_errors(definition)
        self._begin()

    def publish(self, queue: kombu.Queue, bodies: Sequence[bytes]) -> None:
        """Put ``bodies`` into a queue, one persistent message each, in their order."""
        self.send(queue, bodies)()

    def send(self, queue: kombu.Queue, bodies: Sequence[bytes]) -> Confirm:
        """Send ``bodies`` to a queue as :meth:`publish` does, but do not wait for the broker.

        They are with the operating system then, which gives them to the broker also when this
        process is killed. Call what is returned: until it returns, they may have been refused.
        """
        steps = self._steps(queue, bodies)
        with translated(self._errors):
            next(steps, None)

        def confirm() -> None:
            with translated(self._errors):
                for _ in steps:
                    """Sent again, over a new connection."""

        return confirm

    def probe(self) -> None:
        """Raise unless the broker takes a message: one for no queue, which it throws away.

        A broker in an alarm answers everything until it is sent a message.
        """
        deadline = Deadline.after(self._timeout)
        with translated(self._errors), own_connection(self._definition) as connection:
            channel = connection.default_channel
            confirms = Confirms(connection, channel)
            producer = kombu.Producer(channel, auto_declare=False)
            confirms.sent()
            producer.publish(b"", exchange="", routing_key="stats-probe", delivery_mode=1)
            confirms.wait(deadline)

    def pool(self) -> Any:
        """Return the pool; a forked process must not write to its parent's sockets."""
        if self._process != os.getpid():
            self._begin()
        return self._pool

    def close(self) -> None:
        """Close the connections; publishing makes new ones."""
        self._pool.force_close_all()
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._pool = self._definition.Pool(limit=CONNECTIONS)
        self._declared: set[str] = set()
        self._confirms: WeakKeyDictionary[Any, Confirms] = WeakKeyDictionary()

    def _steps(self, queue: kombu.Queue, bodies: Sequence[bytes]) -> Iterator[None]:
        """Send, yield when all is sent, then wait; again over a new connection for an old one."""
        deadline = Deadline.after(self._timeout)
        while True:
            with self.pool().acquire(block=True, timeout=deadline.left()) as connection:
                was_open = bool(connection.connected)
                try:
                    yield from self._send(queue, bodies, connection=connection, deadline=deadline)
                except BaseException as error:
                    # The queue may be gone too: the next attempt declares it again.
                    self._declared.clear()
                    drop(connection)
                    if not (was_open and _is_of_old_connection(error, self._errors)):
                        raise
                else:
                    return
            deadline = Deadline.after(self._timeout)

    def _send(
        self, queue: kombu.Queue, bodies: Sequence[bytes], *, connection: Any, deadline: Deadline
    ) -> Iterator[None]:
        channel = connection.default_channel
        deadline.left()
        if queue.name not in self._declared:
            self._declare(queue.name, connection)
            self._declared.add(queue.name)
        confirms = self._confirms_of(connection, channel)
        producer = kombu.Producer(channel, exchange=queue.exchange, auto_declare=False)
        for start in range(0, len(bodies), IN_FLIGHT):
            if start:
                confirms.wait(Deadline.after(self._timeout))
            for body in bodies[start : start + IN_FLIGHT]:
                confirms.check()
                confirms.sent()
                # mandatory: a queue that is gone is an error, not a loss
                producer.publish(body, routing_key=queue.routing_key, mandatory=True, **_AS_JSON)
        yield
        confirms.wait(Deadline.after(self._timeout))

    def _confirms_of(self, connection: Any, channel: Any) -> Confirms:
        confirms = self._confirms.get(channel)
        if confirms is None:
            confirms = self._confirms[channel] = Confirms(connection, channel)
        return confirms


def _is_of_old_connection(error: BaseException, errors: tuple[type[Exception], ...]) -> bool:
    return isinstance(error, errors) and not isinstance(error, TimeoutError)


class Confirms:
    """Which messages of a channel the broker has not yet taken.

    Waiting after each message costs a round trip and a write to disk a message; so messages
    are sent first and awaited together. A broker without confirms (no ``confirm_select``)
    confirms nothing, and nothing is waited for.
    """

    def __init__(self, connection: Any, channel: Any) -> None:
        self._connection = connection
        self._supported = hasattr(channel, "confirm_select")
        self._last = 0
        self._waiting: set[int] = set()
        self._refused = False
        self._blocked = False
        if self._supported:
            channel.confirm_select()
            channel.events["basic_ack"].add(self._on_ack)
            channel.events["basic_nack"].add(self._on_nack)
            connection.connection.on_blocked = self._on_blocked
            connection.connection.on_unblocked = self._on_unblocked

    def sent(self) -> None:
        """Count one message; the broker numbers them in the same way."""
        if self._supported:
            self._last += 1
            self._waiting.add(self._last)

    def check(self) -> None:
        """Raise when the broker has said that it takes no messages."""
        if self._blocked:
            raise Blocked("it takes no messages while it is low on memory or disk space")

    def wait(self, deadline: Deadline) -> None:
        """Return when all messages are taken; raise when one is refused or time is up."""
        while self._waiting:
            self.check()
            self._connection.drain_events(timeout=deadline.left())
        if self._refused:
            raise OperationalError("a message was refused")

    def _on_ack(self, tag: int, multiple: bool) -> None:
        if multiple:
            self._waiting = {waiting for waiting in self._waiting if waiting > tag}
        else:
            self._waiting.discard(tag)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._refused = True
        self._on_ack(tag, multiple)

    def _on_blocked(self, _reason: str) -> None:
        self._blocked = True

    def _on_unblocked(self) -> None:
        self._blocked = False
