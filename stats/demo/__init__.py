"""A repository that does not exist, with traffic that could: what ``stats demo`` shows."""
