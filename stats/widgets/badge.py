"""A badge: one number of a resource as a small SVG picture. Pure.

For places without scripts: a README, an e-mail. Comes in: totals and what to
show of them. Goes out: SVG text. Invariant: text from outside is
escaped, and a badge without a number says why, in the same form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from stats.errors import InputError

PARAMETERS = ("metric", "label", "token")
"""``token`` is an embed token, which ``views.identity`` reads."""

LABELS: Mapping[str, str] = {
    "views": "views",
    "unique_views": "unique views",
    "downloads": "downloads",
    "unique_downloads": "unique downloads",
    "volume": "downloaded",
}
MAX_LABEL = 40
HEIGHT = 20
COLOURS: Mapping[str, str] = {"views": "#2a6f97", "unique_views": "#2a6f97"}
DOWNLOADS = "#a84f0a"
QUIET = "#6b7380"
"""White on each of these has a contrast of at least 4.5 (WCAG AA)."""

_NARROW = frozenset("fijlrt.,:;'|!I() ")
_WIDE = frozenset("mwMWGOQ@%&")
_STEPS = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))


@dataclass(frozen=True)
class Badge:
    """What a badge says: the grey part, the coloured part, and its colour."""

    label: str
    value: str
    colour: str


def parse_metric(text: str) -> str:
    """Return the metric's name; raise ``InputError`` for one that totals do not have."""
    if text not in LABELS:
        raise InputError("bad_format", f"metric is one of {', '.join(LABELS)}", field="metric")
    return text


def parse_label(text: str, *, metric: str) -> str:
    """Return the label to show: the one given, or the metric's own."""
    if len(text) > MAX_LABEL:
        message = f"label has at most {MAX_LABEL} characters"
        raise InputError("too_long", message, field="label")
    printable = "".join(character for character in text if character.isprintable())
    return printable.strip() or LABELS[metric]


def write_number(number: int, *, is_bytes: bool = False) -> str:
    """Return three digits and a letter: ``999``, ``1.23K``, ``45.6M``; of bytes ``1.2 GB``.

    Cut off, not rounded, so that 999,999 is ``999K`` and no badge says too much.
    """
    unit, letter = next(((s, x) for s, x in _STEPS if number >= s), (1, ""))
    tenths = 100 if number < unit * 10 else 10 if number < unit * 100 else 1
    whole = number * tenths // unit
    text = f"{whole / tenths:.{len(str(tenths)) - 1}f}" if unit > 1 else str(number)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    if is_bytes:
        return f"{text} {letter.lower() if letter == 'K' else letter}B"
    return text + letter


def build_badge(totals: Mapping[str, int], *, metric: str, label: str) -> Badge:
    """Return the badge of one metric of totals."""
    value = write_number(totals[metric], is_bytes=metric == "volume")
    return Badge(label, value, COLOURS.get(metric, DOWNLOADS))


def width_of(text: str) -> int:
    """Return about how wide ``text`` is in 11 px Verdana; the picture then forces it to be so."""
    units = sum(4 if c in _NARROW else 9 if c in _WIDE else 7 for c in text)
    return max(units, 7)


def write_svg(badge: Badge) -> str:
    """Return the picture."""
    left, right = width_of(badge.label) + 12, width_of(badge.value) + 12
    name = escape(f"{badge.label}: {badge.value}", {'"': "&quot;"})
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}"'
        f' role="img" aria-label="{name}"><title>{name}</title>'
        f'<clipPath id="r"><rect width="{left + right}" height="{HEIGHT}" rx="4"/></clipPath>'
        f'<g clip-path="url(#r)"><rect width="{left}" height="{HEIGHT}" fill="#414b57"/>'
        f'<rect x="{left}" width="{right}" height="{HEIGHT}" fill="{badge.colour}"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"'
        ' text-anchor="middle">'
        f"{_text(badge.label, left / 2, width=left - 12)}"
        f"{_text(badge.value, left + right / 2, width=right - 12)}</g></svg>"
    )


def _text(text: str, x: float, *, width: int) -> str:
    return f'<text x="{x:g}" y="14" textLength="{width}">{escape(text)}</text>'
