"""What an event is, and what a type of event says about itself.

Pure definitions: no clock, no engine. ``parse.parse_event`` makes an
:class:`Event` of outside input; everything behind it trusts the fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from stats.kinds.catalogue import USER as PERSON

CountsAs = Literal["views", "downloads"]
Usage = Literal["investigation", "request"]
DailyMetric = Literal["count", "unique_count", "volume", "sum", "max", "last_value", "average"]
Via = Literal["ui", "api", "extractor", "preview"]
Access = Literal["open", "closed", "restricted"]

VIAS: tuple[Via, ...] = ("ui", "api", "extractor", "preview")
ACCESSES: tuple[Access, ...] = ("open", "closed", "restricted")

SITE = "site:all"
"""The resource that every event belongs to."""

UNKNOWN_COUNTRY = "ZZ"
"""ISO 3166 leaves ZZ to users; here it says that no country is known."""

OTHER = "(other)"
"""The value under which a daily document sums what is beyond a dimension's limit."""


EXTRA = "extra."
DIMENSION_FIELD = "dimension_"
NARROW_FIELDS = frozenset({"region", "city"})
"""The fields of a raw document that tell a place below the country."""

MAX_VALUE = 256
"""Characters of a value of a host's dimension; longer ones are cut."""


@dataclass(frozen=True)
class Dimension:
    """One property by which events divide: the one definition that a new one needs.

    ``field`` is the field of the raw document that it is read from. A host's own has a
    ``source`` instead: ``extra.<key>`` of the event, or a function of the event; its value
    is kept in a field of its own. ``missing`` is the value of an event that lacks it.
    ``limit`` is how many values a daily document keeps; the rest is summed as ``(other)``.
    ``labels`` are by language, ``values`` the labels of values by language. ``seen_by``:
    breakdowns that name people are for auditors and curators. ``types``: the names of the
    event types that divide by it; None is those that count as views or downloads.
    ``narrow``: it tells a place below the country, so values with few events are merged
    for the public (``STATS_MINIMUM_COUNT``); what is read from such a field always is.
    """

    name: str
    field: str = ""
    missing: str = ""
    limit: int | None = None
    labels: Mapping[str, str] = default(default_factory=dict, compare=False)
    values: Mapping[str, Mapping[str, str]] = default(default_factory=dict, compare=False)
    source: str | Callable[[Event], str | None] | None = None
    seen_by: Literal["everybody", "reporters", "auditors"] = "everybody"
    types: tuple[str, ...] | None = None
    narrow: bool = False

    def __post_init__(self) -> None:
        """Name the field of what has a source, and know a narrow one by its field."""
        if not self.field:
            object.__setattr__(self, "field", f"{DIMENSION_FIELD}{self.name.replace('-', '_')}")
        object.__setattr__(self, "narrow", self.narrow or self.field in NARROW_FIELDS)

    def describe(self) -> dict[str, Any]:
        """Return what the dimension and its values are called, as JSON."""
        return {
            "name": self.name,
            "labels": dict(self.labels),
            "values": {value: dict(labels) for value, labels in self.values.items()},
        }

    def title_of(self, value: str) -> str:
        """Return the label of a value, in English if it has one; empty without any."""
        return pick_label(self.values.get(value, {}))

    def read(self, event: Event) -> str | None:
        """Return the value of an event, where there is a source."""
        if isinstance(self.source, str):
            value = event.extra.get(self.source.removeprefix(EXTRA))
        else:
            value = self.source(event) if self.source else None
        return None if value is None or value == "" else str(value)[:MAX_VALUE]


def pick_label(labels: Mapping[str, str]) -> str:
    """Return the label of a table, which has no language: English, or else the first."""
    return labels.get("en") or next(iter(labels.values()), "")


COUNTRY = Dimension(
    "country",
    "country",
    missing=UNKNOWN_COUNTRY,
    labels={"en": "Countries", "de": "Länder", "es": "Países", "fr": "Pays"},
)
REFERRER = Dimension(
    "referrer",
    "referrer_domain",
    limit=100,
    labels={
        "en": "Referrers",
        "de": "Verweisende Seiten",
        "es": "Sitios de referencia",
        "fr": "Sites référents",
    },
)
REGULAR = "regular"
MACHINE = "machine"
"""COUNTER's Access_Methods; machine is text and data mining."""

ACCESS_METHOD = Dimension(
    "access_method",
    "is_machine",
    missing=REGULAR,
    labels={
        "en": "Regular and machine access",
        "de": "Regulärer und maschineller Zugriff",
        "es": "Acceso regular y automático",
        "fr": "Accès régulier et automatisé",
    },
)
ACCESS = Dimension(
    "access",
    "access",
    missing="open",
    labels={"en": "Access", "de": "Zugang", "es": "Acceso", "fr": "Accès"},
)
VIA = Dimension(
    "via",
    "via",
    missing="ui",
    labels={"en": "Access via", "de": "Zugriff über", "es": "Acceso por", "fr": "Accès par"},
)
FEATURE = Dimension(
    "feature",
    "feature",
    labels={"en": "Features", "de": "Funktionen", "es": "Funciones", "fr": "Fonctions"},
)
USER = Dimension(
    "user",
    "private.user_id",
    limit=100,
    seen_by="auditors",
    labels={"en": "Users", "de": "Nutzende", "es": "Usuarios", "fr": "Utilisateurs"},
)

