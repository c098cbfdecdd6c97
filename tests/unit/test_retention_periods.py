"""How long things are kept, as settings say it."""

from __future__ import annotations

from datetime import date

import pytest

from stats.errors import ConfigError
from stats.retention.periods import Term, parse_terms

TODAY = date(2026, 3, 31)


@pytest.mark.parametrize(
    ("term", "day"),
    [
        (Term(months=1), date(2026, 2, 28)),
        (Term(months=25), date(2024, 2, 29)),
        (Term(days=30), date(2026, 3, 1)),
        (Term(months=3), date(2025, 12, 31)),
        (Term(months=9999), date(1192, 12, 31)),
        (Term(months=12 * 9999), date.min),
    ],
)
def test_a_term_ends_a_whole_number_of_months_or_days_ago(term: Term, day: date) -> None:
    assert term.before(TODAY) == day


def test_the_defaults_are_read() -> None:
    terms = parse_terms({"events": "24 months", "daily": "5 years"}, 30)
    assert terms.events_before(TODAY) == date(2024, 3, 31)
    assert terms.days_before(TODAY) == date(2021, 3, 1)
    assert terms.private_before(TODAY) == date(2026, 3, 1)


def test_what_is_not_named_is_kept_for_ever() -> None:
    terms = parse_terms({"events": None}, 30)
    assert (terms.events_before(TODAY), terms.days_before(TODAY)) == (None, None)


@pytest.mark.parametrize(
    ("retention", "says"),
    [
        ({"events": "24"}, "24 months"),
        ({"events": "0 days"}, "24 months"),
        ({"events": 24}, "24 months"),
        ({"raw": "1 month"}, "'raw'"),
        ({"events": "1 month", "daily": "40 days"}, "months or years"),
        ({"events": "24 months", "daily": "12 months"}, "shorter"),
        ({"events": "90 days", "daily": "2 months"}, "shorter"),
        ({"daily": "12 months"}, "shorter"),
    ],
)
def test_a_wrong_setting_says_what_to_write(retention: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_terms(retention, 30)
