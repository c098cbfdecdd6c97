"""Documents that name a resource which was merged into another.

Pure. In come documents and the list of merges; out come the same under the other ref. Invariant:
an event names no merged ref, and none twice; what it was of, and when, stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from stats.events.batch import Ready
from stats.stores.merges import Merges

Source = dict[str, Any]
LISTS = ("resources", "parents", "partly")
"""Fields of documents that name several refs."""


def rename_documents(documents: list[Ready], merges: Merges) -> list[Ready]:
    """Return documents that are about to be stored, under the refs of today."""
    if not merges:
        return documents
    return [_rename_document(document, merges) for document in documents]


def _rename_document(document: Ready, merges: Merges) -> Ready:
    event = document.event
    named = [ref for ref in (event.resource, *event.parents) if ref in merges]
    if not named:
        return document
    source = orjson.loads(document.body)
    for ref in named:
        source = rename(source, ref, merges[ref].into)
    return document._replace(body=orjson.dumps(source))


def rename(source: Source, old: str, new: str) -> Source:
    """Return a document, of an event or of a day, with ``new`` wherever it named ``old``."""
    renamed = dict(source)
    for name in ("resource", "container"):
        if source.get(name) == old:
            renamed[name] = new
    for name in LISTS:
        if old in source.get(name, ()):
            renamed[name] = _unique(new if ref == old else ref for ref in source[name])
    if renamed.get("resource") == new and new in renamed.get("parents", ()):
        renamed["parents"] = [ref for ref in renamed["parents"] if ref != new]
    if source.get("resource") == old and "url_key" in source:
        renamed["url_key"] = _rename_key(source, old, new)
    return renamed


def _rename_key(source: Source, old: str, new: str) -> str:
    """Return what makes clicks the same; where that is the resource, the other one is it now."""
    key, prefix = str(source["url_key"]), f"{source['type']}|"
    if key.startswith(f"{prefix}{old}"):
        return f"{prefix}{new}{key.removeprefix(f'{prefix}{old}')}"
    return key


def _unique(refs: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(refs))
