"""Elasticsearch asked by path, for what is there and what is left."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def call(method: str, url: str, body: object = None) -> Any:
    """Ask Elasticsearch."""
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
