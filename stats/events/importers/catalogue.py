"""Every format of logs: the ``FORMATS`` of each module of ``importers.formats``.

To add a format, add a module there.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from stats.events.importers import formats
from stats.events.importers.log_format import LogFormat


def _find_formats() -> dict[str, LogFormat]:
    modules = sorted(module.name for module in iter_modules(formats.__path__))
    found = [
        one
        for name in modules
        for one in getattr(import_module(f"{formats.__name__}.{name}"), "FORMATS", ())
    ]
    return {one.name: one for one in found}


LOG_FORMATS: Mapping[str, LogFormat] = MappingProxyType(_find_formats())
"""Each format by the name the command line uses."""

AUTO = "auto"
