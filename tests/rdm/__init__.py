"""A real InvenioRDM on this package: its five services, web and worker as processes.

Run by ``./run-tests.sh --rdm``, in a virtual environment of its own (``.rdm/``).
"""
