"""The elements in pages of all sorts: themes, directions, widths, languages, origins."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.data import HIDDEN, today
from tests.browser.host import (
    ELEMENTS,
    OTHER_ORIGIN,
    RECORD,
    SPREAD,
    Host,
    table_of,
    violations,
    widths_of,
)

ALL = "".join(ELEMENTS.values())
PANEL = '<stats-panel resource="community:c"></stats-panel>'
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "widgets.md"
DARK = 'lang="en" style="color-scheme: dark; background: #161b22; color: #e8ebf0"'


def text_of(host: Host, name: str, nth: int = 0) -> str:
    """Return what is to be read in an element."""
    return host.element(name, nth).locator(".view").inner_text()


@pytest.mark.parametrize("width", [200, 400, 720, 1200])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_elements_fit_every_width(host: Host, width: int, direction: str) -> None:
    host.open(ALL + PANEL, width=width + 32, html=f'lang="en" dir="{direction}"')
    host.wait(11)
    assert widths_of(host.page) == (width + 32, width + 32)
    assert host.element("history").bounding_box()["width"] == width  # type: ignore[index]
    days = host.element("history").locator("text.day")
    boxes = days.evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect()).map((at) => [at.left, at.right])"
    )
    assert len(boxes) >= 1
    assert all(a[1] < b[0] for a, b in pairwise(sorted(boxes)))
    host.page.evaluate(SPREAD)
    assert widths_of(host.page) == (width + 32, width + 32)


@pytest.mark.parametrize("html", ['lang="en"', DARK, 'lang="de" dir="rtl"'])
@pytest.mark.parametrize("body", [ALL, PANEL], ids=["elements", "panel"])
def test_axe_finds_nothing(host: Host, axe: str, html: str, body: str) -> None:
    host.open(body, width=1000, html=html)
    host.wait(5)
    assert violations(host.page, axe) == []


def test_axe_finds_nothing_in_what_went_wrong(host: Host, axe: str) -> None:
    body = '<stats-history resource="record:none"></stats-history><stats-map></stats-map>'
    host.open(body + '<stats-counter resource="oops"></stats-counter>')
    assert violations(host.page, axe) == []


@pytest.mark.parametrize("shown", [[*ELEMENTS.values()], [PANEL]], ids=["elements", "panel"])
def test_nothing_moves_while_code_and_numbers_arrive(host: Host, shown: list[str]) -> None:
    def slow(page: Page) -> None:
        def answer(route: Route) -> None:
            page.wait_for_timeout(150)
            route.continue_()

        page.route("**/chunks/**", answer)
        page.route("**/api/stats**", answer)

    body = "".join(f"<p>Before</p>{element}<p>After</p>" for element in shown)
    host.open(f"<div>{body}</div>", prepare=slow, wait=False)
    host.page.wait_for_function("() => customElements.get('stats-history')")
    host.page.evaluate("() => { window.shift = 0; }")  # before, no script has said how high it is
    host.wait(5)
    host.page.wait_for_timeout(200)
    assert host.page.evaluate("window.shift") < 0.001


def test_colours_follow_the_page_not_the_system(host: Host) -> None:
    color = "(e) => getComputedStyle(e).color"
    host.open(ALL, scheme="dark")  # a dark system, and a page that is only light
    assert host.element("history").evaluate(color) == "rgb(29, 37, 49)"
    host.page.evaluate("document.documentElement.style.colorScheme = 'light dark'")
    assert host.element("history").evaluate(color) == "rgb(232, 235, 240)"
    host.element("history").evaluate("(e) => e.setAttribute('theme', 'light')")
    assert host.element("history").evaluate(color) == "rgb(29, 37, 49)"


def test_custom_properties_set_colours_and_height(host: Host) -> None:
    host.open(f'<div style="--stats-views: rgb(1, 2, 3); --stats-height: 300px">{ALL}</div>')
    fill = "(e) => getComputedStyle(e.shadowRoot.querySelector('path.unique')).fill"
    assert host.element("history").evaluate(fill) == "rgb(1, 2, 3)"
    assert host.element("history").bounding_box()["height"] == 300  # type: ignore[index]


def test_every_part_that_is_documented_is_there_to_be_styled(host: Host) -> None:
    text = DOCUMENTATION.read_text("utf-8")
    (listed,) = re.findall(r"^Parts for `::part\(\)`: (.*?)\n\n", text, re.DOTALL | re.MULTILINE)
    style = "<style>stats-counter::part(value) { color: rgb(1, 2, 3) }</style>"
    host.open(style + ALL + PANEL)
    host.wait(11)
    there = host.page.evaluate(
        """() => {
          const parts = (root) => [...root.querySelectorAll("*")].flatMap((e) =>
            [...e.part, ...(e.shadowRoot ? parts(e.shadowRoot) : [])]);
          return parts(document);
        }"""
    )
    assert set(re.findall(r"`(\w+)`", listed)) == set(there)
    value = host.element("counter").locator(".value").first
    assert value.evaluate("(e) => getComputedStyle(e).color") == "rgb(1, 2, 3)"


def test_right_to_left_time_begins_at_the_right(host: Host) -> None:
    host.open(ELEMENTS["history"], html='lang="en" dir="rtl"')
    history = host.element("history")
    box = history.get_by_role("slider").bounding_box()
    assert box
    host.page.mouse.move(box["x"] + 3, box["y"] + 50)
    assert str(today().day) in history.locator(".readout").inner_text()
    assert history.get_by_role("slider").get_attribute("aria-valuenow") == "29"
    history.get_by_role("slider").focus()
    host.page.keyboard.press("ArrowRight")
    assert history.get_by_role("slider").get_attribute("aria-valuenow") == "28"


def test_nothing_fades_for_those_who_want_no_motion(host: Host) -> None:
    duration = "(e) => getComputedStyle(e.shadowRoot.querySelector('.view')).transitionDuration"
    host.open(ELEMENTS["history"], motion="reduce")
    assert host.element("history").evaluate(duration) == "0s"


@pytest.mark.parametrize(
    ("language", "words", "separator"),
    [
        ("fr", ["vues", "téléchargements", "Pays"], "\u202f"),
        ("de", ["Aufrufe", "Downloads", "Länder"], "."),
        ("es", ["visitas", "descargas", "Países"], ""),
    ],
)
def test_texts_numbers_and_dates_are_of_the_language(
    host: Host, language: str, words: list[str], separator: str
) -> None:
    body = ELEMENTS["history"] + f'<stats-breakdown resource="{RECORD}"></stats-breakdown>'
    host.open(body, html=f'lang="{language}"')
    text = " ".join(text_of(host, name) for name in ("history", "breakdown"))
    for word in words:
        assert word in text
    answer = host.service.get("record-view-histogram", resource=RECORD)
    assert f"{answer['total']['count']:,}".replace(",", separator) in text


def test_an_element_may_speak_another_language_than_its_page(host: Host) -> None:
    host.open(f'<div lang="fr">{ELEMENTS["counter"]}</div>{ELEMENTS["counter"]}')
    assert "vues" in text_of(host, "counter")
    assert "views" in text_of(host, "counter", 1)


def test_a_strict_policy_of_the_page_is_kept(host: Host) -> None:
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'none'; img-src data:"
    )
    host.open(ALL, headers={"Content-Security-Policy": policy}, wait=False)
    host.wait(5)
    assert host.page.evaluate("window.states") == ["ready"] * 5
    host.exceptions = [text for text in host.exceptions if "inline style" not in text]


def test_a_script_of_ones_own_asks_the_service_that_is_named(host: Host) -> None:
    def forward(page: Page) -> None:
        def answer(route: Route) -> None:
            assert "/base/api/stats" in route.request.url
            address = route.request.url.replace(f"{OTHER_ORIGIN}/base", host.service.url)
            route.fulfill(response=route.fetch(url=address))

        page.route(f"{OTHER_ORIGIN}/base/**", answer)

    named = "".join(
        element.replace("></", f' api="{OTHER_ORIGIN}/base/"></') for element in ELEMENTS.values()
    )
    host.open(named, origin=OTHER_ORIGIN, prepare=forward)
    assert host.page.evaluate("window.states") == ["ready"] * 5


def test_a_page_of_another_origin_embeds_elements(host: Host) -> None:
    host.open(ALL, origin=OTHER_ORIGIN)
    assert host.page.evaluate("window.states") == ["ready"] * 5
    assert len(table_of(host.element("history"))) == 30


def test_a_dark_page_prints_dark_on_light(host: Host) -> None:
    host.open(ELEMENTS["history"], html=DARK)
    host.page.emulate_media(media="print")
    color = host.element("history").evaluate("(e) => getComputedStyle(e).color")
    assert color == "rgb(29, 37, 49)"
    expect(host.element("history").locator(".controls").get_by_role("button")).to_have_count(0)


def test_a_token_is_a_header_and_never_in_an_address(host: Host) -> None:
    token = host.service.user_token
    host.open(f'<stats-history resource="user:u7" token="{token}"></stats-history>')
    assert len(table_of(host.element("history"))) == 30
    asked = host.api_requests()
    assert all(request.headers["authorization"] == f"Bearer {token}" for request in asked)
    assert not any(token in request.url for request in host.requests)


def test_what_is_not_public_is_shown_on_the_page_that_a_token_is_for(host: Host) -> None:
    shown = (
        f'<stats-history resource="{HIDDEN}" token="{host.service.embed_token}"></stats-history>'
    )
    bare = f'<stats-history resource="{HIDDEN}"></stats-history>'
    counters = "".join(f'<stats-counter resource="{r}"></stats-counter>' for r in (HIDDEN, RECORD))
    host.open(shown + bare + counters, origin=OTHER_ORIGIN)
    assert len(table_of(host.element("history"))) == 30
    expect(host.element("history", 1).locator(".note")).to_contain_text("not public")
    expect(host.element("counter").locator(".root")).to_have_attribute("data-state", "problem")
    expect(host.element("counter", 1).locator(".root")).to_have_attribute("data-state", "ready")


def test_a_copied_token_shows_nothing_elsewhere(host: Host) -> None:
    body = f'<stats-history resource="{HIDDEN}" token="{host.service.embed_token}"></stats-history>'
    host.open(body, origin="http://copied.test")
    expect(host.element("history").locator(".note")).to_contain_text("not public")


def test_a_frame_shows_an_element_and_keeps_its_token_to_itself(host: Host) -> None:
    token = host.service.embed_token
    address = f"{host.service.url}/widgets/record%3Ahidden?element=history&theme=dark#token={token}"
    host.open(f'<iframe title="Usage" src="{address}"></iframe>', origin=OTHER_ORIGIN)
    frame = host.page.frame_locator("iframe")
    expect(frame.locator("stats-history").locator(".sum").first).to_contain_text("views")
    assert not any(token in request.url.partition("#")[0] for request in host.requests)
    asked = host.api_requests()
    assert all(request.headers["authorization"] == f"Bearer {token}" for request in asked)


def test_a_frame_of_what_is_not_public_is_for_the_page_of_its_token(host: Host) -> None:
    token = host.service.embed_token
    address = f"{host.service.url}/widgets/record%3Ahidden?element=history#token={token}"
    host.open(f'<iframe title="Usage" src="{address}"></iframe>', origin="http://copied.test")
    host.page.wait_for_timeout(500)
    assert host.api_requests() == []
    host.exceptions = [text for text in host.exceptions if "frame-ancestors" not in text]


@pytest.mark.parametrize(
    "query",
    ["", "element=counter&theme=dark", "element=history&lang=fr", "element=top", "interval=hour"],
)
def test_axe_finds_nothing_in_a_frame(host: Host, axe: str, query: str) -> None:
    page = host.open("")
    page.goto(f"{host.service.url}/widgets/record:r1?{query}")
    host.wait(1 if query else 6)
    assert violations(page, axe) == []


@pytest.mark.parametrize("resource", ["record:r1", "community:c"])
def test_a_frame_of_800_pixels_holds_each_element(host: Host, resource: str) -> None:
    page = host.open("", width=800)
    for element in ("panel", "counter", "history", "map", "breakdown", "top"):
        page.goto(f"{host.service.url}/widgets/{resource}?element={element}")
        host.wait(6 if element == "panel" else 1)
        assert widths_of(page) == (800, 800), element
        page.evaluate(SPREAD)
        assert widths_of(page) == (800, 800), element


def test_a_frame_tells_how_high_it_is(host: Host) -> None:
    def listen(page: Page) -> None:
        page.add_init_script(
            "addEventListener('message', ({ data }) =>"
            " { if (data.type === 'stats-height') window.height = data.height; })"
        )

    address = f"{host.service.url}/widgets/record:r1?element=history"
    host.open(f'<iframe title="Usage" width="600" src="{address}"></iframe>', prepare=listen)
    host.page.wait_for_function("() => window.height > 300")


def test_a_badge_is_a_picture(host: Host, tmp_path: Path) -> None:
    views = host.service.get(f"totals/{RECORD}")["views"]
    host.open(
        f'<img alt="views" src="{host.service.url}/badge/record:r1.svg">', origin=OTHER_ORIGIN
    )
    size = host.page.locator("img").evaluate("(img) => [img.naturalWidth, img.naturalHeight]")
    assert size[0] > 60
    assert size[1] == 20
    text = host.service.client.get("/badge/record:r1.svg").text
    assert str(views)[:2] in text
