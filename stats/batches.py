"""Any stream in lists of bounded length, for requests that take many at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: int) -> Generator[list[T], None, None]:
    """Yield ``items`` in lists of at most ``size``, none of them empty."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
