"""Back-up and move: everything of an installation as NDJSON, and back."""
