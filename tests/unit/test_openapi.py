"""The OpenAPI document without a service: valid, and without gaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from stats.ext import EXTENSION
from stats.reports.counter.definitions import COUNTER_REPORTS
from stats.reports.tables import MEDIA_TYPES, TABLE_FORMS, TableForm
from stats.service import create_app
from stats.views.openapi import build_openapi


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = create_app({})
    found: dict[str, Any] = build_openapi(app, app.extensions[EXTENSION].queries.values())
    return found


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def test_it_is_valid_and_no_object_is_bare(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()
    for one in objects(document):
        if one.get("type") == "object":
            assert {"properties", "additionalProperties"} & one.keys(), one
        if one.get("type") == "array":
            assert "items" in one, one
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("form", TABLE_FORMS)
def test_every_query_has_a_twin_as_a_table(document: dict[str, Any], form: TableForm) -> None:
    paths = document["paths"]
    twins = [path for path in paths if f"{path}.{form}" in paths and "/reports/" not in path]
    assert len(twins) > 50
    for path in twins:
        operations = [paths[p]["get"] for p in (path, f"{path}.{form}")]
        json_, table = (one["responses"]["200"]["content"] for one in operations)
        assert (list(json_), list(table)) == (["application/json"], [MEDIA_TYPES[form]])
        assert operations[0]["parameters"] == operations[1]["parameters"]


def test_counter_has_its_own_parameters_errors_and_keys(document: dict[str, Any]) -> None:
    for report in COUNTER_REPORTS.values():
        operation = document["paths"][f"/api/counter/r51/reports/{report.path}"]["get"]
        names = [parameter["name"] for parameter in operation["parameters"]]
        known = ["customer_id", "begin_date", "end_date", "platform", *report.parameters]
        assert names == known
        failed = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert failed == {"$ref": "#/components/schemas/CounterException"}
        assert {"counterKey": []} in operation["security"]
    used = {name for one in objects(document) for s in one.get("security", []) for name in s}
    assert used <= document["components"]["securitySchemes"].keys()


def test_every_form_has_an_address_of_its_own(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    assert len(answer["content"]) == 1, path
    forms = {
        path: next(iter(item["get"]["responses"]["200"]["content"]))
        for path, item in document["paths"].items()
        if "200" in item.get("get", {}).get("responses", {})
    }
    expected = {
        "/api/stats/totals/{ref}": "application/json",
        "/api/stats/jsonld/{ref}": "application/ld+json",
        "/api/stats/totals": "application/json",
        "/api/stats/totals.csv": "text/csv",
        "/api/stats/totals.xlsx": MEDIA_TYPES["xlsx"],
        "/api/stats/content-by.xlsx": MEDIA_TYPES["xlsx"],
        "/api/reports/metrics.xlsx": MEDIA_TYPES["xlsx"],
        "/api/events": "application/json",
        "/api/events.ndjson": "application/x-ndjson",
        "/api/reports/metrics/{name}": "text/csv",
        "/api/reports/metrics/{name}.json": "application/json",
        "/api/reports/metrics/{name}.ndjson": "application/x-ndjson",
        "/api/counter/r51/reports/ir": "application/json",
        "/api/counter/r51/reports/ir.tsv": "text/tab-separated-values",
        "/api/counter/r51/reports/{name}.tsv": "text/tab-separated-values",
    }
    assert {path: forms[path] for path in expected} == expected
