"""A resource's totals as schema.org's ``interactionStatistic`` in JSON-LD.

Pure. Comes in: the totals object that REST answers, and the resource's
description. Goes out: a dictionary to serve as ``application/ld+json``, or to
put into a landing page for search engines. What Google's form of a data set
requires (name, description) and recommends is there where the description has it,
and nothing made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.kinds.types import Kinds
from stats.reports.items import read_doi

CONTEXT = "https://schema.org"
ACTIONS = {"views": "ViewAction", "downloads": "DownloadAction"}


def build_jsonld(
    totals: Mapping[str, Any], description: Mapping[str, Any], *, kinds: Kinds
) -> dict[str, Any]:
    """Return the resource with one InteractionCounter for views and one for downloads."""
    ref = str(totals["resource"])
    body: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": kinds.of(ref).schema_type,
        "identifier": _identifiers(ref, description),
    }
    if description.get("url"):
        body["@id"] = body["url"] = description["url"]
    if description.get("title"):
        body["name"] = description["title"]
    body |= _described(description)
    body["interactionStatistic"] = [
        {
            "@type": "InteractionCounter",
            "interactionType": {"@type": action},
            "userInteractionCount": int(totals[counter]),
        }
        for counter, action in ACTIONS.items()
    ]
    return body


def _identifiers(ref: str, description: Mapping[str, Any]) -> str | list[str]:
    """Return the ref, and before it the address of the DOI where one is known."""
    doi = read_doi(ref, description)
    return [f"https://doi.org/{doi}", ref] if doi else ref


def _described(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a description says beyond title and address."""
    published = description.get("publication_date") or description.get("year")
    values = {
        "description": description.get("abstract"),
        "creator": [_person(one) for one in description.get("authors") or ()],
        "publisher": _named("Organization", description.get("publisher")),
        "datePublished": published,
        "version": description.get("version"),
        "license": description.get("license"),
        "keywords": description.get("keywords"),
    }
    if "access" in description:
        values["isAccessibleForFree"] = description["access"] == "open"
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _person(author: Any) -> dict[str, str]:
    if not isinstance(author, Mapping):
        return {"@type": "Person", "name": str(author)}
    body = {"@type": "Person", "name": str(author.get("name") or "")}
    orcid = str(author.get("orcid") or "").rpartition("/")[2]
    return body | ({"@id": f"https://orcid.org/{orcid}"} if orcid else {})


def _named(kind: str, name: Any) -> dict[str, str] | None:
    return {"@type": kind, "name": str(name)} if name else None
