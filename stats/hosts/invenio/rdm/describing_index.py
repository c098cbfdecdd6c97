"""Descriptions of records, concepts and communities, from InvenioRDM's index.

For names in rankings and rows of reports: an event describes the one resource that
was used, a file most of the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stats.ext import StatsState
from stats.hosts.invenio.rdm.index import run_communities
from stats.stores.resources import Description
from stats.times import parse_time, utc_now

FIELDS = (
    "id",
    "stats",
    "created",
    "access.record",
    "metadata.title",
    "metadata.resource_type.id",
    "metadata.publisher",
    "metadata.publication_date",
    "versions.is_latest",
    "parent.id",
    "parent.access.owned_by.user",
    "parent.communities.ids",
)
"""What is asked of a record's document."""

DATA_TYPES = {
    "dataset": "Dataset",
    "software": "Software",
    "image": "Image",
    "video": "Audiovisual",
    "lesson": "Interactive_Resource",
    "publication-article": "Article",
    "publication-section": "Book_Segment",
    "publication-conferencepaper": "Conference_Item",
    "publication-report": "Report",
    "publication-standard": "Standard",
    "publication-patent": "Patent",
    "publication-thesis": "Thesis_or_Dissertation",
    "publication-preprint": "Article",
    "poster": "Conference_Item",
    "presentation": "Conference_Item",
}
"""COUNTER's Data_Type (5.1, section 3.3.2) of InvenioRDM's resource types; the rest is Other."""

Source = Mapping[str, Any]


def describe_all(state: StatsState, sources: Sequence[Source]) -> int:
    """Write what is new of some records, their concepts and communities; return how many."""
    communities = {one for source in sources for one in _communities(source)}
    said = dict([*_records(sources), *(_communities_of(communities) if communities else ())])
    known = state.stores.resources.read(list(said))
    new = {ref: fields for ref, fields in said.items() if not _holds(known.get(ref, {}), fields)}
    now = utc_now()
    state.stores.resources.describe(
        Description(
            ref,
            {name: value for name, value in fields.items() if value is not None},
            now,
            by_host=True,
        )
        for ref, fields in new.items()
    )
    return len(new)


def _holds(known: Source, said: Source) -> bool:
    """Return whether a description has all that is said; times are not compared."""
    return all(
        known.get(name) == value for name, value in said.items() if value and name != "created"
    )


def read_data_type(resource_type: str | None) -> str | None:
    """Return COUNTER's Data_Type of a resource type: its own, or that of what it is a kind of."""
    if not resource_type:
        return None
    general = resource_type.partition("-")[0]
    return DATA_TYPES.get(resource_type) or DATA_TYPES.get(general) or "Other"


def _records(sources: Iterable[Source]) -> Iterator[tuple[str, dict[str, Any]]]:
    for source in sources:
        known = _read_record(source)
        yield f"record:{source['id']}", known
        if (source.get("versions") or {}).get("is_latest"):
            title, url = known["title"], f"/records/{source['parent']['id']}"
            yield f"concept:{source['parent']['id']}", {"title": title, "url": url}


def _read_record(source: Source) -> dict[str, Any]:
    metadata = source.get("metadata") or {}
    parent = source.get("parent") or {}
    owner = ((parent.get("access") or {}).get("owned_by") or {}).get("user")
    restricted = (source.get("access") or {}).get("record") == "restricted"
    return {
        "title": metadata.get("title"),
        "url": f"/records/{source['id']}",
        "owner_id": str(owner) if owner else None,
        "access": "restricted" if restricted else "open",
        "created": parse_time(source["created"]) if source.get("created") else None,
        "parents": [f"concept:{parent['id']}", *(f"community:{c}" for c in _communities(source))],
        "data_type": read_data_type((metadata.get("resource_type") or {}).get("id")),
        "publisher": metadata.get("publisher"),
    }


def _communities(source: Source) -> list[str]:
    return list(((source.get("parent") or {}).get("communities") or {}).get("ids") or ())


def _communities_of(ids: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, source in run_communities(sorted(ids)):
        slug = source.get("slug")
        yield (
            f"community:{name}",
            {
                "title": (source.get("metadata") or {}).get("title"),
                "url": f"/communities/{slug}" if slug else None,
            },
        )
