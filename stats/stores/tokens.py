"""``tokens`` in MongoDB: hashes of tokens, and the key that signs embed tokens.

Comes in: documents made in ``permissions.tokens`` and ``permissions.embed``.
Goes out: the same by the hash of a token. Invariant: no token itself is
in the database, and all processes sign with one key.
"""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING

from stats.stores.mongo import Document, Documents, translated

TOKENS = "tokens"
_KEY = "key"


class TokenStore:
    """Tokens by their hash."""

    def __init__(self, database: Documents) -> None:
        self._tokens = database[TOKENS]

    def ensure(self) -> None:
        """Make the index of embed tokens' resources; a second time is no error."""
        with translated():
            self._tokens.create_index([("kind", ASCENDING), ("resource", ASCENDING)])

    def add(self, document: Document) -> None:
        """Keep a token; the same again changes nothing."""
        with translated():
            self._tokens.update_one(
                {"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True
            )

    def read(self, token_id: str) -> Document | None:
        """Return what is known of a token by its hash."""
        with translated():
            return self._tokens.find_one({"_id": token_id, "kind": {"$ne": _KEY}})

    def all(self) -> list[Document]:
        """Return all tokens, oldest first."""
        with translated():
            return list(self._tokens.find({"kind": {"$ne": _KEY}}).sort("created", ASCENDING))

    def revoke(self, beginning: str, *, now: datetime) -> list[str]:
        """Revoke the one token whose hash begins so; return the hashes that do.

        Nothing is revoked when there are several or none.
        """
        matching = {"_id": {"$regex": f"^{beginning}"}, "kind": {"$ne": _KEY}}
        with translated():
            found = [str(token["_id"]) for token in self._tokens.find(matching)]
            if len(found) == 1:
                self._tokens.update_one(
                    {"_id": found[0], "revoked": None}, {"$set": {"revoked": now}}
                )
        return found

    def delete_user(self, user: str) -> int:
        """Delete the tokens of a user; return how many there were."""
        with translated():
            return self._tokens.delete_many({"user_id": user}).deleted_count

    def origins(self, now: datetime, *, resource: str | None = None) -> set[str]:
        """Return the origins of live embed tokens, of one resource or of all."""
        live = {"kind": "embed", "revoked": None, "expires": {"$gt": now}}
        live |= {"resource": resource} if resource is not None else {}
        with translated():
            return {str(token["origin"]) for token in self._tokens.find(live)}

    def key(self, proposed: str) -> str:
        """Return the key that signs embed tokens; ``proposed`` becomes it when there is none."""
        with translated():
            self._tokens.update_one(
                {"_id": _KEY}, {"$setOnInsert": {"kind": _KEY, "key": proposed}}, upsert=True
            )
            found = self._tokens.find_one({"_id": _KEY})
        return str(found["key"]) if found else proposed
