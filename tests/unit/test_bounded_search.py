"""A search for a limited time, with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from stats.errors import LimitError, StoreRejected, StoreUnavailable
from stats.stores.bounded_search import BoundedSearch, Patience
from stats.stores.search_servers.refusals import build_error


@dataclass
class Slow:
    """A source whose searches take two seconds each."""

    now: float = 0.0
    asked: list[str] = field(default_factory=list)

    def daily(self, family: str, month: str | None = None) -> str:
        return f"daily-{family}-{month}"

    def raw(self, type_name: str, month: str | None = None) -> str:
        return f"raw-{type_name}-{month}"

    def search(self, index: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(body["timeout"])
        self.now += 2
        return {"found": index}

    def pages(
        self, index: str, body: dict[str, Any], *, size: int = 10, sort: Sequence[Any] = ()
    ) -> Iterator[list[dict[str, Any]]]:
        for number in range(100):
            self.search(index, body)
            yield [{"number": number}]


def bounded(source: Slow, **given: Any) -> BoundedSearch:
    return BoundedSearch(source, Patience(5.0, 5.0, clock=lambda: source.now, **given))


def test_each_search_gets_the_time_that_is_left_and_none_is_sent_after() -> None:
    source = Slow()
    search = bounded(source)
    assert search.search("a", {"size": 0}) == {"found": "a"}
    search.search("a", {})
    search.search("a", {})
    with pytest.raises(LimitError, match="not done in 5 s; ask for a shorter window") as refused:
        search.search("a", {})
    assert (refused.value.status, refused.value.retry_after) == (503, 30)
    assert source.asked == ["5000ms", "3000ms", "1000ms"]


def test_pages_end_when_the_time_is_over() -> None:
    source = Slow()
    found = []
    with pytest.raises(LimitError, match="not done"):
        found.extend(bounded(source).pages("a", {}))
    assert len(source.asked) == 3


def test_nothing_is_searched_for_somebody_who_has_gone() -> None:
    source = Slow()
    with pytest.raises(LimitError):
        bounded(source, is_gone=lambda: True).search("a", {})
    assert source.asked == []


def test_names_are_those_of_the_source() -> None:
    search = bounded(Slow())
    assert (search.daily("a", "m"), search.raw("b")) == ("daily-a-m", "raw-b-None")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, "query_phase_execution_exception"), (504, "search_timeout_exception")],
)
def test_a_search_that_the_engine_ended_may_be_asked_again(status: int, kind: str) -> None:
    body = {"error": {"root_cause": [{"type": kind, "reason": "Time exceeded"}]}}
    assert isinstance(build_error("Elasticsearch", status, body), StoreUnavailable)
    other = {"error": {"root_cause": [{"type": kind, "reason": "no such field"}]}}
    assert isinstance(build_error("Elasticsearch", 500, other), StoreRejected)
