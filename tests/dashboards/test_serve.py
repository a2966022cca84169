"""The server of `kaa serve`: what it gives, to whom, and what it keeps to itself."""

import http.client
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pytest

from dashboards.content.operations import Acknowledged, Operations, Trouble, Untold
from dashboards.pages import reports, requested, serve, site, traced
from dashboards.published.publication import PublicTreatment
from dashboards.wording.audience import INTERNAL, audience
from pipelines.configuration.disclosure import CellSuppression
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def published(stockholm: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version's folder with two reports, as a nightly leaves it."""
    folder = tmp_path_factory.mktemp("version")
    shutil.copy(stockholm.published, folder / "published.duckdb")
    for period in ("verksamhetsar-2023", "verksamhetsar-2022", "tertial1-2023"):
        for file in ("index.html", "drift.html", "assets/site.css", "assets/site.js"):
            to = folder / "report" / period / file
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(stockholm.out / file, to)
    # What is outside the reports stays there, whichever way leads to it.
    (folder / "report" / "verksamhetsar-2023" / "secret.html").symlink_to(folder / "published.duckdb")
    (folder / "report" / ".hidden.html").write_text("hidden")
    return folder


def internal(version: Path) -> serve.Shown:
    return serve.Shown(version / "published.duckdb", version / "report")


@contextmanager
def serving(
    shown: Callable[[], serve.Shown | None],
    trace: traced.Tracing | None = None,
    operations: Callable[[], Operations | None] = lambda: None,
) -> Iterator[serve.ReportServer]:
    with serve.ReportServer(shown, trace=trace, operations=operations) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def server(published: Path) -> Iterator[serve.ReportServer]:
    with serving(lambda: internal(published)) as server:
        yield server


def ask(
    server: serve.ReportServer, path: str, method: str = "GET", wait: int = 20, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(serve.ADDRESS, server.server_port, timeout=wait)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


def test_the_start_page_tells_of_the_last_night_and_lists_the_report_years_first(server: serve.ReportServer) -> None:
    status, _, body = ask(server, "/")
    text = body.decode()
    assert status == 200
    places = [
        text.index(f'href="/{period}/"')
        for period in ("verksamhetsar-2023", "verksamhetsar-2022", "tertial1-2023", "lasar-2021-2022")
    ]
    assert places == sorted(places)
    assert text.count("<h3>") == text.count("arsrapport.pdf") > 3  # the others are made on request
    assert 'href="/verksamhetsar-2023/drift.html"' in text
    for said in ("Den blev klar 8 januari 2024 kl. 04.07.", "6 nya leveranser hade kommit in", "5 saker väntar på den som sköter",
                 "ingen nattkörning efter den har publicerat något"):  # fmt: skip
        assert said.replace(" ", "") in text.replace("\u00a0", " ").replace(" ", ""), said
    for file in ("arsrapport.docx", "arsrapport.xlsx", "arsrapport.pdf"):
        assert f'href="/verksamhetsar-2022/dokument/{file}"' in text
    assert INTERNAL in text


FAILED = Trouble(
    "night_failed:ab12", "Nattkörningen som började 2024-01-09 kl. 04.00 misslyckades.", date(2024, 1, 9), None, True
)
SILENT = Trouble(
    "source_silent:enkat",
    "Enkäten har inte levererat sedan 2023-12-01.",
    date(2024, 1, 2),
    Acknowledged("Eva i drift (genom kaa)", date(2024, 1, 3), date(2024, 2, 1), "De byter system."),
)
UNTOLD = Untold("webhook", datetime(2024, 1, 9, 4, 8), "larm.example.se answers 404: check the address.")


def test_what_has_come_of_runs_since_is_shown_as_it_is_now(published: Path) -> None:
    now = Operations("Den senaste nattkörningen misslyckades.", True, False, (FAILED, SILENT), (UNTOLD,))
    with serving(lambda: internal(published), operations=lambda: now) as server:
        start = _read(server, "/")
        drift = _read(server, "/verksamhetsar-2023/drift.html")
        for text in (start, drift):
            assert now.run in text and "Sidorna visar vad nattkörningen före den publicerade 8 januari 2024" in text
            assert "Den blev klar" not in text and "Den senaste nattkörningen blev klar" not in text
        assert "nådde inte fram till webhook" in start
        assert FAILED.sentence in drift and UNTOLD.why in drift
        known = "Känt, kvitterat av Eva i drift (genom kaa) 3 januari 2024, till och med 1 februari 2024. Skäl: De byter system."
        assert known in drift and drift.count("kaa acknowledge night_failed:ab12") == 1
        # It is one more thing to do than the night's own, and what is known is none.
        assert "6 saker att göra" in drift and "6 saker väntar" in start
        assert now.run.encode() not in ask(server, "/verksamhetsar-2023/")[2]


def test_a_run_that_goes_on_is_told_of_and_the_published_one_is_still_the_latest(published: Path) -> None:
    now = Operations("En nattkörning som började 2024-01-09 kl. 04.00 pågår.", False, True, ())
    with serving(lambda: internal(published), operations=lambda: now) as server:
        text = _read(server, "/verksamhetsar-2023/drift.html")
    assert now.run in text and "Den senaste nattkörningen blev klar 8 januari 2024" in text


def _read(server: serve.ReportServer, path: str) -> str:
    """What stands on a page, with plain blanks."""
    return " ".join(Page(ask(server, path)[2].decode()).text.split())


def test_of_public_reports_it_lists_those_that_were_made_and_nothing_of_the_night(
    stockholm: Site, tmp_path: Path
) -> None:
    for period in ("verksamhetsar-2023", "verksamhetsar-2022"):
        (tmp_path / period / "dokument").mkdir(parents=True)
        (tmp_path / period / "index.html").write_text("öppen")
    (tmp_path / "verksamhetsar-2022" / "dokument" / "arsrapport.pdf").write_text("given")
    treatment = PublicTreatment(CellSuppression(smallest=7))
    with serving(lambda: serve.Shown(stockholm.published, tmp_path, treatment)) as server:
        text = ask(server, "/")[2].decode()
        assert text.count("<li>") == 2 and 'href="/verksamhetsar-2022/"' in text
        assert "drift" not in text and "nattkörning" not in text and INTERNAL not in text
        assert audience(treatment) in text
        assert text.count("/dokument/") == 1
        assert ask(server, "/verksamhetsar-2022/dokument/arsrapport.pdf")[2] == b"given"
        status, headers, _ = ask(server, "/verksamhetsar-2023/")
        assert status == 200
        _assert_keeps_others_out(headers)
        # What is not there is not made.
        for path in (
            "/verksamhetsar-2023/dokument/arsrapport.pdf",
            "/verksamhetsar-2023/drift.html",
            "/tertial1-2023/",
        ):
            assert ask(server, path)[0] == 404


def test_a_folder_without_its_slash_leads_to_the_report(stockholm: Site, tmp_path: Path) -> None:
    shutil.copy(stockholm.published, tmp_path / "published.duckdb")
    (tmp_path / "report" / "verksamhetsar-2023").mkdir(parents=True)
    (tmp_path / "report" / "verksamhetsar-2023" / "index.html").write_text("ett")
    with serving(lambda: internal(tmp_path)) as server:
        assert 'href="/verksamhetsar-2023/"' in ask(server, "/")[2].decode()
        assert ask(server, "/verksamhetsar-2023")[1]["location"] == "/verksamhetsar-2023/"
        assert ask(server, "/verksamhetsar-2023/")[2] == b"ett"


def test_reports_beside_each_other_lead_to_each_other_and_one_by_itself_to_none(
    stockholm: Site, tmp_path: Path
) -> None:
    assert (stockholm.out / reports.FILE).read_text(encoding="utf-8") == "kaaReports([]);\n"
    periods = ("tertial1-2023", "verksamhetsar-2022", "verksamhetsar-2023")
    for period in periods:
        (tmp_path / period).mkdir()
        for file in ("index.html", "spar-tabell-5.html", f"kapitel-{period}.html"):
            (tmp_path / period / file).touch()
    reports.write_lists(stockholm.published, tmp_path)
    (listed,) = {(tmp_path / period / reports.FILE).read_text(encoding="utf-8") for period in periods}
    found = json.loads(listed.removeprefix("kaaReports(").removesuffix(");\n"))
    assert [(period, title) for period, title, _ in found] == [
        ("verksamhetsar-2023", "Årsrapport 2023"), ("verksamhetsar-2022", "Årsrapport 2022"),
        ("tertial1-2023", "Tertial 1 2023"),
    ]  # fmt: skip
    assert found[0][2] == ["index.html", "kapitel-verksamhetsar-2023.html"]


# --- what is made on request ----------------------------------------------------------------------------------------------

WORD = "/verksamhetsar-2023/dokument/arsrapport.docx"
Made = list[tuple[Path, str]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """What is made: quickly, in the place of the documents and of whole reports."""
    found: Made = []

    def documents(published_file: Path, period_id: str, out: Path) -> None:
        time.sleep(0.2)  # so that another asks meanwhile
        found.append((published_file, period_id))
        (out / "dokument").mkdir(parents=True)
        (out / "dokument" / "arsrapport.docx").write_text(f"{period_id} {len(found)}")

    def report(published_file: Path, period_id: str, out: Path) -> None:
        found.append((published_file, period_id))
        for file in ("index.html", "data/rapporter.js"):
            (out / file).parent.mkdir(parents=True, exist_ok=True)
            (out / file).write_text(period_id)

    monkeypatch.setattr(requested, "build_documents", documents)
    monkeypatch.setattr(site, "build_report", report)
    return found


def test_a_document_is_made_once_however_many_ask_for_it(server: serve.ReportServer, made: Made) -> None:
    with ThreadPoolExecutor(4) as readers:
        answers = list(readers.map(lambda _: ask(server, WORD), range(4)))
    assert {(status, body) for status, _, body in answers} == {(200, b"verksamhetsar-2023 1")}
    assert answers[0][1]["content-type"] == serve.TYPES[".docx"]
    _assert_keeps_others_out(answers[0][1])
    assert ask(server, WORD.replace("2023", "2022"))[2] == b"verksamhetsar-2022 2"
    assert [period for _, period in made] == ["verksamhetsar-2023", "verksamhetsar-2022"]
    for path in ("/verksamhetsar-2023/dokument/other.docx", "/verksamhetsar-2099/dokument/arsrapport.docx"):
        assert ask(server, path)[0] == 404
    assert len(made) == 2


def test_another_publication_has_documents_of_its_own(published: Path, tmp_path: Path, made: Made) -> None:
    shutil.copytree(published, tmp_path / "2", symlinks=True)
    versions = [published]
    with serving(lambda: internal(versions[-1])) as server:
        place = Path(server.requested._place.name)
        assert ask(server, WORD)[2] == b"verksamhetsar-2023 1"
        versions.append(tmp_path / "2")
        assert [ask(server, WORD)[2] for _ in range(2)] == [b"verksamhetsar-2023 2"] * 2
        assert [path.name for path in place.rglob("*.docx")] == ["arsrapport.docx"]
    assert not place.exists()  # nothing is left when the server has ended


def test_a_period_without_pages_is_made_when_it_is_opened(server: serve.ReportServer, made: Made) -> None:
    assert ask(server, "/lasar-2021-2022")[1]["location"] == "/lasar-2021-2022/"
    assert ask(server, "/lasar-2021-2022/")[2] == b"lasar-2021-2022"
    listed = ask(server, "/lasar-2021-2022/data/rapporter.js")[2].decode()
    assert '"verksamhetsar-2023"' in listed and '"lasar-2021-2022","Läsåret 2021/2022",["index.html"]' in listed
    assert len(made) == 1
    assert ask(server, WORD.replace("verksamhetsar-2023", "lasar-2021-2022"))[2] == b"lasar-2021-2022 2"


def test_what_cannot_be_made_is_one_sentence_and_is_tried_again(
    published: Path, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("No space left on /secret")

    with serving(lambda: internal(published)) as server:
        with monkeypatch.context() as broken:
            broken.setattr(requested, "build_documents", fail)
            status, headers, body = ask(server, WORD)
        assert status == 500 and "secret" not in body.decode()
        assert "kör kaa report --period verksamhetsar-2023 --out MAPP" in body.decode()
        _assert_keeps_others_out(headers)
        assert ask(server, WORD)[0] == 200


def test_nothing_is_made_for_another_sites_page(server: serve.ReportServer, made: Made) -> None:
    for path in ("/lasar-2021-2022/kapitel-stod.html", "/tertial1-2024/"):
        assert ask(server, path, **{"Sec-Fetch-Site": "cross-site"})[0] == 404
    assert made == []


def test_the_documents_are_those_of_the_report(published: Path) -> None:
    with serving(lambda: internal(published)) as server:
        for file, begins in (("docx", b"PK"), ("xlsx", b"PK"), ("pdf", b"%PDF")):
            status, _, body = ask(server, WORD.replace("docx", file), wait=120)
            assert status == 200 and body.startswith(begins), file


def _assert_keeps_others_out(headers: dict[str, str]) -> None:
    """Nothing is kept by the browser, told to another server, taken for another type, or run but our own files."""
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';") and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy.replace("style-src 'self' 'unsafe-inline'", "")


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/verksamhetsar-2023/", "text/html; charset=utf-8"),
        ("/verksamhetsar-2023/index.html?x=1", "text/html; charset=utf-8"),
        ("/verksamhetsar-2023/assets/site.css", "text/css; charset=utf-8"),
        ("/verksamhetsar-2023/assets/site.js", "text/javascript; charset=utf-8"),
    ],
)
def test_pages_and_their_files_are_given_with_headers_that_keep_others_out(
    server: serve.ReportServer, published: Path, path: str, type_: str
) -> None:
    status, headers, body = ask(server, path)
    assert (status, headers["content-type"]) == (200, type_)
    file = published / "report" / path.partition("?")[0].lstrip("/")
    assert body == (file / "index.html" if file.is_dir() else file).read_bytes()
    _assert_keeps_others_out(headers)
    again, _, nothing = ask(server, path, "HEAD")
    assert (again, nothing) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/published.duckdb", "/../published.duckdb", "/%2e%2e/published.duckdb", "/verksamhetsar-2023/../../published.duckdb",
        "/verksamhetsar-2023/..%2f..%2fpublished.duckdb", "/verksamhetsar-2023/%2e%2e%5cpublished.duckdb",
        "/verksamhetsar-2023/secret.html", "/.hidden.html", "/verksamhetsar-2023/assets/", "/verksamhetsar-2023/index.html/",
        "/verksamhetsar-2023//index.html", "/verksamhetsar-2023/index.html%00", "//published.duckdb", "/verksamhetsar-2099/",
    ],
)  # fmt: skip
def test_nothing_but_the_pages_is_given(server: serve.ReportServer, path: str) -> None:
    status, _, body = ask(server, path)
    assert status == 404
    assert "Sidan finns inte." in body.decode()
    assert b"duckdb" not in body.lower()  # nor is what was asked for repeated


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(server: serve.ReportServer, method: str) -> None:
    status, headers, _ = ask(server, "/", method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")
    _assert_keeps_others_out(headers)


def test_only_this_machine_reaches_it(server: serve.ReportServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"
    for address in ("127.0.0.2", "::1", socket.gethostbyname(socket.gethostname())):
        if address != serve.ADDRESS:
            with pytest.raises(OSError):
                socket.create_connection((address, server.server_port), timeout=2)


def test_another_name_for_this_machine_is_turned_away(server: serve.ReportServer) -> None:
    port = server.server_port
    others = ("example.org", f"example.org:{port}", f"127.0.0.1:{port + 1}", "127.0.0.1", "localhost", "", f"0.0.0.0:{port}",
              f"localhost.example.org:{port}", f"localhost:{port}, example.org", f"user@localhost:{port}")  # fmt: skip
    for host in others:
        status, headers, body = ask(server, "/verksamhetsar-2023/", Host=host)
        assert (status, b"Stockholm" in body) == (421, False), host
        _assert_keeps_others_out(headers)
    assert ask(server, "/verksamhetsar-2023/", Host=f"localhost:{port}")[0] == 200
    assert _said(server, b"GET /verksamhetsar-2023/ HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421 ")
    twice = f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nHost: example.org\r\nConnection: close\r\n\r\n"
    assert _said(server, twice.encode()).startswith(b"HTTP/1.1 421 ")


def _said(server: serve.ReportServer, request: bytes) -> bytes:
    """The answer to a request that no library would write."""
    with socket.create_connection((serve.ADDRESS, server.server_port), timeout=10) as connection:
        connection.sendall(request)
        return connection.makefile("rb").read()


def test_a_new_version_is_shown_without_a_restart(stockholm: Site, tmp_path: Path) -> None:
    versions = [tmp_path / "1", tmp_path / "2"]
    for version in versions:
        (version / "report" / "verksamhetsar-2023").mkdir(parents=True)
        (version / "report" / "verksamhetsar-2023" / "index.html").write_text(version.name)
    asked: list[Path] = []

    def current() -> serve.Shown:
        asked.append(versions[0] if len(asked) < 3 else versions[1])
        if len(asked) == 3:  # a nightly publishes between the look at the pointer and the reading
            shutil.rmtree(versions[0])
        return internal(asked[-1])

    with serving(current) as server:
        assert [ask(server, "/verksamhetsar-2023/")[2] for _ in range(4)] == [b"1", b"1", b"2", b"2"]


def test_a_taken_port_is_an_error(server: serve.ReportServer, published: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        serve.ReportServer(lambda: internal(published), server.server_port)
