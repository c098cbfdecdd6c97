"""What hosts configure for invenio-stats, read and mapped; with its real classes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from stats.aggregations.types import daily
from stats.errors import ConfigError
from stats.events.catalogue import FILE_DOWNLOAD, RECORD_VIEW
from stats.hosts.invenio.replacement.configuration import build_config, is_replacing
from stats.hosts.invenio.replacement.definitions import read_definitions
from stats.hosts.invenio.replacement.event_types import build_event_types
from stats.hosts.invenio.replacement.events import build_event
from stats.hosts.invenio.replacement.queries import build_queries, read_form

pytest.importorskip("invenio_stats")

from invenio_stats.contrib.config import AGGREGATIONS_CONFIG, EVENTS_CONFIG, QUERIES_CONFIG
from invenio_stats.processors import (
    EventsIndexer,
    anonymize_user,
    filter_machines,
    filter_robots,
    flag_machines,
    flag_robots,
)
from invenio_stats.queries import DateHistogramQuery, TermsQuery

AGGREGATIONS = [daily(RECORD_VIEW), daily(FILE_DOWNLOAD)]
CONFIG = {"SEARCH_INDEX_PREFIX": "rdm-"}


class OwnIndexer(EventsIndexer):  # type: ignore[misc]
    """A host's subclass."""


class OwnQuery(TermsQuery):  # type: ignore[misc]
    """A host's subclass."""


def leave_out_monitoring(event: dict[str, Any]) -> dict[str, Any] | None:
    return None if event.get("user_agent") == "monitoring" else event


def test_what_invenio_stats_brings_is_mapped_whole() -> None:
    host = read_definitions(EVENTS_CONFIG, AGGREGATIONS_CONFIG, QUERIES_CONFIG)
    queries, lines = build_queries(host.queries.values(), AGGREGATIONS)
    assert (host.unmapped, lines) == ((), [])
    assert {query.name for query in queries} == set(QUERIES_CONFIG)
    assert host.events["file-download"].signal == "invenio_files_rest.signals.file_downloaded"
    assert [one.__name__ for one in host.events["file-download"].builders] == [
        "file_download_event_builder"
    ]


def test_own_preprocessors_run_and_known_ones_do_not() -> None:
    known = [flag_robots, filter_robots, flag_machines, anonymize_user]
    params = {"preprocessors": [*known, leave_out_monitoring, filter_machines]}
    events = {"record-view": {"cls": EventsIndexer, "params": params}}
    host = read_definitions(events, {}, {})
    assert host.events["record-view"].preprocessors == (leave_out_monitoring, filter_machines)


def test_import_paths_are_read_with_a_colon_and_with_dots() -> None:
    params = {"preprocessors": ["invenio_stats.processors:flag_robots"]}
    events = {"a": {"cls": "invenio_stats.processors.EventsIndexer", "params": params}}
    host = read_definitions(events, {}, {})
    assert (host.events["a"].preprocessors, host.unmapped) == ((), ())
    with pytest.raises(ConfigError, match=r"STATS_EVENTS\['a'\]: no\.such cannot be imported"):
        read_definitions({"a": {"cls": "no.such"}}, {}, {})


def test_a_class_that_nobody_knows_is_one_line_that_names_it() -> None:
    host = read_definitions(
        {"record-view": {"cls": OwnIndexer}},
        {"x": {"cls": object, "params": {"event": "record-view"}}},
        {"y": {"cls": OwnQuery}},
    )
    assert [line.split(":")[0] for line in host.unmapped] == [
        "STATS_EVENTS['record-view']",
        "STATS_AGGREGATIONS['x']",
        "STATS_QUERIES['y']",
    ]
    assert "OwnIndexer" in host.unmapped[0]
    assert "STATS_EVENT_BUILDERS" in host.unmapped[0]
    assert "OwnQuery" in host.unmapped[2]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"index": "stats-other"}, "no event type"),
        ({"required_filters": {"doi": "doi"}}, "no resource that doi name"),
        ({"metric_fields": {"n": ("cardinality", "country", {})}}, "metric_fields.n"),
        ({"copy_fields": {"n": lambda *_: 1}}, "copy_fields.n is a function"),
        ({"aggregated_fields": ["country"]}, "aggregated_fields"),
    ],
)
def test_what_of_a_query_cannot_be_mapped_is_named(params: dict[str, Any], said: str) -> None:
    whole = {"index": "stats-record-view", **params}
    host = read_definitions({}, {}, {"q": {"cls": TermsQuery, "params": whole}})
    queries, lines = build_queries(host.queries.values(), AGGREGATIONS)
    assert not queries
    assert said in lines[0]
    assert lines[0].startswith("STATS_QUERIES['q']")


