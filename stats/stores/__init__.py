"""The engines: the only package that talks to Elasticsearch, MongoDB and the broker."""
