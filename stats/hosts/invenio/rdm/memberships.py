"""What comes into a community of InvenioRDM and leaves it, seen at the table of memberships.

Services change it on several ways (requests, reviews, bulk), and only the newest release has a
component for one of them; each of them ends in a row that is inserted or deleted.
"""

from __future__ import annotations

from typing import Any

from stats.hosts.invenio.rdm.content import (
    Event,
    build_membership,
    count_content,
    count_events,
    to_membership,
)
from stats.hosts.invenio.transactions import listen_to_commits
from stats.times import utc_now


def listen_to_memberships() -> None:
    """Count what comes and goes; listening twice is listening once."""
    from invenio_db import db  # noqa: PLC0415 - optional
    from invenio_rdm_records.records.models import RDMParentCommunity  # noqa: PLC0415
    from sqlalchemy import event  # noqa: PLC0415 - optional

    listen_to_commits()
    for target, name, listener in (
        (RDMParentCommunity, "after_insert", _on_insert),
        (db.session, "do_orm_execute", _on_execute),
    ):
        if not event.contains(target, name, listener):
            event.listen(target, name, listener)


def _on_insert(_mapper: Any, _connection: Any, row: Any) -> None:
    parent = row.record_id
    count_content(lambda: _versions(parent))


def _on_execute(state: Any) -> None:
    from invenio_rdm_records.records.models import RDMParentCommunity  # noqa: PLC0415

    mapper = state.bind_mapper
    if not state.is_delete or mapper is None or mapper.class_ is not RDMParentCommunity:
        return
    where = state.statement.whereclause
    count_events(
        lambda: [
            event
            for row in RDMParentCommunity.query.filter(where)
            for event in _build_excluded(row)
        ]
    )


def _build_excluded(row: Any) -> list[Event]:
    """Return the events of all versions that leave a community now."""
    membership = to_membership(row, {})
    return [
        build_membership("record-excluded", record, membership, utc_now())
        for record in _versions(row.record_id)
        if not record.deletion_status.is_deleted
    ]


def _versions(parent: Any) -> list[Any]:
    """Return the published versions of a concept."""
    from invenio_rdm_records.proxies import current_rdm_records_service  # noqa: PLC0415

    cls = current_rdm_records_service.record_cls
    models = cls.model_cls.query.filter_by(parent_id=parent, is_deleted=False)
    return [cls(model.data, model=model) for model in models if model.data is not None]
