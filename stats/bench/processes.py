"""One process for each part of the system, so that each has a peak of memory of its own.

Comes in: functions of this package with plain arguments. Goes out: what they return.
Invariant: the processes end with the ``with`` block, and what is raised in one of them is
raised here.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

R = TypeVar("R")


class Part:
    """A process that does one part's work, call after call."""

    def __init__(self) -> None:
        self._executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def close(self) -> None:
        """End the process."""
        self._executor.shutdown(cancel_futures=True)

    def call(self, function: Callable[..., R], *arguments: Any) -> R:
        """Run a function of a module in the process and return its result."""
        return self._executor.submit(function, *arguments).result()

    def peak(self) -> int | None:
        """Return the largest memory of the process so far, in bytes."""
        return self._executor.submit(peak_of, "self").result()


def peak_of(process: int | str) -> int | None:
    """Return the peak resident memory of a process in bytes; None where Linux does not say."""
    try:
        text = Path(f"/proc/{process}/status").read_text("utf-8")
    except OSError:
        return None
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024
