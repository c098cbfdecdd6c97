"""Publisher confirms of one AMQP channel, awaited for many messages at once.

Waiting after each message costs a round trip and a write to disk a message;
so messages are sent first and awaited together. A broker without confirms
(no ``confirm_select``) confirms nothing, and nothing is waited for.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from kombu.exceptions import OperationalError


class Confirms:
    """Which messages of a channel the broker has not yet taken."""

    def __init__(self, channel: Any) -> None:
        self._supported = hasattr(channel, "confirm_select")
        self._last = 0
        self._waiting: set[int] = set()
        self._refused = False
        if self._supported:
            channel.confirm_select()
            channel.events["basic_ack"].add(self._on_ack)
            channel.events["basic_nack"].add(self._on_nack)

    def sent(self) -> None:
        """Count one message; the broker numbers them in the same way."""
        if self._supported:
            self._last += 1
            self._waiting.add(self._last)

    def wait(self, connection: Any, *, timeout: float) -> None:
        """Return when all messages are taken; raise when one is refused or time is up."""
        end = monotonic() + timeout
        while self._waiting:
            connection.drain_events(timeout=max(end - monotonic(), 0.001))
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
