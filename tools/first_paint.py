"""How soon a page is painted for the first time, cold, in Chromium.

    stats demo --port 8000
    python -m tools.first_paint http://127.0.0.1:8000/stats/resource/record:1 < .stats/admin-token

Comes in: addresses; at the standard input a token for the dashboard, if one is needed. Goes out:
for each address the median first contentful paint of nine cold visits, in milliseconds, and how
many responses one has. Cold is a browser context of its own: no cache, no connection.
"""

from __future__ import annotations

import sys
from statistics import median
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS, find_chromium

VISITS = 9
_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  const [paint] = list.getEntriesByName("first-contentful-paint");
  if (paint) done(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


def main() -> None:
    """Measure the addresses of the command line."""
    token = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        for address in sys.argv[1:]:
            visits = [_visit(browser, address, token) for _ in range(VISITS)]
            paint = median(time for time, _ in visits)
            print(f"{address}: first paint {paint:.0f} ms, {visits[-1][1]} responses")
        browser.close()


def _visit(browser: Browser, address: str, token: str) -> tuple[float, int]:
    """Return when a page was painted, and how many responses it had in the end."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, locale="en-GB")
    if token:
        host = urlsplit(address).hostname or ""
        cookie = {"name": "stats_token", "value": token, "domain": host, "path": "/"}
        context.add_cookies([cookie])  # type: ignore[list-item]
    page = context.new_page()
    asked: list[str] = []
    page.on("response", lambda response: asked.append(response.url))
    page.goto(address)
    paint = float(page.evaluate(_PAINT))
    page.wait_for_load_state("networkidle")
    context.close()
    return paint, len([url for url in asked if not url.startswith("data:")])


if __name__ == "__main__":
    main()
