"""What is made ready by a thread comes in order, with its errors, and ends with its reader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stats.aggregations.background import ahead


def test_all_items_come_in_order() -> None:
    assert list(ahead(n for n in range(5))) == list(range(5))
    assert list(ahead(n for n in ())) == []


def test_an_error_comes_where_its_item_would() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    found = ahead(n for n in items())
    assert next(found) == 1
    with pytest.raises(ValueError, match="the second"):
        next(found)


def test_a_reader_who_stops_closes_the_source() -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from range(9)
        finally:
            closed.append(True)

    found = ahead(n for n in items())
    assert next(found) == 0
    found.close()
    assert closed == [True]
