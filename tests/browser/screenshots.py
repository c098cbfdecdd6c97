"""Pictures of each element and each page for the documentation.

    stats demo --port 8000
    python -m tests.browser.screenshots http://127.0.0.1:8000 docs/images < .stats/admin-token

Comes in: the address of a service that has data; at the standard input the token of an
administrator, without which the dashboard is left out. Goes out: PNG files.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, find_chromium

RECORD = "record:1"
COMMUNITY = "community:earth"
DARK = "color-scheme: dark; background: #161b22; color: #e8ebf0"
HOST_PAGE = """<!doctype html>
<html lang="en" dir="{direction}" style="{style}">
<head><meta charset="utf-8"><title>Statistics</title><link rel="icon" href="data:,">
<style>body {{ margin: 0; padding: 16px; font-family: system-ui, sans-serif; }}</style>
<script type="module" src="/widgets/stats-widgets.js"></script></head>
<body>{body}</body></html>"""


@dataclass(frozen=True)
class Shot:
    """One picture: markup, and how it is looked at."""

    name: str
    body: str
    width: int = 760
    direction: str = "ltr"
    style: str = ""
    height: int = 200
    answers: int = 1
    tip_of: str = ""


@dataclass(frozen=True)
class PageShot:
    """One picture of a page of the dashboard; ``height`` of what a window shows, or all of it."""

    name: str
    path: str
    width: int = 1100
    height: int | None = None
    scheme: Literal["light", "dark"] = "light"
    paper: bool = False


def _element(name: str, **attributes: str) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<stats-{name}{written}></stats-{name}>"


BADGE = f'<img alt="views" src="/badge/{RECORD}.svg">'
_PANEL = _element("panel", resource=COMMUNITY)
SHOTS = (
    Shot("counter", _element("counter", resource=RECORD) + "<br>" * 4, width=320, tip_of="counter"),
    Shot("history", _element("history", resource=RECORD)),
    Shot("map", _element("map", resource="site:all")),
    Shot("breakdown", _element("breakdown", resource="site:all", by="referrer", size="6")),
    Shot("donut", _element("breakdown", resource="site:all", size="6", chart="donut")),
    Shot("top", _element("top", kind="record", metric="downloads", size="6")),
    Shot("panel", _PANEL, width=1100, answers=6),
    Shot("panel-dark", _PANEL, width=1100, answers=6, style=DARK),
    Shot("panel-narrow", _element("panel", resource=RECORD), width=360, answers=6),
    Shot("badge", BADGE, width=140, height=52, answers=0),
    Shot("history-right-to-left", _element("history", resource=RECORD), direction="rtl", width=420),
)
# The demo's log is of yesterday alone and has more than the other days.
_UNTIL = f"?to={datetime.now(timezone.utc).date() - timedelta(days=2)}"
PAGE_SHOTS = (
    PageShot("dashboard", f"/stats/{_UNTIL}", height=1000),
    PageShot("dashboard-dark", f"/stats/{_UNTIL}", width=900, scheme="dark"),
    PageShot("dashboard-narrow", f"/stats/{_UNTIL}", width=360, height=1400),
    PageShot("dashboard-print", f"/stats/{_UNTIL}", width=720, height=1000, paper=True),
    PageShot("dashboard-record", f"/stats/resource/{RECORD}{_UNTIL}"),
    PageShot("dashboard-search", "/stats/search?q=glacier", height=500),
    PageShot("dashboard-community", f"/stats/resource/{COMMUNITY}{_UNTIL}"),
)
OPEN_SHOTS = (
    PageShot("dashboard-sign-in", "/stats/sign-in", width=760, height=420),
    PageShot("frame", f"/widgets/{RECORD}?element=history", width=560, height=330),
)
"""Pages for everybody."""


def run_page_shot(browser: Browser, service: str, folder: Path, *, shot: PageShot) -> None:
    """Take one picture of a page, as whoever the browser's last context has signed in."""
    page = browser.contexts[-1].new_page()
    page.emulate_media(color_scheme=shot.scheme)
    page.set_viewport_size({"width": shot.width, "height": 4_000})
    page.goto(service + shot.path)
    page.wait_for_load_state("networkidle")
    if shot.paper:
        page.emulate_media(media="print")
    page.set_viewport_size({"width": shot.width, "height": shot.height or 800})
    page.wait_for_timeout(400)  # until fades have ended
    page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.height is None)
    page.close()


def sign_in(browser: Browser, service: str, token: str) -> None:
    """Sign a context of the browser in, once."""
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(f"{service}/stats/sign-in#token={token}")
    page.get_by_role("button", name="Sign out").wait_for()
    page.close()


def run_shot(browser: Browser, service: str, folder: Path, *, shot: Shot) -> None:
    """Take one picture."""
    page = browser.new_page(viewport={"width": shot.width, "height": shot.height}, locale="en-GB")
    page.add_init_script("window.answers = 0; addEventListener('stats-state', () => answers++);")
    html = HOST_PAGE.format(direction=shot.direction, style=shot.style, body=shot.body)
    page.route(
        f"{service}/picture", lambda route: route.fulfill(body=html, content_type="text/html")
    )
    page.goto(f"{service}/picture")
    page.wait_for_function("(n) => answers >= n", arg=shot.answers)
    _settle(page, shot)
    page.screenshot(path=folder / f"{shot.name}.png", full_page=True)
    page.close()


def _settle(page: Page, shot: Shot) -> None:
    if shot.tip_of:
        page.locator(f"stats-{shot.tip_of}").get_by_role("button").hover()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)  # until fades have ended


def main(service: str, folder: str) -> None:
    """Take all pictures."""
    service, into = service.rstrip("/"), Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    token = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        browser.new_context(locale="en-GB")
        for page in OPEN_SHOTS:
            run_page_shot(browser, service, into, shot=page)
        if token:
            sign_in(browser, service, token)
        for page in PAGE_SHOTS if token else ():
            run_page_shot(browser, service, into, shot=page)
        for shot in SHOTS:
            run_shot(browser, service, into, shot=shot)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
