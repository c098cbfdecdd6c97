"""Access logs of Amazon's Elastic Load Balancing: the classic and the application one.

The classic balancer's line begins with the time, the application balancer's with the type of
the connection and then the time. The client has a port. There is no referrer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stats.errors import InputError
from stats.events.importers.escapes import unescape_text
from stats.events.importers.formats.combined import split_request
from stats.events.importers.log_format import Asked, LogFormat, Reader
from stats.events.importers.log_times import parse_iso
from stats.events.importers.request import Request
from stats.events.importers.tokens import Token, tokenize

CLASSIC = (
    "time",
    "elb",
    "client",
    "backend",
    "request_processing_time",
    "backend_processing_time",
    "response_processing_time",
    "elb_status_code",
    "backend_status_code",
    "received_bytes",
    "sent_bytes",
    "request",
    "user_agent",
)
APPLICATION = (
    "type",
    "time",
    "elb",
    "client",
    "target",
    "request_processing_time",
    "target_processing_time",
    "response_processing_time",
    "elb_status_code",
    "target_status_code",
    "received_bytes",
    "sent_bytes",
    "request",
    "user_agent",
)


@dataclass(frozen=True)
class BalancerReader:
    """Reads the fields of one of the two in their fixed order."""

    fields: tuple[str, ...]
    asked: Asked

    def read(self, line: str) -> Request | None:
        """Return the request of a line; a connection that brought none is none."""
        tokens = tokenize(line)
        if tokens is None or not _fits(tokens, self.fields):
            raise InputError("bad_format", "is not in the format of a load balancer's access logs")
        row = {name: token.text for name, token in zip(self.fields, tokens, strict=False)}
        time = parse_iso(row["time"])
        method, target = split_request(row["request"])
        if not row["elb_status_code"].isdigit() or method in ("", "-"):
            return None
        agent = row.get("user_agent")
        return Request(
            time,
            method,
            target,
            int(row["elb_status_code"]),
            row["client"],
            agent="" if agent == "-" else agent and unescape_text(agent),
            size=row["sent_bytes"],
            named={name: row[name] for name in self.asked.names & row.keys()},
        )


def _fits(tokens: Sequence[Token], fields: tuple[str, ...]) -> bool:
    """Return whether the request is in its place, in quotes; the agent may be missing."""
    request = fields.index("request")
    return len(tokens) > request and tokens[request].is_quoted


def _open(fields: tuple[str, ...], sample: Sequence[str], asked: Asked) -> Reader | None:
    split = [tokens for line in sample if (tokens := tokenize(line))]
    return BalancerReader(fields, asked) if any(_fits(one, fields) for one in split) else None


def open_classic(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file of the classic balancer."""
    return _open(CLASSIC, sample, asked)


def open_application(sample: Sequence[str], asked: Asked) -> Reader | None:
    """Return what reads a file of the application balancer."""
    return _open(APPLICATION, sample, asked)


FORMATS = (
    LogFormat("elb", "access log of Amazon's classic load balancer", open_classic, rank=15),
    LogFormat("alb", "access log of Amazon's application load balancer", open_application, rank=15),
)
