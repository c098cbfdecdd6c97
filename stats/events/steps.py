"""The steps that make a raw document of an event, in their order.

Each step gets the document so far, the event and the :class:`Enrichment`; it
sets fields of its own, reads only what earlier steps set, and gives the same
when run twice. Nothing is dropped: an event that does not count says why in
``excluded``, one reason of :data:`REASONS`, the first that applies.

To add a step: write the function, put it into :data:`STEPS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from stats.counting_rules import (
    CARRY_OVER_PARTITION,
    CARRY_OVER_VISITOR,
    DOUBLE_CLICK_MS,
    EXTRACTOR,
)
from stats.events.agents import NO_AGENT
from stats.events.enrichment import Enrichment
from stats.events.types import Event
from stats.events.visitors import (
    identity_of,
    keyed,
    session_identity_of,
    text_of,
    visitor_of,
)
from stats.times import DAY_MS

Document = dict[str, Any]
Step = Callable[[Document, Event, Enrichment], None]

PREVIEW = "preview"
INTERNAL = "internal"
OWNER = "owner"
ROBOT = "robot"

REASONS = (EXTRACTOR, PREVIEW, INTERNAL, OWNER, ROBOT)
"""Why an event is kept and not counted; the first that applies is the one."""

LONGEST_DOMAIN = 253
_DOMAIN = re.compile(r"(?:[\w-]+\.)*[\w-]+|[0-9a-f:.]+")  # a name, or an IPv6 address


def put_place(document: Document, event: Event, enrichment: Enrichment) -> None:
    """Set country, continent, region, city and location, before the address is private."""
    if event.ip_address is not None:
        document.update(enrichment.find_place(event.ip_address))


class Referrer(NamedTuple):
    """Where a visitor came from: the page without query and fragment, and its domain."""

    page: str
    domain: str


@lru_cache(maxsize=16_384)
def read_referrer(text: str) -> Referrer | None:
    """Return what is kept of a referrer; None where it names no host.

    What a reader searched for, and who they are there, stands in the query, the fragment
    and before the ``@``: these are never stored. The domain is in lower case, without port.
    """
    try:
        parts = urlsplit(text.strip())
        domain = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if len(domain) > LONGEST_DOMAIN or not _DOMAIN.fullmatch(domain):
        return None
    return Referrer(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", domain)


def put_referrer(document: Document, event: Event, _enrichment: Enrichment) -> None:
    """Set the page and the domain that the visitor came from, when the referrer names one."""
    found = read_referrer(event.referrer) if event.referrer else None
    if found is not None:
        document["referrer"], document["referrer_domain"] = found


def flag_agent(document: Document, event: Event, enrichment: Enrichment) -> None:
    """Set whether the user agent is a robot or a machine; without one it is neither."""
    agent = event.user_agent
    flags = NO_AGENT if agent is None else enrichment.read_agent(agent)
    document["is_robot"] = flags.is_robot
    document["is_machine"] = flags.is_machine
    document["robots_list"] = enrichment.robots_list


def put_visitor(document: Document, event: Event, enrichment: Enrichment) -> None:
    """Set the anonymous identities of the event's own day."""
    identity = identity_of(event)
    salt = enrichment.salt_of(event.timestamp // DAY_MS)
    document["visitor_id"], document["partition"] = visitor_of(identity, salt)
    document["session"] = text_of(keyed(session_identity_of(event, identity), salt))


def put_carry_over(document: Document, event: Event, enrichment: Enrichment) -> None:
    """Set the identity under the day before's salt, in the first 30 seconds of a day.

    So the last click of a day and the first of the next can be seen to be one
    double click, without a salt that lives longer.
    """
    if event.timestamp % DAY_MS <= DOUBLE_CLICK_MS:
        salt = enrichment.salt_of(event.timestamp // DAY_MS - 1)
        visitor = visitor_of(identity_of(event), salt)
        document[CARRY_OVER_VISITOR], document[CARRY_OVER_PARTITION] = visitor


def flag_extractor(document: Document, event: Event, _enrichment: Enrichment) -> None:
    """Exclude what extractors fetch: the site's own traffic."""
    if event.via == EXTRACTOR:
        document["excluded"] = EXTRACTOR


def flag_preview(document: Document, event: Event, _enrichment: Enrichment) -> None:
    """Exclude previews: the page around them is the view."""
    if event.via == PREVIEW:
        document.setdefault("excluded", PREVIEW)


def flag_internal(document: Document, event: Event, enrichment: Enrichment) -> None:
    """Exclude the configured networks of the institution itself."""
    if event.ip_address is not None and enrichment.is_internal(event.ip_address):
        document.setdefault("excluded", INTERNAL)


def flag_owner(document: Document, event: Event, enrichment: Enrichment) -> None:
    """Exclude owners at their own resources, where so configured."""
    if enrichment.exclude_owners and event.user_id and event.user_id == event.owner_id:
        document.setdefault("excluded", OWNER)


def flag_robot(document: Document, _event: Event, _enrichment: Enrichment) -> None:
    """Exclude robots that are not machines (``docs/counting-rules.md#robots-and-machines``)."""
    if document["is_robot"]:
        document.setdefault("excluded", ROBOT)


STEPS: tuple[Step, ...] = (
    put_place,
    put_referrer,
    flag_agent,
    put_visitor,
    put_carry_over,
    flag_extractor,
    flag_preview,
    flag_internal,
    flag_owner,
    flag_robot,
)
