"""Kinds: their place in the hierarchy, what a host may declare, and that no one else lists them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stats.aggregations.hierarchy import Containers, Hierarchy
from stats.definitions import build_definitions
from stats.errors import ConfigError, InputError
from stats.events.types import SITE
from stats.kinds.catalogue import KINDS, RECORD
from stats.kinds.declared import build_kinds
from stats.kinds.types import Kind
from stats.setting_sources import load_settings

PACKAGE = Path(__file__).parents[2] / "stats"
OURS = build_kinds()
FOLDER = Kind("folder", within=("record", "dataset"))
DEPARTMENT = Kind("department", within=("institute",))
INSTITUTE = Kind("institute")
HOSTS = build_kinds([FOLDER, DEPARTMENT, INSTITUTE])


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("file", "record"),
        ("file", "concept"),
        ("record", "concept"),
        ("record", "dataset"),
        ("record", "community"),
        ("collection", "community"),
        ("collection", "space"),
        ("record", "institute"),
        ("concept", "institute"),
        ("record", "instance"),
        ("item", "document"),
        ("document", "location"),
    ],
)
def test_one_kind_is_in_another_and_not_the_other_way_round(inner: str, outer: str) -> None:
    assert OURS.inside(inner, outer)
    assert not OURS.inside(outer, inner)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("institute", "faculty"),
        ("institute", "community"),
        ("community", "space"),
        ("record", "record"),
        ("user", "record"),
        ("site", "institute"),
    ],
)
def test_neither_is_in_the_other(one: str, other: str) -> None:
    assert not OURS.inside(one, other)
    assert not OURS.inside(other, one)


def test_a_declared_container_may_be_part_of_a_record_and_of_other_containers() -> None:
    assert HOSTS.inside("file", "folder")
    assert HOSTS.inside("folder", "record")
    assert HOSTS.inside("folder", "community"), "the record around it is"
    assert HOSTS.inside("folder", "concept")
    assert HOSTS.inside("department", "institute")
    assert HOSTS.inside("folder", "department")
    assert not HOSTS.inside("record", "folder")
    assert not HOSTS.inside("institute", "department")


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("dataset:DOI:10.5072/D1H01B", "dataset:doi:10.5072/d1h01b"),
        ("record:https://doi.org/10.5072/Abc", "record:doi:10.5072/abc"),
        ("concept:doi:10.5072/Abc", "concept:doi:10.5072/abc"),
        ("project:doi:10.5072/Abc", "project:doi:10.5072/abc"),
        ("file:doi:10.5072/ABC/Data.csv", "file:doi:10.5072/ABC/Data.csv"),
        ("bucket:doi:10.5072/ABC", "bucket:doi:10.5072/ABC"),
        ("sip:doi:10.5072/ABC", "sip:doi:10.5072/ABC"),
        ("user:doi:10.5072/ABC", "user:doi:10.5072/ABC"),
    ],
)
def test_a_kind_says_which_form_its_ids_have(text: str, ref: str) -> None:
    assert OURS.parse_ref(text) == ref
    assert OURS.parse_ref(ref) == ref


def test_a_host_says_which_form_the_ids_of_its_kinds_have() -> None:
    kinds = build_kinds(
        [
            {"name": "record", "normal_id": "exact"},
            Kind("handle", normal_id=str.lower),
            Kind("broken", normal_id=lambda name: name.index("x") and name),
            Kind("empty", normal_id=lambda name: ""),
        ]
    )
    assert kinds.parse_ref("record:doi:10.5072/ABC") == "record:doi:10.5072/ABC"
    assert kinds.parse_ref("handle:2381/ABC") == "handle:2381/abc"
    assert kinds.normal_refs(["handle:A", "handle:a", "file:A"]) == ("handle:a", "file:A")
    with pytest.raises(InputError, match="normal_id of the kind broken failed"):
        kinds.parse_ref("broken:abc")
    with pytest.raises(InputError, match="normal_id of the kind empty failed"):
        kinds.parse_ref("empty:abc")


def test_a_ref_from_outside_is_checked_and_named_by_its_field() -> None:
    with pytest.raises(InputError) as caught:
        OURS.parse_ref("record", field="within")
    assert (caught.value.code, caught.value.field) == ("bad_format", "within")


names = st.sampled_from([kind.name for kind in HOSTS] + ["undeclared", "another"])


@given(st.lists(names, unique=True, max_size=8))
def test_nothing_is_around_itself(found: list[str]) -> None:
    """Sorted narrow to wide, no kind is in one before it: there is no circle."""
    ordered = HOSTS.specific_first(found)
    assert sorted(ordered) == sorted(found)
    for place, one in enumerate(ordered):
        assert not any(HOSTS.inside(one, before) for before in ordered[:place])


def test_the_most_specific_comes_first() -> None:
    assert OURS.specific_first(["dataset", "record", "file"]) == ["file", "record", "dataset"]


def test_an_institute_holds_the_record_of_a_downloaded_file() -> None:
    containers = Containers(Hierarchy(OURS))
    containers.add(("file:f1", "record:r1", "institute:i1", "community:c1", "user:u", "site:all"))
    assert containers.of("file:f1") == ["community:c1", "institute:i1", "record:r1"]
    assert containers.of("record:r1") == ["community:c1", "institute:i1"]
    assert containers.of("institute:i1") == containers.of("community:c1") == []
    assert containers.of("site:all") == containers.of("user:u") == []


def test_a_kind_that_nobody_declared_has_the_documented_defaults() -> None:
    kind = OURS.find("institute")
    assert kind == Kind("institute")
    assert (kind.container, kind.content, kind.passes_access) == (True, True, True)
    assert (kind.views, kind.downloads, kind.counter_item, kind.combined) == ((), (), False, False)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([Kind("Folder")], "'Folder': the kind is lower-case"),
        ([Kind("folder", within=("recrd",))], "folder: within: no kind recrd here; .* record?"),
        ([Kind("folder", within=("site",))], "folder: within: nothing is within site"),
        ([Kind("folder", ranks="fil")], "folder: ranks: no kind fil here"),
        ([FOLDER, FOLDER], "folder is there more than once"),
        ([Kind("a", within=("b",)), Kind("b", within=("a",))], "is within itself"),
        ([Kind("concept", within=("file",))], "is within itself"),
        ([Kind("user")], "what is no content is site and user"),
        ([Kind("reader", content=False)], "what is no content is site and user"),
        (["folder"], "'folder' is no Kind"),
        ([{"name": "folder", "inside": ["record"]}], "a Kind has no field inside"),
        ([{"name": "folder", "withn": ["record"]}], "no field withn; do you mean within?"),
        ([{"name": "folder", "within": "record"}], "within must be a list"),
        ([{"name": "folder", "container": "no"}], "container must be true or false"),
        ([{"name": "folder", "normal_id": "lower"}], "normal_id is doi or exact, or a function"),
        ([Kind("folder", takes_access="files")], "takes_access is parents or versions"),  # type: ignore[arg-type]
    ],
)
def test_what_contradicts_itself_is_refused_at_start_up(given: list[Any], says: str) -> None:
    with pytest.raises(ConfigError, match=f"STATS_KINDS: .*{says}"):
        build_kinds(given)


def test_kinds_come_from_the_environment_as_json() -> None:
    text = '[{"name": "folder", "within": ["record"], "views": ["record-view"]}]'
    kinds = build_definitions(load_settings({}, {"STATS_KINDS": text})).kinds
    assert kinds.find("folder") == Kind("folder", within=("record",), views=("record-view",))


def test_settings_of_reports_say_what_kinds_do_not() -> None:
    given = {
        "STATS_REPORT_KINDS": ["file", "institute"],
        "STATS_COUNTER_ITEM_KINDS": ["record"],
        "STATS_COUNTER_DATA_TYPES": {"record": "Article"},
    }
    kinds = build_definitions(load_settings(given, {})).kinds
    assert kinds.named("combined") == ("file", "institute")
    assert kinds.named("counter_item") == ("record",)
    assert kinds.named("counter_dataset") == ("dataset",)
    assert kinds.find("record").data_type == "Article"
    assert kinds.find("dataset").data_type == "Dataset"


def test_an_event_type_that_a_kind_shows_must_be_there() -> None:
    given = {"STATS_KINDS": [Kind("folder", views=("folder-view",))]}
    with pytest.raises(ConfigError, match="folder: there is no event type folder-view"):
        build_definitions(load_settings(given, {}))


ELSEWHERE = frozenset({"file", "user", "site", "item", "document", "location", "instance"})
AMBIGUOUS = ELSEWHERE | {"bucket", "community", "dataset"}
"""Words that mean something else as well: a parameter, a role, a page, a Data_Type."""

OTHERS = ("demo", "bench", "engines", "hosts", "legacy", "events/importers", "queries/invenio")
"""What speaks of the resources of one host or format, by its words."""

VALUES = {"setting_values.py", "wiring.py"}
"""Where ``record`` is the value of a setting: whose title OpenAIRE gets."""


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the constants of a module that are no docstring, with their lines."""
    documented = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in documented:
            yield node.lineno, node.value


