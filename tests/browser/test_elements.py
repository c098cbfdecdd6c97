"""Each element shows the numbers that the API gives, by pointer, keyboard and table."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.data import COUNTRIES, DATASET, DAYS, GROUPS, OF_DATASETS, RECORDS, UNTIL, today
from tests.browser.host import NONE, RECORD, Host, number, numbers_of, path_of, rows_of, table_of


def test_a_counter_shows_totals_and_the_unique_ones_in_its_tip(host: Host) -> None:
    host.open(f'<p>Used <stats-counter resource="{RECORD}"></stats-counter></p>')
    totals = host.service.get(f"totals/{RECORD}")
    counter = host.element("counter")
    button = counter.get_by_role("button")
    values = counter.locator(".value").all_inner_texts()
    assert values[0].rstrip("Kk") in f"{totals['views'] / 1000:.3g}"
    expect(counter.locator(".tip")).to_be_hidden()
    button.hover()
    tip = counter.locator(".tip")
    expect(tip).to_be_visible()
    text = tip.inner_text()
    for name in ("views", "downloads"):
        expected = f"{number(totals[name])} {name} in {number(totals[f'unique_{name}'])} sessions"
        assert expected in text
    assert f"Counted until {UNTIL.day} {UNTIL:%b %Y}, 08:45 UTC" in text
    host.page.mouse.move(700, 700)
    expect(tip).to_be_hidden()
    button.focus()
    expect(tip).to_be_visible()
    host.page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_many_counters_are_one_request_and_one_file(host: Host) -> None:
    refs = [*RECORDS, *(f"record:x{i}" for i in range(200))]
    body = "".join(f'<p><stats-counter resource="{ref}"></stats-counter></p>' for ref in refs)
    host.open(body)
    assert len(host.api_requests()) == 1
    scripts = [request for request in host.requests if "/widgets/" in request.url]
    assert [request.url for request in scripts] == [f"{host.service.url}/widgets/stats-widgets.js"]
    assert host.element("counter", len(refs) - 1).locator(".value").all_inner_texts() == ["0", "0"]


WINDOWS = [
    ("", {}),
    ('interval="week"', {"interval": "week"}),
    ('interval="month"', {"interval": "month"}),
    ('interval="quarter"', {"interval": "quarter"}),
    ('interval="year"', {"interval": "year"}),
    (
        f'from="{today() - timedelta(days=9)}" to="{today() - timedelta(days=2)}"',
        {"from": today() - timedelta(days=9), "to": today() - timedelta(days=2)},
    ),
]


@pytest.mark.parametrize(("attributes", "params"), WINDOWS)
def test_a_history_has_every_bucket_of_the_api(
    host: Host, attributes: str, params: dict[str, Any]
) -> None:
    host.open(f'<stats-history resource="{RECORD}" {attributes}></stats-history>')
    params = {"interval": "day", "resource": RECORD, **params}
    views, downloads = (
        host.service.get(f"{name}-histogram", **params) for name in ("record-view", "file-download")
    )
    rows = table_of(host.element("history"))
    assert [row[1:] for row in rows] == rows_of(views, downloads)
    sums = host.element("history").locator(".sum").all_inner_texts()
    assert number(views["total"]["count"]) in sums[0]
    assert number(downloads["total"]["unique_count"]) in sums[1]


def test_a_dataset_has_a_strip_for_each_of_its_types(host: Host) -> None:
    host.open(f'<stats-history resource="{DATASET}"></stats-history>')
    history = host.element("history")
    answers = [host.service.get(f"{name}-histogram", resource=DATASET) for name in OF_DATASETS]
    sums = history.locator(".sum").all_inner_texts()
    nouns = ["views", "downloads (Dataset)", "downloads (File)"]
    for text, noun, answer in zip(sums, nouns, answers, strict=True):
        assert text.startswith(f"{number(answer['total']['count'])} {noun}")
    assert [row[1:] for row in table_of(history)] == rows_of(*answers)
    for nth in range(3):
        assert path_of(history, nth, "all").count("M") > 20


def test_the_types_of_a_dataset_are_a_choice_of_three(host: Host) -> None:
    host.open(f'<stats-breakdown resource="{DATASET}"></stats-breakdown>')
    breakdown = host.element("breakdown")
    names = ["Views", "Downloads (Dataset)", "Downloads (File)"]
    assert breakdown.get_by_role("button").all_inner_texts() == names
    breakdown.get_by_role("button", name=names[1]).click()
    host.wait(2)
    answer = host.service.get("dataset-download-by", resource=DATASET, breakdown="country")
    assert table_of(breakdown)[0][1] == number(answer["total"]["count"])
    assert breakdown.locator("th[scope=col]").first.text_content() == "Countries"


def test_what_is_not_over_and_what_is_not_yet_are_told_apart(host: Host) -> None:
    start = today() - timedelta(days=DAYS + 9)
    host.open(f'<stats-history resource="{RECORD}" from="{start}" interval="day"></stats-history>')
    history = host.element("history")
    rows = table_of(history)
    assert rows[-1][0].endswith("(incomplete)")
    assert "incomplete" not in rows[-2][0]
    assert [row[1:] for row in rows[:9]] == [[NONE] * 4] * 9
    assert all("(no data yet)" in row[0] for row in rows[:9])
    expect(history.locator("rect.early")).to_have_count(2)
    assert path_of(history, 0, "all.partial").count("M") == 1
    history.locator(".cursor").press("End")
    expect(history.locator(".readout")).to_contain_text("incomplete")
    assert "incomplete" in (history.locator(".cursor").get_attribute("aria-valuetext") or "")


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/Los_Angeles"])
def test_times_name_their_zone_beside_the_readers_own(host: Host, zone: str) -> None:
    host.open(f'<stats-history resource="{RECORD}"></stats-history>', zone=zone)
    own = UNTIL.astimezone(ZoneInfo(zone))
    text = host.element("history").locator(".until").inner_text()
    assert "08:45 UTC (" in text
    assert f"{own:%H:%M} " in text


def bar_heights(history: Locator, strip: int, part: str) -> list[float]:
    """Return the heights of the bars that are drawn, in pixels."""
    starts = re.findall(r"M[\d.-]+ ([\d.-]+)v(-?[\d.]+)", path_of(history, strip, part))
    return [abs(float(rise)) for _, rise in starts]


def test_bars_are_as_high_as_their_counts(host: Host) -> None:
    host.open(f'<stats-history resource="{RECORD}"></stats-history>')
    answer = host.service.get("record-view-histogram", resource=RECORD)
    counts = [bucket["count"] for bucket in answer["buckets"] if bucket["count"]]
    heights = bar_heights(host.element("history"), 0, "all")
    assert len(heights) == len(counts)
    scales = [(height + 2) / count for height, count in zip(heights, counts, strict=True)]
    assert max(scales) / min(scales) < 1.25


def test_a_history_is_bars_or_areas(host: Host) -> None:
    start = today() - timedelta(days=364)
    given = f'resource="{RECORD}" from="{start}" interval="day"'
    kinds = ("", 'chart="bars"', 'chart="area"')
    host.open("".join(f"<stats-history {given} {kind}></stats-history>" for kind in kinds))
    usual, bars, area = (path_of(host.element("history", nth), 0, "all") for nth in range(3))
    params = {"resource": RECORD, "from": start, "interval": "day"}
    buckets = host.service.get("record-view-histogram", **params)["buckets"]
    assert bars.count("M") == sum(bucket["count"] > 0 for bucket in buckets)
    assert (area.count("M"), "C" in area) == (2, True)  # what is whole, and today
    assert usual == area  # columns of a year would be too thin


def test_a_history_is_read_by_pointer_and_keyboard(host: Host) -> None:
    host.open(f'<stats-history resource="{RECORD}"></stats-history>')
    answer = host.service.get("record-view-histogram", resource=RECORD)
    history = host.element("history")
    slider = history.get_by_role("slider")
    whole = history.locator(".readout").inner_text()
    slider.focus()
    host.page.keyboard.press("Home")
    first = answer["buckets"][0]
    spoken = slider.get_attribute("aria-valuetext") or ""
    assert f"{number(first['count'])} views in {number(first['unique_count'])} sessions" in spoken
    assert slider.get_attribute("aria-valuenow") == "0"
    host.page.keyboard.press("ArrowRight")
    second = answer["buckets"][1]
    assert f"{number(second['count'])} view" in history.locator(".sum").first.inner_text()
    assert history.locator(".readout").inner_text() != whole
    host.page.keyboard.press("Tab")
    expect(history.locator(".readout")).to_have_text(whole)
    box = slider.bounding_box()
    assert box
    host.page.mouse.move(box["x"] + box["width"] - 5, box["y"] + 50)
    last = answer["buckets"][-1]
    assert number(last["count"]) in history.locator(".sum").first.inner_text()


def test_a_range_is_chosen_by_keyboard_and_given_up(host: Host) -> None:
    host.open(f'<stats-history resource="{RECORD}"></stats-history>')
    answer = host.service.get("record-view-histogram", resource=RECORD)
    history = host.element("history")
    slider = history.get_by_role("slider")
    slider.focus()
    host.page.keyboard.press("Home")
    for _ in range(4):
        host.page.keyboard.press("Shift+ArrowRight")
    chosen = answer["buckets"][:5]
    total = sum(bucket["count"] for bucket in chosen)
    assert number(total) in history.locator(".sum").first.inner_text()
    host.page.keyboard.press("Enter")
    host.wait(2)
    assert len(table_of(history)) == 5
    assert host.page.evaluate(
        "document.querySelector('stats-history').shadowRoot.activeElement.role === 'slider'"
    )
    host.page.keyboard.press("Escape")
    host.wait(3)
    assert len(table_of(history)) == 30


def test_a_range_is_chosen_by_drag_and_buttons(host: Host) -> None:
    host.open(f'<stats-history resource="{RECORD}"></stats-history>')
    history = host.element("history")
    box = history.get_by_role("slider").bounding_box()
    assert box
    y = box["y"] + 60
    host.page.mouse.move(box["x"] + box["width"] / 2, y)
    host.page.mouse.down()
    host.page.mouse.move(box["x"] + box["width"] - 3, y, steps=4)
    host.page.mouse.up()
    host.wait(2)
    assert 14 <= len(table_of(history)) <= 17
    history.get_by_role("button", name="6m").click()
    host.wait(3)
    assert 26 <= len(table_of(history)) <= 28
    expect(history.get_by_role("button", name="6m")).to_have_attribute("aria-pressed", "true")
    history.get_by_role("combobox", name="Interval").select_option("month")
    host.wait(4)
    assert 6 <= len(table_of(history)) <= 7
    history.get_by_role("button", name="Reset").click()
    host.wait(5)
    assert len(table_of(history)) == 30


def test_the_table_takes_the_place_of_the_plot(host: Host) -> None:
    host.open(f'<stats-history resource="{RECORD}"></stats-history>')
    history = host.element("history")
    before = history.bounding_box()
    table = history.get_by_role("table")
    expect(table).to_have_count(1)  # for screen readers it is there before it is seen
    history.get_by_role("button", name="Table").click()
    expect(history.get_by_role("columnheader", name="Sessions (views)")).to_be_visible()
    assert history.bounding_box() == before


def test_a_map_is_read_by_pointer_keyboard_and_table(host: Host) -> None:
    host.open(f'<stats-map resource="{RECORD}"></stats-map>')
    answer = host.service.get("record-view-by", resource=RECORD, breakdown="country", size=300)
    world = host.element("map")
    rows = table_of(world)
    assert [row[1:3] for row in rows] == [numbers_of(bucket) for bucket in answer["buckets"]]
    assert rows[0][0] == "United States"
    readout = world.locator(".readout")
    total = answer["total"]["count"]
    assert (
        f"{number(total)} views, {len(COUNTRIES) - 1} countries, all time" == readout.inner_text()
    )
    world.locator("[data-code=BR]").hover()
    brazil = next(bucket for bucket in answer["buckets"] if bucket["key"] == "BR")
    assert readout.inner_text().startswith(f"Brazil: {number(brazil['count'])} views")
    slider = world.get_by_role("slider")
    slider.focus()
    host.page.keyboard.press("ArrowRight")
    assert "Germany" in (slider.get_attribute("aria-valuetext") or "")
    assert "Germany" in readout.inner_text()
    classes = {
        key: world.locator(f"[data-code={key}]").get_attribute("class")
        for key in COUNTRIES
        if key != "ZZ"
    }
    assert "c5" in (classes["US"] or "")
    assert "c5" not in (classes["KE"] or "")
    assert world.locator("circle[data-code=SG]").count() == 1
    assert "c0" in (world.locator("[data-code=AU]").get_attribute("class") or "")
    assert len([one for one in host.requests if "/charts-" in one.url]) == 1


def test_a_map_shows_downloads_when_asked(host: Host) -> None:
    host.open(f'<stats-map resource="{RECORD}"></stats-map>')
    world = host.element("map")
    world.get_by_role("button", name="Downloads").click()
    host.wait(2)
    answer = host.service.get("file-download-by", resource=RECORD, breakdown="country", size=300)
    assert [row[1:3] for row in table_of(world)] == [numbers_of(b) for b in answer["buckets"]]


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("referrer", ["google.com", "Direct, or not known"]),
        ("access_method", ["Machines", "People"]),
        ("country", ["United States", "Germany"]),
    ],
)
def test_a_breakdown_has_the_parts_and_the_rest(host: Host, by: str, names: list[str]) -> None:
    host.open(f'<stats-breakdown resource="{RECORD}" by="{by}" size="3"></stats-breakdown>')
    answer = host.service.get("record-view-by", resource=RECORD, breakdown=by, size=3)
    rows = table_of(host.element("breakdown"))
    assert [row[0] for row in rows[: len(names)]] == names
    shown = [row[1] for row in rows]
    expected = [number(bucket["count"]) for bucket in answer["buckets"]]
    other = answer["other"]["count"]
    assert shown == expected + ([number(other)] if other else [])
    assert sum(int(cell.replace(",", "")) for cell in shown) == answer["total"]["count"]


def test_a_breakdown_of_one_type_has_no_choice_and_says_which(host: Host) -> None:
    host.open(f'<stats-breakdown resource="{RECORD}" type="file-download"></stats-breakdown>')
    breakdown = host.element("breakdown")
    expect(breakdown.locator(".readout")).to_have_text("Countries · Downloads all time")
    expect(breakdown.get_by_role("button")).to_have_count(0)


def test_a_donut_has_a_slice_a_part(host: Host) -> None:
    host.open(f'<stats-breakdown resource="{RECORD}" size="4" chart="donut"></stats-breakdown>')
    breakdown = host.element("breakdown")
    assert breakdown.locator(".slice").count() == len(table_of(breakdown)) == 5


@pytest.mark.parametrize("metric", ["downloads", "unique_views", "volume"])
def test_a_ranking_has_the_order_of_the_api_and_safe_links(host: Host, metric: str) -> None:
    host.open(f'<stats-top kind="record" within="community:c" metric="{metric}"></stats-top>')
    answer = host.service.get("top", kind="record", within="community:c", metric=metric)
    top = host.element("top")
    rows = table_of(top)
    assert [row[1] for row in rows] == [
        row["title"] or row["resource"] for row in answer["buckets"]
    ]
    if metric != "volume":
        assert [row[2] for row in rows] == [number(row["value"]) for row in answer["buckets"]]
    links = top.locator("a").evaluate_all("(links) => links.map((link) => link.href)")
    assert sorted(links) == [f"https://repository.test/records/r{i}" for i in (1, 2)]
    assert top.locator("img").count() == 0


@pytest.mark.parametrize("resource", [RECORD, *GROUPS])
def test_a_panel_has_all_of_a_resource(host: Host, resource: str) -> None:
    token = host.service.user_token if resource.startswith("user:") else ""
    host.open(f'<stats-panel resource="{resource}" token="{token}"></stats-panel>')
    host.wait(6)
    panel = host.element("panel")
    totals = host.service.get(f"totals/{resource}")
    assert panel.locator(".value").all_inner_texts()[:2] == [
        number(totals["views"]),
        number(totals["downloads"]),
    ]
    tags = panel.locator(":scope >> .view > *").evaluate_all("(all) => all.map((e) => e.localName)")
    expected = {"stats-history", "stats-map", "stats-breakdown"}
    assert expected | (set() if resource == RECORD else {"stats-top"}) <= set(tags)
    asked = [request.url for request in host.api_requests()]
    assert len(asked) == len(set(asked))  # a map and a list of countries share one answer


def test_a_range_in_a_panel_is_that_of_all_its_parts(host: Host) -> None:
    host.open(f'<stats-panel resource="{RECORD}"></stats-panel>')
    host.wait(6)
    panel = host.element("panel")
    panel.locator("stats-history").get_by_role("button", name="6m").click()
    host.wait(11)
    start = panel.locator("stats-history").evaluate(
        "(e) => e.nextElementSibling.getAttribute('from')"
    )
    window = {"from": start, "to": today()}
    answer = host.service.get(
        "record-view-by", resource=RECORD, breakdown="country", size=300, **window
    )
    rows = table_of(panel.locator("stats-map"))
    assert rows[0][1] == number(answer["buckets"][0]["count"])
    panel.locator("stats-history").get_by_role("button", name="Reset").click()
    expect(panel.locator("stats-map")).not_to_have_attribute("from", re.compile("."))


def test_attributes_may_change_and_elements_may_move(host: Host) -> None:
    host.open(f'<stats-counter resource="{RECORD}"></stats-counter><section></section>')
    host.page.evaluate(
        "() => { const e = document.querySelector('stats-counter');"
        " e.setAttribute('resource', 'record:r2'); document.querySelector('section').append(e); }"
    )
    views = host.service.get("totals/record:r2")["views"]
    button = host.element("counter").get_by_role("button")
    button.hover()
    expect(host.element("counter").locator(".tip")).to_contain_text(f"{number(views)} views")
    assert host.element("counter").locator(".tip").count() == 1


def test_a_panel_is_few_responses(host: Host) -> None:
    host.open(f'<stats-panel resource="{RECORD}" lang="de"></stats-panel>')
    host.wait(6)
    host.page.wait_for_load_state("networkidle")
    asked = [
        (one.method, one.url.removeprefix(host.service.url).partition("-")[0])
        for one in host.requests
        if host.service.url in one.url and "host.html" not in one.url
    ]
    assert sorted(asked) == [
        ("GET", "/widgets/chunks/charts"),
        ("GET", "/widgets/chunks/de"),
        ("GET", "/widgets/stats"),
        ("POST", "/api/stats"),
    ]


def test_the_bar_of_the_others_is_as_long_as_they_are_many(host: Host) -> None:
    host.open(f'<stats-breakdown resource="{RECORD}" by="country" size="2"></stats-breakdown>')
    breakdown = host.element("breakdown")
    counts = [int(row[1].replace(",", "")) for row in table_of(breakdown)]
    widths = breakdown.locator(".bar").evaluate_all("(bars) => bars.map((e) => e.offsetWidth)")
    assert len(counts) == 3
    longest = max(widths)
    assert [round(width / longest, 2) for width in widths] == [
        pytest.approx(count / max(counts), abs=0.02) for count in counts
    ]


CONTRAST = """(bars) => bars.map((bar) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d");
  const light = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => {
      const of1 = part / 255;
      return of1 <= 0.04045 ? of1 / 12.92 : ((of1 + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const back = light(getComputedStyle(bar.getRootNode().host).getPropertyValue("--stats-surface"));
  const line = light(getComputedStyle(bar).borderBlockEndColor);
  return Math.max(back, line) / Math.min(back, line);
})"""


@pytest.mark.parametrize(
    ("theme", "surface", "custom"),
    [("light", "#ffffff", ""), ("dark", "#161b22", ""), ("dark", "#161b22", "--stats-views: #123")],
)
def test_bars_have_contrast_also_in_colours_of_the_pages_own(
    host: Host, theme: str, surface: str, custom: str
) -> None:
    style = f"<style>stats-breakdown {{ --stats-surface: {surface}; {custom} }}</style>"
    tag = f'<stats-breakdown resource="{RECORD}" theme="{theme}"></stats-breakdown>'
    host.open(style + tag)
    ratios = host.element("breakdown").locator(".bar").evaluate_all(CONTRAST)
    assert ratios
    assert min(ratios) >= 3


def test_a_panel_has_headings_and_says_the_window_that_is_chosen(host: Host) -> None:
    host.open(f'<stats-panel resource="{RECORD}"></stats-panel>')
    host.wait(6)
    headings = host.page.get_by_role("heading", level=2).all_inner_texts()
    assert len(headings) == 5
    host.element("history").get_by_title("5 years").click()
    expect(host.element("panel").locator("[role=status].hidden")).to_contain_text(NONE)
    link = host.page.get_by_role("link", name="How we count")
    assert link.get_attribute("href") == f"{host.service.url}/stats/counting?lang=en"
