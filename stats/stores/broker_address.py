"""The address of the broker, with the TLS options that RabbitMQ's clients take in it. Pure.

``amqps://user:password@host/vhost?cacertfile=FILE&certfile=FILE&keyfile=FILE&verify=verify_peer``.
Over ``amqps`` the server's certificate is verified, by the system's authorities unless
``cacertfile`` names others. No error repeats the address, which holds a password.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from stats.errors import ConfigError
from stats.validation import find_near

SETTING = "STATS_BROKER_URL"
SCHEMES = ("amqp", "amqps", "pyamqp", "memory")
FILES = {"cacertfile": "ca_certs", "certfile": "certfile", "keyfile": "keyfile"}
VERIFY = {"verify_peer": ssl.CERT_REQUIRED, "verify_none": ssl.CERT_NONE}
OPTIONS = (*FILES, "verify", "server_name_indication")


@dataclass(frozen=True)
class BrokerAddress:
    """An address without options, and the options of TLS; None without TLS."""

    url: str
    tls: dict[str, Any] | None = field(default=None)


def parse_broker_address(url: str) -> BrokerAddress:
    """Return the parts of an address; raise ``ConfigError`` that names what is wrong."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{SETTING}: the port must be a number up to 65535") from error
    if parts.scheme not in SCHEMES:
        raise ConfigError(f"{SETTING} must begin with amqp:// or amqps://")
    if port == 0:
        raise ConfigError(f"{SETTING}: the port must be a number up to 65535")
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    for name in given:
        if name not in OPTIONS:
            near = find_near(name, OPTIONS)
            hint = f"; do you mean {near}?" if near else f"; there are {', '.join(OPTIONS)}"
            raise ConfigError(f"{SETTING}: there is no option {name[:40]}{hint}")
    plain = urlunsplit(parts._replace(query=""))
    if parts.scheme != "amqps":
        if given:
            raise ConfigError(f"{SETTING}: {min(given)} needs amqps://")
        return BrokerAddress(plain)
    return BrokerAddress(plain, _tls(given))


def _tls(given: dict[str, str]) -> dict[str, Any]:
    verify = given.get("verify", "verify_peer")
    if verify not in VERIFY:
        raise ConfigError(f"{SETTING}: verify is {' or '.join(VERIFY)}")
    tls: dict[str, Any] = {"cert_reqs": VERIFY[verify]}
    if verify == "verify_peer":
        # None: kombu takes the name of the host
        tls["server_hostname"] = given.get("server_name_indication")
    for option, name in FILES.items():
        if option in given:
            if not Path(given[option]).is_file():
                raise ConfigError(f"{SETTING}: {option}: there is no file {given[option]}")
            tls[name] = given[option]
    if "keyfile" in given and "certfile" not in given:
        raise ConfigError(f"{SETTING}: keyfile needs certfile")
    return tls
