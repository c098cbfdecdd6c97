"""Logs as servers write them, imported by the command: the right values after aggregation.

Each case stands for a kind of log, and asks what an administrator asks: the command imports,
workers process, the aggregation counts, a query answers.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

from stats.cli import stats
from stats.engines.namespace import Namespace
from tests.engine.forgetting import HUMAN, ROBOT, open_state
from tests.importing import RECORDS

Run = Callable[..., Result]
TRUSTED = {"STATS_TRUSTED_PROXIES": "10.0.0.0/8"}
GET = '[10/Nov/2026:10:{}:{} +0000] "GET /records/1 HTTP/1.1" 200'
W3C_AGENT, ENCODED_AGENT = HUMAN.replace(" ", "+"), HUMAN.replace(" ", "%20")

NGINX_MAIN = "".join(
    f'10.0.0.9 - - {GET.format(minute, second)} 5120 "-" "{agent}" "{client}"\n'
    for minute, second, agent, client in (
        ("00", "00", "-", "203.0.113.5"),
        ("00", "05", "-", "-"),
        ("01", "00", HUMAN, "198.51.100.7"),
        ("01", "10", HUMAN, "198.51.100.7, 10.0.0.3"),
    )
)
"""nginx' own format: two robots (no agent), and a double click of a visitor behind two proxies."""

INVENIO_JSON = json.dumps(
    {
        "timestamp": "2026-11-10T10:00:00+00:00",
        "status": 200,
        "request_method": "GET",
        "http_x_forwarded_for": "203.0.113.5",
        "remote_addr": "10.0.0.9",
        "uri": "/records/1",
        "upstream_http_x_user_id": "7",
        "upstream_http_x_session_id": "sess1",
        "body_bytes_sent": 512,
        "request_time": 0.004,
        "http_referer": "",
        "http_user_agent": HUMAN,
        "request_id": "9f3c",
    }
)
INVENIO_TRACE = (
    f'10.0.0.9 - {GET.format("00", "00")}  512 "-"  "{HUMAN}" "203.0.113.5" 9f3c 1762768800.123'
    " 0.004 sess1 7\n"
)
ONE_VIEW = {
    "vhost_combined": f'repo.example.org:443 192.0.2.1 - - {GET.format("00", "00")} 512 "-"'
    f' "{HUMAN}"\n',
    "IIS": "#Version: 1.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port"
    " cs-username c-ip cs(User-Agent) cs(Referer) sc-status time-taken\n2026-11-10 10:00:00"
    f" 198.51.100.1 GET /records/1 - 443 - 192.0.2.1 {W3C_AGENT} - 200 4\n",
    "CloudFront": "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method"
    " cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query\n2026-11-10\t"
    "10:00:00\tFRA2\t512\t192.0.2.1\tGET\td1.cloudfront.example\t/records/1\t200\t-\t"
    f"{ENCODED_AGENT}\t-\n",
    "InvenioRDM's JSON": f"{INVENIO_JSON}\n",
    "InvenioRDM's trace": INVENIO_TRACE,
}
COLUMNS = (
    *("event_time", "client_ip", "session_cookie_id", "user_cookie_id", "user_id", "request_url"),
    *("identifier", "filename", "size", "user-agent", "title", "publisher", "publisher_id"),
    *("authors", "publication_date", "version", "other_id", "target_url", "publication_year"),
)


def counter_line(time: str, doi: str, **fields: str) -> str:
    """Return a line of Make Data Count's log: of a dataset that is looked at."""
    given = {
        "event_time": time,
        "client_ip": "192.0.2.128",
        "request_url": f"https://repo.example.org/{doi}",
        "identifier": doi,
        "user-agent": HUMAN,
        "title": "A dataset",
        "publisher": "Pub",
        "publication_year": "2012",
        **fields,
    }
    return "\t".join(given.get(name, "-") for name in COLUMNS) + "\n"


HEADER = "#Fields: " + "\t".join(COLUMNS) + "\n"


@pytest.fixture
def run(stats_namespace: Namespace) -> Run:
    """Run a command of ``stats``; more settings by name."""
    open_state(stats_namespace).stores.search.close()
    environment = stats_namespace.as_config() | {"STATS_CONNECT_TIMEOUT": "20"}

    def run(*arguments: object, given: str | None = None, **more: str) -> Result:
        command = [str(argument) for argument in arguments]
        return CliRunner().invoke(stats, command, input=given, env=environment | more)

    return run


