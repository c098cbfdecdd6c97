"""What errors say of themselves, in this process and in another (Celery's pool, the benchmark)."""

from __future__ import annotations

import pickle

import pytest

from stats.errors import InputError, StoreBlocked, StoreRejected, StoreUnavailable


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (StoreUnavailable("MongoDB", "no answer"), "MongoDB is not reachable: no answer"),
        (StoreBlocked("MongoDB", "a full disk"), "MongoDB is blocked: a full disk"),
        (StoreRejected("MongoDB", "why"), "MongoDB refused a request: why"),
    ],
)
def test_an_error_of_an_engine_is_the_same_in_another_process(error: Exception, text: str) -> None:
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error)
    assert str(other) == str(error) == text


@pytest.mark.parametrize(
    ("message", "field", "line"),
    [
        ("to (2024) is too early", "to", "to (2024) is too early"),
        ("rule 1: path is wrong", "rule 1", "rule 1: path is wrong"),
        ("total is wrong", "to", "to: total is wrong"),
        ("there is no parameter 'x' here", "x", "x: there is no parameter 'x' here"),
        ("the body is not JSON", "", "the body is not JSON"),
    ],
)
def test_a_line_names_the_field_once(message: str, field: str, line: str) -> None:
    assert InputError("bad_format", message, field=field).line == line
