"""A proxy before a server that speaks MongoDB's protocol: TLS, users, and errors of a replica set.

What the embedded server does not have is between it and the driver here, in the words of
MongoDB's own documents: OP_MSG, the server's error codes, SCRAM-SHA-256 (RFC 7677).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import bson

from tests.certificates import Certificates

OP_MSG = 2013
OF_SESSIONS = ("lsid", "txnNumber", "$clusterTime")
ITERATIONS = 4096

Document = dict[str, Any]
Send = Callable[[Document], Document]
Answer = Callable[[Document, Send], Document]
"""Answers a command; ``send`` passes it on. ``ConnectionError`` closes the connection."""


def pass_on(command: Document, send: Send) -> Document:
    return send(command)


@dataclass
class MongoProxy:
    """How commands are answered, and how the server is presented."""

    target: tuple[str, int]
    answer: Answer = pass_on
    replica_set: str = ""
    user: tuple[str, str, str] | None = None  # name, password, and its database
    port: int = 0

    @contextmanager
    def running(self, certificates: Certificates | None = None) -> Iterator[MongoProxy]:
        """Listen, over TLS if there are certificates."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(listener.getsockname()[1])
        context = certificates.server_context() if certificates else None
        clients: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                    client = context.wrap_socket(client, server_side=True) if context else client
                except OSError:
                    if listener.fileno() == -1:
                        return
                    continue
                clients.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield self
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            for client in clients:
                client.close()

    def _serve(self, client: socket.socket) -> None:
        login = _Login(self.user)
        with client, socket.create_connection(self.target) as server, suppress(OSError):
            while message := _read(client):
                if _opcode(message) != OP_MSG:  # the first greeting
                    server.sendall(message)
                    client.sendall(_read(server))
                    continue
                reply = self._reply(_decode(message), server, login)
                client.sendall(_encode(reply, response_to=_request_id(message)))

    def _reply(self, command: Document, server: socket.socket, login: _Login) -> Document:
        def send(document: Document) -> Document:
            kept = {name: a for name, a in document.items() if name not in OF_SESSIONS}
            server.sendall(_encode(kept))
            return _decode(_read(server))

        name = name_of(command)
        if name in ("hello", "ismaster", "isMaster"):
            command.pop("speculativeAuthenticate", None)
            command.pop("saslSupportedMechs", None)
            return {**send(command), **self._presentation()}
        if (answer := login.answer(command)) is not None:
            return answer
        return self.answer(command, send)

    def _presentation(self) -> Document:
        if not self.replica_set:
            return {}
        address = f"127.0.0.1:{self.port}"
        return {
            "setName": self.replica_set,
            "hosts": [address],
            "me": address,
            "primary": address,
            "isWritablePrimary": True,
            "ismaster": True,
            "secondary": False,
            "setVersion": 1,
            "logicalSessionTimeoutMinutes": 30,
        }


def name_of(command: Document) -> str:
    """Return the name of a command."""
    return next(iter(command))


class _Login:
    """Lets one connection in: SCRAM-SHA-256, a step a command."""

    def __init__(self, user: tuple[str, str, str] | None) -> None:
        self._user = user
        self._is_in = user is None
        self._salt = secrets.token_bytes(16)
        self._first = self._server_first = ""

    def answer(self, command: Document) -> Document | None:
        """Return the answer to a command; None for one that is let through."""
        if self._is_in:
            return None
        name, payload = name_of(command), bytes(command.get("payload", b"")).decode()
        if name == "saslStart" and command["mechanism"] == "SCRAM-SHA-256":
            return self._begin(payload, database=command["$db"])
        if name == "saslContinue":
            return self._finish(payload)
        return _error(13, "Unauthorized", f"Command {name} requires authentication")

    def _begin(self, payload: str, *, database: str) -> Document:
        assert self._user is not None
        self._first = payload.removeprefix("n,,")
        fields = dict(part.split("=", 1) for part in self._first.split(","))
        name = fields["n"].replace("=2C", ",").replace("=3D", "=")
        if (name, database) != (self._user[0], self._user[2]):
            return _FAILED
        salt = base64.b64encode(self._salt).decode()
        nonce = fields["r"] + secrets.token_hex(8)
        self._server_first = f"r={nonce},s={salt},i={ITERATIONS}"
        return self._step(self._server_first, done=False)

    def _finish(self, payload: str) -> Document:
        assert self._user is not None
        without_proof, _, proof = payload.rpartition(",p=")
        password = self._user[1].encode()
        salted = hashlib.pbkdf2_hmac("sha256", password, self._salt, ITERATIONS)
        signed = ",".join((self._first, self._server_first, without_proof)).encode()
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client_key).digest(), signed, "sha256")
        right = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        if not hmac.compare_digest(right, base64.b64decode(proof)):
            return _FAILED
        self._is_in = True
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        verifier = base64.b64encode(hmac.digest(server_key, signed, "sha256")).decode()
        return self._step(f"v={verifier}", done=True)

    @staticmethod
    def _step(payload: str, *, done: bool) -> Document:
        return {"ok": 1.0, "conversationId": 1, "done": done, "payload": payload.encode()}


def _error(code: int, name: str, message: str) -> Document:
    return {"ok": 0.0, "code": code, "codeName": name, "errmsg": message}


_FAILED = _error(18, "AuthenticationFailed", "Authentication failed.")


def _read(stream: socket.socket) -> bytes:
    """Return one message, empty when the other side has closed."""
    head = _read_exactly(stream, 4)
    rest = _read_exactly(stream, struct.unpack("<i", head)[0] - 4) if head else b""
    return head + rest if rest else b""


def _read_exactly(stream: socket.socket, number: int) -> bytes:
    found = b""
    while len(found) < number:
        part = stream.recv(number - len(found))
        if not part:
            return b""
        found += part
    return found


def _opcode(message: bytes) -> int:
    return int(struct.unpack_from("<i", message, 12)[0])


def _request_id(message: bytes) -> int:
    return int(struct.unpack_from("<i", message, 4)[0])


def _decode(message: bytes) -> Document:
    """Return the document of an OP_MSG, with the documents of its sequences in their fields."""
    if not message:
        raise ConnectionError("the server has closed")
    at, document = 20, {}
    while at < len(message):
        kind, at = message[at], at + 1
        (size,) = struct.unpack_from("<i", message, at)
        section = message[at : at + size]
        if kind == 0:
            document.update(bson.decode(section))
        else:
            end = section.index(b"\0", 4)
            document[section[4:end].decode()] = bson.decode_all(section[end + 1 :])
        at += size
    return document


def _encode(document: Document, *, response_to: int = 0) -> bytes:
    body = struct.pack("<iB", 0, 0) + bson.encode(document)
    return struct.pack("<iiii", 16 + len(body), 1, response_to, OP_MSG) + body
