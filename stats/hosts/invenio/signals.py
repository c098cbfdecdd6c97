"""Connecting the signals of those modules of Invenio that are installed.

Invariant: connecting twice is connecting once; a receiver does nothing
in an application without statistics, and never raises into the sender.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any, NamedTuple

from flask import current_app, has_app_context

from stats.ext import EXTENSION
from stats.hosts.invenio.archive import on_transfer_failed, on_transfer_moved
from stats.hosts.invenio.communities import on_inclusion_requested
from stats.hosts.invenio.files import on_file_downloaded
from stats.hosts.invenio.loans import on_loan_changed
from stats.hosts.invenio.packages import on_package_created
from stats.hosts.invenio.records import on_record_viewed

Receiver = Callable[..., None]

OWN_SIGNALS = "stats-own-signals"
"""The extension that holds the names of signals which a host's ``STATS_EVENTS`` listens to."""

_log = logging.getLogger(__name__)


class Wire(NamedTuple):
    """A signal, by its module and variable, and who receives it."""

    module: str
    signal: str
    receiver: Receiver


WIRES = (
    Wire("invenio_files_rest.signals", "file_downloaded", on_file_downloaded),
    Wire("invenio_records_ui.signals", "record_viewed", on_record_viewed),
    Wire("invenio_circulation.signals", "loan_state_changed", on_loan_changed),
    Wire("invenio_sipstore.signals", "sipstore_created", on_package_created),
    # "processing" and "finished" are one signal by a mistake there: one receiver tells them apart
    Wire("invenio_archivematica.signals", "oais_transfer_finished", on_transfer_moved),
    Wire("invenio_archivematica.signals", "oais_transfer_failed", on_transfer_failed),
    Wire("invenio_communities.signals", "inclusion_request_created", on_inclusion_requested),
)


def connect_signals() -> list[str]:
    """Connect what is installed; return the names of the connected signals."""
    connected = []
    for wire in WIRES:
        signal = _find(wire)
        if signal is not None:
            signal.connect(_GUARDED[wire.receiver])
            connected.append(wire.signal)
    return connected


def _find(wire: Wire) -> Any:
    """Return a signal; None when its module is not installed, or has no such signal any more."""
    try:
        module = import_module(wire.module)
    except ModuleNotFoundError:
        return None
    except Exception:
        _log.exception("%s cannot be imported, its signals are not counted", wire.module)
        return None
    return getattr(module, wire.signal, None)


def _guard(wire: Wire) -> Receiver:
    """Return a receiver that harms no sender, and is silent where the host emits by its own."""
    receiver = wire.receiver

    @wraps(receiver)
    def guarded(sender: Any, **given: Any) -> None:
        if not has_app_context() or EXTENSION not in current_app.extensions:
            return
        if wire.signal in current_app.extensions.get(OWN_SIGNALS, ()):
            return
        try:
            receiver(sender, **given)
        except Exception:
            _log.exception("a signal could not be counted")

    return guarded


_GUARDED = {wire.receiver: _guard(wire) for wire in WIRES}
"""One object for each receiver, so that connecting it again is nothing new."""
