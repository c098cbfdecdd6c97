"""Templates that changed: put again, and their new fields into the indices that are there."""

from __future__ import annotations

from typing import Any

from stats.stores.search import SearchStore
from stats.templates import HASH


class Recorder(SearchStore):
    """A store that writes down its requests; ``known`` are the templates that are there."""

    def __init__(self, known: dict[str, str]) -> None:
        super().__init__(
            "http://127.0.0.1:9", prefix="p-", type_names=("a-view", "b-view"), request_timeout=1
        )
        self.asked: list[tuple[str, str]] = []
        self._known = known

    def _ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        self.asked.append((method, path))
        templates = [
            {"name": name, "index_template": {"_meta": {HASH: found}}}
            for name, found in self._known.items()
        ]
        if path.endswith("/_alias"):
            return {f"{name}-2026-01": {"aliases": {name: {}}} for name in self._known}
        return {"index_templates": templates} if method == "GET" else {}


def test_indices_of_an_older_template_get_its_new_fields() -> None:
    store = Recorder({"p-stats-a-view": "older"})
    store.put_templates()
    mappings = [
        path for method, path in store.asked if method == "PUT" and path.startswith("/p-stats")
    ]
    assert "/p-stats-a-view/_mapping" in mappings
    templates = {path for method, path in store.asked if "/_index_template/p-stats" in path}
    assert {"/_index_template/p-stats-a-view", "/_index_template/p-stats-b-view"} <= templates
