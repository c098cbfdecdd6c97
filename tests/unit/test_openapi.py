"""The OpenAPI document without a service: valid, without gaps, and clients are made of it."""

from __future__ import annotations

import compileall
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from stats.ext import EXTENSION
from stats.reports.counter.definitions import COUNTER_REPORTS
from stats.service import create_app
from stats.views.openapi import build_openapi

FRONT_END = Path(__file__).parents[2] / "widgets"


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


def test_every_query_has_a_twin_as_csv(document: dict[str, Any]) -> None:
    paths = document["paths"]
    twins = [path for path in paths if f"{path}.csv" in paths]
    assert len(twins) > 50
    for path in twins:
        json_, csv = (paths[p]["get"]["responses"]["200"]["content"] for p in (path, f"{path}.csv"))
        assert (list(json_), list(csv)) == (["application/json"], ["text/csv"])


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


@pytest.mark.timeout(300)
def test_a_python_client_is_made_of_it(document: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate"]
    command += ["--path", "openapi.json", "--meta", "none", "--output-path", "usage_client"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    package = tmp_path / "usage_client"
    assert compileall.compile_dir(package, quiet=2)
    for name in ("query_record_view_histogram", "get_api_stats_breakdown", "counter_report_ir"):
        assert list(package.rglob(f"{name}.py")), name


@pytest.mark.timeout(300)
def test_types_are_made_of_it(document: dict[str, Any], tmp_path: Path) -> None:
    tool = FRONT_END / "node_modules" / ".bin"
    if not (tool / "openapi-typescript").exists() or shutil.which("node") is None:
        pytest.skip("the front end's tools are not installed: npm --prefix widgets ci")
    (tmp_path / "openapi.json").write_text(json.dumps(document), "utf-8")
    made = [tool / "openapi-typescript", "openapi.json", "-o", "schema.d.ts"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "node_modules").symlink_to(FRONT_END / "node_modules")
    (tmp_path / "ask.ts").write_text(
        """
import createClient from "openapi-fetch";
import type { paths } from "./schema";

const client = createClient<paths>({ baseUrl: "http://localhost" });
const histogram = await client.GET("/api/stats/record-view-histogram", {
  params: { query: { resource: "record:r1", interval: "month" } },
});
const counts: number[] | undefined = histogram.data?.buckets.map(({ count }) => count);
const totals = await client.GET("/api/stats/totals/{ref}", {
  params: { path: { ref: "record:r1" } },
});
const views: number | undefined = totals.data?.views;
const csv = await client.GET("/api/stats/record-view-histogram.csv", {
  params: { query: { resource: "record:r1" } },
  parseAs: "text",
});
const text: string | undefined = csv.data;
export { counts, text, views };
""",
        "utf-8",
    )
    check = [tool / "tsc", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"]
    check += ["--module", "esnext", "--moduleResolution", "bundler", "ask.ts"]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
