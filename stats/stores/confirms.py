"""Publisher confirms of one AMQP channel, awaited for many messages at once.

Waiting after each message costs a round trip and a write to disk a message;
so messages are sent first and awaited together. A broker without confirms
(no ``confirm_select``) confirms nothing, and nothing is waited for.
"""

from __future__ import annotations

from typing import Any

from kombu.exceptions import OperationalError

from stats.stores.broker import Blocked, Deadline


class Confirms:
    """Which messages of a channel the broker has not yet taken."""

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
