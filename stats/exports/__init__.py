"""Exports: figures and events sent to services elsewhere (DataCite, OpenAIRE)."""
