"""The cycle collector stands still for a while, and cycles are freed all the same."""

from __future__ import annotations

import gc
import weakref

import pytest

from stats.gc_control import collect_young, uncollected


def test_the_collector_is_as_it_was_afterwards() -> None:
    with pytest.raises(ValueError, match="within"), uncollected():
        assert not gc.isenabled()
        raise ValueError("within")
    assert gc.isenabled()
    gc.disable()
    try:
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


class Node:
    """Something that can refer to itself."""

    def __init__(self) -> None:
        self.other = self


def test_cycles_of_the_last_chunk_are_freed_while_it_stands_still() -> None:
    with uncollected():
        gone = weakref.ref(Node())
        assert gone() is not None
        collect_young()
        assert gone() is None
