"""Local servers that take messages: a webhook and a mail server."""

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session


@dataclass
class Hook:
    """A webhook: what it was posted, and how it answers.

    `status` is its answer; `waits` the seconds before it.
    """

    address: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0
    status: int = 200
    waits: float = 0


@contextmanager
def webhook() -> Iterator[Hook]:
    """Run a webhook."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            hook.tries += 1
            time.sleep(hook.waits)
            if hook.status == 200:
                assert self.headers["Content-Type"] == "application/json"
                hook.posted.append(json.loads(content))
            self.send_response(hook.status)
            if hook.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hook.address = f"http://127.0.0.1:{server.server_port}/hooks/T0/verysecret"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailBox:
    """A mail server: what came, and whom it takes nothing for."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    answer: str = "250 OK"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's own)
        self, _: object, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take a receiver or not."""
        if address in self.refused:
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's own)
        self, _: object, session: Session, envelope: Envelope
    ) -> str:
        """Take a mail."""
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.receivers.append(list(envelope.rcpt_tos))
            self.encrypted.append(session.ssl is not None)
        return self.answer


@contextmanager
def mail_server(
    certificate: ssl.SSLContext | None = None, *, login: tuple[str, str] | None = None
) -> Iterator[MailBox]:
    """Run a mail server.

    Args:
        certificate: asks for STARTTLS with it; without one there is none.
        login: name and password that are asked for.
    """
    box = MailBox()

    def authenticate(*arguments: object) -> AuthResult:
        given = arguments[-1]
        assert isinstance(given, LoginPassword)
        said = (given.login.decode(), given.password.decode())
        box.users.append(said[0])
        # What is not handled here gets the server's own refusal.
        return AuthResult(success=said == login, handled=said == login)

    with socket.create_server(("127.0.0.1", 0)) as free:
        box.port = free.getsockname()[1]
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=box.port,
        tls_context=certificate,
        require_starttls=certificate is not None,
        authenticator=authenticate if login else None,
        auth_required=login is not None,
    )
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a certificate for localhost; give the server's side, and the file to trust."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert
