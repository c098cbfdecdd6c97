"""From event to raw document: each step, its reasons, and its repetition."""

from __future__ import annotations

import copy
import os
from datetime import datetime, timezone
from pathlib import Path

import geoip2.database
import orjson
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from stats.errors import ConfigError
from stats.events.agents import NO_AGENT, PEOPLE, agent_reader, name_lists
from stats.events.catalogue import EVENT_TYPES
from stats.events.enrichment import Enrichment, internal_networks
from stats.events.geo import GeoReader, find_country_database, read_place
from stats.events.parse import parse_event
from stats.events.raw_document import build_raw, document_id
from stats.events.steps import REASONS, STEPS
from stats.times import DAY_MS

DOCS = Path(__file__).parents[2] / "docs"
NOW = datetime(2024, 5, 17, 12, 0, tzinfo=timezone.utc)
TYPES = {event_type.name: event_type for event_type in EVENT_TYPES}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def salt_of(day):
    return day.to_bytes(32, "big")


def enrichment(**settings):
    return Enrichment(salt_of=salt_of, **settings)


PLAIN = enrichment()


def event(**fields):
    least = {
        "type": "record-view",
        "resource": "record:r1",
        "timestamp": "2024-05-17T09:08:07.123Z",
    }
    return parse_event({"id": "e1"} | least | fields, types=TYPES, now=NOW)


def raw(settings=PLAIN, **fields):
    return build_raw(event(**fields), enrichment=settings).source


def test_the_whole_document():
    document = build_raw(
        event(
            parents=["concept:c1", "community:z"],
            owner_id="o1",
            title="T",
            url="/r1",
            size=5,
            created="2020-01-01",
            user_id="u1",
            user_cookie="c1",
            session_id="s1",
            ip_address="192.0.2.1",
            user_agent=FIREFOX,
            referrer="https://www.Example.org:8080/x",
            extra={"a": 1},
            value=2.5,
            feature="alert",
        ),
        enrichment=enrichment(find_place=lambda ip: {"country": "CH", "continent": "EU"}),
    )
    assert (document.type_name, document.month) == ("record-view", "2024-05")
    assert document.id == document_id("e1")
    source = orjson.loads(orjson.dumps(document.source))
    anonymous = {name: source.pop(name) for name in ("visitor_id", "session", "partition")}
    assert source == {
        "id": "e1",
        "type": "record-view",
        "timestamp": "2024-05-17T09:08:07.123Z",
        "resource": "record:r1",
        "kind": "record",
        "parents": ["concept:c1", "community:z"],
        "resources": ["record:r1", "concept:c1", "community:z", "user:o1", "site:all"],
        "owner_id": "o1",
        "title": "T",
        "url": "/r1",
        "access": "open",
        "size": 5,
        "created": "2020-01-01T00:00:00.000Z",
        "via": "ui",
        "feature": "alert",
        "value": 2.5,
        "extra": {"a": 1},
        "referrer": "https://www.Example.org:8080/x",
        "referrer_domain": "www.example.org",
        "url_key": "record-view|record:r1",
        "country": "CH",
        "continent": "EU",
        "is_robot": False,
        "is_machine": False,
        "robots_list": name_lists(),
        "private": {
            "ip_address": "192.0.2.1",
            "user_agent": FIREFOX,
            "user_id": "u1",
            "user_cookie": "c1",
            "session_id": "s1",
        },
    }
    assert len(anonymous["visitor_id"]) == len(anonymous["session"]) == 22
    assert 0 <= anonymous["partition"] < 1024


def test_the_least_document_has_no_nulls_and_nothing_private():
    source = raw()
    assert None not in source.values()
    assert "private" not in source
    assert (source["is_robot"], source["is_machine"]) == (False, False)
    assert source["resources"] == ("record:r1", "site:all")


