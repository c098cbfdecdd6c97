"""What the OpenAPI document says of the COUNTER API: parameters, answers, exceptions.

Goes out: one path for each report, since each has parameters and a schema of its own.
"""

from __future__ import annotations

from typing import Any

from stats.reports.counter.definitions import (
    ACCESS_METHODS,
    ALL_ACCESS_TYPES,
    COUNTER_REPORTS,
    WORLD,
    CounterReport,
)
from stats.reports.counter.schemas import (
    EXCEPTION,
    MEMBERS,
    REPORT_LIST,
    STATUS,
    build_report,
)
from stats.reports.dsr_schema import REPORT

Schema = dict[str, Any]
Operation = dict[str, Any]

JSON = "application/json"
TSV = "text/tab-separated-values"
PREFIX = "/api/counter/r51"
CALLERS: list[dict[str, list[str]]] = [{"counterKey": []}, {"counterRequestor": []}, {"bearer": []}]

COMPONENTS: dict[str, Schema] = {
    "CounterException": EXCEPTION,
    "CounterStatus": STATUS,
    "CounterMembers": MEMBERS,
    "CounterReports": REPORT_LIST,
    "DatasetReport": REPORT,
    **{f"Counter_{report.id}": build_report(report) for report in COUNTER_REPORTS.values()},
}

_DATE: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$",
    "examples": ["2025-03"],
}
_VALUES = {
    "access_method": ACCESS_METHODS,
    "access_type": ALL_ACCESS_TYPES,
    "granularity": ("Month",),
    "include_parent_details": ("True", "False"),
    "include_component_details": ("True", "False"),
}
_HELP = {
    "yop": "Years of publication and spans of them: 2019|2021-2023.",
    "item_id": "Identifiers of items, with or without their namespace.",
    "author": "Name or ORCID of an author.",
    "country_code": "ISO 3166-1 alpha-2.",
    "platform": "The platform's id; there is one.",
}


def build_paths() -> dict[str, dict[str, Operation]]:
    """Return the paths of the COUNTER API."""
    lists: dict[str, tuple[str, str, list[Schema], list[dict[str, list[str]]]]] = {
        "status": ("CounterStatus", "Say whether reports can be had", [], [{}]),
        "members": ("CounterMembers", "Name the one customer: the world", [_customer()], CALLERS),
        "reports": ("CounterReports", "List the reports", [_customer()], CALLERS),
    }
    paths = {
        f"{PREFIX}/{name}": _operation(name, title, parameters, {JSON: _ref(schema)}, security)
        for name, (schema, title, parameters, security) in lists.items()
    }
    for report in COUNTER_REPORTS.values():
        answer = _ref(f"Counter_{report.id}")
        paths |= _as_json_and_tsv(report.path, report.description, _parameters(report), answer)
    named = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    reports = [_ref(f"Counter_{report.id}") for report in COUNTER_REPORTS.values()]
    common = [named, _customer(), *_dates(), _text("platform")]
    paths |= _as_json_and_tsv("{name}", "Any report of COUNTER", common, {"anyOf": reports})
    paths[f"{PREFIX}/reports/dsr"] = _operation(
        "report dsr",
        "Make Data Count's dataset report",
        [_customer(), *_dates(), _text("platform")],
        {JSON: _ref("DatasetReport")},
        CALLERS,
    )
    return paths


def _as_json_and_tsv(
    path: str, title: str, parameters: list[Schema], answer: Schema
) -> dict[str, dict[str, Operation]]:
    """Return a report's two addresses: the tabular form has one of its own."""
    name, address = path.strip("{}"), f"{PREFIX}/reports/{path}"
    table: dict[str, Schema] = {TSV: {"type": "string"}}
    return {
        address: _operation(f"report {name}", title, parameters, {JSON: answer}, CALLERS),
        f"{address}.tsv": _operation(
            f"report {name} tsv", f"{title}, as TSV", parameters, table, CALLERS
        ),
    }


def _operation(
    name: str,
    summary: str,
    parameters: list[Schema],
    answers: dict[str, Schema],
    security: list[dict[str, list[str]]],
) -> dict[str, Operation]:
    failed = {"description": "One exception of table D.1", "content": _json("CounterException")}
    missing = {"description": "There is no such report", "content": _json("ErrorAnswer")}
    content = {media_type: {"schema": schema} for media_type, schema in answers.items()}
    operation: Operation = {
        "operationId": "counter_" + name.replace(" ", "_"),
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "The answer", "content": content},
            "404": missing,
            "default": failed,
        },
        "security": security,
    }
    return {"get": operation}


def _json(name: str) -> Schema:
    return {JSON: {"schema": _ref(name)}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _customer() -> Schema:
    schema = {"type": "string", "const": WORLD}
    return {"name": "customer_id", "in": "query", "required": True, "schema": schema}


def _dates() -> list[Schema]:
    return [
        {"name": name, "in": "query", "required": True, "schema": _DATE}
        for name in ("begin_date", "end_date")
    ]


def _text(name: str, schema: Schema | None = None) -> Schema:
    parameter: Schema = {"name": name, "in": "query", "schema": schema or {"type": "string"}}
    return parameter | ({"description": _HELP[name]} if name in _HELP else {})


def _parameters(report: CounterReport) -> list[Schema]:
    """Return the parameters of a report; a list is of values with ``|`` between."""
    values = {
        **_VALUES,
        "metric_type": report.metrics,
        "data_type": report.data_types,
        "attributes_to_show": report.attributes,
    }
    found = [_customer(), *_dates(), _text("platform")]
    for name in report.parameters:
        if name not in values:
            found.append(_text(name))
            continue
        one = "|".join(values[name])
        schema: Schema = {"type": "string", "pattern": rf"^({one})(\|({one}))*$"}
        found.append(_text(name, schema))
    return found
