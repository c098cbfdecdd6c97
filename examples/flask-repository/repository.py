"""The repository itself: communities, records and files in SQLite. It knows nothing of statistics.

Comes in: ids from addresses. Goes out: rows, or None for what is not there.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

Row = sqlite3.Row
SCHEMA = Path(__file__).parent / "repository.sql"
_FILES = "SELECT name, length(CAST(content AS BLOB)) AS size FROM files WHERE record = ?"


class Repository:
    """One connection; a request makes its own and closes it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def communities(self) -> list[Row]:
        """Return all communities by title."""
        return self._db.execute("SELECT * FROM communities ORDER BY title").fetchall()

    def community(self, id: str) -> Row | None:
        """Return a community."""
        return self._one("SELECT * FROM communities WHERE id = ?", id)

    def records(self, community: str | None = None) -> list[Row]:
        """Return the records of a community, or all, the newest first."""
        query = "SELECT * FROM records WHERE ? IN (community, '') ORDER BY year DESC, title"
        return self._db.execute(query, (community or "",)).fetchall()

    def record(self, id: str) -> Row | None:
        """Return a record."""
        return self._one("SELECT * FROM records WHERE id = ?", id)

    def files(self, record: str) -> list[Row]:
        """Return name and size in bytes of a record's files."""
        return self._db.execute(f"{_FILES} ORDER BY name", (record,)).fetchall()

    def content(self, record: str, name: str) -> bytes | None:
        """Return what is in a file."""
        query = "SELECT CAST(content AS BLOB) AS content FROM files WHERE record = ? AND name = ?"
        found = self._one(query, record, name)
        return found["content"] if found else None

    def _one(self, query: str, *values: str) -> Row | None:
        found: Row | None = self._db.execute(query, values).fetchone()
        return found


def make_database(path: Path) -> None:
    """Make the database of ``repository.sql`` unless it is there."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as database:
        database.executescript(SCHEMA.read_text("utf-8"))
    database.close()
