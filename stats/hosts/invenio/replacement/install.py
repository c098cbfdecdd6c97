"""The entry points ``invenio_base.finalize_app`` and ``api_finalize_app``.

They run when all extensions and routes of an application are there, in no
promised order: that of invenio-stats finds our object or its own, and works with both.
"""

from __future__ import annotations

import logging
from importlib.util import find_spec
from typing import Any

from flask import Flask

from stats.errors import ConfigError
from stats.hosts.invenio.replacement.configuration import RDM
from stats.hosts.invenio.replacement.definitions import HostDefinitions, load
from stats.hosts.invenio.replacement.package import EXTENSION, check_version, is_installed
from stats.hosts.invenio.replacement.state import ReplacedState
from stats.hosts.invenio.signals import OWN_SIGNALS

HOST = "stats-host-definitions"
"""The extension that holds a host's definitions, from the start of the application on."""

THEIR_VIEW, OUR_VIEW = "invenio_stats.stat_query", "stats.stats_queries.run_queries"
CHECK = "run `invenio stats check` to see it again"

_log = logging.getLogger(__name__)


def replace_invenio_stats(app: Flask) -> None:
    """Put our object in the place of that of invenio-stats, and one view behind its route.

    Raises:
        ConfigError: the installed release of invenio-stats is not known.
    """
    host: HostDefinitions | None = app.extensions.get(HOST)
    if host is None:
        _share_route(app, keeps=THEIR_VIEW, gives_up=OUR_VIEW)
        return
    check_version()
    with_rdm = find_spec(RDM) is not None
    state = ReplacedState(app, host, last_known=_last_known() if with_rdm else None)
    app.extensions[EXTENSION] = state
    app.extensions[OWN_SIGNALS] = _listen(app, state)
    _share_route(app, keeps=OUR_VIEW, gives_up=THEIR_VIEW)
    if with_rdm:
        _add_component(app)
    for line in host.unmapped:
        _log.warning("%s (%s)", line, CHECK)


def list_unmapped(app: Flask) -> list[str]:
    """Return a line for each thing of the host's configuration that has no counterpart here."""
    host: HostDefinitions | None = app.extensions.get(HOST)
    if host is None:
        return []
    lines = list(host.unmapped)
    try:
        check_version()
    except ConfigError as error:
        lines.append(str(error))
    return lines


def is_replaced(app: Flask) -> bool:
    """Return whether this package stands in for invenio-stats here."""
    return is_installed() and isinstance(app.extensions.get(EXTENSION), ReplacedState)


def _share_route(app: Flask, *, keeps: str, gives_up: str) -> None:
    """Let both rules of ``POST /api/stats`` lead to one view, whichever the router finds."""
    if keeps in app.view_functions and gives_up in app.view_functions:
        for rule in app.url_map.iter_rules(gives_up):
            rule.endpoint = keeps


def _listen(app: Flask, state: ReplacedState) -> set[str]:
    """Listen in the place of invenio-stats to the signals of ``STATS_EVENTS``; return their names.

    Its receivers know the event alone, ours pass on what the signal carried.
    """
    if not app.config.get("STATS_REGISTER_RECEIVERS", True):
        return set()
    from invenio_stats.receivers import EventEmitter as Theirs  # noqa: PLC0415 - optional

    names = set()
    for name, event in state.host.events.items():
        if event.signal is None:
            continue
        signal = load(event.signal, f"STATS_EVENTS[{name!r}]")
        for receiver in list(signal.receivers_for(app)):
            if isinstance(receiver, Theirs):
                signal.disconnect(receiver, sender=app)
        signal.connect(state.get_event_emitter(name), sender=app, weak=False)
        names.add(signal.name.replace("-", "_"))
    return names


def _add_component(app: Flask) -> None:
    from stats.hosts.invenio.rdm.component import add_component  # noqa: PLC0415 - optional

    add_component(app)


def _last_known() -> Any:
    from stats.hosts.invenio.rdm.last_known import read_last_known  # noqa: PLC0415 - optional

    return read_last_known