@pytest.fixture
def count(run: Run, tmp_path: Path) -> Callable[..., Result]:
    """Import a log, process and aggregate; return what the import said."""

    def count(content: str, *options: object, mapping: str = RECORDS, **settings: str) -> Result:
        (tmp_path / "access.log").write_text(content, "utf-8")
        (tmp_path / "mapping.toml").write_text(mapping, "utf-8")
        rules = ("--mapping", tmp_path / "mapping.toml") if mapping else ()
        done = run("events", "import", tmp_path / "access.log", *rules, *options, **settings)
        settle(run)
        return done

    return count


def settle(run: Run) -> None:
    for command in (("events", "process"), ("aggregate",)):
        assert run(*command).exit_code == 0


def ask(run: Run, name: str, **parameters: str) -> dict[str, Any]:
    """Return the answer of a query over all the years of these logs."""
    given = {"from": "2016-01-01", "to": "2026-11-30", **parameters}
    done = run("query", name, *(f"{key}={value}" for key, value in given.items()))
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def views(run: Run, ref: str) -> tuple[int, int, int]:
    """Return count, unique count and excluded of the views of a resource."""
    kind = "dataset" if ref.startswith("dataset:") else "record"
    total = ask(run, f"{kind}-view-total", resource=ref)["total"]
    return total["count"], total["unique_count"], total["excluded_count"]


def addresses(run: Run, ref: str) -> set[str]:
    """Return whom the audit log knows of the visitors of a resource that count."""
    lines = run("events", "search", "--resource", ref).stdout.splitlines()
    events = [json.loads(line) for line in lines]
    return {one["ip_address"] for one in events if not one.get("excluded")}


@pytest.mark.parametrize("settings", [{}, TRUSTED], ids=["nobody trusted", "a proxy trusted"])
def test_the_format_that_nginx_ships(
    count: Callable[..., Result], run: Run, settings: dict[str, str]
) -> None:
    assert count(NGINX_MAIN, **settings).exit_code == 0
    assert views(run, "record:1") == (1, 1, 2)
    assert addresses(run, "record:1") == {"198.51.100.7" if settings else "10.0.0.9"}


@pytest.mark.parametrize("name", ONE_VIEW)
def test_one_line_is_one_view(count: Callable[..., Result], run: Run, name: str) -> None:
    done = count(ONE_VIEW[name], **TRUSTED)
    headers = ONE_VIEW[name].count("#")
    assert done.stdout.splitlines()[-1] == f"imported 1, skipped {headers}, malformed 0"
    assert views(run, "record:1") == (1, 1, 0)
    behind = name.startswith("InvenioRDM")
    assert addresses(run, "record:1") == {"203.0.113.5" if behind else "192.0.2.1"}


def test_guests_of_dataverse_are_nobody(count: Callable[..., Result], run: Run) -> None:
    doi = "doi:10.5072/FK2/GUEST"
    guests = [
        counter_line(f"2026-11-10T10:0{number}:00-0400", doi, user_id=":guest", client_ip=address)
        for number, address in enumerate(
            ("192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.4", "203.0.113.5")
        )
    ]
    assert count(HEADER + "".join(guests), mapping="").exit_code == 0
    assert views(run, f"dataset:{doi}") == (5, 5, 0)
    rows = run("report", "metrics", "--by-user").stdout.splitlines()
    assert len(rows) == 1  # the names of the columns


def test_odd_lines_of_dataverse_count_but_for_those_that_say_no_dataset(
    count: Callable[..., Result], run: Run
) -> None:
    file = {"filename": "file://1", "size": "23"}
    odd: dict[str, dict[str, str]] = {
        "no identifier": {"identifier": "-"},
        "negative size": {"size": "-1"},
        "null size": {"size": "null"},
        "a tab in the title": {"title": "tab\tin title"},
        "null address": {"client_ip": "null"},
        "a long title": {"client_ip": "0.0.0.0", "title": "t" * 1_200},
        "float size": {"user_id": "@jdoe", "size": "23.0"},
        "two addresses": {"user_id": "@jdoe", "client_ip": "192.0.2.9, 10.0.0.1"},
    }
    lines = [
        counter_line(f"2026-10-11T10:0{number}:00Z", "doi:10.5072/X", **{**file, **fields})
        for number, fields in enumerate(odd.values())
    ]
    done = count(HEADER + "".join(lines), mapping="")
    assert done.stdout.splitlines()[-1] == "imported 6, skipped 1, malformed 2"  # the header
    assert done.exit_code == 1  # more than a tenth is malformed
    assert "left out or cut, in events that count" in done.stderr
    total = ask(run, "file-download-total", resource="dataset:doi:10.5072/x")["total"]
    assert total["count"] == 6


