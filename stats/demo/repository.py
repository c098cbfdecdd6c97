"""The records of the demo's repository, made from a seed.

Goes out: the same records for the same seed. Popularity follows Zipf's law: the
n-th most popular record is used 1/n as much as the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

_SUBJECTS = (
    "Glacier mass balance", "Coral reef bleaching", "Quark-gluon plasma", "Medieval charters",
    "Soil moisture", "Neutrino oscillation", "Urban heat islands", "Bird migration",
    "Protein folding", "Dialect recordings", "Seismic noise", "Galaxy rotation curves",
    "Wheat genomes", "River discharge", "Cosmic ray showers", "Parliamentary debates",
    "Sea ice thickness", "Bee populations", "Gravitational lenses", "Pollen records",
)  # fmt: skip
_FORMS = ("a ten-year time series", "survey data", "code and notebooks", "an open atlas")
COMMUNITIES = {
    "community:earth": "Earth and environment",
    "community:physics": "Physics and astronomy",
    "community:humanities": "Humanities",
    "community:life-sciences": "Life sciences",
}
"""Titles by ref."""
_FILES = (("data.csv", 4_200_000), ("readme.pdf", 310_000), ("archive.zip", 88_000_000))


@dataclass(frozen=True)
class File:
    """A file of a record; ``size`` in bytes."""

    ref: str
    name: str
    size: int


@dataclass(frozen=True)
class Record:
    """A record as the host application knows it."""

    ref: str
    title: str
    parents: tuple[str, ...]
    owner_id: str
    access: str
    files: tuple[File, ...]

    def describe(self) -> dict[str, Any]:
        """Return the fields that every event about the record carries."""
        return {
            "parents": list(self.parents),
            "owner_id": self.owner_id,
            "title": self.title,
            "url": f"https://repository.example/records/{self.ref.partition(':')[2]}",
            "access": self.access,
        }


def make_records(random: Random, count: int = 60) -> list[Record]:
    """Return ``count`` records, the most popular first; every fifth is a second version."""
    records = []
    for number in range(count):
        version = 2 if number % 5 == 4 else 1
        concept = number - 1 if version == 2 else number
        subject = _SUBJECTS[concept % len(_SUBJECTS)]
        form = _FORMS[concept // len(_SUBJECTS) % len(_FORMS)]
        title = f"{subject}: {form}" + (" (version 2)" if version == 2 else "")
        community = [*COMMUNITIES][concept % len(COMMUNITIES)]
        records.append(
            Record(
                f"record:{number + 1}",
                title,
                (f"concept:{concept + 1}", community),
                f"author{concept % 12 + 1}",
                "restricted" if number % 17 == 16 else "open",
                _make_files(random, number + 1),
            )
        )
    return records


def zipf_weights(count: int) -> list[float]:
    """Return the weights of the 1st to the ``count``-th most popular."""
    return [1 / rank for rank in range(1, count + 1)]


def _make_files(random: Random, number: int) -> tuple[File, ...]:
    chosen = _FILES[: random.randint(1, len(_FILES))]
    return tuple(
        File(f"file:{number}/{name}", name, int(size * random.uniform(0.2, 1.8)))
        for name, size in chosen
    )
