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


def test_a_data_set_has_what_googles_form_of_it_wants() -> None:
    description = {
        "title": "Soil",
        "abstract": "What was measured in the soil of seventeen fields over twelve years.",
        "authors": [{"name": "Ann", "orcid": "0000-0001-2345-6789"}, "Ben"],
        "publisher": "A Repository",
        "publication_date": "2020-01-31",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "keywords": ["soil"],
        "version": "2",
        "access": "open",
    }
    totals = {"resource": "dataset:doi:10.5072/abc", "views": 1, "downloads": 0}
    found = build_jsonld(totals, description, kinds=build_kinds())
    assert found["identifier"] == ["https://doi.org/10.5072/abc", "dataset:doi:10.5072/abc"]
    assert (found["name"], found["description"]) == ("Soil", description["abstract"])
    assert found["creator"] == [
        {"@type": "Person", "name": "Ann", "@id": "https://orcid.org/0000-0001-2345-6789"},
        {"@type": "Person", "name": "Ben"},
    ]
    assert found["publisher"] == {"@type": "Organization", "name": "A Repository"}
    assert (found["datePublished"], found["version"]) == ("2020-01-31", "2")
    assert found["isAccessibleForFree"] is True
    assert found["license"] == description["license"]
