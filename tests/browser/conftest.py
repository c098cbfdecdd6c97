"""Chromium on the real service, over real engines with numbers known beforehand.

Chromium is Debian's (``apt-get install chromium``), or what ``CHROMIUM`` names;
without it these tests are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from stats.engines.folder import Addresses
from stats.service import create_app
from tests.browser.data import HIDDEN, fill, make_embed_token
from tests.browser.host import OTHER_ORIGIN, Host, Service
from tests.browser.visit import Visit
from tests.example_repository import NOWHERE
from tests.serving import fresh_service, make_token, served

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page of another name may ask a service on this machine, as it may ask any in the net.
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
)


def find_chromium() -> str | None:
    """Return the path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium, or name one in CHROMIUM")
    browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def service(stats_engines: Addresses) -> Iterator[Service]:
    """The service with the numbers of ``tests.browser.data``, on a free port."""
    with fresh_service(stats_engines) as (app, state):
        fill(state)
        tokens = (
            make_token(state, "user", "u7"),
            make_embed_token(state, HIDDEN, OTHER_ORIGIN),
            make_token(state, "admin"),
        )
        with served(app) as url:
            yield Service(url, app.test_client(), *tokens)


@pytest.fixture(scope="session")
def away() -> Iterator[str]:
    """The address of a service whose engines are all away."""
    with pytest.MonkeyPatch.context() as patch:
        for name in NOWHERE:
            patch.delenv(name, raising=False)
        app = create_app({**NOWHERE, "STATS_CONNECT_TIMEOUT": 0.2})
    with served(app) as url:
        yield url


@pytest.fixture
def host(chromium: Browser, service: Service) -> Iterator[Host]:
    """Pages that embed elements; at the end no script of theirs may have failed."""
    host = Host(chromium, service)
    yield host
    host.close()
    assert host.exceptions == []


@pytest.fixture
def visit(chromium: Browser, service: Service) -> Iterator[Visit]:
    visit = Visit(chromium, service)
    yield visit
    visit.close()
    assert visit.errors == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    if not AXE.exists():
        pytest.skip("no axe-core: run `npm ci` in widgets/")
    return AXE.read_text("utf-8")
