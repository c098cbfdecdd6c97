"""Signals that let a command end its work in order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def termination(*signals: signal.Signals) -> Iterator[Callable[[], bool]]:
    """Let signals end the work after what is at hand; give what tells whether one came."""
    asked: list[int] = []
    before = [signal.signal(one, lambda number, _frame: asked.append(number)) for one in signals]
    try:
        yield lambda: bool(asked)
    finally:
        for one, handler in zip(signals, before, strict=True):
            signal.signal(one, handler)
