"""Exact usage statistics for research repositories.

Events come in through a queue, raw documents go to Elasticsearch, exact daily
documents and MongoDB totals are computed from them, and named queries answer
over REST. The one picture is in ``docs/architecture.md``.
"""

__version__ = "0.1.0"
