"""Sorting more rows than memory should hold: sorted runs in files, merged.

Comes in: an iterable of any length. Goes out: the same values in order, and
how many there are. Invariant: no more than ``run_size`` values are in
memory at a time, and the files are gone when the :class:`Sorted` is closed.
"""

from __future__ import annotations

import heapq
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import IO, Any, Generic, TypeVar

T = TypeVar("T")
RUN_SIZE = 50_000


class Sorted(Generic[T]):
    """The values of ``values`` in the order of ``key``; iterate once, then close."""

    def __init__(
        self, values: Iterable[T], *, key: Callable[[T], Any], run_size: int = RUN_SIZE
    ) -> None:
        self._key = key
        self._runs: list[IO[bytes]] = []
        self.count = 0
        source = iter(values)
        try:
            while run := sorted(islice(source, run_size), key=key):
                self._runs.append(_write_run(run))
                self.count += len(run)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[T]:
        return heapq.merge(*map(self._read_run, self._runs), key=self._key)

    def close(self) -> None:
        """Remove the files."""
        for run in self._runs:
            run.close()
        self._runs = []

    def _read_run(self, run: IO[bytes]) -> Iterator[T]:
        run.seek(0)
        while True:
            try:
                yield pickle.load(run)  # our own file, unnamed: nobody else writes to it
            except EOFError:
                return


def _write_run(values: list[Any]) -> IO[bytes]:
    run = tempfile.TemporaryFile()  # noqa: SIM115 (closed by Sorted.close)
    for value in values:
        pickle.dump(value, run, protocol=pickle.HIGHEST_PROTOCOL)
    return run
