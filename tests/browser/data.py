"""What the browser tests show: 150 days of usage of a few resources, made by rule."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from stats.ext import StatsState
from stats.permissions import Grant, embed
from stats.stores.resources import Description
from stats.times import utc_now
from tests.engine.daily import Document, document, write

DAYS = 150
RECORDS = {
    "record:r1": ("Global carbon budget", "https://repository.test/records/r1"),
    "record:r2": ("<img src=x onerror=alert(1)>", "https://repository.test/records/r2"),
    "record:r3": ("Ocean temperature profiles", "javascript:alert(1)"),
    "record:no title": (None, None),
}
HIDDEN = "record:hidden"
GROUPS = ("community:c", "user:u7", "site:all", "institute:i1")
"""The last is of a kind that nobody declared."""

DATASET = "dataset:d1"
OF_DATASETS = {"dataset-view": 30, "dataset-download": 20, "file-download": 10}
"""What was counted for the dataset on each of the last days."""
COUNTRIES = ("US", "DE", "FR", "IN", "BR", "ZZ", "SG", "CH", "JP", "KE", "MT", "CA")
REFERRERS = ("google.com", "", "doi.org", "github.com", "orcid.org")
PARTS = {
    "country": COUNTRIES,
    "referrer": REFERRERS,
    "access_method": ("machine", "regular"),
}
TYPES = ("record-view", "file-download")
HOUR = timedelta(hours=1)


def today() -> date:
    """Return the day that windows end on, as the service has it."""
    return datetime.now(timezone.utc).date()


UNTIL = datetime.combine(today(), time(8, 45, 12), timezone.utc)
"""Today is not over: its bucket is incomplete."""


def fill(state: StatsState) -> None:
    """Write the daily documents, and totals and descriptions that agree with them."""
    state.init()
    rows = [row for ref in RECORDS for row in _rows(ref)]
    rows += [row for group in GROUPS for row in _sums(rows, group)]
    rows += _rows(HIDDEN)
    rows += [_day_of_dataset(kind, back) for kind in OF_DATASETS for back in range(DAYS)]
    write(state.stores.search, rows)
    refs = [*RECORDS, *GROUPS, HIDDEN]
    state.stores.totals.write([_total(rows, ref) for ref in refs], ticket=1)
    described = [
        Description(ref, {"title": title, "url": url}, UNTIL)
        for ref, (title, url) in RECORDS.items()
        if title
    ]
    described.append(Description(HIDDEN, {"title": "Hidden", "access": "restricted"}, UNTIL))
    state.stores.resources.describe(described)
    state.stores.bookmarks.move_found(UNTIL)


def make_embed_token(state: StatsState, resource: str, origin: str) -> str:
    """Return a token for pages of ``origin``."""
    now = utc_now()
    signed = embed.Signed(Grant(resource, origin, ()), now.replace(microsecond=0) + HOUR)
    token = embed.sign(signed, state.embed_key)
    state.stores.tokens.add(embed.build_document(token, signed, now=now))
    return token


def _rows(ref: str) -> list[Document]:
    return [
        _row(ref, kind, today() - timedelta(days=back))
        for back in range(DAYS)
        for kind in TYPES
        if _count(ref, kind, back)
    ]


def _day_of_dataset(kind: str, back: int) -> Document:
    day = (today() - timedelta(days=back)).isoformat()
    numbers = {"count": OF_DATASETS[kind] + back % 3, "unique_count": OF_DATASETS[kind] // 2}
    countries = [["CH", numbers["count"], numbers["unique_count"], 0]]
    return document(kind, day, DATASET, **numbers, breakdown={"country": countries})


def _count(ref: str, kind: str, back: int) -> int:
    """Return a count that differs by resource, type and day, and is 0 on some days."""
    rank = [*RECORDS, HIDDEN].index(ref) + 1
    wave = (back * 7 + rank * 3) % 11
    return wave * (12 if kind == "record-view" else 5) // rank


def _row(ref: str, kind: str, day: date) -> Document:
    count = _count(ref, kind, (today() - day).days)
    unique = max(count * 3 // 4, 1)
    volume = count * 1_000_000 if kind == "file-download" else 0
    row = document(
        kind,
        day.isoformat(),
        ref,
        parents=list(GROUPS),
        count=count,
        unique_count=unique,
        volume=volume,
    )
    row["breakdown"] = {name: _divide(keys, row, day.day) for name, keys in PARTS.items()}
    return row


def _divide(keys: tuple[str, ...], row: Document, turn: int) -> list[list[Any]]:
    """Divide a row: half to the first key, a quarter to the second, the rest to each in turn."""
    third = keys[2 + turn % (len(keys) - 2)] if len(keys) > 2 else keys[1]
    count, unique = row["count"], row["unique_count"]
    parts = {key: [0, 0, 0] for key in (keys[0], keys[1], third)}
    shares = [(count // 2, unique // 2), (count // 4, unique // 4)]
    rest = (count - sum(c for c, _ in shares), unique - sum(u for _, u in shares))
    for key, share in zip((keys[0], keys[1], third), (*shares, rest), strict=True):
        parts[key][0] += share[0]
        parts[key][1] += share[1]
    return [[key, *numbers] for key, numbers in parts.items() if numbers[0]]


def _sums(rows: list[Document], group: str) -> list[Document]:
    """Return the rows of a group: of each type and day the sum of all records."""
    found: dict[tuple[str, str], Document] = {}
    for row in rows:
        key = (row["event"], row["timestamp"][:10])
        into = found.setdefault(key, document(key[0], key[1], group, breakdown={}))
        for name in ("count", "unique_count", "volume"):
            into[name] += row[name]
        for name, parts in row["breakdown"].items():
            into["breakdown"][name] = _add(into["breakdown"].get(name, []), parts)
    return list(found.values())


def _add(parts: list[list[Any]], more: list[list[Any]]) -> list[list[Any]]:
    sums: dict[str, list[int]] = {}
    for key, *numbers in [*parts, *more]:
        sums[key] = [a + b for a, b in zip(sums.get(key, [0, 0, 0]), numbers, strict=True)]
    return [[key, *numbers] for key, numbers in sums.items()]


def _total(rows: list[Document], ref: str) -> Document:
    def total(kind: str, name: str) -> int:
        return sum(r[name] for r in rows if r["resource"] == ref and r["event"] == kind)

    return {
        "_id": ref,
        "kind": ref.partition(":")[0],
        "id": ref.partition(":")[2],
        "views": total("record-view", "count"),
        "unique_views": total("record-view", "unique_count"),
        "downloads": total("file-download", "count"),
        "unique_downloads": total("file-download", "unique_count"),
        "volume": total("file-download", "volume"),
        "events": {kind: total(kind, "count") for kind in TYPES},
    }
