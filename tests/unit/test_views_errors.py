"""Every error of the tree, as HTTP."""

from __future__ import annotations

import logging

import pytest
from flask import Flask, redirect
from werkzeug.exceptions import TooManyRequests

from stats.errors import (
    AccessError,
    ConfigError,
    InputError,
    StoreRejected,
    StoreUnavailable,
    UnknownError,
)
from stats.views.errors import register_errors

ERRORS = {
    "input": InputError("bad_format", "say it so", field="from"),
    "unknown": UnknownError("unknown_query", "no such thing", field="name"),
    "anonymous": AccessError("who are you", signed_in=False),
    "denied": AccessError("not you", signed_in=True),
    "down": StoreUnavailable("MongoDB", "10.0.0.7:27017 refused"),
    "rejected": StoreRejected("Elasticsearch", "parsing_exception at 10.0.0.7"),
    "config": ConfigError("STATS_X"),
    "bug": ZeroDivisionError("secret"),
    "slow down": TooManyRequests("not so fast", retry_after=7),
}


@pytest.fixture
def app() -> Flask:
    app = Flask(__name__)
    register_errors(app)

    @app.get("/<name>")
    def fail(name: str) -> None:
        raise ERRORS[name]

    @app.get("/elsewhere")
    def move() -> object:
        return redirect("/there")

    return app


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("input", 400, {"code": "bad_format", "message": "say it so", "field": "from"}),
        ("unknown", 404, {"code": "unknown_query", "message": "no such thing", "field": "name"}),
        ("anonymous", 401, {"code": "unauthenticated", "message": "who are you", "field": ""}),
        ("denied", 403, {"code": "forbidden", "message": "not you", "field": ""}),
        (
            "down",
            503,
            {"code": "unavailable", "message": "MongoDB does not answer, try again", "field": ""},
        ),
        ("slow down", 429, {"code": "too_many_requests", "message": "not so fast", "field": ""}),
    ],
)
def test_an_error_says_what_to_do(
    app: Flask, name: str, status: int, error: dict[str, str]
) -> None:
    answer = app.test_client().get(f"/{name}")
    assert (answer.status_code, answer.json) == (status, {"error": error})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["rejected", "config", "bug"])
def test_a_bug_of_ours_is_told_to_the_log_alone(
    app: Flask, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get(f"/{name}")
    assert (answer.status_code, answer.json["error"]["code"]) == (500, "internal")
    assert str(ERRORS[name]) not in answer.text
    assert str(ERRORS[name]) in caplog.text


def test_addresses_of_engines_are_told_to_the_log_alone(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = app.test_client().get("/down")
    assert "10.0.0.7" not in answer.text
    assert "10.0.0.7" in caplog.text


def test_headers_that_belong_to_an_error_stay(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/anonymous").headers["WWW-Authenticate"] == "Bearer"
    assert int(client.get("/down").headers["Retry-After"]) > 0
    assert client.get("/slow down").headers["Retry-After"] == "7"
    assert set(client.post("/input").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_redirect_is_no_error(app: Flask) -> None:
    answer = app.test_client().get("/elsewhere")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/there")
