"""What invenio-stats stored, in our words. Pure.

Comes in: sources of its raw events and of its daily documents, those of
invenio-stats itself (``pid_value``, ``bucket_id``, ``file_key``) and those of
InvenioRDM (``recid``, ``parent_recid``). Goes out: raw documents, and what a daily
document is about. Invariant: the same hit gives the same document.

Its visitors and sessions are hashes with salts of their own; they are hashed
again, so that they look like ours, and keep telling visitors apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from stats.counting_rules import PARTITIONS
from stats.events.raw_document import RawDocument, document_id
from stats.events.steps import ROBOT, read_referrer
from stats.events.types import SITE
from stats.events.visitors import text_of
from stats.kinds.types import Kinds
from stats.refs import is_ref, kind_of
from stats.times import iso_ms, parse_time

Source = Mapping[str, Any]

ORIGIN = "invenio-stats"
NAME = f"{ORIGIN} 5-7"


def refs_of(source: Source) -> tuple[str, ...] | None:
    """Return the resource of an event or daily document, then its parents; None if it has none."""
    record = _ref("record", source, "recid", "pid_value", "record_id")
    file = _file_of(source)
    own = file or record
    if own is None:
        return None
    parents = [
        record,
        _ref("concept", source, "parent_recid"),
        None if "recid" in source else _ref("bucket", source, "bucket_id"),
        _ref("collection", source, "collection"),
    ]
    return tuple(dict.fromkeys([own, *(ref for ref in parents if ref is not None)]))


def time_of(source: Source) -> datetime:
    """Return when it happened; raise ``ValueError`` if the document does not say."""
    return parse_time(str(source["timestamp"]))


def build_legacy_raw(
    type_name: str, hit: Source, *, indexed_at: str, kinds: Kinds, import_id: str | None = None
) -> RawDocument | None:
    """Return the raw document of one of its raw events; None when it cannot be read.

    ``import_id`` is that of the take-over, by which it can be withdrawn.
    """
    source = hit["_source"]
    refs = refs_of(source)
    if refs is None:
        return None
    refs = kinds.normal_refs(refs)
    try:
        timestamp = iso_ms(time_of(source))
    except (KeyError, ValueError):
        return None
    identity = f"{ORIGIN}|{type_name}|{hit['_id']}"
    fields: dict[str, Any] = {
        "id": identity,
        "type": type_name,
        "timestamp": timestamp,
        "indexed_at": indexed_at,
        "resource": refs[0],
        "kind": kind_of(refs[0]),
        "parents": refs[1:],
        "resources": (*refs, SITE),
        "access": "open",
        "via": "api" if source.get("via_api") else "ui",
        "url_key": f"{type_name}|{refs[0]}",
    }
    fields |= _visitor(source, identity) | _flags(source) | _details(source)
    if import_id is not None:
        fields["import_id"] = import_id
    return RawDocument(type_name, timestamp[:7], document_id(identity), fields)


def _visitor(source: Source, identity: str) -> dict[str, Any]:
    visitor = _digest(source.get("visitor_id") or identity)
    return {
        "visitor_id": text_of(visitor),
        "partition": int.from_bytes(visitor[:2], "big") % PARTITIONS,
        "session": text_of(_digest(source.get("unique_session_id") or identity)),
    }


def _flags(source: Source) -> dict[str, Any]:
    """The machine list wins; it flags what is on both."""
    is_machine = bool(source.get("is_machine"))
    is_robot = bool(source.get("is_robot")) and not is_machine
    flags = {"is_robot": is_robot, "is_machine": is_machine, "robots_list": NAME}
    return flags | ({"excluded": ROBOT} if is_robot else {})


def _details(source: Source) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if isinstance(source.get("size"), int | float):
        details["size"] = int(source["size"])
    if source.get("country"):
        details["country"] = str(source["country"])
    referrer = source.get("referrer")
    found = read_referrer(str(referrer)) if referrer else None
    if found is not None:
        details |= {"referrer": found.page, "referrer_domain": found.domain}
    return details


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def _file_of(source: Source) -> str | None:
    """Return the file: by its key in its bucket, or by its id where the key is too long."""
    bucket = source.get("bucket_id")
    if bucket is None:
        return None
    for name in ("file_key", "file_id"):
        ref = _checked(f"file:{bucket}/{source[name]}") if source.get(name) else None
        if ref is not None:
            return ref
    return None


def _ref(kind: str, source: Source, *names: str) -> str | None:
    """Return the ref by the first of some fields that is there."""
    value = next((source[name] for name in names if source.get(name)), None)
    return None if value is None else _checked(f"{kind}:{value}")


def _checked(ref: str) -> str | None:
    return ref if is_ref(ref) else None
