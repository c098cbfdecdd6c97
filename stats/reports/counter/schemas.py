"""JSON Schemas of what the COUNTER API answers, made of the definitions.

Goes out: schemas in draft 2020-12, for the OpenAPI document and for checking
files. Invariant: what COUNTER 5.1's own specification refuses is refused; what a
report of ours never has (components, searches by database) is not described.
"""

from __future__ import annotations

from typing import Any

from stats.events.item_fields import ARTICLE_VERSIONS
from stats.reports.counter import exceptions as ex
from stats.reports.counter.definitions import (
    ACCESS_METHODS,
    ALL_ACCESS_TYPES,
    IR,
    PARENT_DATA_TYPES,
    RELEASE,
    CounterReport,
)

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
LONG_TEXT: Schema = {"type": "string", "minLength": 2}
DATE: Schema = {"type": "string", "format": "date"}
TIME: Schema = {"type": "string", "format": "date-time"}
COUNTRY: Schema = {"type": "string", "pattern": "^[A-Z]{2}$"}
SUBDIVISION: Schema = {"type": "string", "pattern": "^[A-Z]{2}-[A-Z0-9]{1,3}$"}
YES_OR_NO: Schema = {"type": "string", "enum": ["Yes", "No"]}
TRUE_OR_FALSE: Schema = {"type": "string", "enum": ["True", "False"]}
PROPRIETARY: Schema = {"type": "string", "pattern": "^[a-zA-Z][a-zA-Z0-9_./]{1,17}:.+"}
ISNI: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9X]$",
}
ISSN: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{3}[0-9X]$"}
ROR: Schema = {"type": "string", "pattern": "^0[a-z0-9]{6}[0-9]{2}$"}
ORCID: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$"}
REGISTRY_RECORD: Schema = {
    "type": "string",
    "pattern": "^(https://registry\\.(countermetrics|projectcounter)\\.org/"
    "(platform|usage-data-host)/"
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|)$",
}

_EXTENSIONS: dict[str, Schema] = {
    "Customer_ID": LONG_TEXT,
    "Institution_Name": LONG_TEXT,
    "Country_Name": LONG_TEXT,
    "Country_Code": COUNTRY,
    "Subdivision_Name": LONG_TEXT,
    "Subdivision_Code": SUBDIVISION,
    "Attributed": YES_OR_NO,
}
"""Attributes that every full report may show (section 11.5)."""


def _object(properties: dict[str, Schema], *required: str, least: int = 0) -> Schema:
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
    schema |= {"required": list(required)} if required else {}
    return schema | ({"minProperties": least} if least else {})


def _list(items: Schema, *, least: int = 1, most: int | None = None) -> Schema:
    schema: Schema = {"type": "array", "items": items, "minItems": least, "uniqueItems": True}
    return schema | ({"maxItems": most} if most else {})


def _one_of(values: tuple[str, ...]) -> Schema:
    return {"type": "string", "enum": list(values)}


COUNTS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    "additionalProperties": {"type": "integer", "minimum": 0},
    "minProperties": 1,
}
_ORGANISATION: dict[str, Schema] = {
    "ISNI": _list(ISNI),
    "ROR": _list(ROR),
    "Proprietary": _list(PROPRIETARY),
}
PUBLISHER_ID = _object(_ORGANISATION, least=1)
INSTITUTION_ID = _object(
    _ORGANISATION | {"ISIL": _list(TEXT), "OCLC": _list({"type": "string", "pattern": "^[0-9]+$"})},
    least=1,
)
ITEM_ID = _object(
    {
        "DOI": {"type": "string", "pattern": "^10\\.[1-9][0-9]{2}[0-9.]*/.+$"},
        "Proprietary": PROPRIETARY,
        "ISBN": {
            "type": "string",
            "pattern": "^97[89]-[0-9]+-[0-9]+-[0-9]+-[0-9]$",
            "minLength": 17,
            "maxLength": 17,
        },
        "Print_ISSN": ISSN,
        "Online_ISSN": ISSN,
        "URI": {"type": "string", "format": "uri"},
    },
    least=1,
)
AUTHORS = _list(_object({"Name": LONG_TEXT, "ISNI": ISNI, "ORCID": ORCID}, "Name"), most=3)
EXCEPTION = _object(
    {
        "Code": {"type": "integer", "minimum": 0},
        "Message": LONG_TEXT,
        "Data": TEXT,
        "Help_URL": {"type": "string", "format": "uri"},
    },
    "Code",
    "Message",
)
"""The whole answer where there is no report (appendix D)."""

STATUS: Schema = _list(
    _object(
        {
            "Service_Active": {"type": "boolean"},
            "Description": TEXT,
            "Registry_Record": REGISTRY_RECORD,
            "Note": TEXT,
            "Alerts": {
                "type": "array",
                "minItems": 1,
                "items": _object({"Date_Time": TIME, "Alert": TEXT}),
            },
        },
        "Service_Active",
    )
)
MEMBERS: Schema = _list(
    _object(
        {
            "Institution_Name": LONG_TEXT,
            "Customer_ID": {"type": "string", "minLength": 1},
            "Institution_ID": INSTITUTION_ID,
            "Requestor_ID": {"type": "string", "minLength": 1},
            "Notes": LONG_TEXT,
        },
        "Institution_Name",
        "Customer_ID",
    )
)
_MONTH: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}
_LISTED = {
    **dict.fromkeys(("Report_Name", "Report_ID", "Report_Description", "Path"), LONG_TEXT),
    "Release": {"type": "string", "minLength": 1},
    **dict.fromkeys(("First_Month_Available", "Last_Month_Available"), _MONTH),
}
REPORT_LIST: Schema = _list(_object(_LISTED, *(name for name in _LISTED if name != "Path")))


