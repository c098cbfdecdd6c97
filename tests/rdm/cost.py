"""One InvenioRDM with this package, with invenio-stats, and without statistics, side by side.

    .rdm/14/bin/python -m tests.rdm.cost [REQUESTS]

prints the time of a landing page in the three, asked in turn, and what the two say of the
same traffic.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.rdm.conftest import prepare
from tests.rdm.repository import ROBOT, Json, Repository
from tests.rdm.services import Services, free_port, missing

OURS, THEIRS, NONE = "this package", "invenio-stats", "no statistics"
_STOCK = {"INVENIO_STATS_REPLACE_INVENIO_STATS": "False"}
SETTINGS: Mapping[str, Mapping[str, str]] = {
    OURS: {},
    THEIRS: _STOCK,
    NONE: {**_STOCK, "INVENIO_STATS_EVENTS": "{}"},
}
COUNT: Mapping[str, Sequence[tuple[str, ...]]] = {
    OURS: [("events", "process"), ("aggregate",)],
    THEIRS: [("events", "process", "--eager"), ("aggregations", "process", "--eager")],
}
"""The commands of ``invenio stats`` that count what waits."""

REFRESH = 2.0
"""Seconds after which invenio-stats finds what it has indexed."""

WINDOW = 11.0
"""More than the seconds within which invenio-stats takes two views for one."""

WARM_UP = 20
VISITORS = 30


def main(arguments: list[str]) -> int:
    lacking = missing()
    if lacking:
        print(lacking)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="rdm-cost-"))
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own
    services = Services(folder)
    sites: dict[str, Repository] = {}
    try:
        services.start()
        tokens = prepare(services)
        for name in SETTINGS:
            sites[name] = _start(services, tokens, name)
        requests = int(arguments[0]) if arguments else 300
        _show_cost(sites, sites[NONE].publish("Tides")["id"], requests)
        _show_numbers(sites, sites[NONE].publish("Waves", "a.txt")["id"])
    finally:
        for site in sites.values():
            site.services.end_processes()
        services.stop()
    return 0


def _start(services: Services, tokens: dict[str, str], name: str) -> Repository:
    port = free_port()
    own = replace(
        services,
        ports={**services.ports, "web": port},
        processes={},
        settings={**SETTINGS[name], "RDM_WEB": str(port)},
    )
    found = Repository(own, tokens)
    found.start_web()
    return found


def _show_cost(sites: Mapping[str, Repository], record: str, requests: int) -> None:
    """Print the median time of a landing page, each site asked in turn by a new visitor."""
    times: dict[str, list[float]] = {name: [] for name in sites}
    order = list(sites)
    for _ in range(WARM_UP + requests):
        random.shuffle(order)
        for name in order:
            site = sites[name]
            begun = time.perf_counter()
            assert site.use(f"/records/{record}") == 200
            times[name].append(time.perf_counter() - begun)
    medians = {name: 1000 * statistics.median(found[WARM_UP:]) for name, found in times.items()}
    for name, median in medians.items():
        more = median - medians[NONE]
        print(f"{name}: landing page p50 {median:.2f} ms, {more:+.2f} ms beside none")


def _show_numbers(sites: Mapping[str, Repository], record: str) -> None:
    """Print what is counted of traffic that goes to both."""
    for name in COUNT:
        for visitor in range(1, VISITORS + 1):
            sites[name].use(f"/records/{record}", visitor=visitor)
            sites[name].use(f"/records/{record}/files/a.txt", visitor=visitor)
        time.sleep(WINDOW)
        for visitor in range(1, VISITORS + 1):
            sites[name].use(f"/records/{record}", visitor=visitor)
        sites[name].use(f"/records/{record}", agent=ROBOT)
        sites[name].use(f"/records/{record}/files/a.txt", method="HEAD")
    for name, commands in COUNT.items():
        print(f"{name}: {json.dumps(_count(sites[name], record, commands))}")


def _count(site: Repository, record: str, commands: Sequence[tuple[str, ...]]) -> Json:
    for words in commands:
        site.command("stats", *words)
        time.sleep(REFRESH)
    params = {"recid": record}
    views, downloads = site.ask("record-view", **params), site.ask("record-download", **params)
    return {
        "views": int(views["views"]),
        "unique_views": int(views["unique_views"]),
        "downloads": int(downloads["downloads"]),
        "unique_downloads": int(downloads["unique_downloads"]),
    }


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
