"""Who asked: the client behind the proxies that are trusted.

Pure. A forwarded-for field is believed when the peer that sent it is trusted, from the right
to the first address that is not trusted itself; what stands further left, the client may have
made up. An entry that is no address (``unknown``, a host name, an obfuscated one) is passed over.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_FORWARDED_FOR = re.compile(r'(?:^|[;,\s])for=("[^"]*"|[^;,\s]*)', re.IGNORECASE)
_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}", re.ASCII)
_BRACKETS = re.compile(r"\[([0-9a-fA-F:.]+)(?:%[^\]]*)?\](?::\d{1,5})?", re.ASCII)
LOCAL_SOCKET = "unix:"
"""What nginx writes for a peer on the same machine, over a socket that is a file."""

IsTrusted = Callable[[str], bool]


@lru_cache(maxsize=65_536)
def address_of(text: str) -> str | None:
    """Return the address of ``ip``, ``ip:port``, ``[ip6]:port``; None when there is none."""
    text = text.strip().strip('"')
    found = _PORT.fullmatch(text) or _BRACKETS.fullmatch(text)
    try:
        address = ipaddress.ip_address(found[1] if found else text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)


def has_port(text: str) -> bool:
    """Return whether an address is written with a port."""
    text = text.strip()
    return bool(_PORT.fullmatch(text)) or (text.startswith("[") and "]:" in text)


def entries_of(forwarded: str) -> list[str]:
    """Return the entries of a list, X-Forwarded-For's or that of RFC 7239."""
    named = _FORWARDED_FOR.findall(forwarded) if "=" in forwarded else []
    return [entry.strip().strip('"') for entry in (named or forwarded.split(","))]


def is_address_list(text: str) -> bool:
    """Return whether a field is a list of who was asked for: addresses, and ``unknown``."""
    entries = entries_of(text)
    known = [address_of(entry) is not None for entry in entries]
    return any(known) and all(
        ok or entry.lower() in ("unknown", "-") for ok, entry in zip(known, entries, strict=True)
    )


def client_of(peer: str | None, forwarded: str | None, *, is_trusted: IsTrusted) -> str | None:
    """Return the address of who asked; None when no field has one."""
    if not forwarded and peer and "," not in peer:
        return address_of(peer)
    chain = [*entries_of(forwarded or ""), *entries_of(peer or "")]
    if (peer or "").startswith(LOCAL_SOCKET):
        chain.pop()
    nearest = None
    for entry in reversed(chain):
        address = address_of(entry)
        if address is None and nearest is None and entry not in ("", "-"):
            return None  # the peer has a name alone: nobody knows whom to trust
        if address is not None:
            nearest = address
            if not is_trusted(address):
                return address
    return nearest


def trust(networks: Iterable[str]) -> IsTrusted:
    """Return what tells whether an address is in one of ``networks`` (CIDR)."""
    trusted = [ipaddress.ip_network(network, strict=False) for network in networks]

    @lru_cache(maxsize=65_536)
    def is_trusted(address: str) -> bool:
        ip = ipaddress.ip_address(address)
        return any(ip in network for network in trusted)

    return is_trusted
