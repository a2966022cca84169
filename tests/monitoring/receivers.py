"""Real servers that are told: a web service and a mail server on this machine, with certificates of the tests' own."""

import json
import socket
import ssl
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

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Certificates:
    """A server's certificate, and the file of the authority that vouches for it."""

    server: ssl.SSLContext
    authority: Path


def certificates(folder: Path, name: str = "localhost") -> Certificates:
    """Those of a new authority."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    return Certificates(context, folder / "authority.pem")


@dataclass
class WebService:
    """What it was asked, and what it answers: statuses in turn, the last one for ever. ``seconds``: how long it thinks first."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    seconds: float = 0
    posts: list[dict[str, Any]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    asked: int = 0


@contextmanager
def web_service(context: ssl.SSLContext | None = None) -> Iterator[WebService]:
    """A web service that keeps what it is sent and accepts."""
    service = WebService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = service.answers[min(service.asked, len(service.answers) - 1)]
            service.asked += 1
            service.authorizations.append(self.headers["Authorization"])
            time.sleep(service.seconds)
            if status < 300:
                service.posts.append(json.loads(body))
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "https://elsewhere.example/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        service.url = f"{'https' if context else 'http'}://localhost:{server.server_port}/kaa"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield service
        server.shutdown()


@dataclass
class MailServer:
    """What it was brought, and what it answers to a message. ``seconds``: how long it thinks first."""

    port: int = 0
    answer: str = "250 OK"
    seconds: float = 0
    messages: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        time.sleep(self.seconds)
        if self.answer.startswith("250"):
            message = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
            self.receivers.append(list(envelope.rcpt_tos))
        return self.answer

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such receiver"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def login(self, server: object, session: object, envelope: object, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"hemligt", handled=False)


@contextmanager
def mail_server(
    context: ssl.SSLContext | None = None, from_the_first_byte: bool = False, asks_who: bool = False
) -> Iterator[MailServer]:
    """A mail server with STARTTLS, or TLS from the first byte; without a context it speaks in clear."""
    kept = MailServer()
    options: dict[str, Any] = {}
    if context and not from_the_first_byte:
        options = {"tls_context": context, "require_starttls": True}
    if asks_who:
        options |= {"authenticator": kept.login, "auth_required": True}
    controller = Controller(
        kept, hostname="127.0.0.1", port=_free_port(), ssl_context=context if from_the_first_byte else None, **options
    )
    controller.start()
    kept.port = controller.port
    try:
        yield kept
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
