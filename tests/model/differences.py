"""Say in lines a person reads where two sets of documents differ.

In: two dictionaries of documents under any keys. Out: lines that name the bucket and the
field, none when they agree. Only the fields that are expected are looked at, so an expectation
worked out by hand may leave out what its case is not about; buckets must be the same on both
sides, except those without any number above zero, which are as good as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABSENT: dict[str, Any] = {"sum": 0, "excluded_count": 0, "volume": 0}


def differences(
    expected: Mapping[Any, Mapping[str, Any]], actual: Mapping[Any, Mapping[str, Any]], *, of: str
) -> list[str]:
    """Compare bucket by bucket; `of` begins every line ("daily record-view")."""
    wanted, found = without_empty(expected), without_empty(actual)
    lines = []
    for bucket in sorted({*wanted, *found}, key=str):
        name = f"{of} {bucket if isinstance(bucket, str) else ' '.join(bucket)}"
        if bucket not in found:
            lines.append(f"{name}: missing, expected {dict(wanted[bucket])}")
        elif bucket not in wanted:
            lines.append(f"{name}: not expected, is {dict(found[bucket])}")
        else:
            lines.extend(field_differences(wanted[bucket], found[bucket], name))
    return lines


def without_empty(documents: Mapping[Any, Mapping[str, Any]]) -> dict[Any, Mapping[str, Any]]:
    return {bucket: document for bucket, document in documents.items() if any_number(document)}


def any_number(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(any_number(inner) for inner in value.values())
    if isinstance(value, list):
        return any(any_number(inner) for inner in value)
    return isinstance(value, int | float) and value != 0


def field_differences(expected: Mapping[str, Any], actual: Mapping[str, Any], at: str) -> list[str]:
    lines = []
    for field, wanted in expected.items():
        found = actual.get(field, ABSENT.get(field))
        if field == "breakdown":
            lines += breakdown_differences(wanted, found or {}, at)
        elif isinstance(wanted, Mapping):
            if without_zeros(wanted) != without_zeros(found or {}):
                lines.append(f"{at}: {field} is {found!r}, expected {wanted!r}")
        elif wanted != found:
            lines.append(f"{at}: {field} is {found!r}, expected {wanted!r}")
    return lines


def breakdown_differences(
    expected: Mapping[str, Any], actual: Mapping[str, Any], at: str
) -> list[str]:
    """Each breakdown that is expected must hold exactly its values."""
    lines = []
    for name, values in expected.items():
        found = without_zeros(actual.get(name) or {})
        for value in sorted({*without_zeros(values), *found}):
            wanted_numbers, numbers = values.get(value), found.get(value)
            if numbers != wanted_numbers:
                where = f"{at}: breakdown {name} {value!r}"
                lines.append(f"{where} is {numbers}, expected {wanted_numbers}")
    return lines


def without_zeros(values: Mapping[str, Any]) -> dict[str, Any]:
    return {value: numbers for value, numbers in values.items() if any_number({"": numbers})}
