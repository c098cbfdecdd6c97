"""A broker of production for the tests that need its alarms and its confirms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import rabbitmq as nodes
from tests.certificates import Certificates


@pytest.fixture(scope="session")
def rabbitmq(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[nodes.Node]:
    """A RabbitMQ node of the tests' own, with TLS on a second port."""
    if not nodes.is_installed():
        pytest.skip(nodes.MISSING)
    with nodes.running(tmp_path_factory.mktemp("rabbitmq"), certificates) as node:
        yield node
