"""Every reference to documentation resolves: to a page, and to a section of it.

Code, tests and pages refer to ``docs/<page>.md`` or ``docs/<page>.md#<section>``; pages link
each other as Markdown does. Nothing refers to a document that is not in the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("stats", "tests", "docs", "tools", "examples", "widgets/src")
SUFFIXES = {".py", ".md", ".toml", ".json", ".js", ".html", ".sh", ".txt"}
BUILT = ("stats/widgets/static", "node_modules")

REFERENCE = re.compile(r"docs/([\w/.-]+?\.md)(?:#([\w-]+))?(?![\w/])")
PATH = re.compile(r"`((?:stats|tests|tools|widgets|packages|examples)/[\w./-]*[\w/])`")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([\w-]+))?\)")
CODE = re.compile(r"(?ms)^```.*?^```|`[^`\n]*`")
OUTSIDE = (
    re.compile(r"\bDESIGN(\.md|\s+\d|\s+section)"),
    re.compile(r"\bSTYLE(\.md|\s+rule)"),
    re.compile(r"\bspecs/\w+\.md"),
    re.compile(r"\bstandards [A-F]\d*\b"),
    re.compile(r"(?<![\w@])\((A|B|C)\d{1,2}\)"),
)
"""How documents outside of the repository were referred to."""


def files() -> Iterator[Path]:
    own = [ROOT / "README.md", ROOT / "CHANGES.md"]
    for path in [*own, *(p for folder in FOLDERS for p in sorted((ROOT / folder).rglob("*")))]:
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in SUFFIXES and not any(part in name for part in BUILT):
            yield path


def sections(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one).strip().lower().replace(" ", "-") for one in headings}


def broken(page: Path, section: str | None) -> bool:
    if not page.exists():
        return True
    return bool(section) and page.suffix == ".md" and section not in sections(page)


def broken_in(path: Path) -> list[str]:
    text = path.read_text("utf-8")
    wrong = [
        found.group(0)
        for found in REFERENCE.finditer(text)
        if broken(ROOT / "docs" / found.group(1), found.group(2))
    ]
    if path.suffix == ".md":
        prose = CODE.sub("", text)
        wrong += [
            found.group(0)
            for found in LINK.finditer(prose)
            if broken(path.parent / found.group(1) if found.group(1) else path, found.group(2))
        ]
    return wrong


def test_references_resolve() -> None:
    wrong = {path.as_posix(): found for path in files() if (found := broken_in(path))}
    assert not wrong


def test_nothing_refers_to_a_document_that_is_not_here() -> None:
    wrong = {
        path.as_posix(): found.group(0)
        for path in files()
        if path != Path(__file__)
        for pattern in OUTSIDE
        for found in pattern.finditer(path.read_text("utf-8"))
    }
    assert not wrong


def test_paths_in_the_documentation_are_there() -> None:
    wrong = {
        page.name: missing
        for page in sorted((ROOT / "docs").glob("*.md"))
        if (missing := [p for p in PATH.findall(page.read_text("utf-8")) if not is_there(p)])
    }
    assert not wrong


def is_there(path: str) -> bool:
    """Return whether a path is in the checkout, as a file, a folder or a module without suffix.

    Templates are named as Flask finds them.
    """
    return path.endswith(".html") or (ROOT / path).exists() or (ROOT / f"{path}.py").exists()


def test_there_are_references() -> None:
    found = [one for path in files() for one in REFERENCE.findall(path.read_text("utf-8"))]
    assert len([one for one in found if one[1]]) > 60


def test_a_broken_reference_is_found() -> None:
    assert broken(ROOT / "docs" / "nowhere.md", None)
    assert broken(ROOT / "docs" / "counting-rules.md", "nothing")
    assert not broken(ROOT / "docs" / "counting-rules.md", "double-clicks")
    assert REFERENCE.findall("see docs/contracts.md#event.") == [("contracts.md", "event")]
    assert OUTSIDE[0].search("as DESIGN 3.1 says")
    assert OUTSIDE[-1].search("none known (A5).")
