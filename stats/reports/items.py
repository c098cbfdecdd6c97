"""What is said of an item in COUNTER and Make Data Count reports.

Pure. Comes in: a ref and its description. Goes out: an :class:`Item`, with
what the standards want and nothing made up: what is not known stays empty.
Which fields a description may hold is in :mod:`stats.events.item_fields`.
Invariant: identifiers have their normal form, a bare DOI in lower case, an
ORCID and an ISNI without an address before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from stats.refs import kind_of, split_ref

UNKNOWN_YEAR = "0001"
"""COUNTER's year of publication of what has none known (COUNTER 5.1, section 3.3)."""

ITEM_DATA_TYPES = (
    "Article",
    "Audiovisual",
    "Book_Segment",
    "Conference_Item",
    "Database_Full_Item",
    "Dataset",
    "Image",
    "Interactive_Resource",
    "Multimedia",
    "News_Item",
    "Other",
    "Patent",
    "Reference_Item",
    "Report",
    "Software",
    "Sound",
    "Standard",
    "Thesis_or_Dissertation",
    "Unspecified",
)
"""COUNTER's data types of items (COUNTER 5.1, section 3.3)."""

_DOI = re.compile(r"10\.[1-9][0-9]{2}[0-9.]*/.+")
_YEAR = re.compile(r"[0-9]{4}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ORCID = re.compile(r"(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])")
_ISNI = re.compile(r"(?:https?://(?:www\.)?isni\.org/(?:isni/)?)?([0-9]{15}[0-9X])")
_FORMS = {
    "isbn": re.compile(r"97[89]-[0-9]+-[0-9]+-[0-9]+-[0-9]"),
    "print_issn": re.compile(r"[0-9]{4}-[0-9]{3}[0-9X]"),
    "online_issn": re.compile(r"[0-9]{4}-[0-9]{3}[0-9X]"),
}
"""Forms of the identifiers that COUNTER names, by their type in a description."""
_DOI_PREFIXES = ("https://doi.org/", "http://doi.org/", "http://dx.doi.org/", "doi:")


@dataclass(frozen=True)
class Platform:
    """Who reports: names and ids from the settings.

    ``id`` is the platform's id with COUNTER (a namespace of ids too), ``name``
    who creates reports, ``publisher_id`` a pair of type and value, or None.
    ``registry_record`` is the address of its entry in COUNTER's registry, or empty.
    """

    id: str
    name: str
    publisher: str
    publisher_id: tuple[str, str] | None = None
    item_kinds: tuple[str, ...] = ()
    dataset_kinds: tuple[str, ...] = ()
    data_types: Mapping[str, str] = field(default_factory=dict)
    site_url: str = ""
    registry_record: str = ""


@dataclass(frozen=True)
class Author:
    """A person, with an identifier if one is known."""

    name: str
    orcid: str = ""
    isni: str = ""


@dataclass(frozen=True)
class Item:
    """What a report says of one item; empty strings are unknown.

    ``publisher_id`` is a pair of type and value; ``identifiers`` are those of
    :data:`_FORMS` by type. ``parent_type`` is the data type as it was described, which
    for what contains items is another than those of items: ``Journal``.
    """

    resource: str
    title: str
    publisher: str
    doi: str
    url: str
    year: str
    data_type: str
    publisher_id: tuple[str, str] | None = None
    publication_date: str = ""
    version: str = ""
    article_version: str = ""
    authors: tuple[Author, ...] = ()
    identifiers: Mapping[str, str] = field(default_factory=dict)
    parent_type: str = ""
    other_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the title, or the id where none is known: a name is never empty."""
        return self.title or split_ref(self.resource)[1]


def read_item(resource: str, description: Mapping[str, Any], platform: Platform) -> Item:
    """Return the item called ``resource``, of its document in ``resources`` (may be empty)."""
    kind = kind_of(resource)
    published = str(description.get("publication_date") or "")
    identifiers = _identifiers(description)
    described_type = str(description.get("data_type") or platform.data_types.get(kind) or "")
    publisher = str(description.get("publisher") or platform.publisher)
    return Item(
        resource,
        title=str(description.get("title") or ""),
        publisher=publisher,
        doi=read_doi(resource, description),
        url=_web_address(
            str(description.get("url") or identifiers.get("uri") or ""), platform.site_url
        ),
        year=_year(str(description.get("year") or published), description.get("created")),
        data_type=_data_type(described_type),
        publisher_id=_publisher_id(description, publisher, platform),
        publication_date=published if _DATE.fullmatch(published) else "",
        version=str(description.get("version") or ""),
        article_version=str(description.get("article_version") or ""),
        authors=tuple(map(_author, description.get("authors") or ())),
        identifiers={
            name: value
            for name, value in identifiers.items()
            if name in _FORMS and _FORMS[name].fullmatch(value)
        },
        parent_type=described_type,
        other_ids=tuple(
            str(one["value"])
            for one in description.get("identifiers") or ()
            if one["type"] not in (*_FORMS, "doi", "uri")
        ),
    )


def read_doi(resource: str, description: Mapping[str, Any]) -> str:
    """Return the bare DOI of a resource in lower case; empty when none is known."""
    known = description.get("doi") or _identifiers(description).get("doi")
    return _doi(str(known or split_ref(resource)[1]))


def _identifiers(description: Mapping[str, Any]) -> dict[str, str]:
    """Return the first identifier of each type."""
    found: dict[str, str] = {}
    for one in description.get("identifiers") or ():
        found.setdefault(str(one["type"]), str(one["value"]))
    return found


def _publisher_id(
    description: Mapping[str, Any], publisher: str, platform: Platform
) -> tuple[str, str] | None:
    """Return the publisher's id; the platform's own only where it is the publisher."""
    said, _, value = str(description.get("publisher_id") or "").partition(":")
    if value:
        return said, value
    return platform.publisher_id if publisher == platform.publisher else None


def _web_address(url: str, site_url: str) -> str:
    """Return a whole address, or nothing: COUNTER's URI is no path."""
    whole = urljoin(site_url, url) if url else ""
    return whole if whole.startswith(("http://", "https://")) else ""


def _data_type(text: str) -> str:
    """Return a Data_Type (COUNTER 5.1, section 3.3); Other where the type cannot be mapped."""
    if not text:
        return "Unspecified"
    return text if text in ITEM_DATA_TYPES else "Other"


def _doi(text: str) -> str:
    """Return the bare DOI in ``text`` in lower case, or nothing when it is none."""
    text = text.lower()
    for prefix in _DOI_PREFIXES:
        text = text.removeprefix(prefix)
    return text if _DOI.fullmatch(text) else ""


def _year(published: str, created: object) -> str:
    """Return the year of publication, else that of the upload."""
    if match := _YEAR.match(published):
        return match.group()
    if isinstance(created, datetime):
        return f"{created.year:04d}"
    match = _YEAR.match(str(created or ""))
    return match.group() if match else UNKNOWN_YEAR


def _author(value: object) -> Author:
    if not isinstance(value, Mapping):
        return Author(str(value))
    orcid = _ORCID.fullmatch(str(value.get("orcid") or ""))
    isni = _ISNI.fullmatch(re.sub("[ -]", "", str(value.get("isni") or "")))
    return Author(str(value.get("name") or ""), orcid[1] if orcid else "", isni[1] if isni else "")
