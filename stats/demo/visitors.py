"""The visitors of the demo: addresses from all over the world, agents, referrers.

Goes out: the same visitors for the same seed and country database.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from random import Random

from stats.events.enrichment import FindPlace

COUNTRIES = {
    "US": 20, "DE": 12, "CN": 9, "GB": 9, "FR": 8, "CH": 7, "IN": 6, "IT": 5, "ES": 4, "BR": 4,
    "JP": 4, "CA": 4, "NL": 3, "AU": 3, "SE": 2, "PL": 2, "ZA": 2, "MX": 2, "KR": 2, "AR": 1,
}  # fmt: skip
"""Countries and how many of a hundred or so visitors come from them."""

BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.5 Safari/605.1.15",
)
MACHINES = ("Wget/1.21.4", "python-requests/2.32.3", "curl/8.7.1")
ROBOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
)
REFERRERS = (
    ("https://www.google.com/", 40), ("", 35), ("https://scholar.google.com/scholar?q=data", 10),
    ("https://duckduckgo.com/", 6), ("https://en.wikipedia.org/wiki/Open_data", 5),
    ("https://github.com/", 4),
)  # fmt: skip

_SAMPLED = 20_000


@dataclass(frozen=True)
class Visitor:
    """Somebody, or something, that uses the repository."""

    ip_address: str
    user_agent: str
    user_id: str | None = None


class Visitors:
    """Draws visitors: people, scripts and robots."""

    def __init__(self, random: Random, find_place: FindPlace) -> None:
        self._random = random
        self._addresses = _addresses_by_country(random, find_place)
        self._countries = [code for code in COUNTRIES if code in self._addresses]

    def person(self) -> Visitor:
        """Draw a person with a browser, one in ten signed in."""
        user = f"reader{self._random.randint(1, 40)}" if self._random.random() < 0.1 else None
        return Visitor(self._address(), self._random.choice(BROWSERS), user)

    def machine(self) -> Visitor:
        """Draw a script that somebody runs."""
        return Visitor(self._address(), self._random.choice(MACHINES))

    def robot(self) -> Visitor:
        """Draw a crawler."""
        return Visitor(self._address(), self._random.choice(ROBOTS))

    def referrer(self) -> str:
        """Draw where somebody comes from; most come from a search."""
        names, weights = zip(*REFERRERS, strict=True)
        return str(self._random.choices(names, weights)[0])

    def _address(self) -> str:
        weights = [COUNTRIES[code] for code in self._countries]
        country = self._random.choices(self._countries, weights)[0]
        return self._random.choice(self._addresses[country])


def _addresses_by_country(random: Random, find_place: FindPlace) -> dict[str, list[str]]:
    """Return random public addresses, grouped by where the database says they are."""
    found: dict[str, list[str]] = {}
    for _ in range(_SAMPLED):
        address = str(IPv4Address(random.randrange(1 << 24, 224 << 24)))
        country = find_place(address).get("country")
        if country in COUNTRIES:
            found.setdefault(country, []).append(address)
    return found
