"""What a row of Make Data Count's log says of its dataset, for ``resources``.

Comes in: the columns of a row by name. Goes out: the dataset's ref and what is said of it, as a
host would describe it: title, publisher and its id, authors, date and year of publication,
version, other ids, address. Pure; what is of no use is left out, and stops nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stats.errors import InputError
from stats.events.fields import FIELDS
from stats.events.importers.request import Request
from stats.events.item_fields import ITEM_FIELDS
from stats.refs import parse_ref

OTHER_ID = "other"
"""The type of an identifier that does not say of which type it is."""

_CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    "title": FIELDS["title"],
    "url": FIELDS["url"],
    **{name: ITEM_FIELDS[name] for name in ITEM_FIELDS},
}
_DATE = len("2012-07-09")


def describe_dataset(request: Request) -> tuple[str, dict[str, Any]] | None:
    """Return the ref of a row's dataset and the fields of its description; None without any."""
    row = request.named
    fields = _checked(
        {
            "title": row.get("title"),
            "publisher": row.get("publisher"),
            "publisher_id": row.get("publisher_id"),
            "authors": _list(row.get("authors")),
            "publication_date": (row.get("publication_date") or "")[:_DATE] or None,
            "version": row.get("version"),
            "identifiers": [_identifier(one) for one in _list(row.get("other_id")) or ()] or None,
            "url": row.get("target_url"),
            "year": row.get("publication_year"),
        }
    )
    if "identifier" not in row or not fields:
        return None
    try:
        return parse_ref(f"dataset:{row['identifier']}"), fields
    except InputError:
        return None


def _list(text: str | None) -> list[str] | None:
    """Return the parts of a column that holds several, with ``|`` between."""
    return [part.strip() for part in text.split("|") if part.strip()] if text else None


def _identifier(text: str) -> dict[str, str]:
    kind, colon, value = text.partition(":")
    known = colon and value and kind.isidentifier()
    return {"type": kind, "value": value} if known else {"type": OTHER_ID, "value": text}


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in given.items():
        try:
            if value is not None:
                fields[name] = _CHECKS[name](value, name)
        except InputError:
            continue
    return fields
