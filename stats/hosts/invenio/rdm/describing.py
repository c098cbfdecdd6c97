"""What an event of InvenioRDM is about, read from the record itself.

A builder as ``STATS_EVENT_BUILDERS`` has them: it gets the event that InvenioRDM's own
builders made, and the record and file that the emitter was given. Invariant: the
record is read while the request has it, so that communities, access and owner are
those of that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, has_request_context, request

from stats.hosts.invenio.rdm.metadata import read_dimensions, read_file_type

Event = dict[str, Any]

SYSTEM = "system_process"
"""The need of Invenio's own processes (``invenio_access.permissions.system_process``)."""

_ACCESS = {"public": "open", "restricted": "restricted"}


def describe(event: Event, record: Any = None, obj: Any = None, **carried: Any) -> Event | None:
    """Return the event with all that the record says; None when a process of the system asks."""
    if _is_system():
        return None
    parent = getattr(record, "parent", None)
    if parent is None:
        return event
    described = {**event, **read_record(record)}
    described["parents"] = [*event.get("parents", ()), *read_communities(parent)]
    if obj is not None:
        described |= {"title": obj.key, "access": read_access(record, "files")}
        described["extra"] = {**described["extra"], "file_type": read_file_type(obj.key)}
    if is_preview(record):
        described["via"] = "preview"
    return described


def read_record(record: Any) -> Event:
    """Return the fields of an event that a published record fills."""
    metadata: Mapping[str, Any] = record.get("metadata") or {}
    created = getattr(record, "created", None)
    return {
        "title": metadata.get("title"),
        "owner_id": read_owner(record.parent),
        "access": read_access(record, "record"),
        "url": f"/records/{record['id']}",
        "created": created.isoformat() if created else None,
        "extra": read_extra(record, metadata),
    }


def read_extra(record: Any, metadata: Mapping[str, Any]) -> dict[str, str | int]:
    """Return version and what the dimensions are read from."""
    version = getattr(getattr(record, "versions", None), "index", None)
    found = {"version_index": version, "version": metadata.get("version")}
    versions = {name: value for name, value in found.items() if isinstance(value, str | int)}
    return {**versions, **read_dimensions(record)}


def read_communities(parent: Any) -> list[str]:
    """Return the communities that a record is in now."""
    communities = getattr(parent, "communities", None)
    return [f"community:{one}" for one in communities.ids] if communities is not None else []


def read_owner(parent: Any) -> str | None:
    """Return the user who owns a record; None for the system's own."""
    owner = getattr(getattr(parent, "access", None), "owned_by", None)
    owner_id = getattr(owner, "owner_id", None)
    return str(owner_id) if getattr(owner, "owner_type", None) == "user" and owner_id else None


def read_access(record: Any, part: str) -> str:
    """Return who may see a ``part`` (``record`` or ``files``): everybody, or some."""
    protection = getattr(getattr(record, "access", None), "protection", None)
    record_access = _ACCESS.get(getattr(protection, "record", "public"), "restricted")
    own = _ACCESS.get(getattr(protection, part, "public"), "restricted")
    return "open" if {record_access, own} == {"open"} else "restricted"


def is_preview(record: Any) -> bool:
    """Return whether somebody looks at what is not published, or asks for a preview."""
    if getattr(record, "is_draft", False):
        return True
    return has_request_context() and request.args.get("preview", "") in ("1", "true")


def _is_system() -> bool:
    """Return whether one of Invenio's own processes acts, not a person or program."""
    identity = getattr(g, "identity", None) if has_request_context() else None
    needs = getattr(identity, "provides", ())
    return any(getattr(need, "value", None) == SYSTEM for need in needs)
