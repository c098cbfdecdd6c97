"""The import contract: what each package may import, of this package and of the engines' clients.

The table is the one that ``docs/architecture.md`` draws. A unit is a package, a module beside
them, or one of the modules named with a dot, which stand apart from their package.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "stats"

FOUNDATIONS = frozenset(
    {
        "batches",
        "client",
        "counting_rules",
        "errors",
        "gc_control",
        "json_text",
        "kinds",
        "limits",
        "metrics",
        "origins",
        "redirects",
        "refs",
        "search_address",
        "setting_values",
        "signals",
        "times",
        "validation",
    }
)
"""Everybody may import these; they import each other alone."""

EVENT_DEFINITIONS = {"events.types", "events.catalogue"}
DEFINITIONS = {*EVENT_DEFINITIONS, "aggregations.types", "queries.types"}
COUNTING = {"events", "aggregations", *DEFINITIONS, "stores"}
WEB = {"views", "permissions", "queries", "proxies", "ext", *DEFINITIONS, "stores"}

MAY_IMPORT: dict[str, set[str]] = {
    # what things are
    "events.types": set(),
    "events.catalogue": {"events.types"},
    "aggregations.types": {"events.types"},
    "queries.types": {"events.types", "aggregations.types", "stores"},
    # engines
    "templates": set(),
    "stores": {"templates"},
    # the pipeline; its three stages meet in the stores alone
    "events": {*EVENT_DEFINITIONS, "stores"},
    "aggregations": {"events.types", "aggregations.types", "stores"},
    "queries": {*DEFINITIONS, "stores"},
    # what is made of it
    "retention": COUNTING,
    "audit": COUNTING,
    "legacy": COUNTING,
    "backup": COUNTING,
    "permissions": {"events.types", "queries.types"},
    "reports": {*COUNTING, "queries"},
    "exports": {"reports", "stores", "events.types"},
    # one installation
    "config": set(),
    "setting_sources": {"config"},
    "dimensions": {*DEFINITIONS, "templates"},
    "definitions": {"config", "dimensions", *DEFINITIONS, "queries"},
    "layouts": {"queries"},
    "wiring": {
        "config",
        "definitions",
        "layouts",
        "permissions",
        "reports",
        "exports",
        "retention",
        *COUNTING,
    },
    "ext": {
        "wiring",
        "config",
        "setting_sources",
        "definitions",
        "permissions",
        "queries",
        "reports",
        "retention",
        *COUNTING,
    },
    "log_imports": {"config", "definitions", "events", *EVENT_DEFINITIONS, "stores"},
    "proxies": {"ext"},
    "health": {"ext", "stores"},
    "health_samples": {"ext", "health"},
    # doors
    "views": {*WEB, "events", "reports", "health_samples"},
    "dashboard": {*WEB, "definitions", "health", "layouts"},
    "widgets": {*WEB, "layouts"},
    "views.openapi": {*WEB, "events", "reports", "dashboard", "widgets"},
    "views.register": {"views", "views.openapi", "dashboard", "widgets"},
    "hosts": {
        *WEB,
        "config",
        "setting_sources",
        "log_imports",
        "events",
        "layouts",
        "tasks",
        "dashboard",
        "widgets",
        "views.register",
    }
    | {"views.openapi", "wiring", "legacy"},
    "hosts.invenio.commands": {"cli", "hosts", "proxies"},
    "beat": set(),
    "tasks": {"proxies", "audit", "wiring", "config", "exports", "reports", "retention"},
    "trusted_proxies": {"events"},
    "standalone": {"ext"},
    "service": {"ext", "standalone", "hosts", "trusted_proxies", "views", "views.register"},
    "worker": {"ext", "service", "stores", "tasks"},
    "kibana": {"templates", *EVENT_DEFINITIONS},
    # for development and trial
    "engines": set(),
    "demo": {
        "engines",
        "service",
        "ext",
        "log_imports",
        "permissions",
        "events",
        *DEFINITIONS,
        "stores",
    },
    "bench": {
        "engines",
        "demo",
        "service",
        "ext",
        "log_imports",
        "config",
        "setting_sources",
        "audit",
        *COUNTING,
    },
    "cli": {
        *WEB,
        *COUNTING,
        *(
            "audit",
            "backup",
            "config",
            "exports",
            "health",
            "kibana",
            "legacy",
            "reports",
            "retention",
        ),
        *("standalone", "service", "log_imports", "wiring", "engines", "demo", "bench"),
    },
}
"""What each unit may import, beside the foundations and itself."""

CURRENT_STATS = {
    *("views", "views.openapi", "dashboard", "widgets"),
    *("hosts", "hosts.invenio.commands", "tasks", "cli"),
}
"""Who may ask for ``current_stats``: everything else gets what it needs as arguments."""

ENGINES_CLIENTS = ("elasticsearch", "elastic_transport", "opensearchpy")
ENGINES_CLIENTS += ("pymongo", "kombu", "invenio_queues")
CHECKS_FORM_ALONE = {
    "kinds.types": "this is Kinds.parse_ref",
    "events.fields": "events.batch, and views.descriptions",
    "events.importers.dataset_metadata": "events.importers.event_lines",
    "permissions.identity": "views.identity",
    "permissions.tokens": "views.identity",
    "queries.invenio": "queries.catalogue.resolve_params",
    "queries.parameters": "queries.catalogue.resolve_params",
    "views.changed": "nowhere: it came out of a total",
    "widgets.blueprint": "the addresses that the element asks",
}
"""Who may call ``refs.parse_ref``, and where those refs get the one form of their kind."""

MAY_USE_CLIENTS = ("stores", "engines", "worker")
"""`engines` probes and cleans up what it starts; `worker` names Celery's queue."""


