"""PR, IR and their views as JSON: minimal, nothing that is default, nothing that is zero.

Comes in: an answer. Goes out: the bytes of the report, item by item, so that
memory does not grow with the items.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from typing import Any

import orjson

from stats.reports.counter.definitions import IR, RELEASE, WORLD, WORLD_NAME
from stats.reports.counter.lines import ItemLines, Line, item_ids
from stats.reports.counter.request import CounterRequest
from stats.reports.counter.run import CounterAnswer
from stats.reports.external_sort import Sorted
from stats.reports.items import Author, Item
from stats.reports.stream import gathered

_ORGANISATIONS = {
    "isni": re.compile(r"[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9X]"),
    "ror": re.compile(r"0[a-z0-9]{6}[0-9]{2}"),
}
"""Identifiers of organisations that COUNTER knows by name; others are proprietary."""


def header(answer: CounterAnswer) -> dict[str, Any]:
    """Return the Report_Header."""
    request, platform = answer.request, answer.platform
    body: dict[str, Any] = {
        "Report_Name": request.report.name,
        "Report_ID": request.report.id,
        "Release": RELEASE,
        "Institution_Name": WORLD_NAME,
        "Institution_ID": {"Proprietary": [f"{platform.id}:{WORLD}"]},
        "Report_Filters": {
            "Begin_Date": request.first.isoformat(),
            "End_Date": request.last.isoformat(),
            **request.filters,
        },
    }
    if attributes := report_attributes(request):
        body["Report_Attributes"] = attributes
    if request.remarks:
        remarks = sorted(set(request.remarks), key=lambda r: (r.kind.code, r.data))
        body["Exceptions"] = [remark.to_dict() for remark in remarks]
    return body | {
        "Created": f"{answer.created:%Y-%m-%dT%H:%M:%SZ}",
        "Created_By": platform.name,
        "Registry_Record": platform.registry_record,
    }


def report_attributes(request: CounterRequest) -> dict[str, Any]:
    """Return what differs from the default attributes; a view has no others."""
    attributes: dict[str, Any] = {}
    if request.show and request.report.view_of is None:
        attributes["Attributes_To_Show"] = list(request.show)
    if request.include_parents:
        attributes["Include_Parent_Details"] = "True"
    if request.include_components:
        attributes["Include_Component_Details"] = "True"
    return attributes


def to_json(answer: CounterAnswer) -> Iterator[bytes]:
    """Return the report as chunks of a body."""
    return gathered(_pieces(answer))


def _pieces(answer: CounterAnswer) -> Iterator[bytes]:
    yield b'{"Report_Header":' + orjson.dumps(header(answer)) + b',"Report_Items":['
    if answer.request.report.full != IR:
        if answer.lines:
            yield orjson.dumps(
                {"Platform": answer.platform.id, "Attribute_Performance": _lines(answer.lines)}
            )
    elif answer.with_parents:
        yield from _with_parents(answer)
    else:
        yield from _entry(answer.items, answer)
    yield b"]}"


def _order(one: ItemLines) -> tuple[str, str]:
    return _ref(one), one.item.resource


def _with_parents(answer: CounterAnswer) -> Iterator[bytes]:
    """Write one entry a parent, and one for all items without."""
    with closing(Sorted(answer.items, key=_order)) as items:
        first = True
        for _, group in groupby(items, key=_ref):
            if not first:
                yield b","
            first = False
            yield from _entry(group, answer)


def _ref(one: ItemLines) -> str:
    return one.parent.resource if one.parent else ""


def build_parent(parent: Item | None, answer: CounterAnswer) -> dict[str, Any]:
    """Return what is said of what items are part of; a view for articles says less."""
    if parent is None:
        return {}
    body: dict[str, Any] = {"Item_ID": item_ids(parent, answer.platform), "Title": parent.name}
    if authors := _authors(parent):
        body["Authors"] = authors
    if parent.article_version:
        body["Article_Version"] = parent.article_version
    if answer.request.report.by_data_type:
        body["Data_Type"] = parent.parent_type
        if parent.publication_date:
            body["Publication_Date"] = parent.publication_date
    return body


def _entry(items: Iterable[ItemLines], answer: CounterAnswer) -> Iterator[bytes]:
    """Write items of one parent, or of none, as an entry of Report_Items; nothing without any."""
    empty = True
    for one in items:
        if empty:
            head = orjson.dumps(build_parent(one.parent, answer))[:-1]
            yield head + (b"," if one.parent else b"") + b'"Items":['
        yield (b"" if empty else b",") + orjson.dumps(build_item(one, answer))
        empty = False
    if not empty:
        yield b"]}"


def build_item(one: ItemLines, answer: CounterAnswer) -> dict[str, Any]:
    """Return one item of an IR."""
    item, platform, show = one.item, answer.platform, answer.request.show
    body: dict[str, Any] = {"Item": item.name, "Publisher": item.publisher}
    body["Platform"] = platform.id
    if identifier := publisher_id(item):
        body["Publisher_ID"] = identifier
    body["Item_ID"] = item_ids(item, platform)
    if "Authors" in show and (authors := _authors(item)):
        body["Authors"] = authors
    if "Article_Version" in show and item.article_version:
        body["Article_Version"] = item.article_version
    if "Publication_Date" in show and item.publication_date:
        body["Publication_Date"] = item.publication_date
    return body | {"Attribute_Performance": _lines(one.lines)}


def publisher_id(item: Item) -> dict[str, list[str]]:
    """Return the publisher's id in a namespace of the standard."""
    if item.publisher_id is None:
        return {}
    kind, value = item.publisher_id
    if kind in _ORGANISATIONS and _ORGANISATIONS[kind].fullmatch(value):
        return {kind.upper(): [value]}
    namespace = kind.replace("-", "_")  # COUNTER's namespaces have no hyphen
    return {"Proprietary": [f"{namespace}:{value}"]}


def _authors(item: Item) -> list[dict[str, str]]:
    """Return the first three authors whose names have the two characters that are demanded."""
    return [_author(author) for author in item.authors if len(author.name) > 1][:3]


def _author(author: Author) -> dict[str, str]:
    ids = {"ISNI": author.isni, "ORCID": author.orcid}
    return {"Name": author.name} | {name: value for name, value in ids.items() if value}


def _lines(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [{**dict(line.attributes), "Performance": line.performance} for line in lines]
