"""The dashboard at ``/stats/``: pages for managers and administrators."""
