"""PR, IR and their views as tab-separated values (COUNTER 5.1, section 3.2).

Comes in: an answer. Goes out: lines of text as bytes, item by item. Invariants: a
byte order mark, by which spreadsheets know UTF-8; thirteen header lines, an
empty one, the column heads; a month without usage is 0 in a line that has
some, a line of zeros is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from typing import Any

from stats.reports.cells import tsv_line
from stats.reports.counter.definitions import IR, METRIC_FIELDS, CounterReport
from stats.reports.counter.json_form import header, publisher_id
from stats.reports.counter.lines import ItemLines, Line, item_ids
from stats.reports.counter.run import CounterAnswer
from stats.reports.items import Author, Item
from stats.reports.months import column_of, months
from stats.reports.stream import gathered
from stats.times import month_of

SEPARATOR = "; "
_ID_COLUMNS = ("DOI", "Proprietary_ID", "ISBN", "Print_ISSN", "Online_ISSN", "URI")
HEADER_ROWS = (
    *("Report_Name", "Report_ID", "Release", "Institution_Name", "Institution_ID"),
    *("Metric_Types", "Report_Filters", "Report_Attributes", "Exceptions"),
    *("Reporting_Period", "Created", "Created_By", "Registry_Record"),
)
_FIRST = ("Country_Code",)
"""Extensions that the standard reserves: they come before what is counted (section 11.5)."""

_ITEM_ATTRIBUTES = ("Authors", "Publication_Date", "Article_Version")
_LINE_ATTRIBUTES = ("YOP", "Access_Type", "Access_Method")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
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
_LEFT_OUT = {
    "IR_A1": (
        "ISBN",
        "Parent_Publication_Date",
        "Parent_Data_Type",
        "Parent_ISBN",
        "Data_Type",
    ),
    "IR_M1": ("ISBN", "Print_ISSN", "Online_ISSN"),
}
"""Columns of an Item Report that a view of it does not have (table 4.p)."""


def to_tsv(answer: CounterAnswer) -> Iterator[bytes]:
    """Return the report as chunks of a text in UTF-8, with a byte order mark."""
    return gathered(chain([_BYTE_ORDER_MARK], (line.encode() for line in _text(answer))))


def _text(answer: CounterAnswer) -> Iterator[str]:
    for name, value in header_rows(answer):
        yield f"{name}\t{value}\n"
    yield "\n"
    yield tsv_line(columns(answer))
    if answer.request.report.full != IR:
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
    return [(name, values[name] if name in values else body[name]) for name in HEADER_ROWS]


def columns(answer: CounterAnswer) -> list[str]:
    """Return the column heads."""
    request = answer.request
    window = request.first, request.last
    return build_columns(
        request.report, request.show, with_parents=answer.with_parents, window=window
    )


def build_columns(
    report: CounterReport,
    show: Collection[str],
    *,
    with_parents: bool,
    window: tuple[date, date],
) -> list[str]:
    """Return the column heads of a report with the attributes that are shown."""
    heads = _shown(show, _FIRST)
    if report.full == IR:
        heads += ["Item", "Publisher", "Publisher_ID", "Platform"]
        heads += [*_shown(show, _ITEM_ATTRIBUTES), *_ID_COLUMNS]
        heads += _PARENT_COLUMNS if with_parents else ()
    else:
        heads += ["Platform"]
    heads += ["Data_Type", *_shown(show, _LINE_ATTRIBUTES)]
    heads += ["Metric_Type", "Reporting_Period_Total", *map(column_of, months(*window))]
    return [head for head in heads if head not in _LEFT_OUT.get(report.id, ())]


def _shown(show: Collection[str], names: Iterable[str]) -> list[str]:
    return [name for name in names if name in show]


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
        "Item": item.name,
        "Publisher": item.publisher,
        "Publisher_ID": _ids(publisher_id(item)),
        "Platform": platform.id,
        "Authors": _authors(item),
        "Publication_Date": item.publication_date,
        "Article_Version": item.article_version,
        **_id_cells(item, answer),
    }
    if one.parent is not None:
        cells |= _parent_cells(one.parent, answer)
    return cells


def _parent_cells(parent: Item, answer: CounterAnswer) -> dict[str, str]:
    cells = {
        "Title": parent.name,
        "Authors": _authors(parent),
        "Publication_Date": parent.publication_date,
        "Article_Version": parent.article_version,
        "Data_Type": parent.parent_type,
        **_id_cells(parent, answer),
    }
    return {f"Parent_{name}": value for name, value in cells.items()}


def _id_cells(item: Item, answer: CounterAnswer) -> dict[str, str]:
    ids = item_ids(item, answer.platform)
    return {name: ids.get(name.removesuffix("_ID"), "") for name in _ID_COLUMNS}


def _ids(ids: Mapping[str, list[str]]) -> str:
    texts = [
        value if name == "Proprietary" else f"{name}:{value}"
        for name, values in ids.items()
        for value in values
    ]
    return SEPARATOR.join(texts)


def _authors(item: Item) -> str:
    return SEPARATOR.join([_author(one) for one in item.authors if len(one.name) > 1][:3])


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
