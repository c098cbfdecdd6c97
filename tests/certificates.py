"""Certificates of an authority of the tests' own, for localhost, made with openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


@dataclass(frozen=True)
class Certificates:
    """The folder of an authority, and of what it vouches for: a server and a client."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    def certificate(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def server_context(self) -> ssl.SSLContext:
        """Return how a server presents itself."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate("server"), self.key("server"))
        return context


def make_certificates(folder: Path) -> Certificates:
    """Make an authority, and certificates for ``server`` and ``client``."""
    made = Certificates(folder)
    _request(made, "ca", "-subj", "/CN=The tests' authority")
    signed = ["-CA", str(made.authority), "-CAkey", str(made.key("ca"))]
    leaf = ["-addext", NAMES, "-addext", "basicConstraints=critical,CA:FALSE"]
    for name in ("server", "client"):
        _request(made, name, "-subj", f"/CN={name}", *leaf, *signed)
    return made


def _request(made: Certificates, name: str, *options: str) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *options]
    command += ["-keyout", str(made.key(name)), "-out", str(made.certificate(name))]
    subprocess.run(command, check=True, capture_output=True)
