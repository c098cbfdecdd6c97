"""What each element says when it has nothing to show: bad input, refusals, a service away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.data import HIDDEN
from tests.browser.host import ELEMENTS, OTHER_ORIGIN, RECORD, Host, table_of

WHOLE = {**ELEMENTS, "panel": f'<stats-panel resource="{RECORD}"></stats-panel>'}
NEIGHBOUR = "<p>Before <b>and after</b> the element.</p>"
NAMES = pytest.mark.parametrize("name", WHOLE)

BAD = [
    ("history", 'resource="r1"', "check “resource”"),
    ("history", "", "check “resource”"),
    ("history", f'resource="{RECORD}" interval="hour"', "check “interval”"),
    ("history", f'resource="{RECORD}" chart="pie"', "check “chart”"),
    ("history", f'resource="{RECORD}" type="no-such"', "No statistics are known"),
    ("map", 'resource="r1"', "check “resource”"),
    ("map", f'resource="{RECORD}" from="12 May"', "check “from”"),
    ("breakdown", 'resource="r1"', "check “resource”"),
    ("breakdown", f'resource="{RECORD}" by="colour"', "check “by”"),
    ("breakdown", f'resource="{RECORD}" size="0"', "check “size”"),
    ("top", 'metric="likes"', "check “metric”"),
    ("top", 'kind="recrod"', "check “kind”"),
    ("top", 'within="r1"', "check “within”"),
    ("panel", 'resource="r1"', "check “resource”"),
    ("panel", f'resource="{RECORD}" from="2026-02-01" to="2026-01-01"', "check “to”"),
    ("counter", 'resource="r1"', "check “resource”"),
    ("counter", f'resource="{RECORD}" show="likes"', "check “show”"),
    ("counter", f'resource="{RECORD}" api="http://[" token="ü"', "cannot be reached"),
]


def expect_said(host: Host, name: str, text: str) -> None:
    """Expect that an element says ``text`` once, and that its neighbours are as they were."""
    element = host.element(name)
    if name == "counter":
        button = element.get_by_role("button")
        assert text in (button.get_attribute("aria-label") or "")
        button.hover()
        expect(element.locator(".tip")).to_contain_text(text)
    else:
        seen = element.locator(".note").filter(visible=True)
        expect(seen).to_have_count(1)
        expect(seen).to_contain_text(text)
    expect(host.page.locator("main > p").first).to_have_text("Before and after the element.")


@pytest.mark.parametrize(("name", "attributes", "text"), BAD)
def test_a_wrong_attribute_is_named(host: Host, name: str, attributes: str, text: str) -> None:
    host.open(f"{NEIGHBOUR}<stats-{name} {attributes}></stats-{name}>")
    expect_said(host, name, text)


@NAMES
def test_what_was_never_counted_is_nothing_and_no_error(host: Host, name: str) -> None:
    unknown = WHOLE[name].replace(RECORD, "record:none").replace('"record"', '"collection"')
    host.open(NEIGHBOUR + unknown)
    if name == "counter":
        assert host.element("counter").locator(".value").all_inner_texts() == ["0", "0"]
    else:
        expect_said(host, name, "Nothing counted")


@NAMES
def test_what_a_reader_may_not_see_is_said(host: Host, name: str) -> None:
    hidden = WHOLE[name].replace(RECORD, HIDDEN).replace("metric=", f'within="{HIDDEN}" metric=')
    host.open(NEIGHBOUR + hidden, origin=OTHER_ORIGIN)
    expect_said(host, name, "not public")


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (403, "{}", "not public"),
        (500, "", "cannot be reached"),
        (503, '{"error": {"code": "x", "message": "", "field": ""}}', "cannot be reached"),
        (200, "<!doctype html><title>A proxy's page</title>", "cannot be reached"),
    ],
)
@NAMES
def test_an_answer_that_is_none_is_said(
    host: Host, name: str, status: int, body: str, text: str
) -> None:
    def answer(page: Page) -> None:
        page.route("**/api/stats**", lambda route: route.fulfill(status=status, body=body))

    host.open(NEIGHBOUR + WHOLE[name], prepare=answer)
    expect_said(host, name, text)


@NAMES
def test_a_service_that_comes_back_is_asked_again(host: Host, name: str) -> None:
    def abort(page: Page) -> None:
        page.route("**/api/stats**", lambda route: route.abort())

    host.open(NEIGHBOUR + WHOLE[name], prepare=abort)
    element = host.element(name)
    expect_said(host, name, "cannot be reached")
    host.page.unroute("**/api/stats**")
    if name == "counter":  # has no room for a button
        element.evaluate("(e) => e.setAttribute('lang', 'en')")
    else:
        element.get_by_role("button", name="Try again").filter(visible=True).click()
    expect(element.locator(".root").first).to_have_attribute("data-state", "ready")
    expect(element.get_by_text("cannot be reached").filter(visible=True)).to_have_count(0)


def test_a_history_that_comes_back_has_its_numbers(host: Host) -> None:
    host.open(
        ELEMENTS["history"],
        prepare=lambda page: page.route("**/api/stats**", lambda route: route.abort()),
    )
    host.page.unroute("**/api/stats**")
    host.element("history").get_by_role("button", name="Try again").click()
    host.wait(2)
    assert len(table_of(host.element("history"))) == 30


@NAMES
def test_a_slow_service_is_given_up_after_ten_seconds(host: Host, name: str) -> None:
    def never(page: Page) -> None:
        page.clock.install()
        page.route("**/api/stats**", lambda route: None)

    host.open(NEIGHBOUR + WHOLE[name], prepare=never, wait=False)
    root = host.element(name).locator(".root").first
    expect(root).to_have_attribute("data-state", "loading")
    expect(root).to_have_attribute("aria-busy", "true")
    host.page.clock.run_for(500)
    while not host.api_requests():
        host.page.wait_for_timeout(50)
    host.page.clock.run_for(11_000)
    expect(root).to_have_attribute("data-state", "problem")
    expect_said(host, name, "take too long")


@NAMES
def test_a_slow_answer_is_shown_when_it_comes(host: Host, name: str) -> None:
    def slow(page: Page) -> None:
        def answer(route: Route) -> None:
            page.wait_for_timeout(400)
            route.continue_()

        page.route("**/api/stats**", answer)

    host.open(WHOLE[name], prepare=slow)
    host.wait(6 if name == "panel" else 1)
    root = host.element(name).locator(".root").first
    expect(root).to_have_attribute("data-state", "ready")
    expect(root).to_have_attribute("aria-busy", "false")


def test_a_panel_recovers_when_its_attribute_is_mended(host: Host) -> None:
    host.open("<stats-panel></stats-panel>")
    panel = host.element("panel")
    problem = "Statistics cannot be shown: check “resource”"
    expect(panel.locator(".note")).to_have_text(problem)
    panel.evaluate("(e) => e.setAttribute('resource', 'record:r1')")
    expect(panel.locator("stats-history").locator(".sum")).to_have_count(2)
    expect(panel.get_by_text(problem)).to_have_count(0)


@pytest.mark.parametrize("name", ["history", "map", "breakdown", "top", "panel"])
def test_code_that_does_not_arrive_is_said_quietly(host: Host, name: str) -> None:
    def abort(page: Page) -> None:
        page.route("**/chunks/**", lambda route: route.abort())

    host.open(NEIGHBOUR + WHOLE[name], prepare=abort)
    expect_said(host, name, "cannot be reached")
    host.exceptions.clear()  # the failure itself is reported as an event
