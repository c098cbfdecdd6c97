"""Origins of web pages, as browsers say them and as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from stats.errors import InputError

_SCHEMES = ("http", "https")


def parse_origin(text: str, *, field: str = "origin") -> str:
    """Return ``scheme://host[:port]`` in lower case, without the scheme's own port."""
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        port = parts.port
    except ValueError as error:
        raise _bad_origin(text, field) from error
    beside = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme not in _SCHEMES or not parts.hostname or beside:
        raise _bad_origin(text, field)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def read_origin(headers: Mapping[str, str]) -> str | None:
    """Return the origin of the page that a request comes from, as the browser says it.

    ``Origin`` where there is one (``null`` is nobody's), else that of ``Referer``.
    """
    text = headers.get("Origin")
    if text is None:
        parts = urlsplit(headers.get("Referer") or "")
        text = f"{parts.scheme}://{parts.netloc}"
    try:
        return parse_origin(text)
    except InputError:
        return None


def _bad_origin(text: str, field: str) -> InputError:
    message = f"write an origin like https://www.example.org, not {text[:80]!r}"
    return InputError("bad_format", message, field=field)
