"""The formats of logs, each defined in one module, found by ``importers.catalogue``."""
