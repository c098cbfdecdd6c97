"""Which templates and indices of others stand in our way."""

from __future__ import annotations

from typing import Any

import pytest

from stats.errors import ConfigError
from stats.stores.index_ownership import check_indices, check_templates
from stats.templates import build_templates

OURS = build_templates("x-", ["record-view", "file-download"])


def template(name: str, *patterns: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "index_template": {"index_patterns": list(patterns), **more}}


@pytest.mark.parametrize(
    "found",
    [
        template("all", "*"),  # no priority is the least
        template("theirs", "x-stats-*", priority=100),
        template("theirs", "y-*", priority=9_000),
        template("theirs", "x-stats-record-view", priority=9_000),  # the alias is no index
        *[{"name": name, "index_template": body} for name, body in OURS.items()],
    ],
)
def test_templates_that_are_no_hindrance(found: dict[str, Any]) -> None:
    check_templates([found], OURS)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (template("theirs", "y-*", "x-*", priority=500), "the index template theirs goes before"),
        (template("theirs", "*-2000-01", priority=9_000), "goes before ours for x-events-stats-"),
        (template("x-stats-usage", "x-stats-usage-*"), "x-stats-usage was made by another program"),
    ],
)
def test_templates_in_our_way_are_named(found: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        check_templates([template("fine", "y-*"), found], OURS)
    assert "set STATS_INDEX_PREFIX to a prefix that nobody else uses" in str(caught.value)


def test_indices() -> None:
    ours = {"mappings": OURS["x-stats-usage"]["template"]["mappings"]}
    before = {"mappings": {"properties": {"counted_at": {"type": "date"}}}}
    theirs = {"mappings": {"properties": {"timestamp": {"type": "date"}}}}
    mine = {"x-stats-usage-2026-01": ours, "x-stats-users-2026-01": before}
    check_indices(mine, OURS, aliases={"x-stats-usage-2026-01": {"x-stats-usage": {}}})
    alike = {"x-stats-basket-view-2026-01": theirs, "x-stats-usage-2026": theirs}
    check_indices(alike, OURS, aliases={"x-stats-usage-2026": {"x-stats-all": {}}})
    for index in (
        "x-stats-record-view-2026-01",
        "x-events-stats-file-download-2025-12",
        "x-stats-record-view",
    ):
        with pytest.raises(ConfigError, match=f"the index {index} was made by another program"):
            check_indices({index: theirs}, OURS, aliases={})
    called = {"y-views": {"x-stats-record-view": {}}}
    with pytest.raises(ConfigError, match="the index y-views was made by another program"):
        check_indices({"y-views": theirs}, OURS, aliases=called)
