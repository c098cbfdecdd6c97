"""The window of a page, from its address."""

from __future__ import annotations

from datetime import date

import pytest

from stats.dashboard.window import Window, parse_window
from stats.errors import InputError

TODAY = date(2026, 11, 27)
SINCE = date(2019, 3, 5)


def parse(**args: str) -> Window:
    renamed = {key.rstrip("_"): value for key, value in args.items()}
    return parse_window(renamed, TODAY, since=lambda: SINCE)


@pytest.mark.parametrize(
    ("args", "first", "last", "interval"),
    [
        ({}, "2026-10-29", "2026-11-27", "day"),
        ({"days": "7"}, "2026-11-21", "2026-11-27", "day"),
        ({"window": "last-month"}, "2026-10-01", "2026-10-31", "day"),
        ({"window": "last-quarter"}, "2026-07-01", "2026-09-30", "day"),
        ({"window": "this-year"}, "2026-01-01", "2026-11-27", "week"),
        ({"window": "last-year"}, "2025-01-01", "2025-12-31", "week"),
        ({"window": "2024"}, "2024-01-01", "2024-12-31", "week"),
        ({"window": "2026"}, "2026-01-01", "2026-11-27", "week"),
        ({"window": "all"}, "2019-03-05", "2026-11-27", "quarter"),
        ({"from_": "2026-01-01", "to": "2026-01-31"}, "2026-01-01", "2026-01-31", "day"),
        ({"to": "2026-01-31"}, "2026-01-02", "2026-01-31", "day"),
        ({"window": "2024", "interval": "month"}, "2024-01-01", "2024-12-31", "month"),
    ],
)
def test_an_address_names_a_window(
    args: dict[str, str], first: str, last: str, interval: str
) -> None:
    window = parse(**args)
    assert (window.params, window.interval) == ({"from": first, "to": last}, interval)


@pytest.mark.parametrize(
    ("args", "field", "said"),
    [
        ({"window": "lastmonth"}, "window", "window is one of last-month, last-quarter, "),
        ({"window": "2027"}, "window", "a year from 1990 to 2026"),
        ({"window": "2024", "days": "7"}, "window", "window cannot be given with days"),
        ({"days": "7", "from_": "2024-02-01"}, "days", "days cannot be given with from"),
        ({"days": "x"}, "days", "days must be from 1 to 3660"),
        ({"interval": "hour"}, "interval", "interval"),
        ({"from_": "2026-02-01", "to": "2026-01-01"}, "to", "to is before from"),
    ],
)
def test_an_address_that_names_none_is_refused(args: dict[str, str], field: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        parse(**args)
    assert refused.value.field == field
