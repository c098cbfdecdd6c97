"""What a page of another site, a forged header or an old cookie can make of a reader's browser."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from stats.errors import ConfigError, InputError
from stats.events.fields import parse_url
from stats.service import create_app
from tests.example_repository import NOWHERE

SECRET = "/widgets/%20record:secret"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    return create_app({**NOWHERE, "STATS_CONNECT_TIMEOUT": 0.2}).test_client()


@pytest.mark.parametrize("ref", ["%20record:secret", "record:secret%0A", "%09record:secret", "x"])
def test_a_frame_of_a_ref_in_another_form_is_refused_and_framed_by_nobody(
    client: FlaskClient, ref: str
) -> None:
    answer = client.get(f"/widgets/{ref}")
    assert answer.status_code in (400, 404)
    assert "stats-panel" not in answer.text
    policy = answer.headers.get("Content-Security-Policy", "")
    assert "frame-ancestors *" not in policy


def test_a_redirect_does_not_repeat_the_host_header(client: FlaskClient) -> None:
    answer = client.get("/stats", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "/stats/")
    answer = client.get("//evil.example/%2e%2e/stats?a=1", headers={"Host": "evil.example"})
    assert not answer.headers.get("Location", "/").startswith(("//", "http"))


@pytest.mark.parametrize("path", ["/stats/sign-in", "/stats/sign-out"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_site_signs_nobody_in_or_out(
    client: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path, data={"token": "attacker's"}, headers=headers)
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_a_page_without_tls_does_not_write_to_one_with(client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost"}
    answer = client.post("/stats/sign-out", headers=headers, base_url="https://localhost")
    assert answer.status_code == 403
    headers = {"Origin": "https://localhost"}
    answer = client.post("/stats/sign-out", headers=headers, base_url="https://localhost")
    assert answer.status_code == 303


@pytest.mark.parametrize("url", ["//evil.example/x", "/\\evil.example", "javascript:alert(1)"])
def test_an_address_that_leads_to_another_host_is_none(url: str) -> None:
    with pytest.raises(InputError, match="must begin with"):
        parse_url(url, "url")


@pytest.mark.parametrize("path", ["/api/stats/nothing", "/api/events", "/healthz", "/badge/x.svg"])
def test_no_answer_is_taken_for_another_type(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_a_key_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ConfigError, match="STATS_EMBED_KEY: must have 32 characters or more"):
        create_app({**NOWHERE, "STATS_EMBED_KEY": "short"})
