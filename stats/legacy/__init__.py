"""Numbers of invenio-stats 5 to 7, taken over."""