def test_the_identity_of_a_document_follows_from_the_id_alone():
    one = build_raw(event(title="a"), enrichment=PLAIN)
    two = build_raw(event(title="b", resource="record:r2"), enrichment=PLAIN)
    assert one.id == two.id == document_id("e1") != document_id("e2")
    assert len(one.id) == 22


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_run_twice_gives_the_same(step):
    busy = event(
        timestamp="2024-05-17T00:00:05Z",
        ip_address="10.0.0.1",
        user_agent=GOOGLEBOT,
        referrer="https://www.example.org/",
        via="preview",
        user_id="u1",
        owner_id="u1",
    )
    settings = enrichment(is_internal=internal_networks(["10.0.0.0/8"]), exclude_owners=True)
    document = build_raw(busy, enrichment=settings).source
    again = copy.deepcopy(document)
    step(again, busy, settings)
    assert again == document


@pytest.mark.parametrize(
    ("agent", "flags"),
    [
        (None, (False, False)),
        ("", (True, False)),
        (FIREFOX, (False, False)),
        (GOOGLEBOT, (True, False)),
        ("curl/8.0.1", (False, True)),
        ("python-requests/2.31", (False, True)),
        ("Wget/1.21", (False, True)),
        ("Java/17.0.1", (False, True)),
        ("Apache-HttpClient/4.5 (Java/11.0)", (False, True)),
        ("GPTBot/1.0", (True, False)),
        ("EasouSpider", (True, False)),
        ("Mediapartners-Google", (True, False)),
        ("RecordedFuture Global Inventory Crawler", (True, False)),
    ],
)
def test_robots_and_machines_are_what_the_lists_say_and_the_machine_list_wins(agent, flags):
    source = raw(user_agent=agent)
    assert (source["is_robot"], source["is_machine"]) == flags
    assert source.get("excluded") == ("robot" if flags[0] else None)


def test_case_counts_on_demand():
    exact = agent_reader(ignore_case=False)
    assert (exact("Java/17.0.1"), exact("GPTBot/1.0")) == (NO_AGENT, NO_AGENT)
    assert exact(GOOGLEBOT).is_robot
    assert name_lists(ignore_case=False) != name_lists(ignore_case=True)


ANDROID = "Mozilla/5.0 (Linux; Android 13; {}) AppleWebKit/537.36 Chrome/99.0 Mobile Safari/537.36"
OF_PEOPLE = {
    "CUBOT": ANDROID.format("CUBOT C11 Build/JDQ39"),
    "HMSCore": ANDROID.format("HarmonyOS; TET-AN00; HMSCore 6.12.4.312"),
    "GMSCore": ANDROID.format("MAR-LX3A; GMSCore 23.48.16"),
    "QBCore": "Mozilla/5.0 (Windows NT 6.1) MicroMessenger/6.5 QBCore/3.43.691.400 QQBrowser/9.0",
    " Core/1.": "Mozilla/5.0 (Windows NT 6.3) Chrome/63.0 Core/1.63.6788.400 QQBrowser/10.3",
    "Dual Core": ANDROID.format("myTab 7 Dual Core Build/JRO03H"),
    "Quad Core": ANDROID.format("Aqua Wonder Quad Core Build/JZO54K"),
    "DualCore": ANDROID.format("Novo7 DualCore Build/JDQ39"),
    "QuadCore": ANDROID.format("Novo10 captain QuadCore Build/JDQ39"),
    "Motorola": ANDROID.format("Motorola RAZR MAXX Build/6.7.2"),
    "MOTOROLA": "MOTOROLA-W6/1.0 Opera 8.50 [en]",
    "MOTORAZR": "MOT-MOTORAZRV9x/9E.00 Mozilla/4.0 (compatible; MSIE 6.0; 13003280) Opera 8.60",
    "MOTORIZR": "MOTORIZR-Z8/46.00.00 Mozilla/4.0 (compatible; MSIE 6.0; Symbian OS; 356) Opera",
    "MOTOROKR": "MOT-MOTOROKRE6E",
    "DoCoMo/": "DoCoMo/2.0 SH901iC(c100;TB;W24H12)",
    "Titanium": ANDROID.format("Archos 53 Titanium Build/JDQ39"),
    "TITANIUM": ANDROID.format("ARCHOS 80 TITANIUM Build/JRO03H"),
    "Pioneer_": ANDROID.format("Pioneer_P1 Build/GRK39F"),
    "PioneerE": ANDROID.format("E60w Build/PioneerE60w"),
    "GoogleTV": "Mozilla/5.0 (X11; Linux i686) Chrome/5.0 Safari/533.4 GoogleTV/162853",
    "Google TV": ANDROID.format("LG Google TV Build/000000"),
    "Google Pixel": ANDROID.format("Google Pixel 6"),
    "GoogleWv": "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 GoogleWv/1.0 (WKWebView)",
    "GooglePlayStore": ANDROID.format("ZTE Z2466") + " Hybrid() GooglePlayStore RobloxApp/2.7",
    "Google WAP Proxy": "BlackBerry7520/4.0.0 UP.Link/5.1.2.12 (Google WAP Proxy/1.0)",
    "AlexaToolbar": "Mozilla/5.0 (Windows NT 6.1; rv:20.0) Firefox/20.0 AlexaToolbar/amznf-3.0",
    "XBLWP7": "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; XBLWP7; ZuneWP7)",
}


