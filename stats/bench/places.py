"""Where the benchmark works: names of its own on the engines, which are cleaned up.

The engines are those of the settings when all three answer, else embedded ones in a temporary
folder, which end with the benchmark.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stats import engines
from stats.bench.processes import peak_of
from stats.config import Settings
from stats.engines.folder import NAMES, Addresses, Folder
from stats.engines.namespace import Namespace, clean_up, fresh_namespace
from stats.errors import StoreUnavailable
from stats.ext import StatsState
from stats.setting_sources import load_settings

Report = Callable[[str], object]


@dataclass
class Engines:
    """Three engines; ``folder`` is that of embedded ones."""

    addresses: Addresses
    stack: ExitStack
    folder: Path | None = None

    def place(self) -> Namespace:
        """Return names that are not used yet: no events, no documents, no bookmark."""
        place = fresh_namespace(self.addresses)
        self.stack.callback(clean_up, place)
        state = open_state(place)
        place.queues.extend(state.stores.queues.name(name) for name in state.event_types)
        state.init()
        return place

    def peaks(self) -> dict[str, int]:
        """Return the peak memory of embedded engines, in bytes; of others it is not known."""
        if self.folder is None:
            return {}
        running = {name: Folder(self.folder).process(name) for name in NAMES}
        peaks = {name: peak_of(process.pid) for name, process in running.items() if process}
        return {name: peak for name, peak in peaks.items() if peak}


def open_state(place: Namespace) -> StatsState:
    """Return the system at a place, with the default settings; one a process, as in a worker."""
    return _state_of(tuple(place.as_config().items()))


@cache
def _state_of(config: tuple[tuple[str, str], ...]) -> StatsState:
    return StatsState(load_settings(dict(config), {}))


@contextmanager
def opened(settings: Settings, report: Report) -> Iterator[Engines]:
    """Give engines to measure on, and clean up behind."""
    with ExitStack() as stack:
        try:
            StatsState(settings).stores.ping()
        except StoreUnavailable as error:
            report(f"{error}; starting embedded engines")
            yield _embedded(stack, report)
        else:
            given = Addresses(settings.elasticsearch_url, settings.broker_url, settings.mongo_url)
            yield Engines(given, stack)


def _embedded(stack: ExitStack, report: Report) -> Engines:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stats-bench-")))
    addresses = engines.start(folder, report=report, attached=True, usual_ports=False)
    stack.callback(engines.stop, folder, report=report)
    return Engines(addresses, stack, folder)