def build_report(report: CounterReport) -> Schema:
    """Return the schema of a report."""
    build = _item_entry if report.full == IR else _platform_entry
    entries = {"type": "array", "items": build(report)}
    properties = {"Report_Header": _header(report), "Report_Items": entries}
    return _object(properties, *properties)


def _header(report: CounterReport) -> Schema:
    properties: dict[str, Schema] = {
        "Report_Name": {"type": "string", "const": report.name},
        "Report_ID": {"type": "string", "const": report.id},
        "Release": {"type": "string", "const": RELEASE},
        "Institution_Name": LONG_TEXT,
        "Institution_ID": INSTITUTION_ID,
        "Report_Filters": _filters(report),
        "Created": TIME,
        "Created_By": LONG_TEXT,
        "Registry_Record": REGISTRY_RECORD,
    }
    required = list(properties)
    if report.view_of is None:
        properties["Report_Attributes"] = _attributes(report)
    properties["Exceptions"] = _list(_remark())
    return _object(properties, *required)


def _remark() -> Schema:
    """Return the schema of an exception in a header: a number of ours, or one of table D.1."""
    codes = sorted(kind.code for kind in ex.KINDS if kind.status == 200)
    legal = [{"minimum": 0, "maximum": 999}, {"enum": codes}]
    code = {"type": "integer", "anyOf": legal}
    return {**EXCEPTION, "properties": {**EXCEPTION["properties"], "Code": code}}


def _filters(report: CounterReport) -> Schema:
    properties: dict[str, Schema] = {
        "Begin_Date": DATE,
        "End_Date": DATE,
        "Platform": LONG_TEXT,
    }
    if report.view_of is not None:
        properties |= {name: _exactly(values) for name, values in report.fixed.items()}
        return _object(properties, "Begin_Date", "End_Date", *report.fixed)
    properties |= {
        "Metric_Type": _list(_one_of(report.metrics)),
        "Data_Type": _list(_one_of(report.data_types)),
        "Access_Method": _list(_one_of(ACCESS_METHODS)),
        "Country_Code": COUNTRY,
        "Subdivision_Code": SUBDIVISION,
        "Attributed": YES_OR_NO,
    }
    if report == IR:
        properties |= {
            "Access_Type": _list(_one_of(ALL_ACCESS_TYPES)),
            "YOP": _list({"type": "string", "pattern": "^[0-9]{4}(-[0-9]{4})?$"}),
            **dict.fromkeys(("Item_ID", "Author"), LONG_TEXT),
        }
    return _object(properties, "Begin_Date", "End_Date")


def _exactly(values: tuple[str, ...]) -> Schema:
    """Return the schema of a list that holds these values and no others, in whatever order."""
    return {**_list(_one_of(values), least=len(values)), "maxItems": len(values)}


def _attributes(report: CounterReport) -> Schema:
    shown = tuple(dict.fromkeys((*report.attributes, *_EXTENSIONS)))
    properties: dict[str, Schema] = {
        "Attributes_To_Show": _list(_one_of(shown)),
        "Granularity": {"type": "string", "enum": ["Month", "Total", "Totals"]},
    }
    if report == IR:
        names = ("Include_Parent_Details", "Include_Component_Details")
        properties |= dict.fromkeys(names, TRUE_OR_FALSE)
    return _object(properties, least=1)


def _platform_entry(report: CounterReport) -> Schema:
    properties = {"Platform": LONG_TEXT, "Attribute_Performance": _performances(report)}
    return _object(properties, *properties)


def _item_entry(report: CounterReport) -> Schema:
    """Return the schema of items that are part of one thing, or of nothing."""
    items = {"type": "array", "minItems": 1, "items": _item(report)}
    if report.full != report and "Authors" not in report.show:
        return _object({"Items": items}, "Items")
    parent: dict[str, Schema] = {
        "Item_ID": ITEM_ID,
        "Title": TEXT,
        "Authors": AUTHORS,
        "Article_Version": _one_of(ARTICLE_VERSIONS),
    }
    if report == IR:
        parent |= {"Publication_Date": DATE, "Data_Type": _one_of(PARENT_DATA_TYPES)}
    told = {name: ["Item_ID"] for name in parent if name != "Item_ID"}
    return {**_object({**parent, "Items": items}, "Items"), "dependentRequired": told}


def _item(report: CounterReport) -> Schema:
    properties: dict[str, Schema] = {
        "Item": TEXT,
        "Publisher": TEXT,
        "Platform": LONG_TEXT,
        "Attribute_Performance": _performances(report),
    }
    required = list(properties)
    properties |= {"Publisher_ID": PUBLISHER_ID, "Item_ID": ITEM_ID}
    if report == IR or "Authors" in report.show:
        properties |= {"Authors": AUTHORS, "Publication_Date": DATE}
        properties["Article_Version"] = _one_of(ARTICLE_VERSIONS)
    return _object(properties, *required)


def _performances(report: CounterReport) -> Schema:
    required: list[str] = []
    properties: dict[str, Schema] = {}
    if report.by_data_type:
        properties["Data_Type"] = _one_of(report.data_types)
        required.append("Data_Type")
    if report.full == report:
        properties |= {"Access_Method": _one_of(ACCESS_METHODS), **_EXTENSIONS}
    if report == IR:
        properties["YOP"] = {"type": "string", "pattern": "^[0-9]{4}$"}
    if report == IR or "Access_Type" in report.show:
        properties["Access_Type"] = _one_of(ALL_ACCESS_TYPES)
        required += ["Access_Type"] if report != IR else []
    properties["Performance"] = _object(dict.fromkeys(report.metrics, COUNTS), least=1)
    return {"type": "array", "minItems": 1, "items": _object(properties, *required, "Performance")}
