"""Mappings of access logs: what a path is, and every mistake with its rule and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from stats.errors import InputError
from stats.events.importers.escapes import path_of
from stats.events.importers.mapping import MappingError, fill, parse_mapping
from tests.importing import FILES, import_lines, mapping


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%20b/%C3%A9?x=%3F", "/a b/é"),
        ("/a%2Fb", "/a/b"),
        ("/a%3Fb?c", "/a?b"),
        ("http://repo.example:8080/a?b", "/a"),
        ("/?a", "/"),
        ("*", "*"),
        ("/r%E9sum%E9.pdf", "/r%E9sum%E9.pdf"),
        ("/r%e8sum%e8.pdf", "/r%E8sum%E8.pdf"),
        ("/a%00b%0A", "/a%00b%0A"),
    ],
)
def test_the_path_is_without_host_and_query_and_percent_decoded(target, path):
    assert path_of(target) == path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rule = 5", ["rule"]),
        ("", ["rule"]),
        ("nonsense", ["TOML"]),
        ("stauts = [200]\n" + FILES, ["stauts", "status"]),
        ('status = ["200"]\n' + FILES, ["status"]),
        ("status = [true]\n" + FILES, ["status"]),
        ("methods = 'GET'\n" + FILES, ["methods"]),
        ("methods = ['GET', 'HEAD']\n" + FILES, ["methods", "HEAD"]),
        (FILES.replace("[^?]+", "[^?"), ["rule 1", "path"]),
        (FILES.replace("path = '^/(", "pfad = '^/("), ["rule 2", "pfad", "path"]),
        (FILES.replace('"record-view"', '"record-viev"'), ["rule 2", "type", "record-viev"]),
        (FILES.replace('"record-view"', "5"), ["rule 2", "type"]),
        (FILES.replace("{kind}", "{kinds}"), ["rule 2", "resource", "kinds"]),
        (FILES.replace("{kind}", "{kind.__class__}"), ["rule 2", "resource"]),
        (FILES.replace("{kind}", "{kind!r}"), ["rule 2", "resource"]),
        (FILES.replace("{kind}", "{kind"), ["rule 2", "resource"]),
        (FILES.replace("record:{kind}", "records"), ["rule 2", "resource", "kind:id"]),
        (FILES.replace("collection:files", "files"), ["rule 1", "parents", "kind:id"]),
        (FILES.replace('"restricted"', '"secret"'), ["rule 1", "access"]),
        (FILES.replace('via = "api"', 'via = "bot"'), ["rule 1", "via"]),
        (FILES.replace('["collection:files", "record:{name}"]', '"x"'), ["rule 1", "parents"]),
        (FILES.replace('resource = "record:{kind}"', ""), ["rule 2", "resource", "missing"]),
        ("fields = 5\n" + FILES, ["fields"]),
        ("[fields]\nforwarded = 'x'\n" + FILES, ["forwarded", "forwarded_for"]),
        ("timezone = 'Mars/Olympus'\n" + FILES, ["timezone", "Mars/Olympus"]),
    ],
)
def test_a_wrong_mapping_names_the_rule_and_the_key(text, words):
    with pytest.raises(InputError) as caught:
        mapping(text, columns=("identifier",))
    assert all(word in caught.value.message for word in words), caught.value.message


def test_a_group_that_took_no_part_is_empty():
    rules = mapping(
        "[[rule]]\npath = '^/r/(?P<id>[0-9]+)(?P<v>v[0-9])?'\ntype = 'record-view'\n"
        "resource = 'record:{id}{v}'"
    )
    assert fill(*rules.find("/r/5"))["resource"] == "record:5"
    assert fill(*rules.find("/r/5v2"))["resource"] == "record:5v2"


def test_the_first_rule_that_matches_wins():
    assert mapping(FILES).find("/files/a")[0].number == 1
    assert mapping(FILES).find("/records/a")[0].number == 2
    assert mapping(FILES).find("/else") is None


@pytest.mark.parametrize("path", [r"^/(?:[a-z]|[a-z])+(?P<id>!)$", r"^/(?:a|aa)+(?P<id>b)$"])
def test_a_pattern_that_explodes_is_refused_with_its_rule(path, tmp_path):
    """Both try 2^60 ways; what was read before is in."""
    text = f"{FILES}\n[[rule]]\npath = '{path}'\ntype = 'record-view'\nresource = 'record:x'"
    explodes = LINE.replace("/files/a.pdf", "/" + "a" * 60)
    kept = []
    with pytest.raises(MappingError, match=r"rule 3: path: .* takes more than"):
        import_lines(tmp_path, LINE, explodes, LINE, rules=mapping(text), kept=kept)
    assert len(kept) == 1


def test_columns_of_a_format_are_no_groups_of_an_access_log(tmp_path):
    text = "[[rule]]\npath = '^/'\ntype = 'record-view'\nresource = 'record:{identifier}'"
    with pytest.raises(InputError, match="identifier"):
        mapping(text)
    rules = mapping(text, columns=("identifier",))
    with pytest.raises(MappingError, match="identifier"):
        import_lines(tmp_path, LINE, rules=rules)


def test_the_examples_of_mappings_are_right():
    text = (Path(__file__).parents[2] / "docs" / "importing.md").read_text("utf-8")
    examples = [one.split("```")[0] for one in text.split("```toml\n")[1:]]
    assert examples
    assert all(mapping(one).rules for one in examples)


LINE = (
    '192.0.2.7 - mary [17/May/2015:10:05:03 +0200] "GET /files/a.pdf?x=1 HTTP/1.1" 200 2030 '
    '"https://search.example/?q=1" "Mozilla/5.0 (X11)"'
)


@pytest.mark.parametrize(
    ("pattern", "beginning"),
    [
        (r"^/record-view/(?P<ref>[a-z]+:.+)$", "/record-view/"),
        (r"^/records/[0-9]+", "/records/"),
        (r"^/ab(c)?", "/ab"),
        (r"^/a\d*", "/a"),
        (r"^/stats$", "/stats"),
        *((pattern, "") for pattern in (r"/x", r"^/(a|b)", r"^/x|^/y", r"^/ab*c", r"^/ab{2}c")),
        *((pattern, "") for pattern in (r"^/ab?c", r"(?i)^/a/(b)", r"(?x)^/a b(c)")),
    ],
)
def test_a_path_with_another_beginning_is_not_searched(pattern: str, beginning: str) -> None:
    text = f"[[rule]]\npath = '{pattern}'\ntype = 'record-view'\nresource = 'record:1'\n"
    (rule,) = parse_mapping(text, type_names=["record-view"]).rules
    assert rule.beginning == beginning