def modules() -> list[tuple[str, Path]]:
    return [
        (name_of(path), path)
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"
    ]


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unit_of(module: str) -> str:
    """Return the unit of a module: the longest name in the table that it begins with."""
    if module.partition(".")[0] in FOUNDATIONS:
        return module.partition(".")[0]
    found = [u for u in MAY_IMPORT if module == u or module.startswith(f"{u}.")]
    assert found, f"stats.{module} is in no row of the import contract: say what it may import"
    return max(found, key=len)


def imports(source: str) -> Iterator[str]:
    """Yield what a module imports, at its top or anywhere else."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def wrong_imports(module: str, source: str) -> list[str]:
    """Return what a module of this package imports against the contract."""
    own = [name.removeprefix("stats.") for name in imports(source) if name.startswith("stats.")]
    return [name for name in own if name != "__version__" and not may_import(module, name)]


def may_import(module: str, imported: str) -> bool:
    unit, other = unit_of(module), unit_of(imported)
    if other in FOUNDATIONS or unit == other:
        return True
    return unit not in FOUNDATIONS and other in MAY_IMPORT[unit]


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_a_module_imports_what_its_package_may(module: str, path: Path) -> None:
    wrong = wrong_imports(module, path.read_text("utf-8"))
    assert not wrong, f"stats.{module} must not import {', '.join(wrong)}"


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_only_stores_talk_to_the_engines(module: str, path: Path) -> None:
    if module.partition(".")[0] in MAY_USE_CLIENTS:
        return
    clients = [
        name
        for name in imports(path.read_text("utf-8"))
        if name.partition(".")[0] in ENGINES_CLIENTS
    ]
    assert not clients, f"stats.{module} must not import {', '.join(clients)}"


def test_current_stats_is_asked_for_where_requests_and_commands_come_in() -> None:
    allowed = {unit for unit, others in MAY_IMPORT.items() if "proxies" in others}
    assert allowed == CURRENT_STATS


def test_refs_from_outside_get_the_form_of_their_kind() -> None:
    found = {
        name for name, path in modules() if "stats.refs.parse_ref" in imports(path.read_text())
    }
    found |= {n for n, path in modules() if "refs.parse_ref(" in path.read_text()}
    assert found == set(CHECKS_FORM_ALONE), "call Kinds.parse_ref instead"


def test_a_counting_rule_is_defined_once() -> None:
    """What is in ``counting_rules`` has no second definition of the same name."""
    rules = assigned((PACKAGE / "counting_rules.py").read_text("utf-8"))
    assert {"DOUBLE_CLICK", "FIRST_DAY", "PARTITIONS", "EXTRACTOR"} <= rules
    for name, path in modules():
        if name != "counting_rules":
            again = rules & assigned(path.read_text("utf-8"))
            assert not again, f"stats.{name}: import {', '.join(again)} from stats.counting_rules"


def assigned(source: str) -> set[str]:
    """Return the names that a module assigns at its top."""
    return {
        target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def test_no_two_packages_may_import_each_other() -> None:
    """A table that allows both directions, or a circle, would hold nothing."""
    done: set[str] = set()

    def walk(unit: str, above: tuple[str, ...]) -> None:
        assert unit not in above, f"a circle: {' -> '.join((*above, unit))}"
        if unit in done:
            return
        for other in sorted(MAY_IMPORT[unit] - {unit}):
            walk(other, (*above, unit))
        done.add(unit)

    for unit in MAY_IMPORT:
        walk(unit, ())


def test_modules_do_not_import_in_circles() -> None:
    known = dict(modules())
    graph = {
        name: [found for one in imports(path.read_text("utf-8")) if (found := resolve(one, known))]
        for name, path in known.items()
    }
    done: set[str] = set()

    def walk(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, f"a circle: {' -> '.join((*above, module))}"
        if module not in done:
            for other in graph[module]:
                if other != module:
                    walk(other, (*above, module))
            done.add(module)

    for module in graph:
        walk(module, ())


def resolve(name: str, known: dict[str, Path]) -> str | None:
    """Return the module of this package that an imported name is or is in."""
    inside = name.removeprefix("stats.")
    if inside == name:
        return None
    return next((one for one in (inside, inside.rpartition(".")[0]) if one in known), None)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("views.totals", "from stats.cli import main"),
        ("views.totals", "import stats.cli.events"),
        ("reports.metrics", "from stats.ext import StatsState"),
        ("reports.metrics", "def f():\n    from stats import ext"),
        ("retention.run", "from stats.proxies import current_stats"),
        ("config", "from stats.ext import Stats"),
        ("config", "from stats import ext"),
        ("ext", "from stats.views.totals import blueprint"),
        ("events.steps", "from stats.queries.breakdown import by"),
        ("aggregations.runner", "from stats.events.process import run_process"),
        ("events.types", "from stats.events.parse import parse_event"),
        ("queries.total", "from stats.proxies import current_stats"),
        ("stores.search", "from stats.events.types import Event"),
        ("permissions.policy", "from stats.proxies import current_stats"),
        ("dashboard.blueprint", "from stats.views.register import BLUEPRINTS"),
        ("errors", "from stats.config import Settings"),
        ("engines.launch", "from stats.ext import StatsState"),
    ],
)
def test_the_contract_refuses(module: str, source: str) -> None:
    assert wrong_imports(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("views.totals", "from stats.proxies import current_stats"),
        ("events.parse", "from stats.events.types import Event"),
        ("config", "from stats.errors import ConfigError"),
        ("cli", "from stats import __version__"),
    ],
)
def test_the_contract_allows(module: str, source: str) -> None:
    assert not wrong_imports(module, source)


def test_all_modules_are_found() -> None:
    assert len(modules()) > 250
