"""Sorting on disk."""

from __future__ import annotations

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.reports.external_sort import Sorted


@given(st.lists(st.integers()), st.integers(1, 5))
def test_values_come_in_order_whatever_the_size_of_a_run(values: list[int], run: int) -> None:
    with closing(Sorted(values, key=lambda n: -n, run_size=run)) as found:
        assert found.count == len(values)
        assert list(found) == sorted(values, reverse=True)


def test_an_error_in_the_source_leaves_no_files_open() -> None:
    def broken():
        yield from range(10)
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        Sorted(broken(), key=lambda n: n, run_size=3)
