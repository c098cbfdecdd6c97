"""An access log in the combined format, and its mapping: what the demo imports by itself.

Goes out: text of a web server that has articles with PDFs, for one day, with
the lines that every log has: images, redirects, missing pages, robots, and one
that is no request at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from stats.demo.visitors import Visitors
from stats.events.enrichment import FindPlace
from stats.times import UTC

MAPPING = """\
[[rule]]
path = '^/articles/(?P<article>[^/]+)/$'
type = "record-view"
resource = "record:articles/{article}"
parents = ["collection:articles"]
title = "Article {article}"

[[rule]]
path = '^/articles/(?P<article>[^/]+)/(?P<name>[^/]+\\.pdf)$'
type = "file-download"
resource = "file:articles/{article}/{name}"
parents = ["record:articles/{article}", "collection:articles"]
title = "{name}"
"""

_ARTICLES = ("open-metadata", "citing-data", "counting-usage", "long-term-storage")
_PATHS = (
    ("/favicon.ico", 3.0),
    ("/articles/withdrawn/", 1.0),
    *(
        (f"/articles/{article}/{name.format(article)}", weight / rank)
        for rank, article in enumerate(_ARTICLES, start=1)
        for name, weight in (("", 12), ("{}.pdf", 5), ("figure.png", 6))
    ),
)
"""Paths, and how often they are asked for in relation to each other."""


def make_access_log(day: date, find_place: FindPlace, *, lines: int = 2_000) -> Iterator[str]:
    """Yield the lines of ``day``, in the order of time, one of them malformed."""
    random = Random(7)
    visitors = Visitors(random, find_place)
    paths, weights = zip(*_PATHS, strict=True)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for number in range(lines):
        moment += timedelta(seconds=random.expovariate(lines / 86_400) * 0.95)
        path = random.choices(paths, weights)[0]
        visitor = visitors.robot() if random.random() < 0.2 else visitors.person()
        status = 404 if "withdrawn" in path else random.choices((200, 304, 206), (90, 7, 3))[0]
        yield (
            f'{visitor.ip_address} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "GET {path} HTTP/1.1"'
            f' {status} {random.randint(2_000, 900_000)} "{visitors.referrer() or "-"}"'
            f' "{visitor.user_agent}"'
        )
        if number == lines // 2:
            yield "this line is no request: a log has such lines, and they are counted"
