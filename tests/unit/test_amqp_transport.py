"""Frames come as py-amqp's own reader gives them, however the bytes arrive.

The transport is py-amqp's, over a pair of sockets; only the peer is ours.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from amqp.exceptions import UnexpectedFrame
from amqp.transport import TCPTransport
from hypothesis import given
from hypothesis import strategies as st

from stats.stores import amqp_transport
from stats.stores.amqp_transport import Frame, ReadAhead

WAIT = 0.05


class Peer:
    """The other end of a connection, and what has been handed over on this one."""

    def __init__(self, ours: socket.socket, theirs: socket.socket) -> None:
        transport = TCPTransport("localhost")
        transport.sock, transport.connected = ours, True
        transport._setup_transport()
        self.frames: list[Frame] = []
        self.connection = SimpleNamespace(transport=transport, on_inbound_frame=self._handle)
        self.socket = theirs
        reader = ReadAhead.of(self.connection)
        assert reader is not None
        self.reader = reader

    def _handle(self, frame: Frame) -> bool:
        """Say, as py-amqp does, whether it completes something: here those of type 1."""
        self.frames.append(frame)
        return frame[0] == 1


@contextmanager
def connected() -> Iterator[Peer]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Peer(ours, theirs)


def encode(frame: Frame) -> bytes:
    kind, channel, payload = frame
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


frames = st.tuples(st.sampled_from([1, 2, 3]), st.integers(0, 9), st.binary(max_size=40))


@given(st.lists(frames, min_size=1, max_size=8), st.lists(st.integers(1, 60), max_size=6))
def test_frames_are_whole_and_in_order(sent: Sequence[Frame], cuts: Sequence[int]) -> None:
    data = b"".join(map(encode, sent))
    with connected() as peer:
        for cut in [*cuts, len(data)]:
            peer.socket.sendall(data[:cut])
            data = data[cut:]
            with pytest.raises(TimeoutError):
                while True:
                    peer.reader.drain(0.001)
        assert peer.frames == sent


def test_what_is_there_is_taken_without_waiting_for_more() -> None:
    with connected() as peer:
        peer.socket.sendall(encode((1, 0, b"a")) * 3)
        peer.reader.drain(WAIT)
        assert peer.frames == [(1, 0, b"a")] * 3


def test_no_more_is_taken_than_is_to_be_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(amqp_transport, "AT_ONCE", 1)
    monkeypatch.setattr(amqp_transport, "BYTES", 10)
    with connected() as peer:
        peer.socket.sendall(encode((1, 0, b"ab")) * 3)
        taken = []
        for _ in range(3):
            peer.reader.drain(WAIT)
            taken.append(len(peer.frames))
        assert taken == [1, 2, 3]


def test_the_librarys_own_reader_goes_on_where_this_one_is() -> None:
    with connected() as peer:
        peer.socket.sendall(encode((1, 0, b"a")) + encode((1, 0, b"b"))[:5])
        peer.reader.drain(WAIT)
        peer.socket.sendall(encode((1, 0, b"b"))[5:])
        assert peer.connection.transport.read_frame() == (1, 0, b"b")


def test_a_frame_without_its_end_is_the_librarys_error() -> None:
    with connected() as peer:
        peer.socket.sendall(encode((1, 0, b"a"))[:-1] + b"\x00")
        with pytest.raises(UnexpectedFrame):
            peer.reader.drain(WAIT)


def test_a_connection_of_another_transport_has_no_reader() -> None:
    assert ReadAhead.of(SimpleNamespace()) is None
