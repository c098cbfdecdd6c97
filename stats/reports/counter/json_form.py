"""PR and IR as JSON (A7): minimal, nothing that is default, nothing that is zero.

Comes in: an answer. Goes out: the bytes of the report, item by item, so that
memory does not grow with the items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import orjson

from stats.reports.counter.definitions import IR, RELEASE, WORLD, WORLD_NAME
from stats.reports.counter.lines import ItemLines, Line, item_ids
from stats.reports.counter.request import CounterRequest
from stats.reports.counter.run import CounterAnswer
from stats.reports.external_sort import Sorted
from stats.reports.items import Author, Item, Platform
from stats.reports.stream import gathered


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
        "Registry_Record": "",
    }


def report_attributes(request: CounterRequest) -> dict[str, Any]:
    """Return what differs from the default attributes."""
    attributes: dict[str, Any] = {}
    if request.show:
        attributes["Attributes_To_Show"] = list(request.show)
    if request.include_parents:
        attributes["Include_Parent_Details"] = "True"
    return attributes


def to_json(answer: CounterAnswer) -> Iterator[bytes]:
    """Return the report as chunks of a body."""
    return gathered(_pieces(answer))


def _pieces(answer: CounterAnswer) -> Iterator[bytes]:
    yield b'{"Report_Header":' + orjson.dumps(header(answer)) + b',"Report_Items":['
    if answer.request.report != IR:
        if answer.lines:
            yield orjson.dumps(
                {"Platform": answer.platform.id, "Attribute_Performance": _lines(answer.lines)}
            )
    elif answer.request.include_parents:
        yield from _with_parents(answer)
    else:
        yield from _entry({}, answer.items, answer)
    yield b"]}"


def _with_parents(answer: CounterAnswer) -> Iterator[bytes]:
    """Write one entry a parent, and one for all items without."""
    with Sorted(answer.items, key=lambda one: (one.parent, one.item.resource)) as items:
        first = True
        for ref, children in groupby(items, key=lambda one: one.parent):
            if not first:
                yield b","
            first = False
            yield from _entry(_parent(answer, ref) if ref else {}, children, answer)


def _parent(answer: CounterAnswer, ref: str) -> dict[str, Any]:
    parent = answer.parent(ref)
    body: dict[str, Any] = {"Item_ID": item_ids(parent, answer.platform)}
    if parent.title:
        body["Title"] = parent.title
    return body | {"Data_Type": parent.data_type}


def _entry(
    head: dict[str, Any], items: Iterable[ItemLines], answer: CounterAnswer
) -> Iterator[bytes]:
    """Write one entry of Report_Items; nothing when it has no items."""
    begin = orjson.dumps(head)[:-1] + (b"," if head else b"") + b'"Items":['
    empty = True
    for one in items:
        yield (begin if empty else b",") + orjson.dumps(build_item(one, answer))
        empty = False
    if not empty:
        yield b"]}"


def build_item(one: ItemLines, answer: CounterAnswer) -> dict[str, Any]:
    """Return one item of an IR."""
    item, platform, show = one.item, answer.platform, answer.request.show
    body: dict[str, Any] = {"Item": item.title, "Publisher": item.publisher}
    body["Platform"] = platform.id
    if identifier := publisher_id(item, platform):
        body["Publisher_ID"] = identifier
    body["Item_ID"] = item_ids(item, platform)
    if "Authors" in show and item.authors:
        body["Authors"] = [_author(author) for author in item.authors[:3]]
    if "Publication_Date" in show and item.publication_date:
        body["Publication_Date"] = item.publication_date
    return body | {"Attribute_Performance": _lines(one.lines)}


def publisher_id(item: Item, platform: Platform) -> dict[str, list[str]]:
    """Return the publisher's id, when the item is of the platform's own publisher."""
    if platform.publisher_id is None or item.publisher != platform.publisher:
        return {}
    kind, value = platform.publisher_id
    if kind == "isni":
        return {"ISNI": [value]}
    namespace = kind.replace("-", "_")  # COUNTER's namespaces have no hyphen
    return {"Proprietary": [f"{namespace}:{value}"]}


def _author(author: Author) -> dict[str, str]:
    ids = {"ISNI": author.isni, "ORCID": author.orcid}
    return {"Name": author.name} | {name: value for name, value in ids.items() if value}


def _lines(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [{**dict(line.attributes), "Performance": line.performance} for line in lines]
