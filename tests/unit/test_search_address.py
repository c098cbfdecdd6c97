"""The address of the search engine: several nodes, users, certificates; what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from stats.errors import ConfigError
from stats.search_address import Node, SearchAddress, parse_search_address
from stats.setting_sources import load_settings

URL = "STATS_ELASTICSEARCH_URL"
KEY = "STATS_ELASTICSEARCH_API_KEY"
SECRET = "m4rker"


@pytest.fixture
def certificates(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_text("")
    return str(path)


def test_one_node() -> None:
    assert parse_search_address("http://127.0.0.1:9200") == SearchAddress(
        (Node("http", "127.0.0.1", 9200),)
    )
    assert parse_search_address("http://[::1]:9200/").text == "http://[::1]:9200"


def test_several_nodes_with_one_user_and_certificates(certificates: str) -> None:
    found = parse_search_address(
        f"https://st%40ts:p%3Ass@es1:9200, https://es2:9201/search/?ca_certs={certificates}"
    )
    assert found == SearchAddress(
        (Node("https", "es1", 9200), Node("https", "es2", 9201, "/search")),
        user="st@ts",
        password="p:ss",
        ca_certs=certificates,
    )
    assert found.text == "https://es1:9200,https://es2:9201/search"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("es1:9200", "must begin with http:// or https://"),
        ("//es1:9200", "must begin with http:// or https://"),
        ("", "must begin with http:// or https://"),
        ("http://es1:9200,es2:9200", "must begin with http:// or https://"),
        ("http://es1:9200,", "must begin with http:// or https://"),
        ("http:es1:9200", "must begin with http:// or https://"),
        ("http://es1", "must name the port, such as http://127.0.0.1:9200, or :80"),
        ("https://es1", "or :443"),
        ("http://:9200", "must name a host"),
        ("http://es1:0", "must name the port"),
        ("http://es1:nine", "must have a number from 1 to 65535 as port"),
        ("http://es1:70000", "must have a number from 1 to 65535 as port"),
        ("http://[::1:9200", "must be an address"),
        (f"http://a:{SECRET}#1@es1:9200", "must not hold #; in a user or password write %23"),
        (f"http://a:{SECRET}@es1:9200,http://b:x@es2:9200", "must name one user for all nodes"),
        ("https://es1:9200?ca_certs=/is/not/there", "ca_certs=/is/not/there"),
        ("http://es1:9200?verify_certs=false", "must begin with https:// when"),
        ("https://es1:9200?verify_certs=0", "must have true or false as verify_certs"),
        (f"https://es1:9200?pasword={SECRET}", "an option that is not known; there are ca_certs"),
        (
            "https://es1:9200?verify_certs=false,https://es2:9200?verify_certs=true",
            "must give all nodes one verify_certs",
        ),
    ],
)
def test_what_is_wrong_is_one_line_without_secrets(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({}, {URL: text})
    assert str(caught.value).startswith(f"{URL}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_key_and_a_user_are_not_both_right() -> None:
    with pytest.raises(ConfigError, match="must hold no user when STATS_ELASTICSEARCH_API_KEY"):
        load_settings({}, {URL: "http://a:b@es1:9200", KEY: SECRET})
    assert load_settings({}, {URL: "http://es1:9200", KEY: SECRET}).elasticsearch_api_key == SECRET


def test_secrets_are_not_in_what_python_prints() -> None:
    address = parse_search_address(f"http://a:{SECRET}@es1:9200")
    assert SECRET not in repr(address)
    assert SECRET not in repr(parse_search_address("http://es1:9200", api_key=SECRET))
    assert SECRET not in address.text
