"""The mapping of an access log, from requests to events (``docs/events.md#importing-logs``).

In comes TOML, out goes a :class:`Mapping`, checked in whole: every pattern
compiles, every template speaks of groups of its pattern, every event type is
known. The first rule whose pattern is found in the path wins; a request that no
rule matches is no event. Mistakes are ``InputError`` with rule number and key.
"""

from __future__ import annotations

import re
import string
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from stats.errors import InputError
from stats.events.fields import FIELDS
from stats.validation import find_near

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STATUS = (200, 304)
"""What counts as used: ``docs/counting-rules.md#what-counts``."""

METHODS = ("GET",)
TEMPLATES = ("resource", "owner_id", "access", "title", "via")
_KEYS = ("path", "type", "parents", *TEMPLATES)
_TOP = ("status", "methods", "rule")
_FORMATTER = string.Formatter()


@dataclass(frozen=True)
class Rule:
    """Requests whose path has the pattern are events of a type."""

    path: re.Pattern[str]
    type_name: str
    templates: dict[str, str]
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Mapping:
    """All of a mapping file; ``columns`` are what templates may use beside groups."""

    rules: tuple[Rule, ...]
    status: frozenset[int]
    methods: frozenset[str]

    def counts(self, status: int, method: str) -> bool:
        """Return whether a request was answered in a way that is use."""
        return status in self.status and method in self.methods

    def match(self, target: str, *, columns: dict[str, str] | None = None) -> dict[str, Any] | None:
        """Return the fields of the event that a request target is; None when it is none."""
        path = path_of(target)
        for rule in self.rules:
            found = rule.path.search(path)
            if found:
                return _fill(rule, {**(columns or {}), **found.groupdict(default="")})
        return None


def path_of(target: str) -> str:
    """Return the path of a request target: no host, no query string, percent-decoded."""
    if not target.startswith("/"):
        target = re.sub(r"^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?]*", "", target)
    return unquote(target.partition("?")[0])


def _fill(rule: Rule, groups: dict[str, str]) -> dict[str, Any]:
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
    return Mapping(
        tuple(
            _parse_rule(rule, f"rule {number}", type_names=type_names, columns=columns)
            for number, rule in enumerate(rules, 1)
        ),
        frozenset(_parse_list(read, "status", int, STATUS)),
        frozenset(_parse_methods(read)),
    )


def _parse_rule(
    rule: Any, where: str, *, type_names: Collection[str], columns: Collection[str]
) -> Rule:
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
    return Rule(path, type_name, templates, tuple(parents))


def _compile(pattern: str, where: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
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


def _wrong(where: str, message: str, *, code: Any = "bad_format") -> InputError:
    return InputError(code, f"{where}: {message}", field=where)
