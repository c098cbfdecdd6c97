"""What a measurement gives, and the baseline of all writes: bulk requests and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from stats.errors import StoreRejected
from stats.stores.search import ENGINE, Action, SearchStore


@dataclass(frozen=True)
class Measured:
    """So many things took so many seconds."""

    number: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return how many a second."""
        return self.number / self.seconds


def bulk(search: SearchStore, requests: Sequence[Sequence[Action]]) -> Measured:
    """Write documents that must all be taken, request after request."""
    began = perf_counter()
    results = [result for request in requests for result in search.bulk(request)]
    seconds = perf_counter() - began
    wrong = [result.reason for result in results if not result.ok]
    if wrong:
        raise StoreRejected(ENGINE, f"{len(wrong)} documents: {wrong[0]}")
    return Measured(len(results), seconds)
