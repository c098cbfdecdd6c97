"""A host's own kinds, from ``STATS_KINDS``, beside those of the package.

Comes in: a list of :class:`Kind`, or of dictionaries with its fields (JSON in the
environment). Goes out: the catalogue of the installation. Raises ``ConfigError``
where a definition contradicts itself or another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from typing import Any

from stats.errors import ConfigError, InputError
from stats.kinds.catalogue import APART, KINDS
from stats.kinds.types import NORMAL_IDS, Kind, Kinds
from stats.refs import parse_kind
from stats.validation import find_near

SETTING = "STATS_KINDS"
_FIELDS = {field.name: field for field in fields(Kind)}
_LISTS = tuple(name for name, field in _FIELDS.items() if "tuple" in str(field.type))
_FLAGS = tuple(name for name, field in _FIELDS.items() if field.type == "bool")


def build_kinds(given: Iterable[Any] = ()) -> Kinds:
    """Put the package's kinds and the host's together; the host's win."""
    hosts = [_parse(one) for one in given]
    names = [kind.name for kind in hosts]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{SETTING}: {name} is there more than once")
    declared = {kind.name: kind for kind in (*KINDS, *hosts)}
    for kind in hosts:
        _check(kind, declared)
    kinds = Kinds(declared.values())
    for kind in kinds:
        if kind.name in kinds.around(kind.name):
            raise ConfigError(f"{SETTING}: {kind.name} is within itself, by {kind.within}")
    return kinds


def apply_settings(
    kinds: Kinds,
    *,
    combined: Collection[str],
    counter_items: Collection[str],
    counter_datasets: Collection[str],
    data_types: Mapping[str, str],
) -> Kinds:
    """Return the kinds with what settings say of reports in place of what they say themselves.

    An empty setting says nothing. One that names a kind that nobody declared makes it known.
    """
    named = {*combined, *counter_items, *counter_datasets, *data_types}
    return Kinds(
        replace(
            kind,
            combined=kind.name in combined if combined else kind.combined,
            counter_item=kind.name in counter_items if counter_items else kind.counter_item,
            counter_dataset=(
                kind.name in counter_datasets if counter_datasets else kind.counter_dataset
            ),
            data_type=data_types.get(kind.name, kind.data_type),
        )
        for kind in (*kinds, *(Kind(name) for name in sorted(named) if name not in kinds))
    )


def _parse(given: Any) -> Kind:
    """Return a definition; a dictionary is taken as its fields."""
    if isinstance(given, Kind):
        return given
    if not isinstance(given, Mapping) or "name" not in given:
        raise ConfigError(f"{SETTING}: {given!r} is no Kind; make one of stats.kinds.types")
    for name, value in given.items():
        if name not in _FIELDS:
            near = find_near(str(name), _FIELDS)
            hint = f"; do you mean {near}?" if near else ""
            raise ConfigError(f"{SETTING}: a Kind has no field {name}{hint}")
        if name in _FLAGS and not isinstance(value, bool):
            raise ConfigError(f"{SETTING}: {name} must be true or false")
        if name in _LISTS and (isinstance(value, str) or not isinstance(value, list | tuple)):
            raise ConfigError(f"{SETTING}: {name} must be a list")
    values: dict[str, Any] = {n: tuple(v) if n in _LISTS else v for n, v in given.items()}
    return Kind(**values)


def _check(kind: Kind, declared: Mapping[str, Kind]) -> None:
    try:
        parse_kind(kind.name, field="name")
    except InputError as error:
        raise ConfigError(f"{SETTING}: {kind.name!r}: {error.message}") from error
    if kind.name in APART or not kind.content:
        raise ConfigError(f"{SETTING}: {kind.name}: what is no content is {' and '.join(APART)}")
    if not {"views", "downloads"}.issuperset(kind.site_rankings):
        raise ConfigError(f"{SETTING}: {kind.name}: site_rankings are of views and downloads")
    if kind.takes_access not in ("parents", "versions"):
        raise ConfigError(f"{SETTING}: {kind.name}: takes_access is parents or versions")
    if not callable(kind.normal_id) and kind.normal_id not in NORMAL_IDS:
        known = " or ".join(NORMAL_IDS)
        raise ConfigError(f"{SETTING}: {kind.name}: normal_id is {known}, or a function")
    for field, names in (("within", kind.within), ("ranks", (kind.ranks,) * bool(kind.ranks))):
        for name in names:
            if name not in declared:
                near = find_near(str(name), declared)
                hint = f"; do you mean {near}?" if near else ", declare it too"
                raise ConfigError(f"{SETTING}: {kind.name}: {field}: no kind {name} here{hint}")
            if name in APART:
                raise ConfigError(f"{SETTING}: {kind.name}: {field}: nothing is within {name}")
