"""The forms that the value of a setting may have, each a function that reads it.

Comes in: what Flask's configuration, a Python file or the environment holds. Goes
out: the typed value, or ``ValueError`` with what it must be, to be put behind
the setting's name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from limits.storage import SCHEMES  # type: ignore[attr-defined]  # as it documents itself

from stats.errors import InputError
from stats.limits import parse_rate
from stats.origins import parse_origin
from stats.search_address import parse_search_address

SHORTEST_KEY = 32

_REGISTRY_RECORD = re.compile(
    r"https://registry\.(countermetrics|projectcounter)\.org/(platform|usage-data-host)/"
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)


def read_text(value: Any) -> str:
    """Read text."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def read_search_address(value: Any) -> str:
    """Read the address of Elasticsearch or OpenSearch; what is wrong is said without it."""
    parse_search_address(read_text(value))
    return str(value)


def read_rate(value: Any) -> str:
    """Read a rate such as ``600/minute``; empty is no limit."""
    text = read_text(value)
    try:
        parse_rate(text)
    except ValueError as error:
        raise ValueError("must be a rate such as 600/minute, or empty for none") from error
    return text


def read_rate_storage(value: Any) -> str:
    """Read the address of a store of counters, of a kind that ``limits`` has."""
    text = read_text(value)
    if urlsplit(text).scheme not in SCHEMES:
        raise ValueError("must begin with memory:// or redis:// (docs/rest.md#limits)")
    return text


def read_key(value: Any) -> str:
    """Read a key that signs; one that could be guessed is refused."""
    text = read_text(value)
    if text and len(text) < SHORTEST_KEY:
        raise ValueError(f"must have {SHORTEST_KEY} characters or more: `openssl rand -hex 32`")
    return text


def read_flag(value: Any) -> bool:
    """Read true or false."""
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError("must be true or false")


def read_number(value: Any) -> float:
    """Read a number; what is none is not a number (NaN), which no check lets pass."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def read_positive(value: Any) -> float:
    """Read a number above 0."""
    number = read_number(value)
    if not 0 < number < math.inf:
        raise ValueError("must be a number above 0")
    return number


def read_whole(value: Any) -> int:
    """Read a whole number above 0."""
    number = read_number(value)
    if not 1 <= number < math.inf or not number.is_integer():
        raise ValueError("must be a whole number above 0")
    return int(number)


def read_words(value: Any) -> tuple[str, ...]:
    """Read a list of words, or their text with commas between."""
    if not isinstance(value, str | list | tuple | set | frozenset):
        raise ValueError("must be a list of words, or words with commas between")
    parts = value.split(",") if isinstance(value, str) else list(value)
    words = tuple(read_text(part).strip() for part in parts)
    return tuple(word for word in words if word)


def read_networks(value: Any) -> tuple[str, ...]:
    """Read a list of networks, each address/prefix length, or an address alone."""
    words = read_words(value)
    for word in words:
        try:
            ip_network(word, strict=False)
        except ValueError as error:
            raise ValueError(f"{word} is not a network, such as 10.0.0.0/8") from error
    return words


def read_origins(value: Any) -> tuple[str, ...]:
    """Read origins of web pages; ``*`` is every page."""
    try:
        return tuple(text if text == "*" else parse_origin(text) for text in read_words(value))
    except InputError as error:
        raise ValueError(error.message) from error


def read_path(value: Any) -> Path | None:
    """Read a path; nothing is none."""
    if value and not isinstance(value, str | Path):
        raise ValueError("must be the path of a file")
    return Path(value) if value else None


def read_decoded(value: Any) -> Any:
    """Return what the text of an environment variable is as JSON; None when it is not."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None


def read_mapping(value: Any) -> dict[str, Any]:
    """Read a dictionary, or the JSON text of one."""
    found = read_decoded(value)
    if not isinstance(found, Mapping):
        raise ValueError("must be a dictionary, in the environment as JSON")
    return dict(found)


def read_list(value: Any) -> list[Any]:
    """Read a list, or the JSON text of one."""
    found = read_decoded(value)
    if not isinstance(found, list | tuple):
        raise ValueError("must be a list, in the environment as JSON")
    return list(found)


def read_namespace(value: Any) -> str:
    """Read a platform id as COUNTER wants it: a namespace of identifiers."""
    text = read_text(value)
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_./]{1,17}", text):
        raise ValueError("must be 2 to 18 letters, digits and _ . / with a letter first")
    return text


def read_identifier(value: Any) -> tuple[str, str] | None:
    """Read ``type:value``, such as ``grid:266093.8``; empty is none."""
    kind, colon, name = read_text(value).partition(":")
    if not value:
        return None
    if not colon or kind not in ("isni", "orcid", "grid", "ror", "urn", "client-id"):
        raise ValueError("must be isni, orcid, grid, ror, urn or client-id, then : and the value")
    return kind, name


def read_action_name(value: Any) -> str:
    """Read whose title a download is sent with."""
    text = read_text(value)
    if text not in ("resource", "record"):
        raise ValueError("must be resource or record")
    return text


def read_registry_record(value: Any) -> str:
    """Read the address of an entry in COUNTER's registry; empty is none."""
    text = read_text(value)
    if text and not _REGISTRY_RECORD.fullmatch(text):
        raise ValueError("must be https://registry.countermetrics.org/platform/ and a UUID")
    return text


def read_masked(value: Any) -> int:
    """Read a number of bytes of an address."""
    number = read_number(value)
    if number not in range(5):
        raise ValueError("must be a whole number from 0 to 4")
    return int(number)


def read_object(value: Any) -> Any:
    """Take a Python object as it is; the environment cannot hold one."""
    if isinstance(value, str):
        raise ValueError("must be a Python object, set in Flask's configuration or STATS_CONFIG")
    return value


def read_function(value: Any) -> Callable[..., Any] | None:
    """Take a function; the environment cannot hold one."""
    if value is not None and not callable(value):
        raise ValueError("must be a function, set in Flask's configuration or STATS_CONFIG")
    return value  # type: ignore[no-any-return]
