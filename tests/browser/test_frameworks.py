"""The elements as frameworks use them: made by script, changed in place, loaded before or after.

React and Vue are no dependencies of ours: ``SET`` has the rule by which each gives a custom element
what a template says (React 19.3: ``setValueForPropertyOnCustomComponent``; Vue 3.5: ``patchProp``).
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.host import RECORD, Host, rows_of, table_of

SET = {
    "react": """(element, name, value) => {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name in element) element[name] = value;
      else if (value === true) element.setAttribute(name, "");
      else if (value == null || value === false) element.removeAttribute(name);
      else element.setAttribute(name, `${value}`);
    }""",
    "vue": """(element, name, value) => {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name in element) element[name] = value;
      else if (value == null) element.removeAttribute(name);
      else element.setAttribute(name, value);
    }""",
}
RENDER = """(set, name, attributes) => {
  const element = document.querySelector(name) ?? document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) set(element, key, value);
  if (!element.isConnected) document.querySelector("main").append(element);
}"""
ATTRIBUTES = [
    *("resource", "type", "interval", "from", "to", "by", "kind", "within", "metric"),
    *("size", "chart", "show", "api", "token", "theme"),
]
FRAMEWORKS = pytest.mark.parametrize("framework", SET)


def render(page: Page, framework: str, name: str, **attributes: Any) -> None:
    """Make an element, or change the one there is, as a framework's render does."""
    page.evaluate(
        f"([name, given]) => ({RENDER})({SET[framework]}, name, given)", [name, attributes]
    )


@pytest.mark.parametrize("name", ["counter", "history", "map", "breakdown", "top", "panel"])
def test_attributes_are_no_properties_so_that_frameworks_set_attributes(
    host: Host, name: str
) -> None:
    page = host.open("")
    page.wait_for_function("() => customElements.get('stats-panel')")
    taken = page.evaluate(
        "([name, all]) => all.filter((one) => one in document.createElement(name))",
        [f"stats-{name}", ATTRIBUTES],
    )
    assert taken == []


@FRAMEWORKS
@pytest.mark.parametrize("late", [False, True], ids=["script first", "script later"])
def test_what_a_template_gives_is_shown_and_changes_in_place(
    host: Host, framework: str, late: bool
) -> None:
    def abort(page: Page) -> None:
        page.route("**/stats-widgets.js", lambda route: route.abort())

    page = host.open("", prepare=abort if late else None)
    given = {"resource": RECORD, "interval": "month", "type": "record-view", "lang": "de"}
    render(page, framework, "stats-history", **given)
    render(page, framework, "stats-breakdown", resource=RECORD, by="referrer", size=2, to=None)
    if late:
        page.unroute("**/stats-widgets.js")
        page.evaluate(f"import('{host.service.url}/widgets/stats-widgets.js')")
    host.wait(2)
    history = host.element("history")
    answer = host.service.get("record-view-histogram", resource=RECORD, interval="month")
    assert [row[1] for row in table_of(history)] == [
        one[0].replace(",", ".") for one in rows_of(answer)
    ]
    assert len(table_of(host.element("breakdown"))) == 3
    render(page, framework, "stats-history", resource="record:r3", interval=None)
    host.wait(3)
    answer = host.service.get("record-view-histogram", resource="record:r3")
    assert [row[1] for row in table_of(history)] == [one[0] for one in rows_of(answer)]
    expect(history.locator(".sum")).to_have_count(1)


@FRAMEWORKS
def test_handlers_of_a_template_hear_the_elements(host: Host, framework: str) -> None:
    page = host.open("")
    page.evaluate(
        f"([name, given]) => ({RENDER})({SET[framework]}, name, {{ ...given,"
        " 'onstats-window': (event) => { window.chosen = event.detail; },"
        " 'onstats-state': (event) => { window.state = event.detail.state; } })",
        ["stats-history", {"resource": RECORD}],
    )
    host.wait(1)
    assert page.evaluate("window.state") == "ready"
    host.element("history").get_by_role("button", name="1y").click()
    host.wait(2)
    assert page.evaluate("window.chosen.interval") == "month"
