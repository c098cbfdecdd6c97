"""Pages without a build of their JavaScript and CSS: each asset is its own name."""

from __future__ import annotations

from flask_webpackext.manifest import JinjaManifest, JinjaManifestEntry, JinjaManifestLoader


class NamesAlone(JinjaManifest):
    """A manifest that has every entry."""

    def __getitem__(self, key: str) -> JinjaManifestEntry:
        return JinjaManifestEntry(key, [key])

    def __getattr__(self, name: str) -> JinjaManifestEntry:
        if name.startswith("__"):
            raise AttributeError(name)
        return JinjaManifestEntry(name, [name])


class NamesAloneLoader(JinjaManifestLoader):
    """Loads it, wherever it should be."""

    def load(self, filepath: str) -> NamesAlone:
        return NamesAlone()
