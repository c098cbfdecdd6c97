"""IP addresses with their last bytes masked, as Matomo and OpenAIRE want them.

Pure. Invariant: an address that cannot be read gives no address at
all, never itself.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

KEPT_BITS_V6 = {0: 128, 1: 64, 2: 48, 3: 24, 4: 0}
"""Bits of an IPv6 address that Matomo keeps when it masks that many bytes."""

_V4_BITS = 32


def mask_address(text: str, masked_bytes: int) -> str | None:
    """Return ``text`` with its last ``masked_bytes`` (0 to 4) bytes zero; None if it is no address.

    An IPv4 address within IPv6 (``::ffff:192.0.2.1``) is masked as IPv4.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return f"::ffff:{_masked_v4(address.ipv4_mapped, masked_bytes)}"
    if isinstance(address, IPv4Address):
        return str(_masked_v4(address, masked_bytes))
    shift = 128 - KEPT_BITS_V6[masked_bytes]
    return str(IPv6Address(int(address) >> shift << shift))


def _masked_v4(address: IPv4Address, masked_bytes: int) -> IPv4Address:
    shift = min(8 * masked_bytes, _V4_BITS)
    return IPv4Address(int(address) >> shift << shift)
