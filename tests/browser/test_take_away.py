"""What people take away: charts as pictures, tables with all rows, a page, and its link."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from base64 import b64encode
from pathlib import Path
from struct import unpack
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, Page, expect

from tests.browser.data import today
from tests.browser.host import Host
from tests.browser.visit import Visit

SVG = "{http://www.w3.org/2000/svg}"
FROM, TO = "2024-01-01", today().isoformat()
WINDOW = f'from="{FROM}" to="{TO}"'
ELEMENTS = {
    "history": f'resource="record:r1" interval="month" {WINDOW}',
    "map": f'resource="record:r1" type="record-view" {WINDOW}',
    "breakdown": f'resource="record:r1" type="record-view" chart="donut" {WINDOW}',
    "top": f'metric="views" size="2" {WINDOW}',
}
TITLES = {
    "history": "Views, downloads",
    "map": "Countries · Views",
    "breakdown": "Countries · Views",
    "top": "Records · Views",
}
CORNER = """async (data) => {
  const image = new Image();
  image.src = data;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data: pixels } = context.getImageData(0, 0, image.width, image.height);
  const seen = new Set();
  for (let i = 0; i < pixels.length; i += 4) seen.add(pixels.slice(i, i + 4).join());
  return [pixels.slice(0, 4).join(), seen.size];
}"""


def take(element: Locator, label: str) -> tuple[str, bytes]:
    """Return name and bytes of what an element's menu gives."""
    element.locator("summary").click()
    with element.page.expect_download() as started:
        element.get_by_role("button", name=label).click()
    expect(element.locator("details[open]")).to_have_count(0)
    return started.value.suggested_filename, Path(started.value.path()).read_bytes()


@pytest.mark.parametrize("name", list(ELEMENTS))
def test_a_chart_is_a_light_picture_that_needs_nothing_else(host: Host, name: str) -> None:
    given = ELEMENTS[name]
    both = (f'<stats-{name} theme="{theme}" {given}></stats-{name}>' for theme in ("light", "dark"))
    page = host.open("".join(both))
    file, data = take(host.element(name), "Picture: SVG")
    of = "" if name == "top" else "record-r1_"
    assert file == f"stats-{name}_{of}{FROM}_{TO}.svg"
    root = ET.fromstring(data)
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    assert texts[0] == TITLES[name]
    assert re.search(r"1 Jan 2024.*\(UTC\)$", texts[1])
    assert name == "top" or texts[1].startswith("record:r1 · ")
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    assert (ground.get("fill"), ground.get("width")) == ("#ffffff", root.get("width"))
    assert not re.search(rb"href|class=|style=|script|foreignObject|oklab|var\(|url\([^#]", data)
    shown = host.element(name).locator(".plot svg text, .sum b, .legend span, .number bdi")
    assert {*filter(None, shown.all_text_contents())} <= {*texts}
    assert not {"Rank", "Share", "Sessions (views)"} & {*texts}, "what is for screen readers"
    assert take(host.element(name, 1), "Picture: SVG")[1] == data, "in the dark it is another"
    file, painted = take(host.element(name), "Picture: PNG")
    assert file.endswith(f"{TO}.png")
    width, height = unpack(">II", painted[16:24])
    assert (width, height) == (2 * int(root.get("width", 0)), 2 * int(root.get("height", 0)))
    corner, colours = page.evaluate(CORNER, f"data:image/png;base64,{b64encode(painted).decode()}")
    assert corner == "255,255,255,255"
    assert colours > 10


def test_a_picture_has_the_chart_while_the_page_shows_the_table(host: Host) -> None:
    host.open(f"<stats-history {ELEMENTS['history']}></stats-history>")
    history = host.element("history")
    drawn = take(history, "Picture: SVG")
    history.get_by_role("button", name="Table").click()
    assert take(history, "Picture: SVG") == drawn
    expect(history.locator(".plot")).to_have_class(re.compile("covered"))


