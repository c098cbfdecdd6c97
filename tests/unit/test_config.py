"""Settings: what is wrong is said in one line that says what is expected."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from stats.config import PREFIX, Settings, setting_help
from stats.errors import ConfigError
from stats.setting_sources import RENAMED, load_settings
from tools.settings_page import PAGE, build_page


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
        ("STATS_EMIT_SPOOL_FILE", 5, "must be the path of a file"),
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


def test_a_setting_of_before_is_read_with_a_note(caplog: pytest.LogCaptureFixture) -> None:
    read = load_settings({"STATS_OVERLAP": 77}, {"STATS_SPOOL": "/tmp/spool"})
    assert (read.bulk_visible_seconds, str(read.emit_spool_file)) == (77, "/tmp/spool")
    assert "STATS_OVERLAP is called STATS_BULK_VISIBLE_SECONDS now" in caplog.text


def test_the_name_of_today_wins() -> None:
    given = {"STATS_LEASE": 1, "STATS_DAY_LEASE_SECONDS": 2}
    assert load_settings(given, {}).day_lease_seconds == 2


def test_renamed_settings_exist() -> None:
    names = {setting.name for setting in setting_help()}
    assert set(RENAMED.values()) <= names
    assert not RENAMED.keys() & names


def test_the_reference_is_the_settings() -> None:
    """Run ``python tools/settings_page.py`` after a setting changes."""
    assert PAGE.read_text("utf-8") == build_page(setting_help(), RENAMED), (
        "run python tools/settings_page.py"
    )
