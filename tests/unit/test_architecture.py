"""The import table of DESIGN section 7: a module imports only rows above its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "stats"

ROWS = (
    (
        "errors",
        "times",
        "refs",
        "validation",
        "signals",
        "client",
        "gc_control",
        "batches",
        "counting_rules",
        "json_text",
    ),
    ("events.types", "events.catalogue", "aggregations.types", "queries.types"),
    ("stores", "templates", "data"),
    ("events", "aggregations", "queries"),
    (
        "config",
        "setting_values",
        "definitions",
        "permissions",
        "reports",
        "exports",
        "retention",
        "audit",
        "legacy",
        "ext",
        "wiring",
        "proxies",
    ),
    (
        "views",
        "widgets",
        "hosts",
        "tasks",
        "worker",
        "bench",
        "service",
        "cli",
        "dashboard",
        "health",
        "engines",
        "kibana",
        "demo",
    ),
)
"""The rows, a module or package each; what is listed with a dot is taken out of its package."""

NOT_EACH_OTHER = ("events", "aggregations", "queries")
ENGINES_CLIENTS = ("elasticsearch", "elastic_transport", "pymongo", "kombu", "invenio_queues")
MAY_USE_CLIENTS = ("stores", "engines", "worker")
"""`engines` probes and cleans up what it starts; `worker` names Celery's queue."""


def modules() -> list[tuple[str, Path]]:
    return [
        (".".join(path.relative_to(PACKAGE).with_suffix("").parts), path)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"
    ]


def row_of(module: str) -> int:
    found = [
        (len(name), number)
        for number, names in enumerate(ROWS)
        for name in names
        if module == name or module.startswith(f"{name}.")
    ]
    assert found, f"stats.{module} is in no row of the import table"
    return max(found)[1]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "stats":
                yield from (f"stats.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_a_module_imports_only_rows_above(module: str, path: Path) -> None:
    wrong = [
        imported
        for imported in imports(path)
        if imported.startswith("stats.") and imported != "stats.__version__"
        if not may_import(module, imported.removeprefix("stats."))
    ]
    assert not wrong, f"stats.{module} must not import {', '.join(wrong)}"


def top(module: str) -> str:
    return module.partition(".")[0]


def may_import(module: str, imported: str) -> bool:
    if top(module) == top(imported):
        return True
    row, other = row_of(module), row_of(imported)
    if row == other == row_of("events"):
        return not {top(module), top(imported)} <= set(NOT_EACH_OTHER)
    return other <= row


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_only_stores_talk_to_the_engines(module: str, path: Path) -> None:
    if top(module) in MAY_USE_CLIENTS:
        return
    clients = [name for name in imports(path) if top(name) in ENGINES_CLIENTS]
    assert not clients, f"stats.{module} must not import {', '.join(clients)}"


def test_the_table_is_not_empty() -> None:
    assert len(modules()) > 50
    assert not may_import("errors", "stores.search")
    assert not may_import("events.steps", "queries.breakdown")
    assert may_import("views.totals", "ext")
