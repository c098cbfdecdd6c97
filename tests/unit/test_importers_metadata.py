"""What a row of Make Data Count's log says of its dataset."""

from __future__ import annotations

from typing import Any

import pytest

from stats.events.importers.dataset_metadata import describe_dataset
from stats.events.importers.detection import Detected
from stats.events.importers.event_lines import EventLines, Imported, Lines
from stats.events.importers.formats.counter import COLUMNS, FORMATS, CounterReader
from stats.events.importers.forwarded import trust
from stats.events.importers.log_format import Asked
from stats.kinds.declared import build_kinds
from tests.importing import NOW, TYPES

(COUNTER,) = FORMATS

ROW = {
    "event_time": "2016-03-02T09:10:00+00:00",
    "client_ip": "192.0.2.1",
    "request_url": "https://repo.example/D",
    "identifier": "doi:10.5072/ABC",
    "user_agent": "Mozilla/5.0 (X11)",
    "title": "A dataset",
    "publisher": "A publisher",
    "publisher_id": "grid.266093.8",
    "authors": "A. Author|B. Author",
    "publication_date": "2012-07-09T00:00:00Z",
    "version": "3",
    "other_id": "PMC:123|xyz",
    "target_url": "https://repo.example/D",
    "publication_year": "2012",
}


def described(**fields: str) -> tuple[str, dict[str, Any]] | None:
    row = ROW | fields
    request = CounterReader(Asked()).read("\t".join(row.get(name, "-") for name in COLUMNS))
    assert request is not None
    return describe_dataset(request)


def test_a_row_says_what_standards_want_of_a_dataset() -> None:
    assert described() == (
        "dataset:doi:10.5072/ABC",
        {
            "title": "A dataset",
            "publisher": "A publisher",
            "publisher_id": "grid:266093.8",
            "authors": [{"name": "A. Author"}, {"name": "B. Author"}],
            "publication_date": "2012-07-09",
            "version": "3",
            "identifiers": [
                {"type": "pmc", "value": "123"},
                {"type": "other", "value": "xyz"},
            ],
            "url": "https://repo.example/D",
            "year": "2012",
        },
    )


def test_a_download_says_it_too() -> None:
    found = described(filename="data.csv", size="23")
    assert found == described()


@pytest.mark.parametrize(
    ("field", "value", "missing"),
    [
        ("publisher_id", "tbd", "publisher_id"),
        ("publication_year", "soon", "year"),
        ("target_url", "javascript:x", "url"),
        ("authors", "-", "authors"),
        ("title", "t" * 5000, "title"),
    ],
)
def test_what_is_of_no_use_is_left_out(field: str, value: str, missing: str) -> None:
    found = described(**{field: value})
    assert found is not None
    assert set(ROW_FIELDS) - set(found[1]) == {missing}


ROW_FIELDS = (
    *("title", "publisher", "publisher_id", "authors", "publication_date", "version"),
    *("identifiers", "url", "year"),
)


def test_rows_of_one_dataset_describe_it_under_the_one_form_of_its_doi() -> None:
    lines = Lines(TYPES, build_kinds(), None, trust(()), lambda: NOW)
    reader = EventLines(lines, Detected(COUNTER, CounterReader(Asked())), Imported())
    for doi in ("doi:10.5072/ABC", "https://doi.org/10.5072/abc"):
        row = ROW | {"identifier": doi}
        assert reader.read("\t".join(row.get(name, "-") for name in COLUMNS).encode())
    assert [one.ref for one in reader.take_descriptions()] == ["dataset:doi:10.5072/abc"]


def test_a_row_without_an_identifier_describes_nothing() -> None:
    assert described(identifier="-") is None
