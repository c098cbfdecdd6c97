"""Remarks on the days of a history: beside its buckets in JSON, in a column of its table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from stats.queries.types import Answer
from stats.stores.annotations import Annotation

ANNOTATIONS = "annotations"


def put_annotations(answer: Answer, annotations: Iterable[Annotation]) -> Answer:
    """Return a history with the remarks on its days; one without any is as it was."""
    found = [
        {"date": one.day.isoformat(), "text": one.text, "resource": one.resource}
        for one in annotations
    ]
    return {**answer, ANNOTATIONS: found} if found else answer


def put_cells(answer: Answer) -> list[dict[str, Any]]:
    """Return the buckets of an annotated history with the remarks on their days, `; ` between."""
    buckets: list[dict[str, Any]] = [{**bucket, ANNOTATIONS: ""} for bucket in answer["buckets"]]
    for remark in answer[ANNOTATIONS]:
        bucket = [one for one in buckets if one["date"] <= remark["date"]][-1]
        bucket[ANNOTATIONS] = "; ".join(filter(None, (bucket[ANNOTATIONS], remark["text"])))
    return buckets
