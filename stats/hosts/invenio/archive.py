"""Signals of invenio-archivematica: how packages fare in the archive.

``oais_transfer_processing`` has the name of ``oais_transfer_finished`` by a
mistake, so the two are one signal; only the status of the archive tells them
apart. The value is the seconds since the package was made.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from stats.hosts.invenio.building import emit_now
from stats.hosts.invenio.packages import build_package_event
from stats.times import UTC, utc_now

REGISTERED = "REGISTERED"


def on_transfer_moved(sip: Any, **_carried: Any) -> None:
    """Count a package that is in the archive; one on its way is no event."""
    if _status(sip) == REGISTERED:
        _emit("sip-archived", sip)


def on_transfer_failed(sip: Any, **_carried: Any) -> None:
    """Count a package that the archive refused: once, however often it is tried again."""
    _emit("sip-failed", sip)


def delay_of(sip: Any, now: datetime) -> float | None:
    """Return the seconds since a package was made; its time is UTC without saying so."""
    created = getattr(sip.model, "created", None)
    if not isinstance(created, datetime):
        return None
    made = created if created.tzinfo else created.replace(tzinfo=UTC)
    return max(0.0, (now - made).total_seconds())


def _emit(type_name: str, sip: Any) -> None:
    event = build_package_event(type_name, sip)
    emit_now({**event, "value": delay_of(sip, utc_now())}, sip=sip)


def _status(sip: Any) -> str:
    from invenio_archivematica.models import Archive  # noqa: PLC0415 - optional

    status = Archive.get_from_sip(sip.id).status
    return str(getattr(status, "name", status))
