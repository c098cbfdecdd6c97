"""PR and IR as tab-separated values (A8).

Comes in: an answer. Goes out: lines of text as bytes, item by item. What
always holds: thirteen header lines, an empty one, the column heads; a month
without usage is 0 in a line that has some, a line of zeros is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stats.reports.cells import tsv_line
from stats.reports.counter.definitions import IR, METRIC_FIELDS
from stats.reports.counter.json_form import header, publisher_id
from stats.reports.counter.lines import ItemLines, Line, item_ids
from stats.reports.counter.run import CounterAnswer
from stats.reports.items import Author, Item
from stats.reports.months import months
from stats.reports.stream import gathered
from stats.times import month_of

SEPARATOR = "; "
_ID_COLUMNS = ("DOI", "Proprietary_ID", "ISBN", "Print_ISSN", "Online_ISSN", "URI")
_LINE_ATTRIBUTES = ("YOP", "Access_Type", "Access_Method", "Country_Code")
_PARENT_COLUMNS = (
    "Parent_Title",
    "Parent_Authors",
    "Parent_Publication_Date",
    "Parent_Article_Version",
    "Parent_Data_Type",
    "Parent_DOI",
    "Parent_Proprietary_ID",
    "Parent_ISBN",
    "Parent_Print_ISSN",
    "Parent_Online_ISSN",
    "Parent_URI",
)


def to_tsv(answer: CounterAnswer) -> Iterator[bytes]:
    """Return the report as chunks of a text in UTF-8, without a byte order mark."""
    return gathered(line.encode() for line in _text(answer))


def _text(answer: CounterAnswer) -> Iterator[str]:
    for name, value in header_rows(answer):
        yield f"{name}\t{value}\n"
    yield "\n"
    yield tsv_line(columns(answer))
    if answer.request.report != IR:
        yield from _lines({"Platform": answer.platform.id}, answer.lines, answer)
    for one in answer.items:
        yield from _lines(_item(one, answer), one.lines, answer)


def header_rows(answer: CounterAnswer) -> list[tuple[str, str]]:
    """Return the thirteen lines of the header."""
    body = header(answer)
    filters = dict(body["Report_Filters"])
    begin, end = filters.pop("Begin_Date"), filters.pop("End_Date")
    values = {
        "Institution_ID": SEPARATOR.join(body["Institution_ID"]["Proprietary"]),
        "Metric_Types": SEPARATOR.join(filters.pop("Metric_Type", ())),
        "Report_Filters": _pairs(filters),
        "Report_Attributes": _pairs(body.get("Report_Attributes", {})),
        "Exceptions": SEPARATOR.join(r.to_text() for r in answer.request.remarks),
        "Reporting_Period": f"Begin_Date={begin}; End_Date={end}",
    }
    names = "Report_Name Report_ID Release Institution_Name Institution_ID Metric_Types "
    names += "Report_Filters Report_Attributes Exceptions Reporting_Period "
    names += "Created Created_By Registry_Record"
    return [(name, values[name] if name in values else body[name]) for name in names.split()]


def columns(answer: CounterAnswer) -> list[str]:
    """Return the column heads."""
    request = answer.request
    shown = [name for name in _LINE_ATTRIBUTES if name in request.show]
    heads = ["Platform", "Data_Type"]
    if request.report == IR:
        extra = [name for name in ("Authors", "Publication_Date") if name in request.show]
        parents = _PARENT_COLUMNS if request.include_parents else ()
        heads = ["Item", "Publisher", "Publisher_ID", "Platform", *extra, *_ID_COLUMNS]
        heads += [*parents, "Data_Type"]
    return [*heads, *shown, "Metric_Type", "Reporting_Period_Total", *_month_heads(answer)]


def _month_heads(answer: CounterAnswer) -> list[str]:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
    names += ["Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    request = answer.request
    return [f"{names[m.month - 1]}-{m.year:04d}" for m in months(request.first, request.last)]


def _lines(cells: Mapping[str, str], lines: Iterable[Line], answer: CounterAnswer) -> Iterator[str]:
    request = answer.request
    wanted = [month_of(month) for month in months(request.first, request.last)]
    heads = columns(answer)
    fixed = heads[: heads.index("Metric_Type")]
    for line in lines:
        values = {**cells, **dict(line.attributes)}
        texts = [values.get(head, "") for head in fixed]
        for metric in METRIC_FIELDS:
            if counts := line.performance.get(metric):
                numbers = [counts.get(month, 0) for month in wanted]
                yield tsv_line([*texts, metric, sum(numbers), *numbers])


def _item(one: ItemLines, answer: CounterAnswer) -> dict[str, str]:
    item, platform = one.item, answer.platform
    cells = {
        "Item": item.title,
        "Publisher": item.publisher,
        "Publisher_ID": _ids(publisher_id(item, platform)),
        "Platform": platform.id,
        "Authors": _authors(item),
        "Publication_Date": item.publication_date,
        **_id_cells(item, answer),
    }
    if one.parent and answer.request.include_parents:
        parent = answer.parent(one.parent)
        cells |= {"Parent_Title": parent.title, "Parent_Data_Type": parent.data_type}
        cells |= {f"Parent_{name}": value for name, value in _id_cells(parent, answer).items()}
    return cells


def _id_cells(item: Item, answer: CounterAnswer) -> dict[str, str]:
    ids = item_ids(item, answer.platform)
    return {
        "DOI": ids.get("DOI", ""),
        "Proprietary_ID": ids["Proprietary"],
        "URI": ids.get("URI", ""),
    }


def _ids(ids: Mapping[str, list[str]]) -> str:
    texts = [
        value if name == "Proprietary" else f"{name}:{value}"
        for name, values in ids.items()
        for value in values
    ]
    return SEPARATOR.join(texts)


def _authors(item: Item) -> str:
    return SEPARATOR.join(map(_author, item.authors[:3]))


def _author(author: Author) -> str:
    ids = [f"ORCID:{author.orcid}"] * bool(author.orcid)
    ids += [f"ISNI:{author.isni}"] * bool(author.isni)
    return f"{author.name} ({ids[0]})" if ids else author.name


def _pairs(values: Mapping[str, Any]) -> str:
    """Return ``name=a|b; name=c``."""
    texts = [
        f"{name}={'|'.join(value) if isinstance(value, list) else value}"
        for name, value in values.items()
    ]
    return SEPARATOR.join(texts)
