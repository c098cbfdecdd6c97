"""What standards say of an item beyond what events need: publisher, authors, year, identifiers.

Comes in: values of a description, from a host or an importer. Goes out: the form in
which ``resources`` keeps them. Invariants: an identifier of an organisation is
``type:value`` with the type in lower case; an identifier of the item is an
object of ``type`` and ``value``; a year has four digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from stats.errors import InputError
from stats.events.fields import refuse_halves

Check = Callable[[object, str], object]

MAX_TEXT = 1_024
MAX_ABSTRACT = 5_000
"""Characters of an abstract, the most that Google takes of a data set."""

ARTICLE_VERSIONS = ("AO", "SMUR", "AM", "P", "VoR", "CVoR", "EVoR")
"""Versions of an article (NISO JAV), as COUNTER 5.1 names them (section 3.3)."""

_ORGANISATION = re.compile(r"([A-Za-z][A-Za-z-]{1,9})[:.=](.+)")
_ROR = re.compile(r"https?://ror\.org/(.+)")
_IDENTIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,31}):(.+)", re.DOTALL)
_YEAR = re.compile(r"[0-9]{4}")


def check_text(value: object, field: str) -> str:
    """Return a text of a sane length."""
    return _limited(value, field, MAX_TEXT)


def _abstract(value: object, field: str) -> str:
    return _limited(value, field, MAX_ABSTRACT)


def _limited(value: object, field: str, limit: int) -> str:
    if not isinstance(value, str):
        raise InputError("wrong_type", f"{field} must be a string", field=field)
    if len(value) > limit:
        message = f"{field} has {len(value)} characters, send at most {limit}"
        raise InputError("too_long", message, field=field)
    refuse_halves(value, field)
    return value


def _version(value: object, field: str) -> str:
    """Return the version as text; many programs count versions with whole numbers."""
    number = isinstance(value, int) and not isinstance(value, bool)
    return check_text(str(value) if number else value, field)


def _year(value: object, field: str) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _YEAR.fullmatch(text):
        raise InputError("bad_format", f"{field} is a year of four digits", field=field)
    return text


def _publisher_id(value: object, field: str) -> str:
    """Return ``type:value``; ``grid.266093.8`` and an address of ror.org are such too."""
    text = check_text(value, field)
    if match := _ROR.fullmatch(text):
        return f"ror:{match[1]}"
    match = _ORGANISATION.fullmatch(text)
    if match is None:
        message = f"{field} is of the form type:value, such as ror:03yrm5c26"
        raise InputError("bad_format", message, field=field)
    return f"{match[1].lower()}:{match[2]}"


def _article_version(value: object, field: str) -> str:
    if value not in ARTICLE_VERSIONS:
        message = f"{field} is one of {', '.join(ARTICLE_VERSIONS)}"
        raise InputError("out_of_range", message, field=field)
    return str(value)


def _authors(value: object, field: str) -> list[dict[str, str]]:
    """Return authors as objects; a name alone is one too."""
    if not isinstance(value, list):
        raise InputError("wrong_type", f"{field} must be a list", field=field)
    return [_author({"name": one} if isinstance(one, str) else one, field) for one in value]


def _author(value: object, field: str) -> dict[str, str]:
    if not isinstance(value, dict) or not {"name"} <= value.keys() <= {"name", "orcid", "isni"}:
        message = f"an entry of {field} is a name, or an object of name, orcid and isni"
        raise InputError("bad_format", message, field=field)
    return {key: check_text(part, field) for key, part in value.items()}


def _identifiers(value: object, field: str) -> list[dict[str, str]]:
    """Return identifiers as objects; ``type:value`` is one too."""
    if not isinstance(value, list):
        raise InputError("wrong_type", f"{field} must be a list", field=field)
    return [_identifier(one, field) for one in value]


def _identifier(value: object, field: str) -> dict[str, str]:
    if isinstance(value, str) and (match := _IDENTIFIER.fullmatch(value)):
        value = {"type": match[1], "value": match[2]}
    if not isinstance(value, dict) or value.keys() != {"type", "value"}:
        message = f"an entry of {field} is type:value, or an object of type and value"
        raise InputError("bad_format", message, field=field)
    found = {key: check_text(part, field) for key, part in value.items()}
    return found | {"type": found["type"].lower().replace("-", "_")}


def _keywords(value: object, field: str) -> list[str]:
    if not isinstance(value, list):
        raise InputError("wrong_type", f"{field} must be a list", field=field)
    return [check_text(one, field) for one in value]


ITEM_FIELDS: Mapping[str, Check] = MappingProxyType(
    {
        **dict.fromkeys(
            ("doi", "publisher", "publication_date", "data_type", "license"), check_text
        ),
        "publisher_id": _publisher_id,
        "version": _version,
        "year": _year,
        "article_version": _article_version,
        "authors": _authors,
        "identifiers": _identifiers,
        "keywords": _keywords,
        "abstract": _abstract,
    }
)
"""What COUNTER reports, dataset reports and JSON-LD say of an item, and each field's check."""
