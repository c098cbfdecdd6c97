"""``stats`` in InvenioRDM's records: brought up to date where the numbers differ.

Comes in: the concepts whose totals were set since the last run. Goes out: their
records, indexed again in bulk when what the index says is not what is counted, and
left alone otherwise. Invariant: the bookmark stays behind what may still become
visible, so a change is never missed; comparing again costs one search.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stats.ext import StatsState
from stats.hosts.invenio.rdm.describing_index import FIELDS, describe_all
from stats.hosts.invenio.rdm.index import run_records
from stats.hosts.invenio.replacement.numbers import totals_at_hand

HOST = "invenio-rdm"
BATCH = 500
"""Concepts that are compared at a time."""

NUMBERS = {
    "views": "views",
    "unique_views": "unique_views",
    "downloads": "downloads",
    "unique_downloads": "unique_downloads",
    "data_volume": "volume",
}
"""The fields of InvenioRDM's ``stats``, and of totals."""

Document = Mapping[str, Any]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refreshed:
    """What a run did."""

    compared: int = 0
    indexed: int = 0


def run_refresh(state: StatsState, now: datetime) -> Refreshed:
    """Bring the records up to date of all concepts whose totals changed since the last run."""
    compared = indexed = 0
    for concepts in _changed(state, state.stores.bookmarks.refreshed_until(HOST)):
        outdated, seen = run_compare(state, concepts)
        compared += seen
        indexed += run_index(state, outdated)
    settled = now - 2 * timedelta(seconds=state.settings.day_lease_seconds)
    state.stores.bookmarks.move_refreshed(HOST, settled)
    if indexed:
        _log.info("%d records of %d have new numbers in the index", indexed, compared)
    return Refreshed(compared, indexed)


def run_compare(
    state: StatsState, concepts: Sequence[Document]
) -> tuple[dict[str, tuple[Document, dict[str, Document]]], int]:
    """Return the records whose numbers in the index are old, with their totals, and how many."""
    by_id = {str(total["id"]): total for total in concepts}
    found = dict(run_records("parent.id", list(by_id), FIELDS))
    describe_all(state, list(found.values()))
    refs = [f"record:{source['id']}" for source in found.values()]
    totals = state.stores.totals.read(refs)
    outdated = {}
    for uuid, source in found.items():
        own, concept = f"record:{source['id']}", by_id[source["parent"]["id"]]
        at_hand = {own: totals.get(own, {}), str(concept["_id"]): concept}
        if source.get("stats") != build_stats(at_hand[own], concept):
            outdated[uuid] = (source, at_hand)
    return outdated, len(found)


def build_stats(record: Document, concept: Document) -> dict[str, dict[str, int]]:
    """Return the ``stats`` of a record of InvenioRDM."""
    parts = {"this_version": record, "all_versions": concept}
    return {
        part: {name: int(total.get(field) or 0) for name, field in NUMBERS.items()}
        for part, total in parts.items()
    }


def run_index(
    state: StatsState, outdated: Mapping[str, tuple[Document, Mapping[str, Document]]]
) -> int:
    """Index records again, in bulk, with totals that were read before; return how many."""
    if not outdated:
        return 0
    from invenio_rdm_records.proxies import current_rdm_records_service  # noqa: PLC0415

    indexer = current_rdm_records_service.indexer
    at_hand = {ref: total for _, totals in outdated.values() for ref, total in totals.items()}
    with totals_at_hand(at_hand):
        indexer.bulk_index(iter(outdated))
        indexer.process_bulk_queue()
    return len(outdated)


def _changed(state: StatsState, since: datetime) -> Iterator[list[Document]]:
    """Yield the totals of concepts that were set since a time, in batches."""
    position: tuple[datetime, str | None] = (since, None)
    while found := state.stores.totals.read_changed(position, kind="concept", limit=BATCH):
        yield list(found)
        position = (found[-1]["updated"], str(found[-1]["_id"]))
