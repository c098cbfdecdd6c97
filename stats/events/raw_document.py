"""The raw document of an event: ``docs/contracts.md#raw-document``.

In comes an :class:`Event`, out goes what Elasticsearch keeps. The identity of
the document follows from the event's ``id`` alone, so that the same event
processed again meets itself. ``indexed_at`` is not here: it is stamped right
before each attempt to index.
"""

from __future__ import annotations

from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple

from stats.errors import InputError
from stats.events.enrichment import Enrichment
from stats.events.steps import STEPS
from stats.events.types import PRIVATE_FIELDS, Event
from stats.events.visitors import text_of
from stats.refs import kind_of
from stats.times import iso_of_ms

PRIVATE = PRIVATE_FIELDS
"""The fields that are scrubbed after ``STATS_PRIVATE_DAYS``."""

PERSONAL = (*PRIVATE, "request_url")
"""What an event says of who did it; a raw document keeps only a hash of the last."""


class RawDocument(NamedTuple):
    """One document to index; ``month`` (``YYYY-MM``, of the event) names its index."""

    type_name: str
    month: str
    id: str
    source: dict[str, Any]


def document_id(event_id: str) -> str:
    """Return ``_id`` of an event: 22 characters that follow from its ``id``."""
    return text_of(blake2b(event_id.encode(), digest_size=16).digest())


def build_raw(event: Event, *, enrichment: Enrichment) -> RawDocument:
    """Return the raw document of an event, without ``indexed_at``.

    Raises ``InputError`` when the ``url_key`` of a host's event type, or a step or
    dimension of the host, fails.
    """
    source = _fields_of(event)
    for step in STEPS:
        step(source, event, enrichment)
    if enrichment.steps or enrichment.dimensions:
        _take_hosts_steps(source, event, enrichment)
    month = source["timestamp"][:7]
    return RawDocument(event.type.name, month, document_id(event.id), source)


def _take_hosts_steps(source: dict[str, Any], event: Event, enrichment: Enrichment) -> None:
    """Run what a host added: a fault of it is one event's."""
    for step in enrichment.steps:
        try:
            step(source, event)
        except Exception as error:
            message = f"a step of STATS_EVENT_STEPS fails on this event: {error!r}"
            raise InputError("bad_format", message, field="type") from error
    for dimension in enrichment.dimensions:
        try:
            value = dimension.read(event)
        except Exception as error:
            message = f"the dimension {dimension.name} fails on this event: {error!r}"
            raise InputError("bad_format", message, field="type") from error
        if value is not None:
            source[dimension.field] = value


def _fields_of(event: Event) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "id": event.id,
        "type": event.type.name,
        "timestamp": iso_of_ms(event.timestamp),
        "resource": event.resource,
        "kind": kind_of(event.resource),
        "resources": event.resources,
        "access": event.access,
        "via": event.via,
        "url_key": _url_key(event),
    }
    _put_present(fields, _OPTIONAL, _optional_of(event))
    if event.parents:
        fields["parents"] = event.parents
    if event.created is not None:
        fields["created"] = iso_of_ms(event.created)
    if event.extra:
        fields["extra"] = event.extra
    private: dict[str, Any] = {}
    _put_present(private, PRIVATE, _private_of(event))
    if private:
        fields["private"] = private
    return fields


def _url_key(event: Event) -> str:
    """Ask the type, whose function may be a host's: a fault of it is one event's."""
    try:
        return str(event.type.url_key(event))
    except Exception as error:
        message = f"the url_key of {event.type.name} fails on this event: {error!r}"
        raise InputError("bad_format", message, field="type") from error


_OPTIONAL = ("owner_id", "title", "url", "size", "feature", "value", "import_id")
_optional_of = attrgetter(*_OPTIONAL)
_private_of = attrgetter(*PRIVATE)


def _put_present(fields: dict[str, Any], names: tuple[str, ...], values: tuple[Any, ...]) -> None:
    for name, value in zip(names, values, strict=True):
        if value is not None:
            fields[name] = value
