"""Invenio: what its entry points name, and the signals of its modules.

Each module of Invenio's that is installed is connected; none is required.
"""
