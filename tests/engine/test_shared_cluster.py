"""One cluster for us and for a host with invenio-stats: nobody touches what is the other's."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from stats.engines.namespace import Namespace
from stats.errors import ConfigError
from stats.ext import StatsState
from stats.setting_sources import load_settings
from tests.engine.invenio import Invenio, download, downloads
from tests.search_server import call

OURS = "usage-"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


@pytest.fixture
def host(stats_namespace: Namespace) -> Invenio:
    """A host with events and numbers of invenio-stats."""
    found = Invenio(stats_namespace)
    found.prefix = stats_namespace.prefix
    found.events("file-download", [download("2026-01-05T10:00:00", "v1")])
    found.numbers("file-download", [downloads("2026-01-05", 1)])
    return found


def open_state(namespace: Namespace, prefix: str = "") -> StatsState:
    config: dict[str, Any] = namespace.as_config() | {
        "STATS_INDEX_PREFIX": f"{namespace.prefix}{prefix}"
    }
    state = StatsState(load_settings(config, {}))
    namespace.queues.extend(state.stores.queues.name(name) for name in state.event_types)
    return state


def everything(namespace: Namespace) -> dict[str, Any]:
    """Return what there is below the host's prefix and is not ours."""
    url, prefix = namespace.elasticsearch, namespace.prefix
    call(url, "POST", f"{prefix}*/_refresh")
    indices = call(url, "GET", f"{prefix}*")
    templates = call(url, "GET", "_index_template")["index_templates"]
    return {
        "indices": {
            name: (body["mappings"], call(url, "GET", f"{name}/_search")["hits"])
            for name, body in indices.items()
            if not name.startswith(f"{prefix}{OURS}")
        },
        "templates": {
            one["name"]: one for one in templates if not one["name"].startswith(f"{prefix}{OURS}")
        },
    }


def test_a_prefix_of_its_own_leaves_the_hosts_indices_and_templates(
    stats_namespace: Namespace, host: Invenio
) -> None:
    url, prefix = stats_namespace.elasticsearch, stats_namespace.prefix
    theirs = {"index_patterns": [f"{prefix}stats-record-view-*"], "priority": 100}
    call(url, "PUT", f"_index_template/{prefix}stats-record-view", theirs)
    before = everything(stats_namespace)
    assert len(before["indices"]) == 2

    state = open_state(stats_namespace, OURS)
    state.stores.ensure()
    event = {
        "type": "file-download",
        "resource": "file:a",
        "timestamp": "2026-01-05T10:00:00Z",
        "user_agent": AGENT,
        "ip_address": "203.0.113.4",
    }
    state.publish([event])
    state.process()
    state.aggregate()
    assert state.totals(["file:a"])["file:a"]["downloads"] == 1
    assert [index for index in state.stores.search.indices(f"{prefix}{OURS}*") if "2026" in index]
    jobs = state.retention_job()
    assert (
        jobs.aggregation.search.count(state.stores.search.raw("file-download"), {"match_all": {}})
        == 1
    )
    call(url, "PUT", f"{prefix}stats-record-view-2026-02")  # theirs, made after our templates
    after = everything(stats_namespace)
    assert "stats" not in after["indices"].pop(f"{prefix}stats-record-view-2026-02")[0].get(
        "_meta", {}
    )
    assert after == before


@pytest.mark.parametrize("kind", ["events", "numbers"])
def test_an_index_of_invenio_stats_in_our_place_is_named(
    stats_namespace: Namespace, kind: str
) -> None:
    host = Invenio(stats_namespace)
    host.prefix = stats_namespace.prefix
    if kind == "events":
        host.events("record-view", [download("2026-01-05T10:00:00", "v1")])
    else:
        host.numbers("record-view", [downloads("2026-01-05", 1)])
    state = open_state(stats_namespace)
    for use in (state.stores.search.put_templates, state.stores.search.ping, state.aggregate):
        with pytest.raises(ConfigError) as caught:
            use()
        assert f"{stats_namespace.prefix}" in str(caught.value)
        assert "record-view-2026-01 was made by another program" in str(caught.value)
        assert "set STATS_INDEX_PREFIX" in str(caught.value)


@pytest.mark.parametrize("index", ["stats-record-view", "theirs-1"])
def test_an_index_of_others_by_the_name_of_an_alias_gets_no_field_of_ours(
    stats_namespace: Namespace, index: str
) -> None:
    url, prefix = stats_namespace.elasticsearch, stats_namespace.prefix
    aliases = {} if index.startswith("stats") else {f"{prefix}stats-record-view": {}}
    mappings = {"properties": {"timestamp": {"type": "date"}}}
    call(url, "PUT", f"{prefix}{index}", {"mappings": mappings, "aliases": aliases})
    before = everything(stats_namespace)
    with pytest.raises(ConfigError, match=f"the index {prefix}{index} was made by another"):
        open_state(stats_namespace).stores.search.put_templates()
    assert everything(stats_namespace) == before


def test_other_indices_that_begin_alike_are_no_hindrance(stats_namespace: Namespace) -> None:
    url, prefix = stats_namespace.elasticsearch, stats_namespace.prefix
    for name in ("stats-bookmarks", "stats-basket-view-2026-01", "events-stats-record-view-2026"):
        call(url, "PUT", f"{prefix}{name}/_doc/1", {"timestamp": "2026-01-01"})
    open_state(stats_namespace).stores.search.put_templates()


def test_an_index_from_before_mappings_were_marked_is_ours(stats_namespace: Namespace) -> None:
    url, prefix = stats_namespace.elasticsearch, stats_namespace.prefix
    mappings = {"properties": {"timestamp": {"type": "date"}, "indexed_at": {"type": "date"}}}
    call(url, "PUT", f"{prefix}events-stats-record-view-2026-01", {"mappings": mappings})
    open_state(stats_namespace).stores.search.put_templates()


def test_a_template_of_another_program_is_not_replaced(stats_namespace: Namespace) -> None:
    url, prefix = stats_namespace.elasticsearch, stats_namespace.prefix
    name = f"{prefix}stats-record-view"
    call(url, "PUT", f"_index_template/{name}", {"index_patterns": [f"{name}-*"]})
    with pytest.raises(
        ConfigError, match=f"template {name} was made by another program: set STATS"
    ):
        open_state(stats_namespace).stores.search.put_templates()


def test_a_template_that_goes_before_ours_is_noticed(stats_namespace: Namespace) -> None:
    url, prefix = stats_namespace.elasticsearch, stats_namespace.prefix
    theirs = {"index_patterns": [f"{prefix}stats-*"], "priority": 9_000}
    call(url, "PUT", f"_index_template/{prefix}all", theirs)
    with pytest.raises(ConfigError, match="all goes before ours for"):
        open_state(stats_namespace).stores.search.put_templates()


def test_rolled_up_months_are_ours(stats_namespace: Namespace) -> None:
    state = open_state(stats_namespace)
    search = state.stores.search
    name = f"{stats_namespace.prefix}rolled-stats-record-view-{date(2020, 1, 1):%Y-%m}-1"
    search.create_aside(name, "record-view")
    search.swap(search.daily("record-view"), new=name, old=[])
    again = open_state(stats_namespace)
    assert again.stores.search.members(search.daily("record-view")) == [name]
