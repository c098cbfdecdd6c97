"""A page that embeds elements, as a repository's would, and what a reader sees of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, Request, Route

OTHER_ORIGIN = "http://repository.test"
PATH = "/host.html"
TIMEOUT_MS = 15_000
RECORD = "record:r1"
NONE = "\N{EN DASH}"
"""What a table has where nothing is known."""
ELEMENTS = {
    "counter": f'<stats-counter resource="{RECORD}"></stats-counter>',
    "history": f'<stats-history resource="{RECORD}"></stats-history>',
    "map": f'<stats-map resource="{RECORD}"></stats-map>',
    "breakdown": f'<stats-breakdown resource="{RECORD}" by="referrer" size="4"></stats-breakdown>',
    "top": '<stats-top kind="record" metric="views"></stats-top>',
}
"""Each element, but the panel, which is made of them."""

WATCH = """
  window.shift = 0;
  window.states = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  addEventListener("stats-state", ({ target, detail }) => {
    const { problem } = detail;
    window.states.push(detail.state);
    if (problem && !problem.kind) console.error("a bug in an element: " + problem.stack);
  });
"""

SPREAD = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { letter-spacing: .12em !important; word-spacing: .16em !important }");
  const spread = (root) => {
    root.adoptedStyleSheets.push(sheet);
    for (const { shadowRoot } of root.querySelectorAll("*")) if (shadowRoot) spread(shadowRoot);
  };
  spread(document);
}"""
"""Spaces text as WCAG 1.4.12 allows a reader to: a fifth wider, as fonts differ too."""

ROOM = """<style>
  body { margin: 16px; font-family: system-ui, sans-serif; }
  stats-history:not(:defined) { display: block; min-height: 20rem; }
</style>"""


@dataclass(frozen=True)
class Service:
    """The service: its address, a client to ask it without a browser, and tokens."""

    url: str
    client: FlaskClient
    user_token: str
    embed_token: str
    admin_token: str

    def get(self, path: str, **params: Any) -> Any:
        """Return the JSON that the API answers."""
        headers = {"Authorization": f"Bearer {self.user_token}"}
        response = self.client.get(f"/api/stats/{path}", query_string=params, headers=headers)
        assert response.status_code == 200, response.text
        return response.json


class Host:
    """One page and what happened on it."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.service = service
        self.exceptions: list[str] = []
        self.requests: list[Request] = []
        self._browser = browser
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    def open(
        self,
        body: str,
        *,
        width: int = 800,
        scheme: str = "light",
        html: str = 'lang="en"',
        origin: str | None = None,
        headers: dict[str, str] | None = None,
        prepare: Callable[[Page], None] | None = None,
        motion: str = "no-preference",
        zone: str = "UTC",
        wait: bool = True,
    ) -> Page:
        """Show a page with ``body``; wait until every element in it has its answer."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion=motion,
            locale="en-GB",
            timezone_id=zone,
        )
        context.set_default_timeout(TIMEOUT_MS)
        page = self._page = context.new_page()
        page.on("pageerror", self._note_exception)
        page.on("console", self._note_message)
        page.on("request", self._note_request)
        page.add_init_script(WATCH)
        text = self._build(body, html)
        base = origin or self.service.url

        def answer(route: Route) -> None:
            route.fulfill(body=text, headers={"Content-Type": "text/html", **(headers or {})})

        page.route(f"{base}{PATH}*", answer)
        if prepare:
            prepare(page)
        page.goto(base + PATH)
        if wait:
            self.wait(body.count("</stats-"))
        return page

    def wait(self, answers: int) -> None:
        """Wait until elements have had so many answers, good or bad."""
        self.page.wait_for_function("(n) => window.states.length >= n", arg=answers)

    def element(self, name: str, nth: int = 0) -> Locator:
        """Return an element by the end of its tag's name."""
        return self.page.locator(f"stats-{name}").nth(nth)

    def api_requests(self) -> list[Request]:
        """Return what was asked of the API."""
        return [request for request in self.requests if "/api/stats" in request.url]

    def close(self) -> None:
        if self._page:
            self._page.context.close()

    def _build(self, body: str, html: str) -> str:
        script = (
            f'<script type="module" src="{self.service.url}/widgets/stats-widgets.js"></script>'
        )
        return (
            f'<!doctype html><html {html}><head><meta charset="utf-8"><title>A record</title>'
            f'<link rel="icon" href="data:,">{ROOM}{script}</head>'
            f"<body><main><h1>A record</h1>{body}</main></body></html>"
        )

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)

    def _note_exception(self, error: Error) -> None:
        self.exceptions.append(str(error))

    def _note_message(self, message: ConsoleMessage) -> None:
        """Note what scripts complain of; the browser's own note of a failed request is none."""
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.exceptions.append(message.text)


TARGETS = {"target-size": {"enabled": True}}
"""WCAG 2.2, 2.5.8, which axe-core leaves out unless it is asked."""


def violations(page: Page, axe: str) -> list[tuple[str, str]]:
    """Return what axe-core finds: the rule, and the first node that breaks it."""
    page.wait_for_timeout(300)  # until fades have ended
    page.evaluate(axe)
    found = page.evaluate("(rules) => axe.run({ resultTypes: ['violations'], rules })", TARGETS)[
        "violations"
    ]
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in found]


def widths_of(page: Page) -> tuple[int, int]:
    """Return how wide a page is, and the window it is seen in."""
    wide, seen = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    return int(wide), int(seen)


def number(n: int) -> str:
    """Write a number as elements do in English."""
    return f"{n:,}"


def numbers_of(bucket: dict[str, Any]) -> list[str]:
    """Write the numbers of a bucket as tables do."""
    return [number(bucket["count"]), number(bucket["unique_count"])]


def rows_of(*answers: dict[str, Any]) -> list[list[str]]:
    """Write the numbers of histograms of one window as their table does, row by row."""
    return [
        [
            text
            for answer, bucket in zip(answers, row, strict=True)
            for text in _cells(answer, bucket)
        ]
        for row in zip(*(answer["buckets"] for answer in answers), strict=True)
    ]


def _cells(answer: dict[str, Any], bucket: dict[str, Any]) -> list[str]:
    """Write a bucket's numbers; dashes for one that ended before anything was counted."""
    dates = [*(one["date"] for one in answer["buckets"]), "9999"]
    following = dates[dates.index(bucket["date"]) + 1]
    early = answer["since"] is None or following <= answer["since"]
    return [NONE, NONE] if early else numbers_of(bucket)


def path_of(history: Locator, strip: int, part: str) -> str:
    """Return what is drawn of one part of a strip, whole and incomplete buckets alike."""
    paths = history.locator(f".strip >> nth={strip}").locator(f"path.{part}")
    return "".join(path.get_attribute("d") or "" for path in paths.all())


def table_of(element: Locator) -> list[list[str]]:
    """Return the body of an element's table, as text."""
    rows: list[list[str]] = element.locator("table").first.evaluate(
        "(table) => [...table.tBodies[0].rows].map("
        "(row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return rows
