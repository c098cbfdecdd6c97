"""The words of Elasticsearch's DSL that build request bodies elsewhere."""

from elasticsearch.dsl import A, Q, Search

__all__ = ["A", "Q", "Search"]