def test_a_doi_has_no_case_and_urls_are_told_apart(count: Callable[..., Result], run: Run) -> None:
    upper, lower = "doi:10.5072/D1H01B", "doi:10.5072/d1h01b"
    lines = [
        counter_line("2026-10-10T10:00:00Z", upper, client_ip="192.0.2.1"),
        counter_line("2026-10-10T11:00:00Z", lower, client_ip="192.0.2.2"),
        counter_line("2026-10-10T11:00:10Z", upper, client_ip="192.0.2.2"),
    ]
    assert count(HEADER + "".join(lines), mapping="").exit_code == 0
    for written in (upper, lower):
        assert views(run, f"dataset:{written}") == (3, 2, 0)
    top = ask(run, "dataset-view-top", kind="dataset")["buckets"]
    assert [bucket["resource"] for bucket in top] == [f"dataset:{lower}"]


def test_identities_urls_and_hours_of_make_data_count(
    count: Callable[..., Result], run: Run
) -> None:
    day = "2016-03-02T"
    cookie, session = {"user_cookie_id": "c1"}, {"session_cookie_id": "s1"}
    page = "https://repo.example.org/view/URL1"
    lines = [
        counter_line(f"{day}09:10:00+00:00", "doi:10.5072/UC1", **cookie),
        counter_line(f"{day}09:10:00+00:00", "doi:10.5072/SC1", **session),
        counter_line(f"{day}10:00:00+00:00", "doi:10.5072/URLX", request_url=page),
        counter_line(f"{day}10:00:10+00:00", "doi:10.5072/URLX", request_url=f"{page}/abstract"),
        counter_line(f"{day}10:59:55+00:00", "doi:10.5072/HR"),
        counter_line(f"{day}11:00:05+00:00", "doi:10.5072/HR"),
        counter_line(f"{day}14:10:00+00:00", "doi:10.5072/UC1", **cookie),
        counter_line(f"{day}14:10:00+00:00", "doi:10.5072/SC1", **session),
    ]
    assert count("".join(lines), mapping="").exit_code == 0  # without its header, as processors do
    found = {name: views(run, f"dataset:doi:10.5072/{name}") for name in ("UC1", "SC1", "URLX")}
    assert found == {"UC1": (2, 2, 0), "SC1": (2, 1, 0), "URLX": (2, 1, 0)}
    assert views(run, "dataset:doi:10.5072/HR")[0] == 1


def test_robots_are_known_whatever_the_case(run: Run) -> None:
    agents = (
        "Mozilla/5.0 (compatible; BingBot/2.0; +http://www.example.com/BingBot.htm)",
        "Mozilla/5.0 (compatible; HubSeedsBot/1.0)",
        "RecordedFuture Global Inventory Crawler",
        "EasouSpider",
        "Mediapartners-Google",
        ROBOT,
    )
    event = {"type": "record-view", "resource": "record:bots"}
    lines = [
        json.dumps(
            {
                **event,
                "timestamp": f"2026-11-06T0{hour}:00:00Z",
                "ip_address": f"192.0.2.{hour}",
                "user_agent": agent,
            }
        )
        for hour, agent in enumerate(agents, 1)
    ]
    assert run("events", "publish", "-", given="\n".join(lines)).exit_code == 0
    settle(run)
    assert views(run, "record:bots") == (0, 0, len(agents))


