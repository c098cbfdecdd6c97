"""All hits of a search: few in one answer, many over a point in time."""

from __future__ import annotations

from typing import Any

import pytest

from stats.stores.search import PAGE, SearchStore

Body = dict[str, Any]


class Asked(SearchStore):
    """A store that answers without an engine, and notes what it was asked."""

    def __init__(self, found: int) -> None:
        super().__init__("http://127.0.0.1:1", prefix="", type_names=(), request_timeout=1)
        self.found = [{"_source": {"id": number}} for number in range(found)]
        self.asked: list[str] = []

    def search(self, index: str, body: Body) -> Body:
        self.asked.append("search")
        return {"hits": {"hits": self.found[: body["size"]]}}

    def pages(self, index: str, body: Body, **_options: Any) -> Any:
        self.asked.append("pages")
        yield from (self.found[at : at + PAGE] for at in range(0, len(self.found), PAGE))


@pytest.mark.parametrize(
    ("found", "expected", "asked"),
    [
        (0, 0, ["search"]),
        (PAGE - 1, PAGE - 1, ["search"]),
        (PAGE, PAGE - 1, ["search", "pages"]),  # more came since they were counted
        (PAGE + 5, 0, ["search", "pages"]),
        (PAGE + 5, PAGE, ["pages"]),
        (1, PAGE, ["pages"]),
    ],
)
def test_every_hit_comes_once(found: int, expected: int, asked: list[str]) -> None:
    store = Asked(found)
    hits = [hit for page in store.all_hits("a", {}, expected=expected) for hit in page]
    assert hits == store.found
    assert store.asked == asked


def test_no_page_is_empty() -> None:
    assert list(Asked(0).all_hits("a", {}, expected=0)) == []
