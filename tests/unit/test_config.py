"""Settings: what is wrong is said in one line that says what is expected."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from stats.config import PREFIX, Settings, load_settings
from stats.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "STATS_RETENTION",
            "zz",
            "must be a dictionary, in the environment as JSON,"
            ' such as {"events": "24 months", "daily": "60 months"}',
        ),
        ("STATS_RETENTION", "[1]", "must be a dictionary"),
        ("STATS_SCHEDULED_REPORTS", "files", "must be a list, in the environment as JSON"),
        ("STATS_CONNECT_TIMEOUT", "zz", "must be a number above 0"),
        ("STATS_CONNECT_TIMEOUT", "inf", "must be a number above 0"),
        ("STATS_PRIVATE_DAYS", "zz", "must be a whole number above 0"),
        ("STATS_PRIVATE_DAYS", "1.5", "must be a whole number above 0"),
        ("STATS_PRIVATE_DAYS", "nan", "must be a whole number above 0"),
        ("STATS_PRIVATE_DAYS", 10**400, "must be a whole number above 0"),
        ("STATS_OPENAIRE_MASKED_BYTES", "5", "must be a whole number from 0 to 4"),
        ("STATS_OPENAIRE_MASKED_BYTES", "2.5", "must be a whole number from 0 to 4"),
        ("STATS_REPORT_KINDS", 5, "must be a list of words"),
        ("STATS_SPOOL", 5, "must be the path of a file"),
        ("STATS_USER_STATISTICS", "perhaps", "must be true or false"),
    ],
)
def test_a_wrong_value_says_what_is_expected(name: str, value: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({name: value}, {})
    assert str(caught.value).startswith(f"{name}: {message}")
    assert len(str(caught.value).splitlines()) == 1


def test_a_value_may_be_text_as_in_the_environment() -> None:
    environ = {
        "STATS_RETENTION": '{"events": "2 years"}',
        "STATS_PRIVATE_DAYS": "7",
        "STATS_OPENAIRE_MASKED_BYTES": "0",
        "STATS_CONNECT_TIMEOUT": "0.5",
    }
    read = load_settings({"STATS_PRIVATE_DAYS": 8}, environ)
    assert read.retention == {"events": "2 years"}
    assert (read.private_days, read.openaire_masked_bytes) == (7, 0)
    assert read.connect_timeout == 0.5


@pytest.mark.parametrize("value", ["zz", "", 7, None, [1], {"a": 1}, object()])
def test_no_value_of_any_setting_is_a_traceback(value: Any) -> None:
    for setting in fields(Settings):
        try:
            load_settings({PREFIX + setting.name.upper(): value}, {})
        except ConfigError as error:
            assert PREFIX in str(error)
