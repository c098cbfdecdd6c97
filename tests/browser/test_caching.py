"""What a page costs: files once, numbers in one request, and nothing twice while they are fresh."""

from __future__ import annotations

import logging
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.host import RECORD, TIMEOUT_MS, Service

REQUEST = re.compile(r"GET (\S+) HTTP/1\.1\S* (\d+)")


def requests_of(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Return what the service was asked since the last time: path and status."""
    found = [REQUEST.search(record.getMessage()) for record in caplog.records]
    caplog.clear()
    return [(one[1], one[2]) for one in found if one]


def visit(page: Page, service: Service) -> None:
    """Show a landing page; no route is set, since Playwright turns the cache off for them."""
    page.goto(f"{service.url}/widgets/{RECORD}?element=counter")
    expect(page.locator("stats-counter").locator(".root")).to_have_attribute("data-state", "ready")


def test_a_landing_page_costs_one_request_that_a_cache_answers(
    chromium: Browser, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    totals = f"/api/stats/totals?ref={RECORD}"
    caplog.set_level(logging.INFO, logger="werkzeug")
    context = chromium.new_context()
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    visit(page, service)
    first = requests_of(caplog)
    assert [path for path, _ in first if path.startswith("/api/")] == [totals]
    assert sum("/chunks/" in path for path, _ in first) == 0
    page.goto("about:blank")
    visit(page, service)
    assert requests_of(caplog) == []  # all of it is still fresh
    stale = "(path) => fetch(path, { cache: 'no-cache' }).then((answer) => answer.json())"
    answer = page.evaluate(stale, totals)  # as after ten seconds
    assert requests_of(caplog) == [(totals, "304")]
    assert answer[RECORD]["views"] == service.get(f"totals/{RECORD}")["views"]
    context.close()
