"""``sipstore_created`` of invenio-sipstore: a submission information package is made.

The signal comes before the caller commits, and before the package is tied to
its record. So the event is made when the transaction ends, and sent after it.
"""

from __future__ import annotations

from typing import Any

from stats.hosts.invenio.building import emit_now
from stats.hosts.invenio.transactions import when_committed
from stats.proxies import current_stats


def on_package_created(sip: Any, **_carried: Any) -> None:
    """Count a package when it is committed."""
    event: dict[str, Any] = {}

    def prepare() -> None:
        event.update(build_package_event("sip-created", sip))

    when_committed(prepare, lambda: emit_now(event, sip=sip))


def build_package_event(type_name: str, sip: Any) -> dict[str, Any]:
    """Return an event of a package, with its records and this platform as parents."""
    return {
        "type": type_name,
        "id": f"{type_name}-{sip.id}",
        "resource": f"sip:{sip.id}",
        "parents": [*records_of(sip), f"instance:{current_stats.settings.platform}"],
        "size": sum(file.size or 0 for file in sip.files),
    }


def records_of(sip: Any) -> list[str]:
    """Return the records that a package was made of."""
    try:
        from invenio_pidstore.models import PersistentIdentifier  # noqa: PLC0415 - optional
        from invenio_sipstore.models import RecordSIP  # noqa: PLC0415 - optional
    except ImportError:
        return []
    joined = PersistentIdentifier.query.join(RecordSIP, RecordSIP.pid_id == PersistentIdentifier.id)
    return [f"record:{pid.pid_value}" for pid in joined.filter(RecordSIP.sip_id == sip.id)]
