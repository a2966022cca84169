"""Shows the published reports to this machine's own browser: a small server on 127.0.0.1, read-only.

    with ReportServer(shown, port=0) as server:    # 0: any free port
        server.serve_forever()                     # at server.url, until KeyboardInterrupt

``shown()`` says where the reports that count now lie, or None; it is asked at every request, so a nightly's new version is shown
without a restart. The pages themselves are made by ``site``. ``trace``, where it is given, answers the questions behind the
numbers (``traced``): those that stand on a page, and never for another site's page. Not for a network: anybody who may use this
machine may read what is published, and nobody else can reach it.
"""

import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.pages import traced
from dashboards.published.file import connect, rows
from dashboards.published.publication import Publication, PublicTreatment, read_publication
from dashboards.wording.audience import audience

ADDRESS = "127.0.0.1"
START = "index.html"
STATUS_PAGE = "underlag.html"

#: Plotly and the pages' bars set styles on elements; nothing but our own files may be loaded or run.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".csv-metadata.json": "application/csvm+json",
    ".csv": "text/csv; charset=utf-8",
    ".ttl": "text/turtle; charset=utf-8",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: One step of an address: no hidden files, no way up, nothing that another system reads as a separator.
_STEP = re.compile(r"[^./\\\x00:][^/\\\x00:]*")


@dataclass(frozen=True)
class Shown:
    """What is shown: one folder per report, named by its period's id, and the published file that knows the periods' titles.
    ``public``: how public reports protect small numbers; None: these are the internal ones."""

    published_file: Path
    folder: Path
    public: PublicTreatment | None = None


@dataclass(frozen=True)
class ServedReport:
    """A report that can be opened: its address begins with its period's id."""

    period_id: str
    title: str


def reports(shown: Shown) -> tuple[Publication, list[ServedReport]]:
    """The publication and the reports that there are: the report year's first, then the others, newest first."""
    with connect(shown.published_file) as connection:
        publication = read_publication(connection)
        found = rows(
            connection, "select * from period where period_kind <> 'dag' order by ends_on desc, starts_on desc"
        )
    found = [row for row in found if (shown.folder / row["period_id"] / START).is_file()]
    found.sort(key=lambda row: row["period_kind"] != publication.report_year_kind)
    return publication, [ServedReport(row["period_id"], row["title"]) for row in found]


class ReportServer(ThreadingHTTPServer):
    """Serves the pages that count now. Raises OSError when the port is taken."""

    daemon_threads = True  # a browser keeps connections open; they must not keep the program from ending
    allow_reuse_address = os.name == "posix"

    def __init__(self, shown: Callable[[], Shown | None], port: int = 0, trace: traced.Tracing | None = None) -> None:
        self.shown = shown
        self.trace = trace
        super().__init__((ADDRESS, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes its connection early is no error."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        """Where it can be reached."""
        return f"http://{ADDRESS}:{self.server_port}/"

    @property
    def hosts(self) -> set[str]:
        """What a browser may call it. Another name that leads to this address is somebody else's page that tries to read
        ours (DNS rebinding)."""
        return {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}


class _Moved(Exception):
    """The page has another address."""


class _Handler(BaseHTTPRequestHandler):
    server: ReportServer
    timeout = 30
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        called = self.headers.get_all("Host", [])
        if len(called) != 1 or called[0] not in self.server.hosts:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return
        address = urlsplit(self.path)
        if address.query and self.server.trace and self.headers.get("Sec-Fetch-Site") == "cross-site":
            self.send_error(HTTPStatus.FORBIDDEN)  # to ask is written down, in the name of who uses the browser
            return
        try:
            found = self._find(address.path, address.query)
        except traced.NoTrace as error:
            self._answer(HTTPStatus.NOT_FOUND, traced.refusal(str(error)), TYPES[".html"])
            return
        except _Moved as moved:
            self._answer(HTTPStatus.FOUND, b"", TYPES[".html"], Location=str(moved))
            return
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._answer(HTTPStatus.OK, *found)

    do_HEAD = do_GET

    def _not_allowed(self) -> None:
        self.close_connection = True  # what else the client sends is not read
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _not_allowed

    def _find(self, path: str, query: str) -> tuple[bytes, str] | None:
        """The content and type at an address; a nightly may take a version away while it is read: then the next one's."""
        while True:
            shown = self.server.shown()
            if shown is None:
                return None
            try:
                found = (_start_page(shown), TYPES[".html"]) if path == "/" else _file(shown.folder, path)
                if found and query and self.server.trace:
                    found = self._answered(shown, path, found[0], query) or found
            except (OSError, duckdb.Error):
                found = None
            if found or self.server.shown() == shown:
                return found

    def _answered(self, shown: Shown, path: str, page: bytes, question: str) -> tuple[bytes, str] | None:
        """The answer to a question that stands on a page; None: no such question does."""
        assert self.server.trace
        key = traced.question(page, question)
        if key is None:
            return None
        return traced.answer(shown.published_file, path, key, self.server.trace(key)), TYPES[".html"]

    def _answer(self, status: HTTPStatus, body: bytes, type_: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")  # what is shown may be for inside the house only
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        if type_ != TYPES[".pdf"]:  # a browser's own viewer for PDF is no page of ours
            self.send_header("Content-Security-Policy", POLICY)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """An error as a Swedish page; nothing of what was asked for is repeated in it."""
        status = HTTPStatus(code)
        text = _ERRORS.get(status, "Servern kan inte svara på det.")
        body = f'<!doctype html><html lang="sv"><title>{text}</title><h1>{text}</h1><p><a href="/">Till början</a></p></html>'
        allowed = {"Allow": "GET, HEAD"} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}
        self._answer(status, body.encode(), TYPES[".html"], **allowed)

    def version_string(self) -> str:
        return "kaa"

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the terminal is for what a person must know."""


_ERRORS = {
    HTTPStatus.NOT_FOUND: "Sidan finns inte.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Här går det bara att läsa.",
    HTTPStatus.FORBIDDEN: "Servern svarar inte på frågor som en annan webbplats ställer.",
    HTTPStatus.MISDIRECTED_REQUEST: "Servern svarar bara den som frågar på den här datorn.",
}


def _start_page(shown: Shown) -> bytes:
    publication, found = reports(shown)
    if len(found) == 1:
        raise _Moved(f"/{found[0].period_id}/")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("reports.html.j2")
    return template.render(
        publication=publication,
        reports=found,
        audience=audience(shown.public),
        # What came in and what the checks say is for inside the house.
        status_page=STATUS_PAGE if shown.public is None else None,
    ).encode()


def _file(root: Path, path: str) -> tuple[bytes, str] | None:
    """A file below the reports' folder, and its type; None where there is none. Folders are not listed."""
    steps = unquote(path).split("/")[1:]
    is_folder = steps[-1] == ""
    names = steps[:-1] if is_folder else steps
    if not all(_STEP.fullmatch(name) for name in names):
        return None
    file = root.joinpath(*names)
    if not file.resolve().is_relative_to(root.resolve()):  # a link that leads out
        return None
    if file.is_dir():
        if not is_folder:
            raise _Moved(f"{path}/")
        file = file / START
    elif is_folder:
        return None
    endings = ["".join(file.suffixes[place:]) for place in range(len(file.suffixes))]
    return file.read_bytes(), next((TYPES[end] for end in endings if end in TYPES), "application/octet-stream")
