"""``record_viewed`` of invenio-records-ui: a record's page is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stats.hosts.invenio.building import emit_response


def on_record_viewed(sender: Any, *, pid: Any = None, record: Any = None, **_carried: Any) -> None:
    """Count a view of ``record:<pid>`` when its response counts."""
    event = {
        "type": "record-view",
        "resource": f"record:{pid.pid_value}",
        "title": title_of(record),
        "extra": {"pid_type": str(pid.pid_type)},
    }
    emit_response(event, pid=pid, record=record)


def title_of(record: Mapping[str, Any]) -> str | None:
    """Return the title, where most records have it."""
    metadata = record.get("metadata")
    title = (metadata if isinstance(metadata, Mapping) else record).get("title")
    return title if isinstance(title, str) and title else None
