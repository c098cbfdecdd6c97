"""What is in InvenioRDM, as events: records created, removed, and in communities.

Comes in: records. Goes out: all that the database knows of each, in events whose id and time
are of the database too. Invariant: whoever builds them, a component when something happens
or :func:`run_backfill` years later, builds the same, so a repetition is known.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from stats.batches import batches
from stats.hosts.emit import emit
from stats.hosts.invenio.rdm.describing import (
    read_access,
    read_communities,
    read_extra,
    read_owner,
)
from stats.hosts.invenio.transactions import when_committed
from stats.times import parse_time

Event = dict[str, Any]

BATCH = 500
_log = logging.getLogger(__name__)

ACCEPTED, LOGGED = "accepted", "L"
"""The event, and its type, by which a request says that it was accepted."""


class Membership(NamedTuple):
    """That a concept is in a community, by which request and since when it was accepted."""

    community: str
    request: str | None
    since: datetime | None


def build_content(record: Any, memberships: Iterable[Membership]) -> list[Event]:
    """Return the events of all that is known of a version of a record."""
    removed = read_removal(record)
    created = _aware(record.created)
    events = [build_created(record)]
    for membership in memberships:
        since = max(created, membership.since or created)
        if removed is None or since < removed:
            events.append(build_membership("record-included", record, membership, since))
    if removed is not None:
        events.append(build_change("record-removed", record, removed))
    return events


def build_created(record: Any) -> Event:
    """Return the event of a record that was published for the first time."""
    owner = read_owner(record.parent)
    event = build_change("record-created", record, _aware(record.created))
    return {
        **event,
        "id": f"record-created-{record['id']}",
        **({"user_id": owner} if owner else {}),
    }


def build_change(type_name: str, record: Any, time: datetime) -> Event:
    """Return the event of a record that comes or goes with all that it is in."""
    owner = read_owner(record.parent)
    parents = [f"concept:{record.parent['id']}", *read_communities(record.parent)]
    event = _build(type_name, record, parents, time, time.isoformat())
    return {**event, **({"owner_id": owner} if owner else {})}


def build_membership(type_name: str, record: Any, membership: Membership, time: datetime) -> Event:
    """Return the event of a record that comes into a community, or leaves it."""
    parents = [f"community:{membership.community}"]
    suffix = f"{membership.community}-{membership.request or 'direct'}"
    return _build(type_name, record, parents, time, suffix)


def _build(type_name: str, record: Any, parents: list[str], time: datetime, suffix: str) -> Event:
    metadata, files = record.get("metadata") or {}, record.files
    event = {
        "type": type_name,
        "id": f"{type_name}-{record['id']}-{suffix}",
        "timestamp": time.isoformat(),
        "resource": f"record:{record['id']}",
        "parents": parents,
        "title": metadata.get("title"),
        "access": read_access(record, "record"),
        "size": int(files.total_bytes or 0) if files.enabled else 0,
        "value": files.count if files.enabled else 0,
        "extra": read_extra(record, metadata) or None,
    }
    return {name: value for name, value in event.items() if value is not None}


def read_removal(record: Any) -> datetime | None:
    """Return when a record was removed; None where it is there."""
    if not record.deletion_status.is_deleted:
        return None
    date = getattr(record.tombstone, "removal_date", None)
    return parse_time(date) if date else _aware(record.updated)


def count_content(records: Callable[[], Iterable[Any]]) -> None:
    """Emit all that is known of some records when the current transaction is committed."""
    events: list[Event] = []
    when_committed(
        lambda: events.extend(_guarded(lambda: _build_all(records()))), lambda: _emit_all(events)
    )


def count_events(build: Callable[[], list[Event]]) -> None:
    """Emit events, built now, when the current transaction is committed."""
    events = _guarded(build)
    when_committed(lambda: None, lambda: _emit_all(events))


def run_backfill(publish: Callable[[list[Event]], int], report: Callable[[int], None]) -> int:
    """Publish all that the database knows, removed records too; return of how many records."""
    sent = 0
    for batch in batches(_published(), BATCH):
        publish(_build_all(batch))
        sent += len(batch)
        report(sent)
    return sent


def read_memberships(parents: Iterable[Any]) -> dict[str, list[Membership]]:
    """Return the memberships of concepts, by the UUID of their parent records."""
    from invenio_rdm_records.records.models import RDMParentCommunity  # noqa: PLC0415

    wanted = RDMParentCommunity.record_id.in_(list(parents))
    rows = RDMParentCommunity.query.filter(wanted).all()
    accepted = _accepted({row.request_id for row in rows if row.request_id})
    found: dict[str, list[Membership]] = {}
    for row in rows:
        found.setdefault(str(row.record_id), []).append(to_membership(row, accepted))
    return found


def to_membership(row: Any, accepted: Mapping[Any, datetime]) -> Membership:
    """Return what a row of the database says."""
    request = str(row.request_id) if row.request_id else None
    return Membership(str(row.community_id), request, accepted.get(row.request_id))


def _accepted(requests: Iterable[Any]) -> dict[Any, datetime]:
    """Return when requests were accepted, by their id."""
    from invenio_requests.records.models import RequestEventModel  # noqa: PLC0415

    model = RequestEventModel
    logged = model.query.filter(model.request_id.in_(list(requests)), model.type == LOGGED)
    return {
        one.request_id: _aware(one.created)
        for one in logged
        if ((one.data or {}).get("payload") or {}).get("event") == ACCEPTED
    }


def _build_all(records: Iterable[Any]) -> list[Event]:
    found = list(records)
    memberships = read_memberships({record.parent.id for record in found})
    return [
        event
        for record in found
        for event in build_content(record, memberships.get(str(record.parent.id), ()))
    ]


def _guarded(build: Callable[[], list[Event]]) -> list[Event]:
    """Return what is built, and harm no transaction of the host's."""
    try:
        return build()
    except Exception:
        _log.exception("a change of content could not be counted")
        return []


def _emit_all(events: Iterable[Event]) -> None:
    for event in events:
        emit(event)


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _published() -> Iterator[Any]:
    """Yield the records that were published, oldest first, those with a tombstone too."""
    from invenio_rdm_records.proxies import current_rdm_records_service  # noqa: PLC0415

    cls = current_rdm_records_service.record_cls
    models = cls.model_cls.query.order_by(cls.model_cls.created).yield_per(BATCH)
    for model in models:
        if not model.is_deleted and model.data is not None:
            yield cls(model.data, model=model)
