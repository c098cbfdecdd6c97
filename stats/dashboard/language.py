"""The language of a page: its texts, and how it writes numbers.

Comes in: ``lang=`` of the address and the languages of the browser. Goes out: texts of
``texts/<tag>.json``. Invariants: every language has every text, with the same places to fill;
numbers are exact, in full, and written as the elements beside them write theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from werkzeug.datastructures import LanguageAccept

from stats.errors import InputError

LANG = "lang"
TEXTS = Path(__file__).parent / "texts"
LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
}
"""Tags and their own names; the first one stands in for any other language."""

_BYTES = ("B", "kB", "MB", "GB", "TB", "PB")
_OCTETS = ("o", "ko", "Mo", "Go", "To", "Po")
_NO_BREAK = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Writing:
    """How a language writes numbers (CLDR): marks, and the digits from which it groups."""

    group: str = ","
    decimal: str = "."
    least_grouped: int = 4
    units: tuple[str, ...] = _BYTES
    percent: str = "%"


_WRITING: Mapping[str, Writing] = {
    "en": Writing(),
    "de": Writing(".", ",", percent=f"{_NO_BREAK}%"),
    "fr": Writing("\N{NARROW NO-BREAK SPACE}", ",", units=_OCTETS, percent=f"{_NO_BREAK}%"),
    "es": Writing(".", ",", least_grouped=5, percent=f"{_NO_BREAK}%"),
}


@dataclass(frozen=True)
class Language:
    """One language, by its tag: ``en``, ``de``, ``fr`` or ``es``."""

    tag: str

    def text(self, key: str, **values: object) -> str:
        """Return a text with ``values`` in their places; numbers among them are written out.

        Of a text with two forms, ``one|several``, ``n`` chooses.
        """
        one, _, several = read_texts(self.tag)[key].partition("|")
        number = values.get("n")
        is_one = number == 1 or (number == 0 and self.tag == "fr")
        written = {
            name: self.number(value) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return (one if is_one or not several else several).format(**written)

    def reason(self, name: str) -> str:
        """Return what a reason of exclusion is called; a host's own is its name."""
        return read_texts(self.tag).get(f"reason_{name}", name)

    def number(self, number: int) -> str:
        """Write a whole number out."""
        writing = _WRITING[self.tag]
        grouped = len(str(abs(number))) >= writing.least_grouped
        return f"{number:,}".replace(",", writing.group) if grouped else str(number)

    def signed(self, change: int, *, is_size: bool = False) -> str:
        """Write a change, of bytes or of anything else: with its sign, unless it is 0."""
        sign = "+" if change > 0 else "\N{MINUS SIGN}" if change < 0 else ""
        return sign + (self.size if is_size else self.number)(abs(change))

    def label(self, labels: Mapping[str, str], name: str) -> str:
        """Return a declared label in this language, else in English, else the name."""
        return labels.get(self.tag) or labels.get("en") or name

    def size(self, size: int) -> str:
        """Write bytes with at most one decimal, in powers of 1,000."""
        writing, rank, value = _WRITING[self.tag], 0, float(size)
        while round(value, 1) >= 1000 and rank < len(writing.units) - 1:
            value, rank = value / 1000, rank + 1
        text = f"{value:.1f}".replace(".", writing.decimal) if rank else str(size)
        return f"{text}{_NO_BREAK}{writing.units[rank]}"

    def percent(self, part: float) -> str:
        """Write a part of 1 as a percentage with one decimal."""
        writing = _WRITING[self.tag]
        return f"{part * 100:.1f}".replace(".", writing.decimal) + writing.percent


@cache
def read_texts(tag: str) -> Mapping[str, str]:
    """Return the texts of a language."""
    texts: Mapping[str, str] = json.loads((TEXTS / f"{tag}.json").read_text("utf-8"))
    return texts


def parse_language(wanted: str | None, accepted: LanguageAccept) -> Language:
    """Return the language asked for, else the best that a browser accepts, else English.

    Raises ``InputError`` for a language that is asked for and has no texts.
    """
    if wanted:
        if wanted not in LANGUAGES:
            message = f"{LANG} is one of {', '.join(LANGUAGES)}"
            raise InputError("bad_format", message, field=LANG)
        return Language(wanted)
    primary = (tag.partition("-")[0].lower() for tag in accepted.values())
    return Language(next((tag for tag in primary if tag in LANGUAGES), next(iter(LANGUAGES))))