DIMENSIONS = (COUNTRY, REFERRER, ACCESS_METHOD, ACCESS, VIA, FEATURE, USER)


PAIR = "|"
"""Between the two values of a pair."""


@dataclass(frozen=True)
class Breakdown:
    """How a resource's numbers of one day divide: by one dimension, or by a pair.

    The key of a pair is the two values joined by :data:`PAIR`, as in ``regular|CH``.
    """

    dimensions: tuple[Dimension, ...]

    @property
    def name(self) -> str:
        """Return ``country``, or ``access_method+country`` for a pair."""
        return "+".join(dimension.name for dimension in self.dimensions)

    @property
    def limit(self) -> int | None:
        """Return how many values a daily document keeps; None is all of them."""
        limits = [d.limit for d in self.dimensions if d.limit is not None]
        return min(limits) if limits else None

    @property
    def narrow(self) -> bool:
        """Return whether a value may tell a place below the country."""
        return any(dimension.narrow for dimension in self.dimensions)


BY_COUNTRY = Breakdown((COUNTRY,))
BY_REFERRER = Breakdown((REFERRER,))
BY_ACCESS_METHOD = Breakdown((ACCESS_METHOD,))
BY_ACCESS = Breakdown((ACCESS,))
BY_VIA = Breakdown((VIA,))
BY_FEATURE = Breakdown((FEATURE,))
BY_USER = Breakdown((USER,))
BY_ACCESS_METHOD_AND_COUNTRY = Breakdown((ACCESS_METHOD, COUNTRY))
BY_ACCESS_METHOD_AND_ACCESS = Breakdown((ACCESS_METHOD, ACCESS))

USAGE_BREAKDOWNS = (BY_ACCESS_METHOD, BY_ACCESS_METHOD_AND_COUNTRY, BY_ACCESS_METHOD_AND_ACCESS)
"""What COUNTER and Make Data Count reports divide by."""

VISITOR_BREAKDOWNS = (BY_COUNTRY, BY_REFERRER, BY_ACCESS, BY_VIA, *USAGE_BREAKDOWNS)
"""What a page or file that people visit divides by."""


def default_url_key(event: Event) -> str:
    """Return what makes two clicks the same one: the type of event and what was asked for.

    That is the URL where it is known (COUNTER 5.1, 7.3), of which only the hash is kept,
    else the resource. No ref begins with ``#``.
    """
    if event.request_url is None:
        return f"{event.type.name}|{event.resource}"
    digest = blake2b(event.request_url.encode(), digest_size=16).hexdigest()
    return f"{event.type.name}|#{digest}"


@dataclass(frozen=True)
class EventType:
    """A type of event: the one definition that a new statistic needs.

    ``counts_as`` says which of the totals it adds to. ``usage`` is COUNTER's
    word for it; a request is an investigation too (COUNTER 5.1, 3.3).
    ``url_key`` tells which clicks are the same click (COUNTER's "same URL");
    by default those of the same type on the same ``request_url``, or on the same resource.
    ``levels`` are the kinds of resource that its numbers usually exist for, narrowest
    first; they describe, and refuse nothing.
    """

    name: str
    title: str
    counts_as: CountsAs | None = None
    usage: Usage | None = None
    breakdowns: tuple[Breakdown, ...] = ()
    metrics: tuple[DailyMetric, ...] = ("count", "unique_count", "volume")
    url_key: Callable[[Event], str] = default_url_key
    levels: tuple[str, ...] = ()

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Return the dimensions of all breakdowns, each once, in a fixed order."""
        used = dict.fromkeys(d for breakdown in self.breakdowns for d in breakdown.dimensions)
        ours = [d for d in DIMENSIONS if d in used]
        return (*ours, *(d for d in used if d not in ours))


_NOTHING: Mapping[str, str | float] = MappingProxyType({})


class Event(NamedTuple):
    """One action at one time, checked (``docs/events.md``). Times are epoch milliseconds.

    A tuple, since workers make millions: a frozen dataclass sets its fields one by one.
    """

    type: EventType
    id: str
    timestamp: int
    resource: str
    parents: tuple[str, ...] = ()
    owner_id: str | None = None
    title: str | None = None
    url: str | None = None
    access: Access = "open"
    size: int | None = None
    created: int | None = None
    user_id: str | None = None
    user_cookie: str | None = None
    session_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    referrer: str | None = None
    request_url: str | None = None
    via: Via = "ui"
    feature: str | None = None
    value: float | None = None
    extra: Mapping[str, str | float] = _NOTHING
    import_id: str | None = None

    @property
    def resources(self) -> tuple[str, ...]:
        """Return all refs that the event counts for, each once: ``docs/contracts.md#words``."""
        owner = (f"{PERSON.name}:{self.owner_id}",) if self.owner_id else ()
        return tuple(dict.fromkeys((self.resource, *self.parents, *owner, SITE)))


PRIVATE_FIELDS = ("ip_address", "user_agent", "user_id", "user_cookie", "session_id")
"""The fields of an event that are kept below ``private`` and scrubbed after a while."""

EVENT_FIELDS = tuple(name for name in Event._fields if name not in PRIVATE_FIELDS)
