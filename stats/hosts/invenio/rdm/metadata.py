"""By what InvenioRDM's content and its usage divide: dimensions that a record's metadata fill.

Comes in: a record. Goes out: the fields of ``extra`` that :data:`DIMENSIONS` read.
Invariant: a record has one value of each, so divided numbers add up to the whole: of what
it has several of (languages, subjects, ...), the first. Values are ids of vocabularies
where there are any, else the text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from stats.events.catalogue import CONTENT_TYPES, FILE_DOWNLOAD, RECORD_VIEW
from stats.events.types import EXTRA, Dimension

Metadata = Mapping[str, Any]

LONGEST = 200
"""Characters of a value: all of them fit into ``extra``."""

TYPES = tuple(one.name for one in (RECORD_VIEW, FILE_DOWNLOAD, *CONTENT_TYPES))
MANY = 100
"""Values that a daily document keeps of what is written freely."""

JOURNAL = "journal:journal"
"""The custom field of a journal (``invenio_rdm_records.contrib.journal``)."""


def _dimension(name: str, label: str, *, limit: int | None = None) -> Dimension:
    return Dimension(name, source=f"{EXTRA}{name}", labels={"en": label}, types=TYPES, limit=limit)


DIMENSIONS = (
    _dimension("resource_type", "Resource types"),
    _dimension("language", "Languages"),
    _dimension("subject", "Subjects", limit=MANY),
    _dimension("affiliation", "Affiliations", limit=MANY),
    _dimension("funder", "Funders", limit=MANY),
    _dimension("publisher", "Publishers", limit=MANY),
    _dimension("periodical", "Periodicals", limit=MANY),
    _dimension("licence", "Licences", limit=MANY),
    _dimension("file_type", "File types", limit=MANY),
)
"""Default of ``STATS_DIMENSIONS`` in an InvenioRDM; access is a dimension of its own."""


def read_dimensions(record: Any) -> dict[str, str]:
    """Return what a record says of each dimension that it has a value of."""
    metadata: Metadata = record.get("metadata") or {}
    found = {name: read(metadata) for name, read in _READERS.items()}
    found["periodical"] = _text((record.get("custom_fields") or {}).get(JOURNAL), "title")
    found["file_type"] = read_file_type(_first_file(record))
    return {name: value[:LONGEST] for name, value in found.items() if value}


def read_file_type(key: str) -> str:
    """Return the ending of a file's name, in small letters and without the dot."""
    return PurePosixPath(key).suffix.lower().removeprefix(".")


def _first_file(record: Any) -> str:
    """Return the file that a record shows first: the one it names, else the first by name."""
    files = getattr(record, "files", None)
    if files is None or not files.enabled:
        return ""
    return str(files.default_preview or min(files.entries, default=""))


def _affiliation(metadata: Metadata) -> str | None:
    creators = metadata.get("creators") or [{}]
    return _text(_first(creators[0], "affiliations"), "id", "name")


def _funder(metadata: Metadata) -> str | None:
    return _text((_first(metadata, "funding") or {}).get("funder"), "id", "name")


def _licence(metadata: Metadata) -> str | None:
    right = _first(metadata, "rights") or {}
    titles = list((right.get("title") or {}).values())
    return _text(right, "id") or (str(titles[0]) if titles else None)


def _first(source: Metadata, name: str) -> Metadata | None:
    found: list[Metadata] = source.get(name) or []
    return found[0] if found else None


def _text(source: Metadata | None, *names: str) -> str | None:
    """Return the first of those fields that has a text."""
    values = ((source or {}).get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), None)


_READERS: dict[str, Callable[[Metadata], str | None]] = {
    "resource_type": lambda metadata: _text(metadata.get("resource_type"), "id"),
    "language": lambda metadata: _text(_first(metadata, "languages"), "id"),
    "subject": lambda metadata: _text(_first(metadata, "subjects"), "id", "subject"),
    "affiliation": _affiliation,
    "funder": _funder,
    "publisher": lambda metadata: _text(metadata, "publisher"),
    "licence": _licence,
}
