"""Which tables a page has, without engines; what is in them is in tests/engine/test_tables.py."""

from __future__ import annotations

from datetime import date
from string import Formatter

import pytest

from stats.ext import EXTENSION, StatsState
from stats.reports.page import Page, list_elements, parse_page, read_texts
from stats.service import create_app

TODAY = date(2026, 3, 31)
OF_TYPES = [
    "record-view-total",
    "file-download-total",
    "record-view-histogram",
    "file-download-histogram",
]
DIVIDED = [
    f"{name}-by {value}"
    for name in ("record-view", "file-download")
    for value in ("country", "access_method", "referrer")
]


@pytest.fixture(scope="module")
def state() -> StatsState:
    found: StatsState = create_app({}).extensions[EXTENSION]
    return found


def sheets_of(state: StatsState, page: Page) -> list[str]:
    elements = list_elements(page, kinds=state.kinds, queries=state.queries)
    return [element.sheet for element in elements]


@pytest.mark.parametrize(
    ("resource", "ranked", "content"),
    [
        ("record:r1", [], False),
        ("community:c", ["record views", "record downloads"], True),
        ("user:u1", ["record views", "record downloads"], False),
        (
            "site:all",
            ["record views", "record downloads", "file downloads", "community views"],
            True,
        ),
    ],
)
def test_a_page_has_what_its_kind_shows(
    state: StatsState, resource: str, ranked: list[str], content: bool
) -> None:
    found = sheets_of(state, parse_page({"resource": resource}, TODAY))
    before = [*OF_TYPES, *(f"top {name}" for name in ranked), *DIVIDED]
    assert found[: len(before)] == before
    assert ("content-histogram" in found) == content
    assert ("content-by access" in found) == content
    assert not any(name.endswith(" user") for name in found)
    assert len({name[:31].lower() for name in found}) == len(found)


def test_a_file_counts_its_downloads_alone(state: StatsState) -> None:
    found = sheets_of(state, parse_page({"resource": "file:f1"}, TODAY))
    assert found[:2] == ["file-download-total", "file-download-histogram"]
    assert not any("record-view" in name for name in found)


def test_what_there_is_no_query_of_is_left_out(state: StatsState) -> None:
    page = parse_page({"resource": "community:c"}, TODAY)
    queries = {name: state.queries[name] for name in ("record-view-total", "top")}
    found = [one.sheet for one in list_elements(page, kinds=state.kinds, queries=queries)]
    assert found == ["record-view-total", "top record views", "top record downloads"]


@pytest.mark.parametrize(
    ("given", "days", "interval"),
    [
        ({}, {"from": "2026-03-02", "to": "2026-03-31"}, "day"),
        ({"from": "2025-01-01"}, {"from": "2025-01-01", "to": "2026-03-31"}, "week"),
        ({"window": "2025"}, {"from": "2025-01-01", "to": "2025-12-31"}, "week"),
        ({"window": "all"}, {"window": "all"}, "month"),
        ({"window": "last-month", "interval": "week"}, None, "week"),
    ],
)
def test_window_interval_link_and_name(
    given: dict[str, str], days: dict[str, str] | None, interval: str
) -> None:
    page = parse_page({"resource": "record:a/b", **given}, TODAY)
    days = days or {"from": "2026-02-01", "to": "2026-02-28"}
    assert (page.days, page.interval) == (days, interval)
    asked = "&".join(f"{name}={value}" for name, value in days.items())
    expected = f"/stats/resource/record:a%2Fb?{asked}&interval={interval}&lang=en"
    assert page.link == expected
    assert page.file_name == "_".join(["usage", "record-a-b", *days.values()])


def test_every_language_has_every_text_with_the_same_places() -> None:
    texts = read_texts()
    assert list(texts) == ["en", "de", "fr", "es"]
    for found in texts.values():
        assert list(found) == list(texts["en"])
        for key, text in found.items():
            places = [name for _, name, _, _ in Formatter().parse(text) if name]
            assert places == (["seconds"] if key == "counted_text" else []), key
