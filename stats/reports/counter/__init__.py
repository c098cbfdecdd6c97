"""COUNTER Release 5.1: Platform Report, Item Report and the COUNTER API."""
