"""What the steps know beside the event itself.

One frozen object a process, made by the shell from settings and stores and
passed to every step; it holds functions with bounded memories, no engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from stats.errors import ConfigError
from stats.events.agents import ReadAgent, agent_reader, name_lists
from stats.events.geo import GeoReader
from stats.events.types import Dimension, Event
from stats.events.visitors import SaltOf
from stats.kinds.declared import build_kinds
from stats.kinds.types import Kinds

FindPlace = Callable[[str], Mapping[str, Any]]
IsInternal = Callable[[str], bool]


def nobody_is_internal(_address: str) -> bool:
    """Answer for an empty list of networks."""
    return False


def internal_networks(networks: Sequence[str]) -> IsInternal:
    """Return the test whether an address is in one of ``networks`` (CIDR).

    Raises ``ConfigError`` naming the entry that is no network.
    """
    parsed = [_parse_network(network) for network in networks]
    if not parsed:
        return nobody_is_internal

    @lru_cache(maxsize=65_536)
    def is_internal(address: str) -> bool:
        parsed_address = ip_address(address)
        return any(parsed_address in network for network in parsed)

    return is_internal


def _parse_network(network: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(network, strict=False)
    except (TypeError, ValueError) as error:
        message = f"{network!r} is not a network: write it as 192.0.2.0/24 or 2001:db8::/32"
        raise ConfigError(message) from error


@dataclass(frozen=True)
class Enrichment:
    """How events become raw documents in this process.

    ``salt_of`` gives the salt of a UTC day; ``kinds`` gives refs their one form;
    ``exclude_owners`` leaves out what owners do with their own resources
    (``STATS_EXCLUDE_OWNERS``). ``dimensions`` and ``steps`` are a host's own
    (``STATS_DIMENSIONS``, ``STATS_EVENT_STEPS``).
    """

    salt_of: SaltOf
    kinds: Kinds = field(default_factory=build_kinds)
    find_place: FindPlace = field(default_factory=lambda: GeoReader().find)
    read_agent: ReadAgent = field(default_factory=agent_reader)
    is_internal: IsInternal = nobody_is_internal
    exclude_owners: bool = False
    robots_list: str = field(default_factory=name_lists)
    dimensions: tuple[Dimension, ...] = ()
    steps: tuple[Callable[[dict[str, Any], Event], None], ...] = ()
