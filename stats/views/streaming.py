"""Bodies that are sent while they are made.

Comes in: chunks. Goes out: a response without a length. Invariant: the
first chunk is made before the status is sent, so that an engine that is down
is an error like any other; an error later breaks the connection before the
last chunk, so that a client sees that the body is cut off.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from flask import Request, Response

from stats.reports import workbook

_GZIP = 16 + zlib.MAX_WBITS


def stream_response(request: Request, chunks: Iterable[bytes], *, content_type: str) -> Response:
    """Return a response of ``chunks``, compressed if the caller takes that and it helps."""
    source = iter(chunks)
    first = list(islice(source, 1))
    body: Iterator[bytes] = chain(first, source)
    takes_gzip = request.accept_encodings["gzip"] > 0 and "Accept-Encoding" in request.headers
    compressed = takes_gzip and content_type != workbook.MEDIA_TYPE
    response = Response(_gzipped(body) if compressed else body, content_type=content_type)
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept, Accept-Encoding, Authorization, Cookie"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
