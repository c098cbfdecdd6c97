"""The dashboard's pages on real engines: their numbers are those of the queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from stats.dashboard.numbers import read_usage
from stats.dashboard.window import Window
from stats.ext import EXTENSION, StatsState
from stats.permissions import tokens
from stats.permissions.identity import Role
from stats.stores.resources import Description
from stats.times import DAY, iso_ms, utc_now

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture
def app(make_app: Callable[..., Flask], overrides: dict[str, Any]) -> Flask:
    return make_app(overrides, events())


def events() -> list[dict[str, Any]]:
    yesterday = utc_now() - DAY
    view = {
        "type": "record-view",
        "resource": "record:r <1>",
        "parents": ["community:c"],
        "title": "A <b>bold</b> title",
    }
    found = [
        {**view, "timestamp": iso_ms(yesterday - timedelta(minutes=n)), "session_id": f"s{n}"}
        for n in range(3)
    ]
    found.append({**view, "timestamp": iso_ms(yesterday), "user_agent": ROBOT})
    found.append(
        {
            "type": "file-download",
            "resource": "file:f",
            "parents": ["record:r <1>", "community:c"],
            "timestamp": iso_ms(yesterday),
            "size": 5_000_000,
            "user_agent": BROWSER,
        }
    )
    created = {"type": "record-created", "resource": "record:r <1>", "user_id": "u7"}
    found.append({**created, "timestamp": iso_ms(yesterday)})
    return found


def sign_in(app: Flask, role: Role, *communities: str) -> FlaskClient:
    state: StatsState = app.extensions[EXTENSION]
    secret = tokens.make_secret()
    scope = tokens.parse_scope(role, user=None, communities=communities)
    state.stores.tokens.add(tokens.build_document(secret, scope, now=utc_now(), expires=None))
    client = app.test_client()
    answer = client.post("/stats/sign-in", data={"token": secret, "next": "/stats/?days=7"})
    assert (answer.status_code, answer.location) == (303, "/stats/?days=7")
    return client


def test_the_site_shows_the_numbers_of_the_queries(app: Flask) -> None:
    text = sign_in(app, "admin").get("/stats/?days=7").get_data(as_text=True)
    tiles = re.findall(r"<dd>([^<]*)</dd>", text)
    assert tiles == ["3", "1", "5.0\N{NO-BREAK SPACE}MB"]
    assert "3 all time" in text
    assert "A &lt;b&gt;bold&lt;/b&gt; title" in text
    assert 'href="/stats/resource/record:r%20%3C1%3E?days=7"' in text
    assert re.search(r'<th scope="row">Robots</th><td>1</td>', text)
    assert re.search(r"Counted until</th><td><time", text)


def test_a_curator_sees_their_community(app: Flask) -> None:
    text = sign_in(app, "curator", "c").get("/stats/").get_data(as_text=True)
    assert 'resource="community:c"' in text
    assert 'resource="site:all"' not in text
    assert "Pipeline" not in text


@pytest.mark.parametrize("overrides", [{"STATS_PUBLIC_REPORTS": True}])
def test_a_public_dashboard_keeps_the_pipeline_to_itself(app: Flask) -> None:
    text = app.test_client().get("/stats/").get_data(as_text=True)
    assert 'resource="site:all"' in text
    assert "Pipeline" not in text
    assert "Excluded events" not in text
    assert re.search(r'<a class="quiet" href="/stats/sign-in\?next=/stats/">Sign in</a>', text)
    assert "Pipeline" in sign_in(app, "admin").get("/stats/").get_data(as_text=True)


def test_uploaders_are_for_those_who_may_see_people(app: Flask) -> None:
    page = sign_in(app, "admin").get("/stats/").get_data(as_text=True)
    assert re.search(r'<a href="/stats/resource/user:u7">u7</a></th><td>1</td>', page)
    assert "u7" not in sign_in(app, "reporter").get("/stats/").get_data(as_text=True)


def test_a_resource_has_its_page_and_is_found(app: Flask) -> None:
    client = sign_in(app, "reporter")
    found = client.get("/stats/search?q=bold").get_data(as_text=True)
    assert 'href="/stats/resource/record:r%20%3C1%3E"' in found
    assert "Nothing has this" in client.get("/stats/search?q=.*").get_data(as_text=True)
    page = client.get("/stats/resource/record:r%20%3C1%3E")
    assert page.status_code == 200
    assert '<stats-panel resource="record:r &lt;1&gt;"' in page.get_data(as_text=True)


def test_what_a_resource_is_in_is_called_by_its_title_where_that_may_be_seen(app: Flask) -> None:
    state: StatsState = app.extensions[EXTENSION]
    client = sign_in(app, "reporter")

    def leads(fields: dict[str, str]) -> list[str]:
        state.stores.resources.describe([Description("community:c", fields, utc_now(), True)])
        page = client.get("/stats/resource/record:r%20%3C1%3E").get_data(as_text=True)
        return re.findall(r'<a href="/stats/resource/community:c">([^<]*)</a>', page)

    assert leads({"title": "Birds & bees", "access": "open"}) == ["Birds &amp; bees"]
    assert leads({"access": "restricted"}) == []  # nor by its ref


def test_nobody_signs_in_with_a_wrong_token_and_signing_out_ends_it(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/stats/").status_code == 401
    wrong = client.post("/stats/sign-in", data={"token": "wrong"})
    assert wrong.status_code == 401
    assert "Set-Cookie" not in wrong.headers
    client = sign_in(app, "reporter")
    assert client.get("/stats/").status_code == 200
    client.post("/stats/sign-out")
    assert client.get("/stats/").status_code == 401


def test_the_cookie_is_out_of_reach_and_leads_nowhere_else(app: Flask) -> None:
    state: StatsState = app.extensions[EXTENSION]
    secret = tokens.make_secret()
    scope = tokens.parse_scope("reporter", user=None, communities=())
    state.stores.tokens.add(tokens.build_document(secret, scope, now=utc_now(), expires=None))
    dots = ["/stats/../evil", "/stats/%2e%2e/evil", "/stats/a\r\nX: y", "/stats/\\evil"]
    for target in ("//evil.example/", *dots):
        form = {"token": secret, "next": target}
        answer = app.test_client().post("/stats/sign-in", data=form)
        assert (answer.status_code, answer.location) == (303, "/stats/"), target
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_bad_input_is_said_on_a_page(app: Flask) -> None:
    client = sign_in(app, "reporter")
    days = ("?days=x", f"?days={'9' * 5000}", "?days=7&from=2024-02-01", "?dasy=7")
    for address in (*days, "?from=2024-02-30", "?from=2024-02-02&to=2024-02-01"):
        answer = client.get(f"/stats/{address}")
        assert answer.status_code == 400
        assert "There is a mistake in the request" in answer.get_data(as_text=True)
    assert client.get("/stats/resource/nonsense").status_code == 400


def test_what_is_no_page_is_said_on_one(app: Flask) -> None:
    for client in (app.test_client(), sign_in(app, "reporter")):
        answer = client.get("/stats/no/such-page")
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert "There is no such page" in answer.get_data(as_text=True)
        assert "Content-Security-Policy" in answer.headers


def test_reasons_are_of_the_window(app: Flask) -> None:
    today = utc_now().date()
    state: StatsState = app.extensions[EXTENSION]
    usage = read_usage(state, "site:all", Window(today - 7 * DAY, today))
    assert usage.excluded == {"robot": 1}
    assert (usage.all_events, usage.excluded_share) == (5, 0.2)
    before = read_usage(state, "site:all", Window(today - 9 * DAY, today - 5 * DAY))
    assert (before.excluded, before.all_events, before.excluded_share) == ({}, 0, 0)


def test_downloads_say_how_many_machines_made(app: Flask) -> None:
    state: StatsState = app.extensions[EXTENSION]
    download = {"type": "file-download", "resource": "file:g", "size": 1_000_000}
    yesterday = iso_ms(utc_now() - DAY)
    state.publish([{**download, "timestamp": yesterday, "user_agent": "curl/8.5.0"}])
    state.process()
    state.aggregate()
    text = sign_in(app, "admin").get("/stats/?days=7").get_data(as_text=True)
    downloads = text.split('<div class="downloads">')[1].split("</div>")[0]
    said = re.findall(r"<dd[^>]*>([^<]*)</dd>", downloads)
    assert said == ["2", "in 2 sessions", "1 of these by machines", "2 all time"]
    assert "by machines" not in text.split('<div class="views">')[1].split("</div>")[0]


def test_what_nobody_knows_is_said_to_be_unknown(app: Flask) -> None:
    client = sign_in(app, "admin")
    answer = client.get("/stats/resource/record:none")
    assert answer.status_code == 404
    assert "<h1>Not known yet</h1>" in answer.text
    assert "Nothing has been counted of record:none" in answer.text
    state: StatsState = app.extensions[EXTENSION]
    described = Description("record:none", {"title": "Nothing used"}, utc_now())
    state.stores.resources.describe([described])
    assert client.get("/stats/resource/record:none").status_code == 200


def test_a_wrong_window_leaves_the_form(app: Flask) -> None:
    client = sign_in(app, "admin")
    for address in ("/stats/", "/stats/resource/file:f"):
        answer = client.get(f"{address}?from=2026-03-05&to=2026-02-01&lang=de")
        assert answer.status_code == 400
        assert "to is before from" in answer.text
        assert '<input type="date" name="from" value="2026-03-05">' in answer.text
        assert '<input type="hidden" name="lang" value="de">' in answer.text
    assert "<form>" not in client.get("/stats/search?nope=1").text


@pytest.mark.parametrize(
    ("lang", "accepted", "said"),
    [
        ("", "de-AT, en;q=0.5", ["Die ganze Website", "Aufrufe", "in 3 Sitzungen", "5,0 MB"]),
        ("fr", "de", ["Tout le site", "Vues", "en 3 sessions", "5,0 Mo"]),
        ("", "es", ["Todo el sitio", "Visitas", "en 3 sesiones", "5,0 MB"]),
        ("", "nl, pl", ["The whole site", "Views", "in 3 sessions", "5.0 MB"]),
    ],
)
def test_a_page_speaks_the_language_of_its_reader(
    app: Flask, lang: str, accepted: str, said: list[str]
) -> None:
    address = f"/stats/?days=7&lang={lang}" if lang else "/stats/?days=7"
    headers = {"Accept-Language": accepted}
    text = sign_in(app, "admin").get(address, headers=headers).text
    assert [one for one in said if one not in text.replace("\N{NO-BREAK SPACE}", " ")] == []
    kept = f"?days=7&amp;lang={lang}" if lang else "?days=7"
    assert f'href="/stats/resource/record:r%20%3C1%3E{kept}"' in text


def test_a_language_without_texts_is_refused(app: Flask) -> None:
    answer = sign_in(app, "admin").get("/stats/?lang=xx", headers={"Accept-Language": "fr"})
    assert answer.status_code == 400
    assert '<html lang="fr">' in answer.text
    assert "lang is one of en, de, fr, es" in answer.text


def test_how_we_count_is_for_everybody_and_says_how_much_is_left_out(app: Flask) -> None:
    text = app.test_client().get("/stats/counting").text
    for said in ("within 30 seconds count once", "Robots of search engines", "one hour"):
        assert said in text
    share = "1 of 5 views and downloads were left out by these rules (20.0%)"
    assert f"In the last 30 days {share}." in text


def test_files_come_after_what_they_are_in(app: Flask) -> None:
    state: StatsState = app.extensions[EXTENSION]
    titles = {"file:a": "Ice", "file:b": "Ice", "record:z": "Ice", "community:ice": "Ice"}
    now = utc_now()
    found = [Description(ref, {"title": title}, now) for ref, title in titles.items()]
    state.stores.resources.describe(found)
    text = sign_in(app, "admin").get("/stats/search?q=ice").text
    refs = re.findall(r'<span class="quiet">([^<]*)</span>', text)
    assert sorted(refs[:2]) == ["community:ice", "record:z"]
    assert sorted(refs[2:]) == ["file:a", "file:b"]


def history_of_two_versions() -> list[dict[str, Any]]:
    """Return 3 views of one version and 1 of another, and that both came into a community."""
    yesterday = utc_now() - DAY
    found: list[dict[str, Any]] = []
    for name, views, size in (("v1", 3, 2_000_000), ("v2", 1, 500_000)):
        described = {
            "resource": f"record:{name}",
            "parents": ["concept:x", "community:c"],
            "title": f"Version {name}",
            "timestamp": iso_ms(yesterday - timedelta(hours=5)),
        }
        for n in range(views):
            view = {"type": "record-view", "session_id": f"{name}-{n}", "via": "ui"}
            found.append({**described, **view})
        came = {"size": size, "value": 2, "access": "open" if name == "v1" else "restricted"}
        found.append({**described, **came, "type": "record-included", "id": f"in-{name}"})
    return found


@pytest.fixture
def versions(make_app: Callable[..., Flask], overrides: dict[str, Any]) -> FlaskClient:
    return sign_in(make_app(overrides, history_of_two_versions()), "admin")


def test_a_record_has_this_version_and_all_and_a_line_to_cite(versions: FlaskClient) -> None:
    address = "/stats/resource/record:v1"
    this = versions.get(address).text
    today, yesterday = (utc_now() - n * DAY for n in (0, 1))
    line = "Version v1: viewed {n} times, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    days = {"first": yesterday - timedelta(hours=5), "last": today}
    assert line.format(n=3, **days) in this
    assert f"Counted since {days['first']:%Y-%m-%d}" in this
    assert 'href="?versions=all"' in this
    all_of_them = versions.get(f"{address}?versions=all&lang=en").text
    assert line.format(n=4, **days) in all_of_them
    assert '<stats-panel resource="concept:x"' in all_of_them
    assert re.search(r'href="\?lang=en"[^>]*>This version', all_of_them)
    refused = versions.get(f"{address}?versions=2")
    assert refused.status_code == 400
    assert "versions is all, or left out" in refused.text


def test_a_community_has_its_records_sorted_and_what_is_in_it(versions: FlaskClient) -> None:
    address = "/stats/resource/community:c"
    page = versions.get(f"{address}?days=7&sort=views").text
    titles = re.findall(r'<th scope="row"><a href="[^"]*">(Version v\d)</a></th>\s*<td>(\d)', page)
    assert titles == [("Version v1", "3"), ("Version v2", "1")]
    assert re.search(r'aria-sort="descending"><a href="\?days=7&amp;sort=views#', page)
    rows = re.findall(r'<th scope="row">(\w+)</th><td>([^<]*)</td><td>([^<]*)</td>', page)
    blank = "\N{NO-BREAK SPACE}"
    assert rows[:3] == [
        ("Records", "2", "+2"),
        ("Files", "4", "+4"),
        ("Size", f"2.5{blank}MB", f"+2.5{blank}MB"),
    ]
    assert rows[3:] == [("open", "1", f"2.0{blank}MB"), ("restricted", "1", f"500.0{blank}kB")]
    assert 'type="record-created submission-created"' in page
    assert versions.get(f"{address}?sort=title").status_code == 400


def test_a_page_is_laid_out_as_the_setting_says(
    make_app: Callable[..., Flask], overrides: dict[str, Any]
) -> None:
    pages = {"community:c": [{"element": "map", "title": "Where", "width": "half"}]}
    app = make_app({**overrides, "STATS_LAYOUTS": {"dashboard": pages}}, events())
    client = sign_in(app, "admin")
    page = client.get("/stats/resource/community:c").text
    assert re.search(r'<div class="half">\s*<section[^>]*>\s*<h2 id="[^"]*">Where</h2>', page)
    assert page.count("<stats-") == 1
    assert "<dl" not in page