def test_a_list_gives_all_rows_in_both_forms(host: Host) -> None:
    host.open(f"<stats-top {ELEMENTS['top']}></stats-top>")
    top = host.element("top")
    assert top.locator("tbody tr").count() == 2
    params = {"kind": "record", "metric": "views", "from": FROM, "to": TO, "size": 1000}
    expected = [
        (row["resource"], row["value"]) for row in host.service.get("top", **params)["buckets"]
    ]
    assert len(expected) > 2
    file, data = take(top, "Views: CSV")
    assert file == f"top_{FROM}_{TO}.csv"
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert [(row["resource"], int(row["value"])) for row in rows] == expected
    file, data = take(top, "Views: XLSX")
    assert file == f"top_{FROM}_{TO}.xlsx"
    header, *cells = load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)
    at = [header.index(name) for name in ("resource", "value")]
    assert [tuple(row[i] for i in at) for row in cells] == expected


def test_what_cannot_be_fetched_is_said_in_the_menu(host: Host) -> None:
    page = host.open(f"<stats-top {ELEMENTS['top']}></stats-top>")
    page.route("**/top.csv*", lambda route: route.abort())
    top = host.element("top")
    top.locator("summary").click()
    top.get_by_role("button", name="Views: CSV").click()
    expect(top.get_by_role("alert")).to_have_text("Statistics cannot be reached now")
    page.keyboard.press("Escape")
    expect(top.locator("details[open]")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Download", "Picture", "All of this page as XLSX", "Copy link")),
        ("de", ("Herunterladen", "Bild", "Alles auf dieser Seite als XLSX", "Link kopieren")),
        ("fr", ("Télécharger", "Image", "Toute cette page en XLSX", "Copier le lien")),
        ("es", ("Descargar", "Imagen", "Toda esta página en XLSX", "Copiar el enlace")),
    ],
)
def test_the_words_are_in_the_language_of_the_page(
    visit: Visit, language: str, words: tuple[str, ...]
) -> None:
    page = open_page(visit, f"/stats/resource/record:r1?lang={language}")
    history = page.locator("stats-history")
    expect(history.locator("summary")).to_have_text(words[0])
    expect(history.locator(".item span").last).to_have_text(words[1])
    expect(page.get_by_role("link", name=words[2])).to_be_visible()
    expect(page.get_by_role("button", name=words[3])).to_be_visible()


def test_a_page_is_a_workbook_with_its_numbers(visit: Visit) -> None:
    days = {"from": (today().replace(day=1)).isoformat(), "to": TO}
    page = open_page(visit, f"/stats/resource/community:c?from={days['from']}&to={days['to']}")
    with page.expect_download() as started:
        page.get_by_role("link", name="All of this page as XLSX").click()
    assert started.value.suggested_filename == f"usage_community-c_{days['from']}_{TO}.xlsx"
    book = load_workbook(io.BytesIO(Path(started.value.path()).read_bytes()))
    assert book.sheetnames[0] == "About"
    header, numbers = book["record-view-total"].iter_rows(values_only=True)
    total = visit.service.get("record-view-total", resource="community:c", **days)["total"]
    assert dict(zip(header, numbers, strict=True)) == {name: total[name] for name in header}
    about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
    page.goto(str(about["This view"]))
    assert page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_role("textbox", name="From").input_value() == days["from"]


def test_the_link_of_a_view_has_all_that_it_depends_on(visit: Visit) -> None:
    page = open_page(visit, "/stats/resource/record:r1?days=45&interval=week&lang=de")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Link kopieren").click()
    expect(page.get_by_role("button", name="Link kopiert")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(link).query).items()}
    assert urlsplit(link).path == "/stats/resource/record:r1"
    assert (asked["to"], asked["interval"], asked["lang"]) == (TO, "week", "de")
    before = view_of(page)
    page.goto(link)
    visit.settle(page, 6)
    assert view_of(page) == before


def open_page(visit: Visit, path: str) -> Page:
    page = visit.begin()
    visit.sign_in(page, visit.service.admin_token)
    page.goto(visit.service.url + path)
    visit.settle(page, 6)
    return page


def view_of(page: Page) -> tuple[Any, ...]:
    history = page.locator("stats-history")
    return (
        page.locator("html").get_attribute("lang"),
        page.locator(".tiles dd").all_inner_texts(),
        history.locator("tbody th").all_text_contents(),
        history.locator("select").input_value(),
    )
