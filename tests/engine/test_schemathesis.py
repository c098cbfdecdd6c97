"""Schemathesis asks every operation for what the OpenAPI document promises, as three roles.

``TESTS_EXAMPLES`` is the number of examples of an operation and role; without it there is one,
so that a run stays short. ``TESTS_EXAMPLES=50`` is the long run.
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from stats.engines.namespace import Namespace
from stats.ext import StatsState
from stats.permissions import ANONYMOUS, COMMAND_LINE, Identity
from tests.engine.daily import document, write

ROLES = {
    "anonymous": ANONYMOUS,
    "user": Identity(user_id="u7", roles=frozenset({"user"})),
    "admin": COMMAND_LINE,
}
EXAMPLES = int(os.environ.get("TESTS_EXAMPLES", "1"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.mark.timeout(90 * max(EXAMPLES, 2))
@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_declared(
    role: str, rest_app: Flask, rest_state: StatsState, stats_namespace: Namespace
) -> None:
    queues = rest_state.stores.queues
    stats_namespace.queues.extend(queues.name(name) for name in rest_state.event_types)
    rest_state.init()
    write(rest_state.stores.search, [document("record-view", "2025-03-05", "record:r1", count=2)])
    rest_app.config["IDENTITY"] = ROLES[role]
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", rest_app)
    wrong: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            # The WSGI client does not unpack what is compressed.
            answer = case.call(headers={"Accept-Encoding": "identity"})
            case.validate_response(answer, checks=CHECKS)

        try:
            ask()
        except Exception as error:  # every operation is asked, and all that is wrong is told
            wrong.append(f"{operation.label}: {error}")
    assert not wrong, "\n\n".join(wrong)
