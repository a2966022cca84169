"""The server of `kaa serve`: what it gives, to whom, and what it keeps to itself."""

import http.client
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboards.pages import serve, traced
from dashboards.published.publication import PublicTreatment
from dashboards.wording.audience import INTERNAL, audience
from pipelines.configuration.disclosure import CellSuppression
from tests.dashboards.built_site import Site


@pytest.fixture(scope="module")
def published(stockholm: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version's folder with two reports, as a nightly leaves it."""
    folder = tmp_path_factory.mktemp("version")
    shutil.copy(stockholm.published, folder / "published.duckdb")
    for period in ("verksamhetsar-2023", "verksamhetsar-2022", "tertial1-2023"):
        for file in ("index.html", "underlag.html", "assets/site.css", "assets/site.js"):
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
    shown: Callable[[], serve.Shown | None], trace: traced.Tracing | None = None
) -> Iterator[serve.ReportServer]:
    with serve.ReportServer(shown, trace=trace) as server:
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
    server: serve.ReportServer, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(serve.ADDRESS, server.server_port, timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    answer = response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    connection.close()
    return answer


def test_the_start_page_lists_the_report_years_first_and_the_status_page(server: serve.ReportServer) -> None:
    status, _, body = ask(server, "/")
    text = body.decode()
    assert status == 200
    places = [
        text.index(f'href="/{period}/"') for period in ("verksamhetsar-2023", "verksamhetsar-2022", "tertial1-2023")
    ]
    assert places == sorted(places)
    assert 'href="/verksamhetsar-2023/underlag.html"' in text
    assert text.count("<li>") == 3  # periods without pages are not there
    assert INTERNAL in text


def test_of_public_reports_it_lists_those_that_were_made_and_no_status_page(stockholm: Site, tmp_path: Path) -> None:
    for period in ("verksamhetsar-2023", "verksamhetsar-2022"):
        (tmp_path / period).mkdir()
        (tmp_path / period / "index.html").write_text("öppen")
    treatment = PublicTreatment(CellSuppression(smallest=7))
    with serving(lambda: serve.Shown(stockholm.published, tmp_path, treatment)) as server:
        text = ask(server, "/")[2].decode()
        assert text.count("<li>") == 2 and 'href="/verksamhetsar-2022/"' in text
        assert "underlag" not in text and "nattkörning" not in text and INTERNAL not in text
        assert audience(treatment) in text
        status, headers, _ = ask(server, "/verksamhetsar-2023/")
        assert status == 200
        _assert_keeps_others_out(headers)
        assert ask(server, "/verksamhetsar-2023/underlag.html")[0] == 404


def test_a_single_report_is_the_start_page(stockholm: Site, tmp_path: Path) -> None:
    shutil.copy(stockholm.published, tmp_path / "published.duckdb")
    (tmp_path / "report" / "verksamhetsar-2023").mkdir(parents=True)
    (tmp_path / "report" / "verksamhetsar-2023" / "index.html").write_text("ett")
    with serving(lambda: internal(tmp_path)) as server:
        assert ask(server, "/")[1]["location"] == "/verksamhetsar-2023/"
        assert ask(server, "/verksamhetsar-2023")[1]["location"] == "/verksamhetsar-2023/"
        assert ask(server, "/verksamhetsar-2023/")[2] == b"ett"


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
