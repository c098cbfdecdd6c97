"""Somebody who visits the dashboard in a browser of their own."""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.host import TIMEOUT_MS, WATCH, Service

RECORD = "record:r1"
PAGES = {
    "site": "/stats/",
    "year": "/stats/?days=365",
    "resource": f"/stats/resource/{RECORD}",
    "odd title": "/stats/resource/record:r2",
    "community": "/stats/resource/community:c",
    "search": "/stats/search?q=ocean",
    "nothing found": "/stats/search?q=volcano",
    "problem": "/stats/?days=none",
    "sign-in": "/stats/sign-in",
    "unknown": "/stats/resource/record:none",
    "how we count": "/stats/counting",
    "gallery": "/widgets/?resource=community:c",
    "German": "/stats/?lang=de",
}
ELEMENTS = {
    **{"site": 5, "year": 5, "German": 5},
    **{"resource": 6, "odd title": 6, "community": 7, "gallery": 11},
}
"""How many elements of a page have an answer in the end."""
Scheme = Literal["light", "dark"]


class Visit:
    """A browser of somebody's own, and what went wrong in it."""

    def __init__(self, browser: Browser, service: Service) -> None:
        self.service = service
        self.errors: list[str] = []
        self.addresses: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def begin(self, *, width: int = 1000, scheme: Scheme = "light") -> Page:
        """Return an empty page; nobody is signed in."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, locale="en-GB"
        )
        context.set_default_timeout(TIMEOUT_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._note)
        page.on("request", lambda request: self.addresses.append(request.url))
        return page

    def open(self, name: str, *, width: int = 1000, scheme: Scheme = "light") -> Page:
        """Return one of `PAGES` as an administrator sees it, all its elements answered."""
        page = self.begin(width=width, scheme=scheme)
        self.sign_in(page, self.service.admin_token)
        page.goto(self.service.url + PAGES[name])
        self.settle(page, ELEMENTS.get(name, 0))
        return page

    def sign_in(self, page: Page, token: str) -> None:
        """Give the page's browser the cookie that the form would."""
        page.context.add_cookies(
            [{"name": "stats_token", "value": token, "domain": "127.0.0.1", "path": "/"}]
        )

    def get(self, path: str, **params: str) -> Any:
        """Return the JSON that the API answers an administrator."""
        headers = {"Authorization": f"Bearer {self.service.admin_token}"}
        response = self.service.client.get(
            f"/api/stats/{path}", query_string=params, headers=headers
        )
        assert response.status_code == 200, response.text
        return response.json

    def settle(self, page: Page, elements: int) -> None:
        """Scroll through the page, for elements ask when they are seen, and wait for them."""
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_function("(n) => window.states.length >= n", arg=elements)
        page.evaluate("scrollTo(0, 0)")

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.errors.append(message.text)