def test_a_wrong_mapping_is_withdrawn_and_the_right_one_counts(
    count: Callable[..., Result], run: Run
) -> None:
    line = GOOD.replace("/records/1", "/entity/77")
    rule = RECORDS.rpartition("[[rule]]")[2].replace("records", "entity")
    wrong, right = (
        "[[rule]]" + rule.replace("[0-9]+)/?$", f"[0-9]{repeated})") for repeated in ("", "+")
    )
    count(line, mapping=wrong)
    assert views(run, "record:7")[0] == 1
    [listed] = run("imports", "list").stdout.splitlines()
    done = run("imports", "withdraw", listed.split("\t")[0])
    assert done.stdout == "withdrew 1 events, recounted 1 days\n"
    count(line, mapping=right)
    assert (views(run, "record:7")[0], views(run, "record:77")[0]) == (0, 1)


GOOD = f'192.0.2.1 - - {GET.format("00", "00")} 512 "-" "{HUMAN}"\n'
EXPLODING = "[[rule]]\npath = '^/(a|a)*$'\ntype = 'record-view'\nresource = 'record:1'\n"
NOISE = Random(5)
MANY = "".join(
    GOOD.replace("/records/1", f"/records/{NOISE.getrandbits(64)}") for _ in range(5_000)
).encode()
BAD: dict[str, tuple[bytes, str]] = {
    "binary": (bytes(range(256)) * 40, "is a binary file"),
    "text of no kind": (b"hello\nworld\n", "is in no format that is known"),
    "a broken archive": (b"\x1f\x8b nonsense", "cannot read"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_log_is_one_line(run: Run, tmp_path: Path, name: str) -> None:
    content, words = BAD[name]
    bad, mapping = tmp_path / "bad.log", tmp_path / "mapping.toml"
    bad.write_bytes(content)
    mapping.write_text(RECORDS, "utf-8")
    done = run("events", "import", bad, "--mapping", mapping)
    assert done.exit_code == 2
    assert said(done, bad, words)
    (tmp_path / "good.log").write_text(GOOD, "utf-8")
    done = run("events", "import", bad, tmp_path / "good.log", "--mapping", mapping)
    assert done.exit_code == 1
    assert said(done, bad, words)
    settle(run)
    assert views(run, "record:1") == (1, 1, 0)


def said(done: Result, file: Path, words: str) -> bool:
    """Return whether one line, and no other, says what a file lacks; and nothing broke."""
    assert "Traceback" not in done.output
    faults = [line for line in done.stderr.splitlines() if line.startswith("stats: ")]
    return len(faults) == 1 and str(file) in faults[0] and words in faults[0]


def test_what_was_read_of_a_cut_off_archive_counts(run: Run, tmp_path: Path) -> None:
    cut, mapping = tmp_path / "cut.log.gz", tmp_path / "mapping.toml"
    packed = gzip.compress(MANY)
    cut.write_bytes(packed[: len(packed) // 2])
    mapping.write_text(RECORDS, "utf-8")
    done = run("events", "import", cut, "--mapping", mapping)
    assert done.exit_code == 1
    assert said(done, cut, "cannot read")
    imported = int(done.stdout.splitlines()[-1].split()[1].rstrip(","))
    assert 0 < imported < 5_000
    settle(run)
    assert views(run, "site:all")[0] == imported


def test_a_rule_that_explodes_is_refused_by_its_number(run: Run, tmp_path: Path) -> None:
    log, mapping = tmp_path / "a.log", tmp_path / "mapping.toml"
    log.write_text(GOOD.replace("/records/1", "/" + "a" * 60 + "!"), "utf-8")
    mapping.write_text(EXPLODING, "utf-8")
    done = run("events", "import", log, "--mapping", mapping)
    assert done.exit_code == 2
    assert "rule 1" in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(("content", "code"), [(None, 2), (b"", 1)], ids=["folder", "empty file"])
def test_nothing_to_read(run: Run, tmp_path: Path, content: bytes | None, code: int) -> None:
    given, mapping = tmp_path / "given", tmp_path / "mapping.toml"
    given.mkdir() if content is None else given.write_bytes(content)
    mapping.write_text(RECORDS, "utf-8")
    done = run("events", "import", given, "--mapping", mapping)
    assert done.exit_code == code
    assert str(given) in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission(run: Run, tmp_path: Path) -> None:
    secret, mapping = tmp_path / "secret.log", tmp_path / "mapping.toml"
    secret.write_text(GOOD, "utf-8")
    secret.chmod(0)
    mapping.write_text(RECORDS, "utf-8")
    done = run("events", "import", secret, "--mapping", mapping)
    assert done.exit_code == 2
    assert said(done, secret, "cannot read")
