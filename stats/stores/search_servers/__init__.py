"""Elasticsearch and OpenSearch: what they do not have in common.

Which of them a server is is found out when it is first asked. The rest of the package
works on :class:`~stats.stores.search.SearchStore` and cannot tell.
"""
