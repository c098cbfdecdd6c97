"""Fields of a description that standards read: their forms, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from stats.errors import InputError
from stats.events.item_fields import ITEM_FIELDS


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("publisher_id", "grid.266093.8", "grid:266093.8"),
        ("publisher_id", "GRID=266093.8", "grid:266093.8"),
        ("publisher_id", "https://ror.org/03yrm5c26", "ror:03yrm5c26"),
        ("publisher_id", "client-id:cern.zenodo", "client-id:cern.zenodo"),
        ("year", 2020, "2020"),
        ("version", 2, "2"),
        ("version", "1.0-rc", "1.0-rc"),
        ("article_version", "VoR", "VoR"),
        (
            "authors",
            ["A", {"name": "B", "orcid": "x"}],
            [{"name": "A"}, {"name": "B", "orcid": "x"}],
        ),
        (
            "identifiers",
            ["ISBN:978-0-306-40615-7", {"type": "Print-ISSN", "value": "1234-5678"}],
            [
                {"type": "isbn", "value": "978-0-306-40615-7"},
                {"type": "print_issn", "value": "1234-5678"},
            ],
        ),
        ("keywords", ["a"], ["a"]),
    ],
)
def test_a_field_is_kept_in_its_normal_form(field: str, given: Any, kept: Any) -> None:
    assert ITEM_FIELDS[field](given, field) == kept


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("publisher_id", "no colon"),
        ("year", "20"),
        ("year", True),
        ("version", 1.5),
        ("article_version", "final"),
        ("authors", "A"),
        ("authors", [{"orcid": "x"}]),
        ("identifiers", ["nothing"]),
        ("identifiers", [{"type": "isbn"}]),
        ("keywords", "a"),
        ("abstract", "x" * 5_001),
        ("doi", 1),
    ],
)
def test_what_has_another_form_is_refused_by_name(field: str, given: Any) -> None:
    with pytest.raises(InputError) as refused:
        ITEM_FIELDS[field](given, field)
    assert refused.value.field == field
