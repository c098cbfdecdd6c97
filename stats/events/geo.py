"""Where an IP address is: country, and what else a database says.

In comes an address, out go the geographic fields of the raw document; what is
not known is left out, and a look-up never fails an event. City and Country
files of MaxMind's layout are read, and flat ones with ``country_code``. The
look-up happens before anonymisation, and its result is at most a city.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import maxminddb

_CHECKOUT = Path(__file__).parents[2] / "packages/country-database/stats_country_database"


def find_country_database() -> Path:
    """Return the file of the distribution ``stats-country-database``, or of this checkout.

    Where neither is, the path is that of a file which is not there: no country is known,
    which the log says once, until ``STATS_COUNTRY_DATABASE`` names one.
    """
    spec = find_spec("stats_country_database")
    folder = Path(spec.origin).parent if spec and spec.origin else _CHECKOUT
    return folder / "country.mmdb"


CACHED_ADDRESSES = 65_536
CHECK_SECONDS = 10.0
"""How often the file is looked at; a new one is opened when its time has changed."""

NOWHERE: Mapping[str, Any] = {}

_COUNTRY = re.compile(r"[A-Z]{2}")
_log = logging.getLogger(__name__)


def read_place(record: object) -> dict[str, Any]:
    """Return the fields of the raw document from one record of a database.

    A country that is not two letters is none: some files say ``None``.
    """
    if not isinstance(record, Mapping):
        return {}
    country = _child(record, "country").get("iso_code") or record.get("country_code")
    continent = _child(record, "continent").get("code")
    place: dict[str, Any] = {
        "country": _code(country),
        "continent": _code(continent),
        "region": _region(record, _code(country)),
        "city": _text(_child(_child(record, "city"), "names").get("en")),
        "location": _location(_child(record, "location")),
    }
    return {name: value for name, value in place.items() if value is not None}


def _child(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    child = record.get(name)
    return child if isinstance(child, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value not in ("", "None") else None


def _code(value: object) -> str | None:
    code = value.upper() if isinstance(value, str) else ""
    return code if _COUNTRY.fullmatch(code) else None


def _region(record: Mapping[str, Any], country: str | None) -> str | None:
    """Return the ISO 3166-2 code, as COUNTER writes a subdivision: ``CH-GE``."""
    subdivisions = record.get("subdivisions")
    first = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
    code = _text(first.get("iso_code")) if isinstance(first, Mapping) else None
    return f"{country}-{code}" if country and code else None


def _location(location: Mapping[str, Any]) -> dict[str, float] | None:
    latitude, longitude = location.get("latitude"), location.get("longitude")
    if not isinstance(latitude, (int, float)) or not isinstance(longitude, (int, float)):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return {"lat": latitude, "lon": longitude}


class GeoReader:
    """Looks addresses up in one file, and notices when the file is replaced.

    A missing or broken file is logged once and answers nothing; it is tried
    again when it changes.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or find_country_database()
        self._modified: int | None = -1  # as no file has it: the first look opens
        self._checked = float("-inf")
        self._database: maxminddb.Reader | None = None
        self._cached = lru_cache(maxsize=CACHED_ADDRESSES)(self._look_up)

    def find(self, address: str) -> Mapping[str, Any]:
        """Return the geographic fields of an address; the result is shared, do not change it."""
        clock = time.monotonic()
        if clock - self._checked > CHECK_SECONDS:
            self._checked = clock
            self._reopen_if_changed()
        return self._cached(address)

    def _look_up(self, address: str) -> Mapping[str, Any]:
        if self._database is None:
            return NOWHERE
        try:
            return read_place(self._database.get(address))
        except (ValueError, maxminddb.InvalidDatabaseError):
            return NOWHERE  # an IPv6 address in a file of IPv4, or a broken record

    def _reopen_if_changed(self) -> None:
        try:
            modified: int | None = self._path.stat().st_mtime_ns
        except OSError:
            modified = None
        if modified == self._modified:
            return
        self._modified = modified
        self._cached.cache_clear()
        self._database = self._open()

    def _open(self) -> maxminddb.Reader | None:
        try:
            return maxminddb.open_database(str(self._path))
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            _log.warning("no countries, the geoip database cannot be read: %s", error)
            return None