@pytest.mark.parametrize("word", PEOPLE)
def test_people_that_the_case_alone_would_flag_are_named_and_hide_no_robot(word):
    read = agent_reader()
    agent = OF_PEOPLE[word]
    assert word in agent
    assert read(agent) == NO_AGENT
    assert read(agent.replace(word, word.lower())) != NO_AGENT, "the exception is needed"
    assert read(f"{agent} (compatible; SomeBot/1.0)").is_robot
    assert read(f"{agent} Googlebot/2.1; +http://www.google.com/bot.html").is_robot


def test_the_exceptions_are_documented():
    text = (DOCS / "events.md").read_text("utf-8")
    assert [word for word in PEOPLE if f"`{word.strip()}`" not in text] == []


def test_exclusion_reasons_have_an_order():
    settings = enrichment(is_internal=internal_networks(["10.0.0.0/8"]), exclude_owners=True)
    robot = {"user_agent": GOOGLEBOT}
    owner = robot | {"user_id": "u1", "owner_id": "u1"}
    internal = owner | {"ip_address": "10.1.2.3"}
    reasons = [
        raw(settings, **fields)["excluded"]
        for fields in (internal | {"via": "extractor"}, internal | {"via": "preview"}, internal)
    ]
    reasons += [raw(settings, **owner)["excluded"], raw(settings, **robot)["excluded"]]
    assert tuple(reasons) == REASONS
    assert "excluded" not in raw(settings, user_id="u1", owner_id="u2", ip_address="11.0.0.1")
    assert "excluded" not in raw(**owner | {"user_agent": FIREFOX}, via="api")


def test_internal_networks_are_checked_when_they_are_configured():
    with pytest.raises(ConfigError, match=r"10\.0\.0\.0/99"):
        internal_networks(["10.0.0.0/99"])
    assert internal_networks(["2001:db8::/32", "10.0.0.1/8"])("2001:db8::7")


@pytest.mark.parametrize(
    ("referrer", "domain"),
    [
        ("https://www.Google.com:443/search?q=x", "www.google.com"),
        ("http://user:pw@repo.example/x", "repo.example"),
        ("http://[2001:db8::1]/", "2001:db8::1"),
        ("https://repo.example./", "repo.example"),
        ("https://müller.example/", "müller.example"),
        ("google.com/search", None),
        ("http://[broken", None),
        ("-", None),
        ("https://" + "x" * 300 + ".example/", None),
        ("https://a b.example/", None),
        ("https://<script>/", None),
        ("https://../", None),
    ],
)
def test_referrer_domains(referrer, domain):
    assert raw(referrer=referrer).get("referrer_domain") == domain


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        ("https://www.google.com/search?q=my+illness#top", "https://www.google.com/search"),
        ("http://user:pw@repo.example:8080/x;y?token=1", "http://repo.example:8080/x;y"),
        ("android-app://com.google.android.gm/", "android-app://com.google.android.gm/"),
        ("https://repo.example", "https://repo.example"),
        ("secret words", None),
    ],
)
def test_a_referrer_is_kept_without_what_may_tell_of_a_person(referrer, kept):
    assert raw(referrer=referrer).get("referrer") == kept


