"""From published events to clicks: one event each, with its visitor, session and verdict.

In: event objects in the order in which they were stored. Out: a `Click` for each event that
is not a repetition. A click knows by itself whether it is excluded; whether it is half of a
double click depends on its neighbours and is decided in `tests.model.counting`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from tests.model.agents import is_machine, is_robot

UTC = timezone.utc
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNKNOWN_COUNTRY = "ZZ"

Country = Callable[[str], str]
Identity = tuple[str, ...]


@dataclass(frozen=True)
class TypeRule:
    """What an event type counts as: in the totals, and for COUNTER."""

    counts_as: str | None = None  # "views", "downloads" or nothing
    investigation: bool = False
    request: bool = False


TYPES: dict[str, TypeRule] = {
    "record-view": TypeRule("views", investigation=True),
    # COUNTER: every request is also an investigation
    "file-download": TypeRule("downloads", investigation=True, request=True),
    "dataset-view": TypeRule("views", investigation=True),
    "dataset-download": TypeRule("downloads", investigation=True, request=True),
    # a collection's own page is no item of COUNTER's
    "collection-view": TypeRule("views"),
    "community-view": TypeRule("views"),
    "record-created": TypeRule(),
    "record-removed": TypeRule(),
    "record-restored": TypeRule(),
    "record-included": TypeRule(),
    "record-excluded": TypeRule(),
    "submission-created": TypeRule(),
    "feature-use": TypeRule(),
    "loan-request": TypeRule(),
    "loan-checkout": TypeRule(),
    "loan-extend": TypeRule(),
    "loan-return": TypeRule(),
    "loan-overdue": TypeRule(),
    "sip-created": TypeRule(),
    "sip-archived": TypeRule(),
    "sip-failed": TypeRule(),
    "store-size": TypeRule(),
}


@dataclass(frozen=True)
class Exclusions:
    """What a house excludes of its own will, besides robots, extractors and previews."""

    internal_networks: tuple[str, ...] = ()
    owners: bool = False


NO_EXCLUSIONS = Exclusions()


@dataclass(frozen=True)
class Click:
    """One event as the counting rules see it. `time` is milliseconds since 1970, UTC."""

    type: str
    id: str
    time: int
    resource: str
    parents: tuple[str, ...]
    resources: frozenset[str]
    asked_for: tuple[str, str]  # the URL where it is known, else the resource
    identity: Identity
    user: str | None
    country: str
    referrer: str
    access_method: str
    access: str
    via: str
    feature: str
    size: int
    value: float | None
    excluded: str | None

    @property
    def url_key(self) -> tuple[str, ...]:
        """What a double click is on: two features of one record are two things to click."""
        return (self.type, *self.asked_for, self.feature if self.type == "feature-use" else "")

    @property
    def day(self) -> str:
        return moment_of(self.time).strftime("%Y-%m-%d")

    @property
    def session(self) -> tuple[str, ...]:
        """A session id lasts its day; everybody else, a user cookie too, has one an hour."""
        if self.identity[0] == "session":
            return (*self.identity, self.day)
        return (*self.identity, self.day, f"{moment_of(self.time).hour:02d}")


def moment_of(time: int) -> datetime:
    return EPOCH + timedelta(milliseconds=time)


def text_of(time: int) -> str:
    return moment_of(time).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time % 1000:03d}Z"


def time_of(text: str) -> int:
    """Read ISO 8601, UTC if it has no offset; what is finer than a millisecond is cut off."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(milliseconds=1)


def read_clicks(
    events: Iterable[Mapping[str, Any]],
    *,
    country: Country,
    exclusions: Exclusions = NO_EXCLUSIONS,
) -> list[Click]:
    """Make the clicks. The same id twice within a month and type is one: the first."""
    first: dict[tuple[str, str, str], Click] = {}
    for event in events:
        click = read_click(event, country=country, exclusions=exclusions)
        first.setdefault((click.type, click.day[:7], click.id), click)
    return list(first.values())


def read_click(event: Mapping[str, Any], *, country: Country, exclusions: Exclusions) -> Click:
    resource = name_of(event["resource"])
    parents = tuple(name_of(parent) for parent in event.get("parents") or ())
    resources = {resource, *parents, "site:all"}
    if event.get("owner_id"):
        resources.add(f"user:{event['owner_id']}")
    agent = event.get("user_agent")
    machine = agent is not None and is_machine(agent)
    address = address_of(event)
    return Click(
        type=event["type"],
        id=event["id"],
        time=time_of(event["timestamp"]),
        resource=resource,
        parents=parents,
        resources=frozenset(resources),
        asked_for=asked_for(event),
        identity=identity_of(event),
        user=event.get("user_id"),
        country=country(address) if address else UNKNOWN_COUNTRY,
        referrer=urlsplit(event.get("referrer") or "").hostname or "",
        access_method="machine" if machine else "regular",
        access=event.get("access") or "open",
        via=event.get("via") or "ui",
        feature=event.get("feature") or "",
        size=size_of(event),
        value=event.get("value"),
        excluded=reason_to_exclude(event, exclusions),
    )


def name_of(ref: str) -> str:
    """Name a resource: a DOI has no case, and one prefix; what is behind it may have a case."""
    kind, _, id_ = ref.partition(":")
    if kind in ("file", "bucket", "sip", "user"):
        return ref
    for prefix in ("doi:", "https://doi.org/"):
        if id_.lower().startswith(f"{prefix}10."):
            return f"{kind}:doi:{id_[len(prefix) :].lower()}"
    return ref


def size_of(event: Mapping[str, Any]) -> int:
    """Read the bytes. What is no number of bytes is none, and the use counts all the same."""
    try:
        size = float(event.get("size") or 0)
    except (TypeError, ValueError):
        return 0
    return int(size) if size >= 0 and size.is_integer() else 0


def address_of(event: Mapping[str, Any]) -> str | None:
    """Read the address. What is no address ("null", a name) is as good as none."""
    try:
        return event["ip_address"] if ipaddress.ip_address(event["ip_address"]) else None
    except (KeyError, ValueError):
        return None


def asked_for(event: Mapping[str, Any]) -> tuple[str, str]:
    """Say what a second click must be on to be the same click again."""
    if event.get("request_url"):
        return ("url", event["request_url"])
    return ("resource", name_of(event["resource"]))


def identity_of(event: Mapping[str, Any]) -> Identity:
    """Name the visitor by the best that is known: user, user cookie, session, address and agent."""
    if event.get("user_id"):
        return ("user", event["user_id"])
    if event.get("user_cookie"):
        return ("cookie", event["user_cookie"])
    if event.get("session_id"):
        return ("session", event["session_id"])
    if address_of(event):
        return ("address", event["ip_address"], event.get("user_agent") or "")
    return ("nobody", event["type"], event["id"])


def reason_to_exclude(event: Mapping[str, Any], exclusions: Exclusions) -> str | None:
    """Say why the event is not counted; None when it counts.

    The machine list wins over the robot list. An event without `user_agent` is neither; an
    empty agent is what the list says.
    """
    agent = event.get("user_agent")
    if agent is not None and is_robot(agent) and not is_machine(agent):
        return "robot"
    if event.get("via") in ("extractor", "preview"):
        return str(event["via"])
    if address_of(event) and is_inside(event["ip_address"], exclusions.internal_networks):
        return "internal"
    if exclusions.owners and event.get("user_id") and event["user_id"] == event.get("owner_id"):
        return "owner"
    return None


def is_inside(address: str, networks: Iterable[str]) -> bool:
    parsed = ipaddress.ip_address(address)
    return any(parsed in ipaddress.ip_network(network) for network in networks)
