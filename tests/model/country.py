"""The country of an address, read straight from the database that the package ships.

In: an address. Out: an ISO 3166 code, "ZZ" when the database does not know it. Both layouts of
country databases are read.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import maxminddb

from tests.model.events import UNKNOWN_COUNTRY

ROOT = Path(__file__).parents[2]
DATABASE = ROOT / "packages/country-database/stats_country_database/country.mmdb"


@cache
def open_database() -> maxminddb.Reader:
    return maxminddb.open_database(str(DATABASE))


@cache
def shipped_country(address: str) -> str:
    found: Any = open_database().get(address) or {}
    code = found.get("country", {}).get("iso_code") or found.get("country_code")
    return str(code) if code else UNKNOWN_COUNTRY
