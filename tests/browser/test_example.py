"""The static page of ``examples/`` works as it is, on another origin than the service."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, Route

from tests.browser.host import OTHER_ORIGIN, Host, table_of

FOLDER = Path(__file__).parents[2] / "examples" / "static-page"
SERVICE = "http://127.0.0.1:8000"


def test_the_static_page_shows_statistics(host: Host) -> None:
    page = host.open("", wait=False)

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(f"{OTHER_ORIGIN}/").partition("?")[0]
        route.fulfill(path=FOLDER / (name or "index.html"))

    def redirect(route: Route) -> None:
        route.fulfill(
            response=route.fetch(url=route.request.url.replace(SERVICE, host.service.url))
        )

    _route(page, serve, redirect)
    page.goto(f"{OTHER_ORIGIN}/?resource=record:r1")
    host.wait(5)
    assert len(table_of(host.element("history"))) == 30
    views = host.service.get("totals/record:r1")["views"]
    assert f"{views / 1000:.3g}" in host.element("counter").locator(".view").inner_text()


def _route(page: Page, serve: object, redirect: object) -> None:
    page.route(re.compile(re.escape(OTHER_ORIGIN)), serve)  # type: ignore[arg-type]
    page.route(re.compile(re.escape(SERVICE)), redirect)  # type: ignore[arg-type]
