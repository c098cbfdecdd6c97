"""Errors of engines go from process to process: of Celery's pool, of the benchmark."""

from __future__ import annotations

import pickle

import pytest

from stats.errors import StoreRejected, StoreUnavailable


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (StoreUnavailable("MongoDB", "no answer"), "MongoDB is not reachable: no answer"),
        (StoreRejected("MongoDB", "why"), "MongoDB refused a request: why"),
    ],
)
def test_an_error_of_an_engine_is_the_same_in_another_process(error: Exception, text: str) -> None:
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert str(other) == str(error) == text
