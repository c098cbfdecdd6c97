"""The mapping of an access log: which requests are which events (``docs/importing.md``).

In comes TOML, out goes a :class:`Mapping`, checked in whole: every pattern
compiles, every template speaks of groups of its pattern, every event type is
known. The first rule whose pattern is found in the path wins; a request that no
rule matches is no event. Mistakes are ``InputError`` with rule number and key.

A pattern has :data:`SECONDS_A_PATH` for a path: one that tries ever more ways to match
would hold up an import for good, on a path that anybody can ask for.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Collection, Iterable
from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from datetime import tzinfo
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

import regex

from stats.errors import InputError
from stats.events.fields import FIELDS
from stats.times import UTC
from stats.validation import find_near

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STATUS = (200, 304)
"""What counts as used: ``docs/counting-rules.md#what-counts``."""

SECONDS_A_PATH = 0.25

METHODS = ("GET",)
TEMPLATES = ("resource", "owner_id", "access", "title", "via")
_KEYS = ("path", "type", "parents", *TEMPLATES)
NAMED_FIELDS = (
    "ip_address",
    "forwarded_for",
    "user_id",
    "session_id",
    "user_cookie",
    "user_agent",
    "referrer",
    "size",
)
"""Fields of a request that ``[fields]`` takes from a field of the line, by its name there.

In the order of :class:`~stats.events.importers.request.Request`, from ``address`` on.
"""

_TOP = ("status", "methods", "timezone", "fields", "rule")
_FORMATTER = string.Formatter()
_PLAIN_BEGINNING = re.compile(r"\^([\w/-]+)(?=[(\[.$\\]|\Z)", re.ASCII)
"""The plain characters that a pattern begins with, unless the last of them is repeated."""


@dataclass(frozen=True)
class Rule:
    """Requests whose path has the pattern are events of a type; ``number`` counts from 1.

    A path without the ``beginning`` does not have the pattern.
    """

    number: int
    path: regex.Pattern[str]
    type_name: str
    templates: dict[str, str]
    parents: tuple[str, ...]
    beginning: str = ""


@dataclass(frozen=True)
class Mapping:
    """All of a mapping file.

    ``fields`` are the names in the line of fields of a request; ``zone`` is the time zone of
    times without an offset; ``digest`` tells a mapping from every other; ``columns`` are those
    of the format that its templates use.
    """

    rules: tuple[Rule, ...]
    status: frozenset[int]
    methods: frozenset[str]
    fields: Names[str, str] = field(default_factory=dict)
    zone: tzinfo = UTC
    digest: str = ""
    columns: frozenset[str] = frozenset()

    def counts(self, status: int, method: str) -> bool:
        """Return whether a request was answered in a way that is use."""
        return status in self.status and method in self.methods

    def find(self, path: str) -> tuple[Rule, dict[str, str]] | None:
        """Return the first rule that a path matches, and the groups of its pattern.

        Raises ``MappingError`` for a pattern that takes too long.
        """
        for rule in self.rules:
            if not path.startswith(rule.beginning):
                continue
            try:
                found = rule.path.search(path, timeout=SECONDS_A_PATH)
            except TimeoutError as error:
                message = (
                    f"rule {rule.number}: path: {rule.path.pattern!r} takes more than"
                    f" {SECONDS_A_PATH} s on {path[:60]!r}; write it without repetitions in"
                    " repetitions"
                )
                raise MappingError("bad_format", message, field="mapping") from error
            if found:
                return rule, found.groupdict(default="")
        return None


class MappingError(InputError):
    """A mapping that cannot be used shows on a line; it is not the line that is wrong."""


def fill(rule: Rule, groups: Names[str, str]) -> dict[str, Any]:
    """Return the fields of the event that a rule makes of the groups of its pattern."""
    fields: dict[str, Any] = {
        name: template.format_map(groups) for name, template in rule.templates.items()
    }
    fields["type"] = rule.type_name
    fields["parents"] = [parent.format_map(groups) for parent in rule.parents]
    return fields


def parse_mapping(
    text: str, *, type_names: Collection[str], columns: Collection[str] = ()
) -> Mapping:
    """Return the mapping that TOML text describes.

    ``columns`` are the names that templates may use beside the groups of the
    pattern. Raises ``InputError`` naming the rule (from 1) and the key.
    """
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("bad_format", f"the mapping is not TOML: {error}") from error
    _check_keys(read, _TOP, where="the mapping")
    rules = read.get("rule")
    if not isinstance(rules, list) or not rules:
        raise _wrong("rule", "the mapping needs at least one [[rule]]", code="missing")
    parsed = tuple(
        _parse_rule(rule, number, type_names=type_names, columns=columns)
        for number, rule in enumerate(rules, 1)
    )
    return Mapping(
        parsed,
        frozenset(_parse_list(read, "status", int, STATUS)),
        frozenset(_parse_methods(read)),
        _parse_fields(read),
        _parse_zone(read),
        blake2b(text.encode(), digest_size=6).hexdigest(),
        frozenset(columns) & frozenset().union(*map(_names_outside_path, parsed)),
    )


