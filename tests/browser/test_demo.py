"""Elements and dashboard on the demo's own traffic, which went the whole way through the system.

The log and the events of ``stats demo`` are published, processed and counted as the demo does it;
then each element shows, for several resources and windows, the numbers that the API answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page

from stats.dashboard.language import Language
from stats.demo.run import Demo, run_fill
from stats.engines.folder import Addresses
from tests.browser.data import today
from tests.browser.host import Host, Service, number, numbers_of, path_of, rows_of, table_of
from tests.serving import fresh_service, make_token, served

YESTERDAY = today() - timedelta(days=1)
SITE, RECORD, COMMUNITY, OWNER = "site:all", "record:1", "community:earth", "user:author1"
LOGGED = "record:articles/open-metadata"
LEADS = {"record", "file", "community", "user"}
VISITS = 15
"""A working day: few, since every one of the days is counted."""


def window(days: int, interval: str, end: int = 0) -> dict[str, str]:
    """Return a window of so many days that ended ``end`` days before yesterday."""
    last = YESTERDAY - timedelta(days=end)
    first = last - timedelta(days=days - 1)
    return {"interval": interval, "from": first.isoformat(), "to": last.isoformat()}


WINDOWS = [
    (SITE, window(7, "day")),
    (SITE, window(60, "week")),
    (SITE, window(400, "quarter")),
    (RECORD, window(30, "day", end=20)),
    (RECORD, window(60, "month")),
    (COMMUNITY, window(45, "week", end=5)),
    (LOGGED, window(2, "day")),
    (RECORD, window(800, "year")),
]


@pytest.fixture(scope="module")
def demo(stats_engines: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with all that the demo takes in."""
    with fresh_service(stats_engines) as (app, state):
        lines: list[str] = []
        run_fill(app, Demo(tmp_path_factory.mktemp("demo"), traffic_visits=VISITS), lines.append)
        tokens = (make_token(state, "user", "author1"), "", make_token(state, "admin"))
        with served(app) as url:
            yield Service(url, app.test_client(), *tokens)


@pytest.fixture
def service(demo: Service) -> Service:
    return demo


def element(name: str, **attributes: str) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<stats-{name}{written}></stats-{name}>"


def expect_history(history: Locator, views: dict[str, Any], downloads: dict[str, Any]) -> None:
    rows = table_of(history)
    assert [row[1:] for row in rows] == rows_of(views, downloads)
    for strip, answer in enumerate((views, downloads)):
        text = history.locator(".sum").nth(strip).inner_text()
        assert [number(answer["total"]["count"]), number(answer["total"]["unique_count"])] == (
            re.findall(r"[\d,]+", text)
        )
        drawn = path_of(history, strip, "all")
        used = sum(1 for bucket in answer["buckets"] if bucket["count"])
        assert drawn.count("M") == used


def expect_map(world: Locator, answer: dict[str, Any]) -> None:
    buckets = answer["buckets"]
    assert [row[1:3] for row in table_of(world)] == [numbers_of(bucket) for bucket in buckets]
    assert world.locator(".readout").inner_text().startswith(number(answer["total"]["count"]))
    known = [bucket for bucket in buckets if bucket["key"] not in ("", "ZZ")]
    most = world.locator(f"[data-code={known[0]['key']}]").get_attribute("class")
    assert "c5" in (most or "")
    shades = world.locator(".legend span").evaluate_all("(all) => all.map((e) => e.className)")
    assert shades == sorted(shades)
    assert shades[-1] == "c5"


def expect_breakdown(breakdown: Locator, answer: dict[str, Any]) -> None:
    shown = [row[1] for row in table_of(breakdown)]
    counts = [bucket["count"] for bucket in answer["buckets"]]
    other = answer["total"]["count"] - sum(counts)
    assert shown == [number(n) for n in counts + ([other] if other else [])]


def expect_top(top: Locator, answer: dict[str, Any]) -> None:
    assert [row[1:] for row in table_of(top)] == [
        [row["title"] or row["resource"], number(row["value"])] for row in answer["buckets"]
    ]


def expect_counted_until(page: Page, service: Service) -> None:
    moment = datetime.fromisoformat(service.get("totals/site:all")["counted_until"])
    expected = f"Counted until {moment:%-d %b %Y}, {moment:%H:%M} UTC"
    shown = page.locator(".until").evaluate_all("(all) => all.map((one) => one.textContent)")
    assert set(shown) == {expected.replace("Sep ", "Sept ")}


@pytest.mark.parametrize(("ref", "params"), WINDOWS)
def test_elements_show_the_numbers_of_the_api(host: Host, ref: str, params: dict[str, str]) -> None:
    days = {name: params[name] for name in ("from", "to")}
    breakdowns = ("country", "referrer", "access_method", "access", "via")
    body = element("history", resource=ref, **params) + element("map", resource=ref, **days)
    body += "".join(
        element("breakdown", resource=ref, by=by, type="file-download", size="3", **days)
        for by in breakdowns
    )
    within = {} if ref == SITE else {"within": ref}
    for kind, metric in (("record", "views"), ("file", "downloads")):
        body += element("top", kind=kind, metric=metric, size="5", **within, **days)
    page = host.open(body)

    def ask(path: str, **more: str) -> Any:
        return host.service.get(path, resource=ref, **days, **more)

    expect_history(
        host.element("history"),
        ask("record-view-histogram", interval=params["interval"]),
        ask("file-download-histogram", interval=params["interval"]),
    )
    expect_map(host.element("map"), ask("record-view-by", breakdown="country", size="300"))
    for nth, by in enumerate(breakdowns):
        answer = ask("file-download-by", breakdown=by, size="3")
        expect_breakdown(host.element("breakdown", nth), answer)
    for nth, (kind, metric) in enumerate((("record", "views"), ("file", "downloads"))):
        answer = host.service.get("top", kind=kind, metric=metric, size="5", **within, **days)
        expect_top(host.element("top", nth), answer)
    expect_counted_until(page, host.service)


