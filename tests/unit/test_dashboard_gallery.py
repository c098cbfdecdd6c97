"""The gallery of elements: its controls are those of the grammar, in every language."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from stats.config import Settings
from stats.dashboard.gallery import list_examples
from stats.dashboard.language import LANGUAGES, Language
from stats.definitions import build_definitions
from stats.layouts.elements import ATTRIBUTES, COMMON, ELEMENTS
from stats.service import create_app
from tests.example_repository import NOWHERE


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    for name in NOWHERE:
        monkeypatch.delenv(name, raising=False)
    return create_app({**NOWHERE, "STATS_CONNECT_TIMEOUT": 0.2}).test_client()


def test_every_element_has_a_control_for_each_of_its_attributes() -> None:
    examples = list_examples("community:c", build_definitions(Settings()))
    assert [one.tag for one in examples] == [f"stats-{name}" for name in ELEMENTS]
    for example, own in zip(examples, ELEMENTS.values(), strict=True):
        names = [control.name for control in example.controls]
        assert names[1:] == [*own, *COMMON]
        assert names[0] == ("within" if example.tag == "stats-top" else "resource")
        for control in example.controls:
            attribute = ATTRIBUTES.get(control.name)
            assert not attribute or all(map(attribute.takes, control.choices)), control
    top = examples[-2]
    assert dict(top.attributes) == {"within": "community:c", "kind": "record"}
    controls = {control.name: control for control in top.controls}
    assert (controls["size"].input, controls["size"].most) == ("number", 100)
    assert controls["from"].input == "date"
    assert "volume" in controls["metric"].choices
    assert "user" not in controls["kind"].choices
    by = next(one for one in examples[3].controls if one.name == "by")
    assert {"country", "referrer"} <= set(by.choices)
    assert "user" not in by.choices


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_gallery_needs_no_engine_and_speaks_four_languages(
    client: FlaskClient, tag: str
) -> None:
    answer = client.get(f"/widgets/?lang={tag}&resource=record:r1")
    assert answer.status_code == 200
    assert f"<h1>{Language(tag).text('gallery')}</h1>" in answer.text
    assert '<stats-breakdown resource="record:r1"></stats-breakdown>' in answer.text
    shown = re.search(r"src=&#34;|src=\"(http[^\"]*)\"&gt;", answer.text)
    assert shown
    assert shown[1] == "http://localhost/widgets/stats-widgets.js"


@pytest.mark.parametrize(
    ("query", "message"), [("resource=r1", "resource"), ("lang=it", "lang is one of")]
)
def test_what_is_wrong_is_said_on_a_page(client: FlaskClient, query: str, message: str) -> None:
    answer = client.get(f"/widgets/?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")
    assert message in answer.text
