r"""What servers do to the bytes of a request when they write them, undone.

Apache writes ``\"``, ``\\``, ``\n`` and ``\xhh``, nginx ``\xhh`` alone. A byte that is not
UTF-8 stays apart from every other: in a request target it is percent-encoded, so that
``r%E9sum%E9.pdf`` and ``r%E8sum%E8.pdf`` are two files; in other text it is read as Latin-1.
"""

from __future__ import annotations

import codecs
import re
from urllib.parse import unquote_to_bytes

_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([\"\\bnrtvf/]))")
_LETTERS = {b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"f": b"\f"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ORIGIN = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?]*")
PERCENT = "stats.percent"
"""Error handler of decoding: what is no UTF-8 is percent-encoded."""


def _encode_percent(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    wrong = error.object[error.start : error.end]
    return "".join(f"%{byte:02X}" for byte in wrong), error.end


codecs.register_error(PERCENT, _encode_percent)


def decode_line(line: bytes) -> str:
    """Return a line as text; bytes that are not UTF-8 are kept as lone surrogates."""
    return line.decode("utf-8", "surrogateescape")


def unescape_text(value: str) -> str:
    """Return a quoted field with the server's escapes undone."""
    if "\\" not in value:
        return value if value.isascii() else _SURROGATE.sub("\ufffd", value)
    raw = _unescape(value)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def unescape_target(value: str) -> str:
    """Return a request target with the server's escapes undone and its own left."""
    if "\\" in value:
        return _unescape(value).decode("utf-8", PERCENT)
    if value.isascii():
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", PERCENT)


def _unescape(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogateescape")
    return _ESCAPE.sub(lambda m: bytes([int(m[1], 16)]) if m[1] else _LETTERS.get(m[2], m[2]), raw)


def path_of(target: str) -> str:
    """Return the path of a request target: no host, no query string, percent-decoded.

    Control characters stay percent-encoded, since no resource has them in its id.
    """
    if not target.startswith("/"):
        target = _ORIGIN.sub("", target, count=1)
    path = target.partition("?")[0]
    if "%" in path:
        path = unquote_to_bytes(path).decode("utf-8", PERCENT)
    return path if path.isprintable() else _CONTROL.sub(lambda m: f"%{ord(m[0]):02X}", path)
