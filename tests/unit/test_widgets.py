"""The widgets' routes that need no engine, and their pure parts."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from xml.etree import ElementTree

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from stats.errors import InputError
from stats.service import create_app
from stats.widgets.badge import (
    Badge,
    build_badge,
    parse_label,
    parse_metric,
    write_number,
    write_svg,
)
from stats.widgets.blueprint import STATIC, build_policy
from stats.widgets.frame import parse_element

CHUNKS = sorted(path.name for path in (STATIC / "chunks").glob("*.js"))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Flask:
    for name in ("ELASTICSEARCH", "MONGO", "BROKER"):
        monkeypatch.delenv(f"STATS_{name}_URL", raising=False)
    return create_app(
        {
            "STATS_MONGO_URL": "mongodb://127.0.0.1:1/stats",
            "STATS_CONNECT_TIMEOUT": 0.2,
            "STATS_WIDGET_ORIGINS": ["https://repo.example.org", "https://b.example.org"],
        }
    )


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_the_script_may_be_loaded_by_pages_of_every_origin(client: FlaskClient) -> None:
    response = client.get("/widgets/stats-widgets.js")
    assert response.status_code == 200
    assert response.mimetype == "text/javascript"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "max-age=600" in response.headers["Cache-Control"]
    again = client.get(
        "/widgets/stats-widgets.js", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "coding", "expand"),
    [
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("identity", None, bytes),
        (None, None, bytes),
    ],
)
@pytest.mark.parametrize("name", ["stats-widgets.js", f"chunks/{CHUNKS[0]}"])
def test_a_file_comes_in_the_best_coding_that_the_client_takes(
    client: FlaskClient,
    name: str,
    accepted: str | None,
    coding: str | None,
    expand: Callable[[bytes], bytes],
) -> None:
    headers = {"Accept-Encoding": accepted} if accepted else {}
    response = client.get(f"/widgets/{name}", headers=headers)
    assert response.headers.get("Content-Encoding") == coding
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.mimetype == ("text/css" if name.endswith("css") else "text/javascript")
    assert expand(response.data) == (STATIC / name).read_bytes()
    tag = response.headers["ETag"]
    assert client.get(f"/widgets/{name}", headers={**headers, "If-None-Match": tag}).data == b""
    plain = client.get(f"/widgets/{name}").headers["ETag"]
    assert (tag == plain) is (coding is None)


def test_the_script_is_small_on_the_wire(client: FlaskClient) -> None:
    response = client.get("/widgets/stats-widgets.js", headers={"Accept-Encoding": "br"})
    assert len(response.data) < 6 * 1024


def test_chunks_are_kept_for_ever_since_their_names_change(client: FlaskClient) -> None:
    for name in CHUNKS:
        response = client.get(f"/widgets/chunks/{name}")
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert re.fullmatch(r"[a-z]+-[A-Z0-9]{8}\.js", name)


def test_every_chunk_that_a_file_names_is_shipped() -> None:
    sources = [STATIC / "stats-widgets.js", *(STATIC / "chunks" / name for name in CHUNKS)]
    named = {
        name
        for source in sources
        for name in re.findall(r'"\./(?:chunks/)?([\w-]+\.js)"', source.read_text("utf-8"))
    }
    assert named == set(CHUNKS)


@pytest.mark.parametrize(
    "path", ["nope.js", "../../config.py", "%2e%2e/stats-widgets.js", f"{CHUNKS[0]}.br"]
)
def test_nothing_else_is_served(client: FlaskClient, path: str) -> None:
    response = client.get(f"/widgets/chunks/{path}")
    assert response.status_code in (400, 404)
    assert "stats-counter" not in response.text
    assert "Settings" not in response.text


def test_a_frame_holds_one_element_and_no_numbers(client: FlaskClient) -> None:
    response = client.get(
        "/widgets/record%3Ar%2F1?element=history&interval=week&lang=de&theme=dark"
    )
    assert response.status_code == 200
    expected = '<stats-history resource="record:r/1" interval="week" lang="de" theme="dark">'
    assert expected in response.text
    assert '<html lang="de">' in response.text
    assert 'content="dark"' in response.text
    assert response.headers["Referrer-Policy"] == "same-origin"
    ancestors = "frame-ancestors 'self' https://b.example.org https://repo.example.org"
    assert ancestors in response.headers["Content-Security-Policy"]
    again = client.get(
        "/widgets/record%3Ar%2F1?element=history&interval=week&lang=de&theme=dark",
        headers={"If-None-Match": response.headers["ETag"]},
    )
    assert again.status_code == 304


def test_a_frame_works_behind_a_path_prefix(client: FlaskClient) -> None:
    page = client.get("/widgets/record:a/b", base_url="http://localhost/prefix").text
    assert 'src="/prefix/widgets/stats-widgets.js"' in page


def test_a_frame_quotes_what_comes_from_outside(client: FlaskClient) -> None:
    page = client.get('/widgets/record%3A"><script>x?element=breakdown&lang="><b>&by=<i>').text
    assert "&lt;script&gt;x" in page or "%3Cscript" in page
    assert "<script>x" not in page
    assert "<b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("element=script", "element"),
        ("onload=x", "onload"),
        ("token=t", "token"),
        ("element=breakdown&by=a&by=b", "by"),
        ("element=counter&from=2025-01-01", "from"),
        ("interval=%ff", "interval"),
    ],
)
def test_a_frame_refuses_what_it_does_not_know(client: FlaskClient, query: str, field: str) -> None:
    response = client.get(f"/widgets/record:r1?{query}")
    assert response.status_code == 400
    assert response.json["error"]["field"] == field


@pytest.mark.parametrize(
    "query",
    [
        "from=zz",
        "to=2025-02-30",
        "from=2025-01-02&to=2025-01-01",
        "interval=hour",
        "element=breakdown&size=0",
        "element=breakdown&size=1e3",
        "element=breakdown&by=A",
        "element=top&metric=likes",
        "element=top&kind=*",
        "element=counter&show=likes",
        "element=counter&show=,",
        "element=history&chart=pie",
    ],
)
def test_a_frame_whose_element_cannot_read_a_value_is_an_error(
    client: FlaskClient, query: str
) -> None:
    response = client.get(f"/widgets/record:r1?{query}")
    assert (response.status_code, response.mimetype) == (400, "text/html")
    assert "<stats-" in response.text  # which says in its place what is wrong


def test_a_frame_checks_no_more_than_its_element() -> None:
    given = {"from": " 2025-01-01 ", "to": "2025-01-01", "interval": "", "type": "a b,c"}
    assert parse_element("record:r1", given).is_readable
    assert not parse_element("r1", {}).is_readable


def test_a_ranking_in_a_frame_is_of_what_is_within_the_resource() -> None:
    element = parse_element("community:c", {"element": "top", "kind": "record"})
    assert (element.tag, dict(element.attributes)) == (
        "stats-top",
        {"within": "community:c", "kind": "record"},
    )
    with pytest.raises(InputError, match="at most"):
        parse_element("record:r1", {"element": "breakdown", "by": "x" * 201})


def test_nobody_may_show_frames_without_an_origin() -> None:
    assert build_policy(()).endswith("frame-ancestors 'none'")
    assert build_policy(("*",)).endswith("frame-ancestors *")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1K"),
        (1_239, "1.23K"),
        (12_390, "12.3K"),
        (999_999, "999K"),
        (1_000_000, "1M"),
        (45_678_901, "45.6M"),
        (10**18, "1000P"),
    ],
)
def test_numbers_on_badges_are_short_and_never_too_large(number: int, text: str) -> None:
    assert write_number(number) == text


def test_bytes_on_badges_have_a_unit() -> None:
    assert [write_number(n, is_bytes=True) for n in (12, 1_500, 2_000_000)] == [
        "12 B",
        "1.5 kB",
        "2 MB",
    ]


def test_a_badge_is_svg_and_quotes_its_label() -> None:
    badge = build_badge({"downloads": 1234}, metric="downloads", label='<b>"&')
    root = ElementTree.fromstring(write_svg(badge))
    assert root.attrib["aria-label"] == '<b>"&: 1.23K'
    texts = [node.text for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ['<b>"&', "1.23K"]


def test_a_badge_is_as_wide_as_its_parts() -> None:
    narrow, wide = (
        int(ElementTree.fromstring(write_svg(Badge(text, "1", "#000"))).attrib["width"])
        for text in ("ill", "views of this")
    )
    assert narrow < wide


def test_what_a_badge_shows_is_checked() -> None:
    assert parse_metric("volume") == "volume"
    assert parse_label("  ", metric="unique_views") == "unique views"
    assert parse_label("a\nb", metric="views") == "ab"
    with pytest.raises(InputError, match="metric is one of"):
        parse_metric("likes")
    with pytest.raises(InputError, match="at most 40"):
        parse_label("x" * 41, metric="views")


@pytest.mark.parametrize(
    ("address", "status", "text"),
    [
        ("/badge/record:r1.svg?metric=likes", 400, "bad address"),
        ("/badge/r1.svg", 400, "bad address"),
        ("/badge/record:r1.svg?nope=1", 400, "bad address"),
        ("/badge/record:r1.svg?metric=views&metric=volume", 400, "bad address"),
        ("/badge/record:r1.svg?metric=", 503, "unavailable"),
        ("/badge/record:r1.svg", 503, "unavailable"),
    ],
)
def test_a_badge_without_a_number_says_why(
    client: FlaskClient, address: str, status: int, text: str
) -> None:
    response = client.get(address)
    assert (response.status_code, response.mimetype) == (status, "image/svg+xml")
    assert text in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_a_ref_that_is_not_utf_8_names_nothing(client: FlaskClient) -> None:
    for start, end in (("/badge/", ".svg"), ("/widgets/", "")):
        path = {"PATH_INFO": f"{start}record:\xff{end}"}  # as a server has it of %FF
        assert client.get("/badge/record:x.svg", environ_overrides=path).status_code == 400
