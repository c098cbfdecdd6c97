"""Layouts of pages: the defaults, a host's own, and what is wrong in one."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from stats.config import Settings
from stats.definitions import build_definitions
from stats.errors import ConfigError
from stats.hosts.invenio.rdm.pages import TEMPLATES
from stats.layouts.defaults import DASHBOARD, INVENIO_RDM, LAYOUTS
from stats.layouts.layout import Layouts, Part
from stats.wiring import build_pages

DEFINITIONS = build_definitions(Settings())


def lay_out(given: dict[str, Any]) -> Layouts:
    return build_pages(Settings(layouts=given), DEFINITIONS)


def test_without_configuration_pages_are_as_the_documentation_says() -> None:
    layouts = lay_out({})
    site = layouts.find(DASHBOARD, "site:all")
    assert [(part.element, part.width) for part in site] == [
        ("tiles", "full"),
        ("history", "full"),
        ("rankings", "full"),
        ("content", "half"),
        ("content-by", "half"),
        ("map", "two-thirds"),
        ("breakdown", "third"),
        ("breakdown", "half"),
        ("breakdown", "half"),
        ("excluded", "half"),
        ("pipeline", "half"),
    ]
    assert [part.element for part in layouts.find(DASHBOARD, "institute:i1")] == ["tiles", "panel"]
    tab = layouts.find(INVENIO_RDM, "community:c")
    assert [part.element for part in tab] == [
        *("counter", "history", "top", "map", "history", "uploaders")
    ]
    assert tab[0].heading("de") == "Nutzung im Zeitverlauf"
    assert tab[1].heading("de") == ""


def test_the_nearest_layout_wins() -> None:
    own = {
        DASHBOARD: {
            "*": ["panel"],
            "community": ["tiles"],
            "community:a": [{"element": "counter", "title": "Numbers"}],
            "dataset:doi:10.5072/ABC": ["map"],
        }
    }
    layouts = lay_out(own)
    found = {
        ref: [part.element for part in layouts.find(DASHBOARD, ref)]
        for ref in ("community:a", "community:b", "user:u1", "dataset:doi:10.5072/abc")
    }
    assert found == {
        "community:a": ["counter"],
        "community:b": ["tiles"],
        "user:u1": ["panel"],
        "dataset:doi:10.5072/abc": ["map"],
    }
    assert layouts.find(DASHBOARD, "community:a")[0].heading("fr") == "Numbers"
    assert layouts.find(INVENIO_RDM, "community:a") == lay_out({}).find(INVENIO_RDM, "community:a")


def test_the_layout_comes_as_json_from_the_environment() -> None:
    assert lay_out(json.loads(json.dumps(LAYOUTS))).find(DASHBOARD, "site:all") == lay_out({}).find(
        DASHBOARD, "site:all"
    )


def test_a_tab_of_invenio_rdm_has_its_parts_and_uploaders_for_curators() -> None:
    tab: dict[str, list[object]] = {"community": ["map", {"element": "uploaders", "width": "half"}]}
    layouts = lay_out({INVENIO_RDM: tab})
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.globals |= {
        "stats_layout": partial(layouts.find, INVENIO_RDM),
        "stats_language": lambda: "de",
        "url_for": lambda *_, **__: "/script.js",
    }
    template = environment.get_template("stats/rdm/layout.html")
    shown = [template.render(ref="community:c", is_curated=curated) for curated in (True, False)]
    assert all('<stats-map resource="community:c" lang="de"></stats-map>' in one for one in shown)
    assert ["<stats-breakdown" in one for one in shown] == [True, False]
    assert ['class="eight wide column"' in one for one in shown] == [True, False]


def test_an_element_has_the_window_of_its_page_and_what_its_layout_says() -> None:
    page = {"from": "2026-01-01", "to": "2026-01-31", "interval": "day", "links": "/{ref}"}
    history = Part("history", attributes={"interval": "month"})
    assert history.widget("record:r1", **page) == {
        "resource": "record:r1",
        "interval": "month",
        "from": "2026-01-01",
        "to": "2026-01-31",
        "links": "/{ref}",
    }
    ranking = Part("top", attributes={"kind": "file"})
    assert ranking.widget("site:all") == {"kind": "file"}
    assert ranking.widget("community:c") == {"within": "community:c", "kind": "file"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"dashbord": {}},
            "STATS_LAYOUTS: there is no place 'dashbord'; did you mean 'dashboard'?",
        ),
        ({"dashboard": []}, "STATS_LAYOUTS: dashboard: [] is no dictionary"),
        (
            {"dashboard": {"A b": []}},
            "STATS_LAYOUTS: dashboard: 'A b' is no kind, no kind:id and not *",
        ),
        (
            {"dashboard": {"site": "tiles"}},
            "STATS_LAYOUTS: dashboard: site: is a list of elements",
        ),
        (
            {"dashboard": {"community": ["tiles", "histroy"]}},
            "STATS_LAYOUTS: dashboard: community: there is no element 'histroy';"
            " did you mean 'history'?",
        ),
        (
            {"invenio-rdm": {"user": ["tiles"]}},
            "STATS_LAYOUTS: invenio-rdm: user: there is no element 'tiles'; there are counter,"
            " history, map, breakdown, top, panel, uploaders",
        ),
        (
            {"dashboard": {"site": [{"element": "map", "size": 3}]}},
            "STATS_LAYOUTS: dashboard: site: map: there is no attribute 'size'; there are element,"
            " width, title, type",
        ),
        (
            {"dashboard": {"site": [{"element": "map", "from": "2026-01-01"}]}},
            "STATS_LAYOUTS: dashboard: site: map: there is no attribute 'from'; there are element,"
            " width, title, type",
        ),
        (
            {"dashboard": {"site": [{"element": "map", "width": "quarter"}]}},
            "STATS_LAYOUTS: dashboard: site: map: there is no width 'quarter'; there are full,"
            " two-thirds, half, third",
        ),
        (
            {"dashboard": {"site": [{"element": "breakdown", "size": 0}]}},
            "STATS_LAYOUTS: dashboard: site: breakdown: size cannot be '0'",
        ),
        (
            {"dashboard": {"site": [{"element": "breakdown", "by": "contry"}]}},
            "STATS_LAYOUTS: dashboard: site: breakdown: there is no by 'contry';"
            " did you mean 'country'?",
        ),
        (
            {"dashboard": {"site": [{"element": "content-by", "dimension": "referrer"}]}},
            "STATS_LAYOUTS: dashboard: site: content-by: there is no dimension 'referrer';"
            " there are access",
        ),
        (
            {"dashboard": {"site": [{"element": "map", "type": "record-views"}]}},
            "STATS_LAYOUTS: dashboard: site: map: there is no type 'record-views';"
            " did you mean 'record-view'?",
        ),
    ],
)
def test_what_is_wrong_in_a_layout_is_one_line_that_names_it(
    given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        lay_out(given)
    assert str(raised.value) == message
