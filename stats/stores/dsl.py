"""The words of Elasticsearch's DSL that build request bodies elsewhere.

OpenSearch's client has the same ones, for where that one alone is installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from stats.errors import ConfigError
from stats.stores.search_servers.clients import NO_CLIENT

if TYPE_CHECKING:
    from elasticsearch.dsl import A, Q, Search
else:
    try:
        from elasticsearch.dsl import A, Q, Search
    except ImportError:
        try:
            from opensearchpy import A, Q, Search
        except ImportError:

            def A(*_args: Any, **_named: Any) -> NoReturn:  # noqa: N802 - it stands in for a class
                """Say what is missing when a request is to be built."""
                raise ConfigError(NO_CLIENT)

            Q = Search = A

__all__ = ["A", "Q", "Search"]
