"""What is described as deleted, and lists without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from stats.errors import InputError
from stats.kinds.declared import build_kinds
from stats.queries.deleted import without_deleted
from stats.reports.metrics import parse_metrics


class Resources:
    """Three resources: one deleted, one published, one that nothing is known of."""

    def read(self, refs: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        known = {"record:1": {"status": "deleted"}, "record:2": {"status": "published"}}
        return {ref: known[ref] for ref in refs if ref in known}


def test_what_is_deleted_is_left_out_of_what_may_be_seen() -> None:
    refs = ["record:1", "record:2", "record:3"]
    assert without_deleted(Resources(), None)(refs) == {"record:2", "record:3"}
    seen = without_deleted(Resources(), lambda asked: set(asked) - {"record:3"})
    assert seen(refs) == {"record:2"}


def test_reports_show_it_unless_they_are_asked_not_to() -> None:
    kinds = build_kinds()
    assert not parse_metrics("records", {}, kinds=kinds).hides_deleted
    assert not parse_metrics("records", {"deleted": "show"}, kinds=kinds).hides_deleted
    assert parse_metrics("records", {"deleted": "hide"}, kinds=kinds).hides_deleted
    with pytest.raises(InputError, match="deleted"):
        parse_metrics("records", {"deleted": "yes"}, kinds=kinds)
