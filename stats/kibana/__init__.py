"""Kibana's saved objects for the raw and daily documents: what ``stats kibana`` prints."""
