"""The dashboard in Chromium: signing in, its numbers, keyboard, print, widths, axe-core."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.data import today
from tests.browser.host import (
    SPREAD,
    Service,
    rows_of,
    table_of,
    violations,
    widths_of,
)
from tests.browser.visit import PAGES, RECORD, Scheme, Visit


def tiles_of(page: Page) -> list[str]:
    texts = page.locator(".tiles dd:not(.quiet)").all_inner_texts()
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def expected_tiles(service: Service, resource: str, **window: Any) -> list[str]:
    """Return what the API says of a window, as the tiles write it."""
    params = {"resource": resource, **window}
    views, downloads = (
        service.get(f"{name}-total", **params)["total"] for name in ("record-view", "file-download")
    )
    volume = downloads["volume"]
    size = f"{volume / 1e9:.1f} GB" if volume >= 1e9 else f"{volume / 1e6:.1f} MB"
    return [f"{views['count']:,}", f"{downloads['count']:,}", size]


def window_of(days: int) -> dict[str, str]:
    first = today() - timedelta(days=days - 1)
    return {"from": first.isoformat(), "to": today().isoformat()}


def test_a_token_in_the_form_signs_in_and_goes_on(visit: Visit) -> None:
    page = visit.begin()
    page.goto(f"{visit.service.url}/stats/?days=7")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("unknown")
    page.get_by_label("Token").fill(visit.service.admin_token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The whole site")).to_be_visible()
    assert page.url.endswith("/stats/?days=7")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(f"{visit.service.url}/stats/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("path", ["/stats/", "/stats/sign-in"])
def test_a_token_behind_the_hash_signs_in_and_is_in_no_address(visit: Visit, path: str) -> None:
    page = visit.begin()
    page.goto(f"{visit.service.url}{path}#token={visit.service.admin_token}")
    expect(page.get_by_role("heading", name="The whole site")).to_be_visible()
    assert visit.service.admin_token not in page.url
    assert not any(visit.service.admin_token in url.partition("#")[0] for url in visit.addresses)


@pytest.mark.parametrize(("name", "days"), [("site", 30), ("year", 365)])
def test_the_site_has_the_numbers_of_the_api(visit: Visit, name: str, days: int) -> None:
    page = visit.open(name)
    assert tiles_of(page) == expected_tiles(visit.service, "site:all", **window_of(days))
    history = visit.service.get(
        "record-view-histogram",
        resource="site:all",
        interval="day" if days == 30 else "week",
        **window_of(days),
    )
    shown = table_of(page.locator("stats-history"))
    assert [row[1:3] for row in shown] == rows_of(history)


def test_top_lists_have_the_numbers_of_the_api_and_lead_on(visit: Visit) -> None:
    page = visit.open("site")
    top = visit.get("top", kind="record", metric="views", **window_of(30))["buckets"]
    section = page.get_by_role("region", name="Most viewed records")
    assert section.locator("tbody tr td:nth-child(2)").all_inner_texts() == [
        f"{row['value']:,}" for row in top
    ]
    section.get_by_role("link", name="Global carbon budget").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Global carbon budget")
    assert tiles_of(page) == expected_tiles(visit.service, RECORD, **window_of(30))
    totals = visit.service.get(f"totals/{RECORD}")
    expect(page.locator("dl.tiles > .views")).to_contain_text(f"{totals['views']:,} all time")


@pytest.mark.parametrize("name", ["site", "resource"])
def test_a_window_chosen_in_a_history_is_that_of_the_page(visit: Visit, name: str) -> None:
    page = visit.open(name)
    page.locator("stats-history").get_by_title("5 years").click()
    page.wait_for_url("**from=*")
    visit.settle(page, 6 if name == "resource" else 1)
    given = dict(parse_qsl(urlsplit(page.url).query))
    assert given["interval"] == "quarter"
    window = {"from": given["from"], "to": given["to"]}
    resource = RECORD if name == "resource" else "site:all"
    assert tiles_of(page) == expected_tiles(visit.service, resource, **window)
    href = page.get_by_role("link", name="Views as CSV").get_attribute("href") or ""
    assert dict(parse_qsl(urlsplit(href).query)).items() >= given.items()


def test_links_between_pages_keep_the_window(visit: Visit) -> None:
    page = visit.open("site")
    page.goto(f"{visit.service.url}/stats/?window=this-year&interval=month")
    page.get_by_role("link", name="Global carbon budget").first.click()
    assert page.url.endswith("?window=this-year&interval=month")
    chosen = page.get_by_role("navigation", name="Window").locator("[aria-current]")
    expect(chosen).to_have_text("This year")


def test_a_window_is_chosen_and_downloaded_as_csv(visit: Visit) -> None:
    page = visit.open("resource")
    chosen = window_of(45)
    page.get_by_role("textbox", name="From").fill(chosen["from"])
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**from=*")
    visit.settle(page, 6)
    assert tiles_of(page) == expected_tiles(visit.service, RECORD, **chosen)
    with page.expect_download() as started:
        page.get_by_role("link", name="Views as CSV").click()
    lines = started.value.path().read_text("utf-8").splitlines()
    total = visit.service.get("record-view-total", resource=RECORD, **chosen)["total"]["count"]
    assert sum(int(line.split(",")[1]) for line in lines[1:]) == total
    assert len(lines) == 46


@pytest.mark.parametrize("name", ["resource", "community"])
def test_a_panel_ends_where_what_follows_begins(visit: Visit, name: str) -> None:
    page = visit.open(name)
    panel, following = (
        page.locator(one).bounding_box() for one in ("stats-panel", "stats-panel + *")
    )
    assert panel
    assert following
    parts = page.locator("stats-panel stats-breakdown, stats-panel stats-top").all()
    boxes = [box for part in parts if (box := part.bounding_box())]
    assert max(box["y"] + box["height"] for box in boxes) <= panel["y"] + panel["height"]
    assert panel["y"] + panel["height"] <= following["y"]


def test_search_leads_to_a_page(visit: Visit) -> None:
    page = visit.open("site")
    page.get_by_role("searchbox").fill("ocean")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Ocean temperature profiles").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ocean temperature profiles")
    assert page.locator("a[href^='javascript']").count() == 0


def test_the_keyboard_skips_to_the_content_and_takes_everything_in_order(visit: Visit) -> None:
    page = visit.open("site")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    order = ["Usage statistics", "", "Search", "Sign out", "7 days", "30 days", "90 days"]
    for text in order:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent.trim()") == text
    skip.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="7 days")).to_be_focused()


def test_paper_has_numbers_and_no_forms(visit: Visit) -> None:
    page = visit.open("site", scheme="dark")
    expect(page.locator(".printed")).to_be_hidden()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".printed")).to_contain_text(window_of(30)["from"])
    for gone in ("header form", ".window", ".tables"):
        assert not any(one.is_visible() for one in page.locator(gone).all())
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 37, 49)"
    expect(page.locator(".tiles")).to_be_visible()


@pytest.mark.parametrize("width", [200, 400, 1200])
@pytest.mark.parametrize("name", PAGES)
def test_pages_fit_every_width(visit: Visit, name: str, width: int) -> None:
    page = visit.open(name, width=width)
    assert widths_of(page) == (width, width)
    page.evaluate(SPREAD)
    assert widths_of(page) == (width, width)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Visit, axe: str, name: str, scheme: Scheme) -> None:
    page = visit.open(name, scheme=scheme)
    assert violations(page, axe) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [200, 1000])
def test_pages_that_show_nothing_say_why_to_everybody(
    visit: Visit, away: str, axe: str, scheme: Scheme, width: int
) -> None:
    service = visit.service
    for address, token, title in (
        (f"{service.url}/stats/", "", "Sign in"),
        (f"{service.url}/stats/", service.user_token, "Not for this account"),
        (f"{service.url}/stats/no-such-page", service.admin_token, "There is no such page"),
        (f"{away}/stats/", service.admin_token, "Try again in a moment"),
    ):
        page = visit.begin(width=width, scheme=scheme)
        if token:
            visit.sign_in(page, token)
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        assert violations(page, axe) == []
        page.evaluate(SPREAD)
        assert widths_of(page) == (width, width)


def test_a_refused_token_is_told_to_everybody(visit: Visit, axe: str) -> None:
    page = visit.begin()
    page.goto(f"{visit.service.url}/stats/sign-in")
    page.get_by_label("Token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page, axe) == []


def test_a_page_with_a_panel_is_few_responses(visit: Visit) -> None:
    page = visit.begin()
    visit.sign_in(page, visit.service.admin_token)
    page.goto(f"{visit.service.url}/stats/resource/{RECORD}?lang=de")
    visit.settle(page, 6)
    page.wait_for_load_state("networkidle")
    asked = [url for url in visit.addresses if not url.startswith("data:")]
    assert len(asked) <= 6, asked


def test_controls_of_the_gallery_change_the_preview_and_the_line_to_copy(visit: Visit) -> None:
    page = visit.open("gallery")
    example = page.get_by_role("region", name="<stats-breakdown>")
    assert example.locator(".line").inner_text() == (
        '<stats-breakdown resource="community:c"></stats-breakdown>'
    )
    example.locator("[name=by]").select_option("referrer")
    example.locator("[name=size]").fill("2")
    example.locator("[name=size]").blur()
    line = '<stats-breakdown resource="community:c" by="referrer" size="2"></stats-breakdown>'
    expect(example.locator(".line")).to_have_text(line)
    expect(example.locator("stats-breakdown").get_by_text("google.com")).to_be_visible()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    example.get_by_role("button", name="Copy").click()
    expect(example.locator("button[data-done]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == line
    page.goto(f"{visit.service.url}/widgets/?lang=de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Elemente zum Einbetten")


def test_records_of_a_community_are_sorted_by_any_number(visit: Visit) -> None:
    page = visit.open("community")
    page.get_by_role("link", name="Views", exact=True).click()
    expect(page.locator("[aria-sort=descending]")).to_have_text("Views")
    top = visit.get("top", kind="record", metric="views", within="community:c", **window_of(30))
    assert page.locator(".sortable tbody td:nth-child(2)").all_inner_texts() == [
        f"{row['value']:,}" for row in top["buckets"]
    ]
    page.get_by_role("link", name="7 days").click()
    assert page.url.endswith("?days=7&sort=views") or page.url.endswith("?sort=views&days=7")


def test_a_record_has_a_line_to_cite(visit: Visit) -> None:
    page = visit.open("resource")
    totals = visit.service.get(f"totals/{RECORD}")
    line = page.locator(".citation")
    expect(line).to_contain_text(f"viewed {totals['views']:,} times")
    expect(line).to_contain_text(f"{window_of(150)['from']} to {window_of(1)['to']}")


def test_titles_of_a_panel_lead_to_pages_of_the_dashboard(visit: Visit) -> None:
    page = visit.open("community")
    page.goto(f"{page.url}?days=90&lang=fr")
    visit.settle(page, 6)
    page.locator("stats-top").get_by_role("link", name="Global carbon budget").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Global carbon budget")
    assert page.url.endswith(f"/stats/resource/{RECORD}?days=90&lang=fr")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
