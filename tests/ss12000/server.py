"""An SS 12000 server for the tests, after the public OpenAPI descriptions, with its faults as switches.

Two profiles: the standard's (enrolments have dates) and Skolverket's (they have none). A fault that heals strikes so often
and no more; the others stay.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]


@dataclass
class School:
    """What the server has, and how it behaves. ``faults``: name → how many more times it strikes."""

    persons: list[Json] = field(default_factory=list)
    organisations: list[Json] = field(default_factory=list)
    enrolments: list[Json] | None = None
    programmes: list[Json] | None = None
    deleted: Any = None
    #: Whether persons carry their enrolments always, when asked with `expand`, or never.
    embeds: str = "always"
    own_page: int = 2
    faults: dict[str, int] = field(default_factory=dict)
    token: str = "first"
    seen: list[str] = field(default_factory=list)
    #: What happens to the set between the first two pages of a reading.
    change: Any = None
    answer: tuple[int, str, str] | None = None
    wants: str = "basic"

    def strikes(self, fault: str) -> bool:
        """Whether the fault strikes this time."""
        if self.faults.get(fault, 0) > 0:
            self.faults[fault] -= 1
            return True
        return False


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    school: School

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        school = self.school
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        by_form = "client_secret" in form
        if (school.wants == "form") != by_form or (not by_form and not self.headers.get("Authorization")):
            return self._send(401, {"error": "invalid_client"})
        return self._send(200, {"access_token": school.token, "token_type": "Bearer", "expires_in": 60})

    def do_GET(self) -> None:
        school, parts = self.school, urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/v2.0/")
        school.seen.append(f"{path}?{parts.query}")
        if school.strikes("slow"):
            time.sleep(0.5)
        if school.strikes("expired"):
            school.token = "second"
        if self.headers.get("Authorization") != f"Bearer {school.token}":
            return self._send(401, {"code": "401", "message": "expired"})
        if school.answer:
            return self._send_text(*school.answer)
        if school.strikes("busy"):
            return self._send(429, {"code": "429", "message": "busy"}, {"Retry-After": "0"})
        if school.strikes("broken"):
            return self._send(500, {"code": "500", "message": "broken"})
        if school.strikes("lost"):
            return self._hang_up()
        return self._resource(path, asked)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _resource(self, path: str, asked: dict[str, str]) -> None:
        school = self.school
        if path == "deletedEntities" and isinstance(school.deleted, dict):
            return self._send(200, {"data": school.deleted, "pageToken": None})
        lists = {
            "persons": school.persons,
            "organisations": school.organisations,
            "enrolments": school.enrolments,
            "programmes": school.programmes,
            "deletedEntities": school.deleted,
        }
        name, _, identity = path.partition("/")
        if lists.get(name) is None:
            return self._send(404, {"code": "404", "message": "no such resource"})
        entities = list(lists[name] or [])
        expands = "expand" in asked or asked.get("pageToken", "").endswith("e")
        if name == "persons" and (school.embeds == "never" or (school.embeds == "asked" and not expands)):
            entities = [{key: value for key, value in one.items() if key != "enrolments"} for one in entities]
        if identity:
            found = next((one for one in entities if one["id"] == identity), None)
            return self._send(200, found) if found else self._send(404, {"code": "404", "message": "no"})
        return self._page(name, entities, asked)

    def _page(self, name: str, entities: list[Any], asked: dict[str, str]) -> None:
        school = self.school
        token = asked.get("pageToken", "")
        if token and set(asked) - {"pageToken", "limit"}:
            return self._send(400, {"code": "400", "message": "filters do not go with a pageToken"})
        if token and school.strikes("token refused"):
            return self._send(410, {"code": "410", "message": "gone"})
        start = int(token.removesuffix("e")) if token else 0
        size = min(int(asked.get("limit", school.own_page)), school.own_page)
        page = entities[start : start + size]
        if name == "persons" and not token and school.change and school.strikes("changed"):
            school.change(school)
        mark = "e" if "expand" in asked or token.endswith("e") else ""  # a pageToken knows what was asked first
        following = f"{start + size}{mark}" if start + size < len(entities) else None
        body = {"data": page, "pageToken": following}
        if school.strikes("cut"):
            return self._send_text(200, "application/json", json.dumps(body)[:-9])
        if school.strikes("cut short"):
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text[: len(text) // 2])
            return self._hang_up()
        return self._send(200, body)

    def _send(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        self._send_text(status, "application/json", json.dumps(body), headers)

    def _send_text(self, status: int, kind: str, text: str, headers: dict[str, str] | None = None) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if status in (301, 302):
            self.send_header("Location", text)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that no longer waits is what some tests are about."""


@contextmanager
def serving(school: School) -> Iterator[str]:
    """The address at which the school is served."""
    handler = type("Handler", (_Handler,), {"school": school})
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v2.0"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