def listed(tree: ast.AST) -> Iterator[tuple[int, set[str]]]:
    """Yield the constants of each list, tuple, set and table of a module."""
    for node in ast.walk(tree):
        keys = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        yield getattr(node, "lineno", 0), {k.value for k in keys if isinstance(k, ast.Constant)}


def modules() -> list[Path]:
    found = sorted(PACKAGE.rglob("*.py"))
    return [path for path in found if path.relative_to(PACKAGE).parts[0] != "kinds"]


def _is_list(names: set[str]) -> bool:
    return len(names) > 1 and not names <= ELSEWHERE


def test_no_other_module_names_a_kind() -> None:
    ours = {kind.name for kind in KINDS}
    prefixes = tuple(f"{name}:" for name in ours)
    wrong = []
    assert len(modules()) > 100
    for path in modules():
        name = path.relative_to(PACKAGE).as_posix()
        tree = ast.parse(path.read_text("utf-8"))
        found = [
            (line, text)
            for line, text in texts(tree)
            if text in ours - AMBIGUOUS or (text.startswith(prefixes) and text != SITE)
            if not (name in VALUES and text == RECORD.name)
        ]
        found += [(line, str(one & ours)) for line, one in listed(tree) if _is_list(one & ours)]
        wrong += [f"{name}:{line}: {text}" for line, text in found if not name.startswith(OTHERS)]
    assert not wrong, "ask stats.kinds instead:\n" + "\n".join(wrong)


