"""Shows the published reports to this machine's own browser: a small server on 127.0.0.1, read-only.

    with ReportServer(shown, port=0) as server:    # 0: any free port
        server.serve_forever()                     # at server.url, until KeyboardInterrupt

``shown()`` says where the reports that count now lie, or None; it is asked at every request, so a nightly's new version is shown
without a restart. The pages themselves are made by ``site``. Of internal reports the documents, and the pages of other periods,
are made when somebody asks for them (``requested``). ``trace``, where it is given, answers the questions behind the numbers
(``traced``): those that stand on a page. Neither is done for another site's page. ``operations``, where it is given, says what
has come of the nights since: the start page and the operator's show it. Not for a network: anybody who may use this
machine may read what is published, and nobody else can reach it.
"""

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.content import status
from dashboards.content.operations import Operations
from dashboards.documents import names
from dashboards.pages import traced
from dashboards.pages.reports import START, Report, read_reports
from dashboards.pages.requested import Requested
from dashboards.published.publication import PublicTreatment
from dashboards.wording import numbers
from dashboards.wording.audience import audience
from dashboards.wording.letters import lower_first
from pipelines.runtime import clock

ADDRESS = "127.0.0.1"
OPERATORS_PAGE = "drift.html"

#: The documents of a report, as they are offered: file and kind.
DOCUMENTS = ((names.WORD, "docx"), (names.EXCEL, "xlsx"), (names.PDF, "pdf"))

#: Kinds of period without pages of which a report is offered; months have theirs, too, for who knows the address.
OFFERED = ("kalenderar", "verksamhetsar", "lasar", "halvar", "tertial")

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