def test_a_histogram_keeps_its_form() -> None:
    given = {"q": {"cls": DateHistogramQuery, "params": {"index": "stats-record-view"}}}
    (query,) = read_definitions({}, {}, given).queries.values()
    form = read_form(query)
    assert (form.histogram, form.metrics) == (True, {"value": "count"})


def test_types_that_are_not_in_the_catalogue_are_made() -> None:
    types, lines = build_event_types(["record-view", "poster-download", "Not A Type"])
    assert [(one.name, one.counts_as) for one in types] == [("poster-download", "downloads")]
    assert lines[0].startswith("STATS_EVENTS['Not A Type']")


def test_an_event_of_rdm_becomes_one_of_ours() -> None:
    source = {
        "timestamp": "2026-03-01T10:00:00",
        "recid": "r1",
        "parent_recid": "p1",
        "bucket_id": "b",
        "file_key": "a.txt",
        "file_id": "f",
        "size": 12,
        "referrer": None,
        "ip_address": "192.0.2.1",
        "user_agent": "Firefox",
        "user_id": 7,
        "session_id": None,
        "via_api": True,
        "campaign": "spring",
        "unique_id": "b_f",
    }
    assert build_event("file-download", source, identified_by="unique_id") == {
        "type": "file-download",
        "timestamp": "2026-03-01T10:00:00",
        "resource": "file:b/a.txt",
        "parents": ["record:r1", "concept:p1"],
        "size": 12,
        "ip_address": "192.0.2.1",
        "user_agent": "Firefox",
        "user_id": "7",
        "via": "api",
        "extra": {"file_id": "f", "campaign": "spring"},
    }


def test_a_hosts_own_event_is_told_by_the_field_of_its_aggregation() -> None:
    event = build_event("poster-view", {"timestamp": "2026-03-01", "n": 4}, identified_by="n")
    assert event is not None
    assert event["resource"] == "poster:4"
    assert build_event("poster-view", {}, identified_by="n") is None


def test_settings_of_invenio_stats_are_known_and_its_addresses_taken() -> None:
    given = {
        **CONFIG,
        "STATS_EVENTS_UTC_DATETIME_ENABLED": True,
        "STATS_MQ_EXCHANGE": object(),
        "STATS_REGISTER_RECEIVERS": False,
        "STATS_REGISTER_INDEX_TEMPLATES": True,
        "STATS_EVENTS": deepcopy(EVENTS_CONFIG),
        "STATS_QUERIES": deepcopy(QUERIES_CONFIG),
        "SEARCH_HOSTS": [{"host": "search", "port": 9201}],
        "SEARCH_CLIENT_CONFIG": {"use_ssl": True, "http_auth": ("user", "pw")},
        "BROKER_URL": "amqp://broker//",
        "SITE_UI_URL": "https://repository.example",
    }
    config, host = build_config(given)
    assert set(host.events) == set(EVENTS_CONFIG)
    assert config["STATS_ELASTICSEARCH_URL"] == "https://user:pw@search:9201"
    assert config["STATS_BROKER_URL"] == "amqp://broker//"
    assert config["STATS_INDEX_PREFIX"] == "rdm-usage-"
    assert config["STATS_SITE_URL"] == "https://repository.example"
    assert "STATS_MQ_EXCHANGE" not in config
    assert {query.name for query in config["STATS_QUERIES"]} == set(QUERIES_CONFIG)


def test_what_is_set_for_this_package_wins() -> None:
    own = {"STATS_INDEX_PREFIX": "own-", "STATS_ELASTICSEARCH_URL": "http://mine:9200"}
    config, _ = build_config({**CONFIG, **own, "SEARCH_HOSTS": ["theirs:9200"]})
    assert own.items() <= config.items()


def test_a_setting_of_a_third_package_is_left_alone_and_a_mistake_is_not() -> None:
    config, _ = build_config({**CONFIG, "STATS_DASHBOARD_UI_CONFIG": {}, "STATS_MONGO_ULR": "x"})
    assert "STATS_DASHBOARD_UI_CONFIG" not in config
    assert "STATS_MONGO_ULR" in config  # refused when settings are read


def test_the_prefix_of_invenio_stats_is_refused() -> None:
    with pytest.raises(ConfigError, match="'rdm-usage-'"):
        build_config({**CONFIG, "STATS_INDEX_PREFIX": "rdm-"})


def test_replacing_can_be_turned_off() -> None:
    off = {**CONFIG, "STATS_REPLACE_INVENIO_STATS": False, "STATS_EVENTS": EVENTS_CONFIG}
    config, host = build_config(off)
    assert not is_replacing(off)
    assert not host.events
    assert "STATS_EVENTS" not in config
