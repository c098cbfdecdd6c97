"""``file_downloaded`` of invenio-files-rest: a file of a bucket is sent.

A file is ``file:<bucket>/<key>``, the same for all its versions. Which record it
belongs to, the signal does not know: a function in ``STATS_EVENT_BUILDERS`` adds
``parents``.
"""

from __future__ import annotations

from typing import Any

from stats.hosts.invenio.building import emit_response


def on_file_downloaded(sender: Any, *, obj: Any = None, **_carried: Any) -> None:
    """Count a download when its response counts: whole, or from its first byte."""
    event = {
        "type": "file-download",
        "resource": f"file:{obj.bucket_id}/{obj.key}",
        "title": obj.key,
        "size": obj.file.size,
        "extra": {"file_id": str(obj.file_id), "version_id": str(obj.version_id)},
    }
    emit_response(event, obj=obj)
