"""The described parameters of reports and lists are those that the routes read."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from stats.events import search
from stats.reports import breakdown, metrics
from stats.views import changed, route_parameters
from stats.views.route_parameters import Table


@pytest.mark.parametrize(
    ("table", "read"),
    [
        (route_parameters.METRICS_REPORT, metrics.PARAMETERS),
        (route_parameters.BREAKDOWN, breakdown.PARAMETERS),
        (route_parameters.EVENTS, search.PARAMETERS),
        (route_parameters.CHANGED, changed.PARAMETERS),
    ],
)
def test_each_parameter_is_described(table: Table, read: tuple[str, ...]) -> None:
    assert set(table) == set(read)
    for text, schema in table.values():
        assert text
        Draft202012Validator.check_schema(schema)


def test_what_is_required_is_said() -> None:
    described = route_parameters.describe(route_parameters.BREAKDOWN, required="by")
    assert [one["name"] for one in described if one["required"]] == ["by"]
