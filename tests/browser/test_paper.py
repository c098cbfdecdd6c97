"""The dashboard on paper: A4 from a wide window, with and without background graphics."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf._page import PageObject

from tests.browser.visit import ELEMENTS, Visit

TONES = {"views": (0x2A, 0x6F, 0x97), "downloads": (0xB1, 0x56, 0x0F)}
MOST_PAGES = 3


def text_positions(page: PageObject) -> list[tuple[str, float]]:
    """Return what is written on a page, and how far from its left edge each piece begins."""
    found: list[tuple[str, float]] = []

    def note(text: str, matrix: list[float], at: list[float], *_: object) -> None:
        if text.strip():
            x = at[4] * matrix[0] + at[5] * matrix[2] + matrix[4]
            found.append((text.strip(), x))

    page.extract_text(visitor_text=note)
    return found


def fills_of(pages: list[PageObject]) -> set[tuple[int, ...]]:
    """Return the colours that areas are filled with, each as red, green and blue up to 255."""
    fills = set()
    for page in pages:
        for operands, operator in page.get_contents().operations:  # type: ignore[union-attr]
            if operator == b"rg":
                fills.add(tuple(round(float(part) * 255) for part in operands))
    return fills


@pytest.mark.parametrize("backgrounds", [True, False])
@pytest.mark.parametrize("width", [420, 1600])
@pytest.mark.parametrize("name", ["site", "resource", "community"])
def test_paper_has_everything_on_few_pages(
    visit: Visit, name: str, width: int, backgrounds: bool
) -> None:
    page = visit.open(name, width=width)
    visit.settle(page, ELEMENTS[name])
    printed = page.pdf(prefer_css_page_size=True, print_background=backgrounds)
    pages = list(PdfReader(BytesIO(printed)).pages)
    assert len(pages) <= MOST_PAGES
    texts = [text for one in pages for text in text_positions(one)]
    right = float(pages[0].mediabox.right)
    assert [text for text in texts if not 0 <= text[1] < right] == []
    words = " ".join(text for text, _ in texts)
    assert "UTC" in words
    assert fills_of(pages) >= set(TONES.values())
