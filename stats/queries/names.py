"""What the resources of an answer are called, and where they are."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stats.queries.types import Row, Sources

NAMES = ("title", "url")


def put_names(
    rows: Sequence[Row], sources: Sources, *, among: Collection[str] | None = None
) -> list[Row]:
    """Put title and address of each resource (of those ``among``) into its row; null elsewhere."""
    refs = [row["resource"] for row in rows]
    known = sources.resources.read([ref for ref in refs if among is None or ref in among])
    return [
        {
            "resource": row["resource"],
            **{name: known.get(row["resource"], {}).get(name) for name in NAMES},
            **{key: value for key, value in row.items() if key != "resource"},
        }
        for row in rows
    ]