def same(name, one, two):
    return raw(**one)[name] == raw(**two)[name]


HALF = {"timestamp": "2024-05-17T09:30:00Z"}
NEXT_HOUR = {"timestamp": "2024-05-17T10:01:00Z"}
NEXT_DAY = {"timestamp": "2024-05-18T09:08:07Z"}
ADDRESS = {"ip_address": "192.0.2.1", "user_agent": FIREFOX}


IDENTITIES = [
    {"user_id": "u1"},
    {"user_cookie": "c1"},
    {"user_cookie": "c1", "session_id": "s1"},
    {"session_id": "s1"},
    ADDRESS,
]


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_visitor_is_of_a_day_and_a_session_of_an_hour_but_for_session_ids(identity):
    """A user cookie keeps the hour, also where a session id is known."""
    assert same("visitor_id", identity, identity | NEXT_HOUR)
    assert same("partition", identity, identity | NEXT_HOUR)
    assert not same("visitor_id", identity, identity | NEXT_DAY)
    assert same("session", identity, identity | HALF)
    assert same("session", identity, identity | NEXT_HOUR) == (list(identity) == ["session_id"])
    assert not same("session", identity, identity | NEXT_DAY)


def test_the_best_identity_wins():
    session, user = ADDRESS | {"session_id": "x"}, ADDRESS | {"session_id": "x", "user_id": "x"}
    cookie = ADDRESS | {"session_id": "x", "user_cookie": "x"}
    assert not same("visitor_id", ADDRESS, session)
    assert not same("visitor_id", session, cookie)
    assert not same("visitor_id", cookie, user)
    assert same("visitor_id", cookie, {"user_cookie": "x", "session_id": "y"})
    assert same("visitor_id", user, {"user_id": "x", "ip_address": "192.0.2.9"})
    assert same("visitor_id", session, {"session_id": "x", "user_agent": "other"})
    assert not same("visitor_id", ADDRESS, ADDRESS | {"user_agent": "other"})


def test_the_same_click_is_on_the_same_address_of_which_a_hash_is_kept():
    asked = {"request_url": "/r1?token=secret"}
    assert same("url_key", asked, asked | {"resource": "record:r2"})
    assert not same("url_key", asked, asked | {"type": "file-download"})
    assert not same("url_key", asked, {"request_url": "/r1"})
    assert not same("url_key", asked, {})
    assert b"secret" not in orjson.dumps(raw(**asked))


def test_an_event_without_identity_is_a_visitor_of_its_own():
    assert not same("visitor_id", {"id": "a"}, {"id": "b"})
    assert not same("session", {"id": "a"}, {"id": "b"})
    assert not same("visitor_id", {"user_agent": FIREFOX, "id": "a"}, {"user_agent": FIREFOX})


def test_the_first_seconds_of_a_day_carry_the_visitor_of_the_day_before():
    last = raw(timestamp="2024-05-16T23:59:59.999Z", **ADDRESS)
    first = raw(timestamp="2024-05-17T00:00:29.999Z", **ADDRESS)
    assert first["head_visitor_id"] == last["visitor_id"] != first["visitor_id"]
    assert first["head_partition"] == last["partition"]
    assert "head_visitor_id" not in raw(timestamp="2024-05-17T00:00:30.001Z", **ADDRESS)


