"""What is said of an item in COUNTER and Make Data Count reports.

Pure. Comes in: a ref and its description. Goes out: an :class:`Item`, with
what the standards want and nothing made up: what is not known stays empty.
Beyond DESIGN 3.4 a description may hold ``doi``, ``publisher``, ``authors``
(names, or objects with ``name``, ``orcid``, ``isni``), ``publication_date``,
``version`` and ``data_type`` (a COUNTER Data_Type).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from stats.refs import split_ref

UNKNOWN_YEAR = "0001"
"""COUNTER's year of publication of what has none known (A5)."""

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
"""COUNTER's data types of items (A5)."""

_DOI = re.compile(r"10\.[1-9][0-9]{2}[0-9.]*/.+")
_YEAR = re.compile(r"[0-9]{4}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DOI_PREFIXES = ("https://doi.org/", "http://doi.org/", "http://dx.doi.org/", "doi:")


@dataclass(frozen=True)
class Platform:
    """Who reports: names and ids from the settings.

    ``id`` is the platform's id with COUNTER (a namespace of ids too), ``name``
    who creates reports, ``publisher_id`` a pair of type and value, or None.
    """

    id: str
    name: str
    publisher: str
    publisher_id: tuple[str, str] | None = None
    item_kinds: tuple[str, ...] = ("record", "dataset")
    dataset_kinds: tuple[str, ...] = ("dataset",)
    data_types: Mapping[str, str] = field(default_factory=dict)
    site_url: str = ""


@dataclass(frozen=True)
class Author:
    """A person, with an identifier if one is known."""

    name: str
    orcid: str = ""
    isni: str = ""


@dataclass(frozen=True)
class Item:
    """What a report says of one item; empty strings are unknown."""

    resource: str
    title: str
    publisher: str
    doi: str
    url: str
    year: str
    data_type: str
    publication_date: str = ""
    version: str = ""
    authors: tuple[Author, ...] = ()


def read_item(resource: str, description: Mapping[str, Any], platform: Platform) -> Item:
    """Return the item called ``resource``, of its document in ``resources`` (may be empty)."""
    kind, name = split_ref(resource)
    published = str(description.get("publication_date") or "")
    return Item(
        resource,
        title=str(description.get("title") or ""),
        publisher=str(description.get("publisher") or platform.publisher),
        doi=_doi(str(description.get("doi") or name)),
        url=_web_address(str(description.get("url") or ""), platform.site_url),
        year=_year(published, description.get("created")),
        data_type=_data_type(
            str(description.get("data_type") or platform.data_types.get(kind) or "")
        ),
        publication_date=published if _DATE.fullmatch(published) else "",
        version=str(description.get("version") or ""),
        authors=tuple(map(_author, description.get("authors") or ())),
    )


def _web_address(url: str, site_url: str) -> str:
    """Return a whole address, or nothing: COUNTER's URI is no path."""
    whole = urljoin(site_url, url) if url else ""
    return whole if whole.startswith(("http://", "https://")) else ""


def _data_type(text: str) -> str:
    """Return a Data_Type of the standard: Other where the type cannot be mapped (A5)."""
    if not text:
        return "Unspecified"
    return text if text in ITEM_DATA_TYPES else "Other"


def _doi(text: str) -> str:
    """Return the bare DOI in ``text``, or nothing when it is none."""
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
    if isinstance(value, Mapping):
        return Author(*(str(value.get(key) or "") for key in ("name", "orcid", "isni")))
    return Author(str(value))
