"""``record-created`` of a record of InvenioRDM, and of all that are in its database.

Invariant: a version of a record is one event, whatever is published again: its id and time
are those of the record, so a repetition is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stats.batches import batches
from stats.hosts.invenio.rdm.describing import read_access, read_communities, read_extra, read_owner

Event = dict[str, Any]

BATCH = 500


def build_created(record: Any) -> Event:
    """Return the event of a record."""
    owner, metadata = read_owner(record.parent), record.get("metadata") or {}
    event = {
        "type": "record-created",
        "id": f"record-created-{record['id']}",
        "timestamp": record.created.isoformat(),
        "resource": f"record:{record['id']}",
        "parents": [f"concept:{record.parent['id']}", *read_communities(record.parent)],
        "owner_id": owner,
        "user_id": owner,
        "title": metadata.get("title"),
        "access": read_access(record, "record"),
        "size": int(record.files.total_bytes or 0) if record.files.enabled else 0,
        "extra": read_extra(record, metadata) or None,
    }
    return {name: value for name, value in event.items() if value is not None}


def run_backfill(publish: Callable[[list[Event]], int], report: Callable[[int], None]) -> int:
    """Publish the events of all records that are in the database; return how many."""
    sent = 0
    for batch in batches(_published(), BATCH):
        sent += publish([build_created(record) for record in batch])
        report(sent)
    return sent


def _published() -> Iterator[Any]:
    """Yield the records that are published, and not deleted, oldest first."""
    from invenio_rdm_records.proxies import current_rdm_records_service  # noqa: PLC0415

    cls = current_rdm_records_service.record_cls
    models = cls.model_cls.query.order_by(cls.model_cls.created).yield_per(BATCH)
    for model in models:
        if model.is_deleted or model.data is None:
            continue
        record = cls(model.data, model=model)
        if not record.deletion_status.is_deleted:
            yield record
