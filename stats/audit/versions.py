"""All versions of a record have at least what one of them has.

Comes in: documents of days or months. For each resource in a concept, the
concept's count of that day is not less, if the events that count for the one
named the other. Where some did not, the numbers are right and look wrong, so
this is a note and no difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from stats.audit.differences import Difference
from stats.audit.invariants import place_of
from stats.kinds.catalogue import CONCEPT
from stats.refs import kind_of
from stats.stores.search import SearchStore

Document = dict[str, Any]
Key = tuple[str, str]

FIELDS = ("count", "total_investigations")


def run_check_versions(
    search: SearchStore, family: str, documents: Sequence[Document]
) -> Iterator[Difference]:
    """Yield the documents that have more than their concept has on that day."""
    within = [(one, ref) for one in documents for ref in _concepts(one)]
    if not within:
        return
    sums = _run_sums(search, family, {(one["timestamp"], ref) for one, ref in within})
    for document, ref in within:
        for field in FIELDS:
            most = sums[document["timestamp"], ref, field]
            if document.get(field, 0) > most:
                place = place_of(family, document)
                yield place.differ(field, document[field], f"at most {most} of {ref}")


def _concepts(document: Document) -> list[str]:
    return [ref for ref in document.get("parents", ()) if kind_of(ref) == CONCEPT.name]


def _run_sums(search: SearchStore, family: str, keys: set[Key]) -> Counter[tuple[str, str, str]]:
    """Return the counts of concepts by time, ref and field, over all their documents."""
    times, refs = (sorted({key[place] for key in keys}) for place in (0, 1))
    query = {"bool": {"filter": [{"terms": {"timestamp": times}}, {"terms": {"resource": refs}}]}}
    sums: Counter[tuple[str, str, str]] = Counter()
    body = {"query": query, "_source": ["timestamp", "resource", *FIELDS]}
    for hits in search.pages(search.daily(family), body):
        for source in (hit["_source"] for hit in hits):
            for field in FIELDS:
                sums[source["timestamp"], source["resource"], field] += source.get(field, 0)
    return sums
