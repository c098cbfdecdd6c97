"""InvenioRDM: its records, files, communities and permissions, and ``stats`` in its index.

Nothing here is imported where invenio-rdm-records is not installed.
"""
