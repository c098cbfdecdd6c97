"""Work beside other work: what comes next is made ready while this is dealt with."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Generator[T, None, None]) -> Iterator[T]:
    """Yield ``items``, none of them None; a thread takes the next one meanwhile."""
    with closing(items), ThreadPoolExecutor(1, thread_name_prefix="stats-ahead") as executor:
        following = executor.submit(next, items, None)
        while (item := following.result()) is not None:
            following = executor.submit(next, items, None)
            yield item