def test_nothing_of_a_person_is_outside_private():
    source = raw(
        user_id="mary",
        user_cookie="c-secret",
        session_id="s-secret",
        ip_address="192.0.2.77",
        user_agent=FIREFOX,
        request_url="/u-secret",
    )
    source.pop("private")
    text = orjson.dumps(source).decode()
    for secret in ("mary", "c-secret", "s-secret", "192.0.2.77", "Firefox", "u-secret"):
        assert secret not in text


CITY = {
    "country": {"iso_code": "CH", "names": {"en": "Switzerland"}},
    "continent": {"code": "EU"},
    "subdivisions": [{"iso_code": "GE"}],
    "city": {"names": {"en": "Geneva"}},
    "location": {"latitude": 46.2, "longitude": 6.15},
}


def write_database(path, record, network="192.0.2.0/24", *, kind="GeoLite2-City"):
    writer = MMDBWriter(6, kind, languages=["en"], ipv4_compatible=True)
    writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))


@pytest.mark.parametrize(
    ("record", "place"),
    [
        (
            CITY,
            {
                "country": "CH",
                "continent": "EU",
                "region": "CH-GE",
                "city": "Geneva",
                "location": {"lat": 46.2, "lon": 6.15},
            },
        ),
        (
            {"country": {"iso_code": "FR"}, "continent": {"code": "EU"}},
            {"country": "FR", "continent": "EU"},
        ),
        ({"country_code": "de"}, {"country": "DE"}),
        ({"country": {"iso_code": "None"}}, {}),
        ({"country": "odd", "location": {"latitude": 200, "longitude": 0}}, {}),
        ({}, {}),
        (None, {}),
        ("text", {}),
    ],
)
def test_every_layout_of_a_record_is_read(record, place):
    assert read_place(record) == place


def test_the_reader_finds_a_place_and_forgives_what_it_does_not_know(tmp_path):
    write_database(tmp_path / "city.mmdb", CITY)
    reader = GeoReader(tmp_path / "city.mmdb")
    assert reader.find("192.0.2.5")["city"] == "Geneva"
    assert reader.find("198.51.100.1") == {}
    assert reader.find("not an address") == {}
    assert raw(enrichment(find_place=reader.find), ip_address="192.0.2.5")["country"] == "CH"


def test_no_file_or_a_broken_one_is_no_country(tmp_path, caplog):
    (tmp_path / "broken.mmdb").write_bytes(b"not a database")
    for name in ("broken.mmdb", "absent.mmdb"):
        assert GeoReader(tmp_path / name).find("192.0.2.5") == {}
        assert name in caplog.text


def test_a_new_file_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "city.mmdb"
    reader = GeoReader(path)
    assert reader.find("192.0.2.5") == {}
    write_database(path, CITY)
    monkeypatch.setattr("stats.events.geo.CHECK_SECONDS", -1.0)
    assert reader.find("192.0.2.5")["country"] == "CH"
    write_database(tmp_path / "new.mmdb", {"country": {"iso_code": "FR"}})
    (tmp_path / "new.mmdb").replace(path)
    os.utime(path, ns=(1, 1))
    assert reader.find("192.0.2.5") == {"country": "FR"}


def test_the_database_that_comes_with_the_package():
    reader = GeoReader()
    assert reader.find("137.138.1.1") == {"country": "CH", "continent": "EU"}
    assert reader.find("2001:1458::1") == {"country": "CH", "continent": "EU"}
    assert reader.find("127.0.0.1") == {}


def test_the_database_that_comes_with_the_package_has_the_layout_of_geoip2():
    with geoip2.database.Reader(find_country_database()) as reader:
        country = reader.country("137.138.1.1")
    assert (country.country.iso_code, country.continent.code) == ("CH", "EU")


def test_salts_are_asked_for_the_day_of_the_event():
    asked = []
    settings = Enrichment(salt_of=lambda day: asked.append(day) or bytes(32))
    build_raw(event(timestamp="1990-01-02T00:00:10Z"), enrichment=settings)
    day = 631238400000 // DAY_MS
    assert asked == [day, day - 1]
