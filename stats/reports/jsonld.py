"""A resource's totals as schema.org's ``interactionStatistic`` in JSON-LD.

Pure. Comes in: the totals object that REST answers, and the resource's
description. Goes out: a dictionary to serve as ``application/ld+json``, or to
put into a landing page for search engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.kinds.types import Kinds

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
        "identifier": ref,
    }
    if description.get("url"):
        body["@id"] = body["url"] = description["url"]
    if description.get("title"):
        body["name"] = description["title"]
    body["interactionStatistic"] = [
        {
            "@type": "InteractionCounter",
            "interactionType": {"@type": action},
            "userInteractionCount": int(totals[counter]),
        }
        for counter, action in ACTIONS.items()
    ]
    return body
