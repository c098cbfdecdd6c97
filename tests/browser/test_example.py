"""The pages of ``examples/`` work as they are: one on another origin, one of a real repository."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from tests.browser.host import OTHER_ORIGIN, Host, table_of, violations
from tests.example_repository import get, running_repository

FOLDER = Path(__file__).parents[2] / "examples" / "static-page"
SERVICE = "http://127.0.0.1:8000"


def test_the_static_page_shows_statistics(host: Host, axe: str) -> None:
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
    assert violations(page, axe) == []


def test_the_repository_shows_what_it_counted(
    host: Host, axe: str, state: StatsState, stats_namespace: Namespace, tmp_path: Path
) -> None:
    page = host.open("")
    with running_repository(tmp_path, stats_namespace.as_config()) as url:
        for path in ("/records/swifts", "/files/swifts/arrival.csv", "/files/swifts/methods.txt"):
            get(f"{url}{path}")
        state.process()
        state.aggregate()
        for path, elements in (("/", 1), ("/communities/birds", 6), ("/records/swifts", 7)):
            page.goto(f"{url}{path}")
            host.wait(elements)
            assert violations(page, axe) == []
        expect(host.element("counter").locator(".value")).to_have_text(["1", "2"])
        assert host.element("panel").locator(".tile .value").all_inner_texts()[:2] == ["1", "2"]
        assert [row[1] for row in table_of(host.element("panel").locator("stats-map"))] == ["1"]


def _route(page: Page, serve: object, redirect: object) -> None:
    page.route(re.compile(re.escape(OTHER_ORIGIN)), serve)  # type: ignore[arg-type]
    page.route(re.compile(re.escape(SERVICE)), redirect)  # type: ignore[arg-type]
