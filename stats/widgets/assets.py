"""Files of the front end, sent compressed where the build made them so.

Comes in: a folder of the build and a name. Goes out: the file in the best encoding
that the client takes: Brotli, gzip or none, each with an ETag of its own.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from flask import Response, request, send_from_directory

SUFFIXES: Mapping[str, str] = {"br": ".br", "gzip": ".gz"}
"""Content codings by the endings of the files that ``widgets/scripts/build.js`` writes."""


def send_asset(folder: Path, name: str, *, max_age: int) -> Response:
    """Send ``folder/name`` compressed, if the client takes it and the build has it."""
    known = {coding: end for coding, end in SUFFIXES.items() if (folder / f"{name}{end}").is_file()}
    best = request.accept_encodings.best_match(known)
    response = send_from_directory(
        folder,
        f"{name}{known[best]}" if best else name,
        mimetype=mimetypes.guess_type(name)[0],
        max_age=max_age,
    )
    if best:
        response.content_encoding = best
    response.vary.add("Accept-Encoding")
    return response
