"""JSON-LD of a resource's totals."""

from __future__ import annotations

from stats.kinds.declared import build_kinds
from stats.reports.jsonld import build_jsonld


def test_views_and_downloads_are_interactions() -> None:
    totals = {"resource": "dataset:d1", "views": 42, "downloads": 10}
    found = build_jsonld(
        totals, {"title": "A dataset", "url": "https://repo.example/d1"}, kinds=build_kinds()
    )
    assert found == {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": "https://repo.example/d1",
        "url": "https://repo.example/d1",
        "identifier": "dataset:d1",
        "name": "A dataset",
        "interactionStatistic": [
            {
                "@type": "InteractionCounter",
                "interactionType": {"@type": "ViewAction"},
                "userInteractionCount": 42,
            },
            {
                "@type": "InteractionCounter",
                "interactionType": {"@type": "DownloadAction"},
                "userInteractionCount": 10,
            },
        ],
    }


def test_an_unknown_resource_has_zeros_and_nothing_made_up() -> None:
    found = build_jsonld(
        {"resource": "record:r", "views": 0, "downloads": 0}, {}, kinds=build_kinds()
    )
    assert (found["@type"], found["identifier"]) == ("CreativeWork", "record:r")
    assert [s["userInteractionCount"] for s in found["interactionStatistic"]] == [0, 0]
    assert not {"@id", "url", "name"} & set(found)
