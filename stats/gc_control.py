"""Python's cycle collector, kept from walking through what holds no cycles.

It walks again and again over objects that are only becoming more; events, documents
and numbers are made by the million and end with their last reference.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 1


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector from running by itself."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def collect_young() -> None:
    """Free the cycles among what was made since the last time, such as errors leave."""
    gc.collect(YOUNG)
