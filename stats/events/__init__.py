"""From something that happened to one raw document in Elasticsearch."""
