"""Refs: what is one, what is not, and that nothing is changed or cut."""

from __future__ import annotations

import pytest

from stats.errors import InputError
from stats.refs import normal_doi, parse_kind, parse_ref, split_ref


@pytest.mark.parametrize(
    "ref",
    [
        "record:r1",
        "site:all",
        "file:files/logs with blanks/a:b.log",
        "record:DOI:10.5072/ABC",
        "user:Ünïcödé 例 👩‍🔬",
        "sip-package:10.5281/zenodo.1",
        "a:" + "x" * 256,
        "x9-:0",
    ],
)
def test_a_ref_comes_back_unchanged(ref: str) -> None:
    assert parse_ref(ref) == ref


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "wrong_type"),
        (7, "wrong_type"),
        (["record:r1"], "wrong_type"),
        ("", "bad_format"),
        ("record", "bad_format"),
        ("record:", "bad_format"),
        (":r1", "bad_format"),
        ("Record:r1", "bad_format"),
        ("9a:r1", "bad_format"),
        ("-a:r1", "bad_format"),
        (" record:r1", "bad_format"),
        ("rec_ord:r1", "bad_format"),
        ("record\n:r1", "bad_format"),
        ("record:r\n1", "bad_format"),
        ("record:\x00", "bad_format"),
        ("record:\x7f", "bad_format"),
        ("record:\x85", "bad_format"),
        ("record:\ud800", "bad_format"),
        ("a:" + "x" * 257, "too_long"),
        ("a" * 65 + ":x", "too_long"),
    ],
)
def test_what_is_not_a_ref_is_refused_with_its_field(value: object, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_ref(value, field="within")
    assert (caught.value.code, caught.value.field) == (code, "within")


def test_a_ref_splits_at_its_first_colon() -> None:
    assert split_ref("file:a:b/c") == ("file", "a:b/c")


@pytest.mark.parametrize("value", [None, "", "Record", "a:b"])
def test_a_kind_alone_is_checked_too(value: object) -> None:
    with pytest.raises(InputError) as caught:
        parse_kind(value)
    assert caught.value.field == "kind"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("doi:10.5072/D1H01B", "doi:10.5072/d1h01b"),
        ("DOI:10.5072/d1h01b", "doi:10.5072/d1h01b"),
        ("https://doi.org/10.5072/Abc", "doi:10.5072/abc"),
        ("http://dx.doi.org/10.5072/ÄBC", "doi:10.5072/Äbc"),
        ("doi:Data", "doi:Data"),
        ("D", "D"),
        ("10.5072/ABC", "10.5072/ABC"),
    ],
)
def test_a_doi_has_one_form(text: str, name: str) -> None:
    assert normal_doi(text) == name
    assert normal_doi(name) == name
