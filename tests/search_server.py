"""Plain requests to the search engine, whichever it is, for what no store of ours does."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def call(url: str, method: str, path: str, body: Any = None) -> Any:
    """Send one request and return the decoded answer; raise on a refusal."""
    request = urllib.request.Request(
        f"{url}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)