def test_counters_show_the_totals_of_the_api(host: Host) -> None:
    refs = [SITE, RECORD, COMMUNITY, LOGGED, "record:2", "concept:4", "file:1/data.csv"]
    host.open("".join(f"<p>{element('counter', resource=ref)}</p>" for ref in refs))
    totals = [host.service.get(f"totals/{ref}") for ref in refs]
    assert len(host.api_requests()) == 1
    for nth, expected in enumerate(totals):
        tip = host.element("counter", nth).locator(".tip").evaluate("(e) => e.textContent")
        names = ("views", "unique_views", "downloads", "unique_downloads")
        assert re.findall(r"[\d,]+(?= (?:view|download|session))", tip) == [
            number(expected[name]) for name in names
        ]
    assert all(expected["views"] + expected["downloads"] for expected in totals)


@pytest.mark.parametrize("ref", [RECORD, COMMUNITY, OWNER])
def test_a_panel_shows_the_numbers_of_the_api(host: Host, ref: str) -> None:
    token = host.service.user_token if ref == OWNER else ""
    host.open(element("panel", resource=ref, token=token))
    host.wait(6)
    panel = host.element("panel")
    totals = host.service.get(f"totals/{ref}")
    shown = panel.locator(".tile").evaluate_all("(all) => all.map((tile) => tile.textContent)")
    for name, text in zip(("views", "downloads"), shown, strict=False):
        assert text == (
            f"{name}, all time{number(totals[name])}in {number(totals[f'unique_{name}'])} sessions"
        )
    histories = [
        host.service.get(f"{name}-histogram", resource=ref, interval="day")
        for name in ("record-view", "file-download")
    ]
    expect_history(panel.locator("stats-history"), histories[0], histories[1])
    countries = host.service.get("record-view-by", resource=ref, breakdown="country", size=300)
    expect_map(panel.locator("stats-map"), countries)
    if ref != RECORD:
        top = host.service.get("top", kind="record", within=ref, metric="downloads", size=6)
        expect_top(panel.locator("stats-top"), top)


@pytest.mark.parametrize(("name", "days"), [("", 30), ("?days=7", 7), ("?days=365", 365)])
def test_the_dashboard_shows_the_numbers_of_the_api(host: Host, name: str, days: int) -> None:
    page = host.open("")
    service = host.service
    page.context.add_cookies(
        [{"name": "stats_token", "value": service.admin_token, "url": service.url}]
    )
    page.goto(f"{service.url}/stats/{name}")
    host.wait(5)
    given = {"from": (today() - timedelta(days=days - 1)).isoformat(), "to": today().isoformat()}

    def rows(title: str) -> list[list[str]]:
        return table_of(page.get_by_role("region", name=title))

    for title, kind, metric in (
        ("Most viewed records", "record", "views"),
        ("Most downloaded records", "record", "downloads"),
        ("Most downloaded files", "file", "downloads"),
        ("Most viewed communities", "community", "views"),
    ):
        asked = {"kind": kind, "metric": metric, "size": 10, **given}
        answer = ask_admin(service, "top", **asked)
        assert rows(title) == [
            [row["title"] or row["resource"], *map(number, (row["value"], row[f"unique_{metric}"]))]
            for row in answer["buckets"]
            if row["value"]
        ]
    people = {"resource": SITE, "breakdown": "user", "size": 10, **given}
    uploads = ask_admin(service, "record-created-by", **people)["buckets"]
    assert rows("Top uploaders") == [[row["key"], number(row["count"])] for row in uploads]
    assert dict(rows("Excluded events")) == excluded_events(service, given)
    expect_map(
        page.locator("stats-map"),
        service.get("record-view-by", resource=SITE, breakdown="country", size=300, **given),
    )
    client = service.client
    for link in page.locator(".tables a").evaluate_all("(all) => all.map((one) => one.href)"):
        client.set_cookie("stats_token", service.admin_token)
        answer = client.get(link.removeprefix(service.url))
        client.delete_cookie("stats_token")
        assert answer.status_code == 200
        if answer.mimetype == "text/csv":
            assert len(answer.text.splitlines()) > 1
        else:
            first, *_ = load_workbook(BytesIO(answer.data)).worksheets
            assert first.max_row > 1
    leads = page.locator("table th a").evaluate_all("(all) => all.map((one) => one.pathname)")
    assert {lead.split("/")[3].partition(":")[0] for lead in leads} == LEADS
    page.get_by_role("region", name="Top uploaders").get_by_role("link").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == f"user:{uploads[0]['key']}"


def ask_admin(service: Service, path: str, **params: Any) -> Any:
    headers = {"Authorization": f"Bearer {service.admin_token}"}
    answer = service.client.get(f"/api/stats/{path}", query_string=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json


def excluded_events(service: Service, days: dict[str, str]) -> dict[str, str]:
    """Count the events of the audit log that do not count, by their reason."""
    found: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {service.admin_token}"}
    asked: dict[str, Any] = {**days, "size": 1_000}
    while asked:
        page = service.client.get("/api/events", query_string=asked, headers=headers).json
        found.update(event["excluded"] for event in page["events"] if event.get("excluded"))
        asked = {**asked, "cursor": page["next"]} if page["next"] else {}
    return {Language("en").reason(reason): number(count) for reason, count in found.items()}