def _names_outside_path(rule: Rule) -> set[str]:
    """Return what the templates of a rule use that is no group of its pattern."""
    templates = (*rule.templates.values(), *rule.parents)
    names = {name for one in templates for _, name, _, _ in _FORMATTER.parse(one) if name}
    return names - rule.path.groupindex.keys()


def _parse_rule(
    rule: Any, number: int, *, type_names: Collection[str], columns: Collection[str]
) -> Rule:
    where = f"rule {number}"
    if not isinstance(rule, dict):
        raise _wrong(where, "write it as a table, [[rule]]")
    _check_keys(rule, _KEYS, where=where)
    path = _compile(_text(rule, "path", where), f"{where}: path")
    groups = {*path.groupindex, *columns}
    type_name = _text(rule, "type", where)
    if type_name not in type_names:
        known = f"known are {', '.join(type_names)}"
        raise _wrong(f"{where}: type", f"{type_name} is not an event type, {known}")
    _text(rule, "resource", where)
    templates = {name: _text(rule, name, where) for name in TEMPLATES if name in rule}
    for name, template in templates.items():
        _check_template(template, f"{where}: {name}", field=name, groups=groups)
    parents = rule.get("parents", [])
    if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
        raise _wrong(f"{where}: parents", "write a list of strings kind:id", code="wrong_type")
    for parent in parents:
        _check_template(parent, f"{where}: parents", field="resource", groups=groups)
    return Rule(number, path, type_name, templates, tuple(parents), _beginning(path))


def _beginning(path: regex.Pattern[str]) -> str:
    """Return what a path has to begin with to have a pattern; empty where that is not plain."""
    found = _PLAIN_BEGINNING.match(path.pattern)
    if found is None or path.flags & regex.IGNORECASE or "|" in path.pattern:
        return ""
    return found[1]


def _compile(pattern: str, where: str) -> regex.Pattern[str]:
    try:
        return regex.compile(pattern)
    except regex.error as error:
        raise _wrong(where, f"{pattern!r} is not a regular expression: {error}") from error


def _check_template(template: str, where: str, *, field: str, groups: Collection[str]) -> None:
    """Check names, and the value itself where it has none."""
    try:
        parts = list(_FORMATTER.parse(template))
    except ValueError as error:
        raise _wrong(where, f"{template!r} has a lone brace, write {{{{ for {{") from error
    names = [(name, spec, conversion) for _, name, spec, conversion in parts if name is not None]
    for name, spec, conversion in names:
        if name not in groups or spec or conversion:
            known = ", ".join(sorted(groups)) or "none"
            raise _wrong(where, f"{{{name}}} is not a group of its path, which has {known}")
    if not names:
        _check_constant(template.format(), where, field=field)


def _check_constant(value: str, where: str, *, field: str) -> None:
    try:
        FIELDS[field](value, field)
    except InputError as error:
        raise _wrong(where, error.message, code="bad_format") from error


def _check_keys(table: dict[str, Any], known: Iterable[str], *, where: str) -> None:
    for key in table:
        if key not in known:
            near = find_near(key, known)
            hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
            raise InputError("unknown_field", f"{where}: {key} is no key of it, {hint}", field=key)


def _text(rule: dict[str, Any], key: str, where: str) -> str:
    value = rule.get(key)
    if value is None:
        raise _wrong(f"{where}: {key}", "is missing", code="missing")
    if not isinstance(value, str):
        raise _wrong(f"{where}: {key}", "must be a string", code="wrong_type")
    return value


def _parse_list(read: dict[str, Any], key: str, kind: type, default: tuple[Any, ...]) -> list[Any]:
    values = read.get(key, list(default))
    if not isinstance(values, list) or not all(type(value) is kind for value in values):
        raise _wrong(key, f"write a list of {kind.__name__}", code="wrong_type")
    return values


def _parse_methods(read: dict[str, Any]) -> list[str]:
    methods: list[str] = _parse_list(read, "methods", str, METHODS)
    if "HEAD" in methods:
        raise _wrong("methods", "HEAD brings no content to anybody, it never counts")
    return methods


def _parse_fields(read: dict[str, Any]) -> dict[str, str]:
    fields = read.get("fields", {})
    if not isinstance(fields, dict):
        raise _wrong("fields", "write it as a table, [fields]", code="wrong_type")
    _check_keys(fields, NAMED_FIELDS, where="fields")
    return {name: _text(fields, name, "fields") for name in fields}


def _parse_zone(read: dict[str, Any]) -> tzinfo:
    if "timezone" not in read:
        return UTC
    name = _text(read, "timezone", "the mapping")
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        raise _wrong("timezone", f"{name!r} is no time zone, such as Europe/Zurich") from error


def _wrong(where: str, message: str, *, code: Any = "bad_format") -> InputError:
    return InputError(code, f"{where}: {message}", field=where)