class ReportServer(ThreadingHTTPServer):
    """Serves the pages that count now. Raises OSError when the port is taken."""

    daemon_threads = True  # a browser keeps connections open; they must not keep the program from ending
    allow_reuse_address = os.name == "posix"

    def __init__(
        self,
        shown: Callable[[], Shown | None],
        port: int = 0,
        trace: traced.Tracing | None = None,
        operations: Callable[[], Operations | None] = lambda: None,
    ) -> None:
        self.shown = shown
        self.trace = trace
        self.operations = operations
        self.requested = Requested()
        super().__init__((ADDRESS, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that closes its connection early is no error."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def server_close(self) -> None:
        """Ends it, and removes what was made on request."""
        super().server_close()
        self.requested.close()

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


class _NotMade(Exception):
    """What was asked for could not be made; the text is one Swedish sentence that says what to do."""


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
        if address.query and self.server.trace and self._is_from_elsewhere():
            self.send_error(HTTPStatus.FORBIDDEN)  # to ask is written down, in the name of who uses the browser
            return
        try:
            found = self._find(address.path, address.query)
        except traced.NoTrace as error:
            self._answer(HTTPStatus.NOT_FOUND, traced.refusal(str(error)), TYPES[".html"])
            return
        except _NotMade as error:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, _sentence(str(error)), TYPES[".html"])
            return
        except _Moved as moved:
            self._answer(HTTPStatus.FOUND, b"", TYPES[".html"], Location=str(moved))
            return
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._answer(HTTPStatus.OK, *found)

    def _is_from_elsewhere(self) -> bool:
        return self.headers.get("Sec-Fetch-Site") == "cross-site"

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
                operations = None if shown.public else self.server.operations()
                if path == "/":
                    found: tuple[bytes, str] | None = _start_page(shown, operations), TYPES[".html"]
                else:
                    found = self._given(shown, path)
                if found and operations and path.endswith(f"/{OPERATORS_PAGE}"):
                    found = _with_operations(found[0], shown, operations), TYPES[".html"]
                if found and query and self.server.trace:
                    found = self._answered(shown, path, found[0], query) or found
            except (OSError, duckdb.Error):
                found = None
            except _NotMade:
                if self.server.shown() == shown:
                    raise
                continue
            if found or self.server.shown() == shown:
                return found

    def _given(self, shown: Shown, path: str) -> tuple[bytes, str] | None:
        """A file of a report: of those that are there, or else one that is made on request. Public ones are as they were made."""
        try:
            found = _file(shown.folder, path)
        except FileNotFoundError:
            found = None
        if found or shown.public is not None or self._is_from_elsewhere():
            return found
        period_id, _, file = path.removeprefix("/").partition("/")
        _, there, others = read_reports(shown.published_file, shown.folder)
        period = next((each for each in [*(report.period for report in there), *others] if each.id == period_id), None)
        is_document = file in dict(DOCUMENTS)
        if period is None or not (is_document or period in others):
            return None
        requested = self.server.requested
        try:
            made = (
                requested.documents(shown.published_file, period_id)
                if is_document
                else requested.pages(shown.published_file, shown.folder, period_id)
            )
        except Exception as error:
            raise _NotMade(
                f"Rapporten för {period.title} kunde inte göras: kör kaa report --period {period_id} --out MAPP på den här "
                "datorn, så sägs det vad som är fel."
            ) from error
        return _file(made.parent, path)

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
        body = _sentence(_ERRORS.get(status, "Servern kan inte svara på det."))
        allowed = {"Allow": "GET, HEAD"} if status == HTTPStatus.METHOD_NOT_ALLOWED else {}
        self._answer(status, body, TYPES[".html"], **allowed)

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


def _sentence(text: str) -> bytes:
    """A page of one sentence."""
    page = (
        '<!doctype html><html lang="sv"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{text}</title><h1>{text}</h1><p><a href="/">Till början</a></p></html>'
    )
    return page.encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(long_date=numbers.long_date, lower_first=lower_first)
    return environment


#: The part of the operator's page that says what is to be done; no section stands in it.
_STATE = re.compile(rb'<section class="state[^"]*" id="laget".*?</section>\n?', re.DOTALL)

#: The page that it leads to for what readers see too.
_READERS_PAGE = "underlag.html"


def _with_operations(page: bytes, shown: Shown, operations: Operations) -> bytes:
    """The operator's page with what is known now in the place of what was known when it was made."""
    publication, _, _ = read_reports(shown.published_file, shown.folder)
    macros = _environment().get_template("state.html.j2").module
    state = macros.state(  # type: ignore[attr-defined]
        status.read(shown.published_file, operations), publication, operations, _READERS_PAGE
    )
    return _STATE.sub(lambda _: str(state).encode(), page, count=1)


def _start_page(shown: Shown, operations: Operations | None) -> bytes:
    """Which reports there are; of internal ones also how the last night went, and what else can be made."""
    publication, found, others = read_reports(shown.published_file, shown.folder)
    internal = shown.public is None
    template = _environment().get_template("reports.html.j2")
    return template.render(
        publication=publication,
        reports=[(report, _documents(report, internal)) for report in found],
        others=[period for period in others if period.kind in OFFERED] if internal and found else [],
        documents=[(file, names.KINDS[kind].label) for file, kind in DOCUMENTS],
        audience=audience(shown.public),
        # What came in and what is to be done is for inside the house.
        status=status.read(shown.published_file, operations) if internal else None,
        operations=operations,
        days_since=(clock.now().replace(tzinfo=None) - publication.published_at).days,
        operators_page=OPERATORS_PAGE,
    ).encode()


def _documents(report: Report, internal: bool) -> Sequence[tuple[str, str]]:
    """File and name of a report's documents: internal ones are made on request, public ones with the report."""
    offered = [(file, names.KINDS[kind].label) for file, kind in DOCUMENTS]
    return [(file, label) for file, label in offered if internal or (report.folder / file).is_file()]


def _file(root: Path, path: str) -> tuple[bytes, str] | None:
    """A file below the reports' folder, and its type; None where there is none. Folders are not listed."""
    steps = unquote(path).split("/")[1:]
    is_folder = steps[-1] == ""
    way = steps[:-1] if is_folder else steps
    if not all(_STEP.fullmatch(step) for step in way):
        return None
    file = root.joinpath(*way)
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