ELEMENTS = PACKAGE.parent / "widgets" / "src"
COMMENTS = re.compile(r"/\*.*?\*/|(?<![:\w])//[^\n]*", re.DOTALL)
ARRAY, TABLE = re.compile(r"\[[^][]*\]"), re.compile(r"\{[^{}]*\}")


def named_in(source: str) -> set[str]:
    """Return the words of a script; ``top_record`` and ``recordOf`` hold one of a kind, too."""
    return set(re.findall(r"(?<![a-z])[a-z]+", source))


def kinds_in(source: str) -> list[str]:
    """Return what a script says of kinds: a name that means nothing else, and lists of names."""
    ours = {kind.name for kind in KINDS}
    code = COMMENTS.sub("", source).replace(SITE, "")
    groups = [*ARRAY.findall(code), *TABLE.findall(ARRAY.sub("", code))]
    lists = [named_in(group) & ours for group in groups]
    alone = named_in(code) & (ours - AMBIGUOUS)
    return sorted(alone) + [str(sorted(names)) for names in lists if _is_list(names)]


def test_no_element_names_a_kind() -> None:
    scripts = [path for path in ELEMENTS.rglob("*.js") if path.name != "catalogue.js"]
    assert len(scripts) > 30
    found = {p.relative_to(ELEMENTS).as_posix(): kinds_in(p.read_text("utf-8")) for p in scripts}
    assert not {path: names for path, names in found.items() if names}, "ask chart/kinds.js"


@pytest.mark.parametrize(
    "source",
    [
        'const CONTAINERS = ["community", "dataset", "user"];',
        'const OF_KIND = { file: ["file-download"], dataset: ["dataset-view"] };',
        'load({ kind = "record" }) {',
        'top_collection: "Collections",',
        "if (kind === 'space') return;",
    ],
)
def test_a_list_of_kinds_in_an_element_would_be_found(source: str) -> None:
    assert kinds_in(source)


def test_the_page_has_a_row_for_each_kind() -> None:
    page = (PACKAGE.parent / "docs" / "kinds.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    for kind in KINDS:
        row = next((r for r in rows if f"`{kind.name}`" in r.split("|")[1]), "")
        assert row, f"docs/kinds.md has no row of `{kind.name}`"
        for name in (*kind.within, *kind.views, *kind.downloads):
            assert f"`{name}`" in row, (kind.name, name)
