"""Who may see and do what: identities, tokens, and the one policy.

Comes in: an :class:`Identity` and what it wants. Goes out: a decision. REST,
reports, widgets and exports all ask :class:`Policy`; nothing else decides.
What everybody may see of ``site:all`` needs no engine; defaults are in ``docs/access.md``.
"""

from __future__ import annotations

from stats.permissions.identity import ANONYMOUS, COMMAND_LINE, Grant, Identity
from stats.permissions.policy import Policy

__all__ = ["ANONYMOUS", "COMMAND_LINE", "Grant", "Identity", "Policy"]
