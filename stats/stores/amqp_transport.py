"""Whole buffers of a socket for a library that asks for each part of each frame.

py-amqp asks the system nine times a message, and copies what it has beyond the
part each time: on small messages more work than all that is done with them.
Invariant: the frames are those that the library would read, in their order.
"""

from __future__ import annotations

import select
import struct
from collections.abc import Callable
from typing import Any

BYTES = 65_536
"""Bytes that are asked of the system at once."""

AT_ONCE = 8_000_000
"""Bytes of messages that are taken before the first is looked at."""

Frame = tuple[int, int, bytes]
"""Type, channel and payload."""

_HEAD = struct.Struct(">BHI")
_END = 0xCE
"""AMQP 0-9-1, 4.2.3: a frame is type, channel and size, the payload, and this byte."""


class ReadAhead:
    """The frames of one py-amqp transport, in the place of its own reader.

    That one is asked when the buffer holds no whole frame: it keeps what it is given
    beyond what it asked for, and puts back what it had of a frame when the time is over.
    """

    def __init__(self, connection: Any) -> None:
        self._transport = transport = connection.transport
        self._handle = connection.on_inbound_frame
        self._buffer = b""
        self._place = 0
        self._ask: Callable[[], Frame] = transport.read_frame
        self._receive = transport._quick_recv
        self._received = 0
        self._poll = select.poll()
        self._poll.register(transport.sock, select.POLLIN)
        transport._quick_recv = self._receive_more
        transport.read_frame = self.read_frame

    @classmethod
    def of(cls, connection: Any) -> ReadAhead | None:
        """Return the reader of a connection of kombu; None of one that is not py-amqp's."""
        transport = getattr(connection, "transport", None)
        is_amqp = hasattr(transport, "_quick_recv") and hasattr(transport, "having_timeout")
        return cls(connection) if is_amqp and hasattr(select, "poll") else None

    def drain(self, wait: float) -> None:
        """Handle frames until one completes something, and what else is there by then.

        What is there is taken up to :data:`AT_ONCE` bytes: a broker that may send only little
        at a time spends its time on that. Raises ``TimeoutError`` when nothing comes
        within ``wait`` seconds, or only part of a frame.
        """
        self._received = 0
        with self._transport.having_timeout(wait):
            while not self._handle(self.read_frame()):
                continue
            while self._received < AT_ONCE and (frame := self._frame_that_is_there()):
                self._handle(frame)

    def _frame_that_is_there(self) -> Frame | None:
        """Return the next frame, None when not even its first byte has come."""
        frame = self._next_frame()
        if frame is None and self._poll.poll(0):
            return self.read_frame()
        return frame

    def read_frame(self) -> Frame:
        """Return the next frame; raises what the library raises."""
        frame = self._next_frame()
        if frame is None:
            transport = self._transport
            transport._read_buffer = self._buffer[self._place :] + transport._read_buffer
            self._buffer, self._place = b"", 0
            frame = self._ask()
            self._buffer, transport._read_buffer = transport._read_buffer, b""
        return frame

    def _receive_more(self, size: int) -> bytes:
        received: bytes = self._receive(max(size, BYTES))
        self._received += len(received)
        return received

    def _next_frame(self) -> Frame | None:
        """Return the next frame when all of it is in the buffer."""
        buffer, place = self._buffer, self._place
        begin = place + _HEAD.size
        if begin > len(buffer):
            return None
        kind, channel, size = _HEAD.unpack_from(buffer, place)
        end = begin + size
        if end >= len(buffer) or buffer[end] != _END:
            return None
        self._place = end + 1
        return kind, channel, buffer[begin:end]
