"""The form of a back-up: a line that says what it is, one a document, and one that proves it.

Pure. ``{"stats-export": part, "schema": 1, "made": time}``, then documents, then
``{"count": n, "sha256": of all lines before}``. What was cut off, or changed by one byte, is
found out at the last line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256

from stats.backup.parts import PARTS, SCHEMA, Part
from stats.errors import InputError

MARK = "stats-export"


def build_lines(part: Part, documents: Iterable[str], *, made: str) -> Iterator[str]:
    """Yield the lines of a back-up, each with its newline."""
    digest, count = sha256(), 0
    head = json.dumps({MARK: part.name, "schema": SCHEMA, "made": made})
    for line in _with_first(head, documents):
        digest.update(line.encode())
        yield line
        count += 1
    yield json.dumps({"count": count - 1, "sha256": digest.hexdigest()}) + "\n"


def _with_first(head: str, documents: Iterable[str]) -> Iterator[str]:
    yield head + "\n"
    for document in documents:
        yield document + "\n"


def parse_head(line: str) -> Part:
    """Return the part that a back-up holds; raise ``InputError`` when it is none."""
    try:
        head = json.loads(line)
        name, schema = head[MARK], head["schema"]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError("bad_format", "the first line is not that of stats export") from error
    if schema > SCHEMA:
        message = f"it was made by a newer version (schema {schema}, this one reads {SCHEMA})"
        raise InputError("bad_format", message)
    if name not in PARTS:
        raise InputError("bad_format", f"there is no part {name!r}")
    return PARTS[name]


def read_documents(lines: Iterable[str]) -> Iterator[str]:
    """Yield the documents between head and last line; raise ``InputError`` where they are not all.

    What was yielded before is right as far as it goes: importing the whole file again is safe.
    """
    digest, count = sha256(), -1
    previous: str | None = None
    for line in lines:
        if previous is not None:
            digest.update(previous.encode())
            count += 1
            if count:
                yield previous.rstrip("\n")
        previous = line
    _check_end(previous or "", count, digest.hexdigest())


def _check_end(line: str, count: int, digest: str) -> None:
    try:
        end = json.loads(line)
        told, proof = end["count"], end["sha256"]
    except (ValueError, TypeError, KeyError) as error:
        raise InputError("bad_format", "the file is cut off: its last line is missing") from error
    if told != count:
        raise InputError("bad_format", f"the file has {count} documents, and had {told}")
    if proof != digest:
        raise InputError("bad_format", "the file was changed: its checksum is another")
