"""The dashboard while no engine answers."""

from __future__ import annotations

import pytest

from stats.service import create_app
from tests.example_repository import NOWHERE


@pytest.mark.parametrize("by", ["header", "cookie"])
def test_a_page_that_waits_for_an_engine_says_so(monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    client = create_app({**NOWHERE, "STATS_CONNECT_TIMEOUT": 0.2}).test_client()
    client.set_cookie("stats_token", "x" if by == "cookie" else "")
    headers = {"Authorization": "Bearer x"} if by == "header" else {}
    answer = client.get("/stats/", headers=headers)
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert answer.headers["Retry-After"] == "5"
    assert "MongoDB does not answer" in answer.text
    assert NOWHERE["STATS_MONGO_URL"] not in answer.text
