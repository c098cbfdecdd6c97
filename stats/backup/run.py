"""Reading the parts of an installation, and writing them to another.

Everything is written under the id and the version that it had, so importing a file again,
after a kill or a cut connection, changes nothing that is there and completes the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson

from stats.backup.parts import DAILY, EVENTS, Part
from stats.batches import batches
from stats.errors import StoreRejected, StoreUnavailable
from stats.stores.collections import Collections
from stats.stores.months import MonthsStore
from stats.stores.search import CONFLICT, Action, SearchStore

BATCH = 1_000


@dataclass(frozen=True)
class BackupJob:
    """What back-ups read and write; ``types`` and ``families`` name the indices."""

    search: SearchStore
    collections: Collections
    months: MonthsStore
    types: tuple[str, ...]
    families: tuple[str, ...]


def run_read(job: BackupJob, part: Part) -> Iterator[str]:
    """Yield the documents of a part as lines."""
    if part is EVENTS:
        for name in job.types:
            yield from _read_index(job, job.search.raw(name), name, versions=False)
    elif part is DAILY:
        for name in job.families:
            yield from _read_index(job, job.search.daily(name), name, versions=True)
    else:
        for name in part.collections:
            for line in job.collections.read(name):
                yield f'{{"store":"{name}","document":{line}}}'


def _read_index(job: BackupJob, alias: str, name: str, *, versions: bool) -> Iterator[str]:
    job.search.refresh(alias)
    for hits in job.search.pages(alias, {"version": versions}, size=BATCH):
        for hit in hits:
            line = {"of": name, "month": hit["_index"][-7:], "id": hit["_id"]}
            line |= {"version": hit["_version"]} if versions else {}
            yield orjson.dumps(line | {"source": hit["_source"]}).decode()


def run_write(job: BackupJob, part: Part, lines: Iterable[str]) -> int:
    """Write the documents of a part; return how many lines there were.

    Months are summed anew of daily documents, by the next run: also when this is killed.
    """
    if part is DAILY:
        job.months.note_restored()
    written = _write_batches(job, part, lines)
    if part is DAILY:  # a run may have summed them meanwhile
        job.months.note_restored()
    return written


def _write_batches(job: BackupJob, part: Part, lines: Iterable[str]) -> int:
    written = 0
    for batch in batches(lines, BATCH):
        if part.collections:
            _write_documents(job, batch)
        else:
            _write_index(job, part, batch)
        written += len(batch)
    return written


def _write_documents(job: BackupJob, lines: list[str]) -> None:
    by_name: dict[str, list[str]] = {}
    for line in lines:
        head, _, document = line.partition(',"document":')
        name = orjson.loads(head + "}")["store"]
        by_name.setdefault(name, []).append(document[:-1])
    for name, documents in by_name.items():
        job.collections.write(name, documents)


def _write_index(job: BackupJob, part: Part, lines: list[str]) -> None:
    waiting = [_action(job, part, orjson.loads(line)) for line in lines]
    for result in job.search.bulk(waiting):
        if result.ok or result.status == CONFLICT:  # it is there, or a newer one
            continue
        kind = StoreUnavailable if result.busy else StoreRejected
        raise kind(job.search.engine, result.reason)


def _action(job: BackupJob, part: Part, line: dict[str, object]) -> Action:
    name, month, source = str(line["of"]), str(line["month"]), line["source"]
    assert isinstance(source, dict)
    if part is EVENTS:
        return Action("create", job.search.raw(name, month), str(line["id"]), source)
    version = int(str(line["version"]))
    return Action("index", job.search.daily(name, month), str(line["id"]), source, version=version)
