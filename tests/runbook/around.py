"""Symptoms of what is around the nights: backups, messages, what is known already."""

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from pipelines.publication.published_file import build_published
from pipelines.quality import CheckResult
from tests.faults import plain_nightly
from tests.runbook.failed_nights import new_night
from tests.runbook.operator import Operator, Steps, symptom


@symptom("Säkerhetskopian kunde inte tas")
def the_disk_for_backups_is_not_mounted(op: Operator) -> Steps:
    place = op.place / "backups"
    said = op.kaa("backup", place)
    assert said.exit_code == 64
    yield said.err
    place.mkdir()
    op.does("backup", place)


def _unused_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@symptom("Ett meddelande gick inte fram")
def nobody_answers_at_the_webhook(op: Operator) -> Steps:
    port = _unused_port()
    with (op.home / "settings.toml").open("a") as settings:
        settings.write(f'[tell.webhook]\nurl = "http://127.0.0.1:{port}/hook"\n')
    op.nightly()
    said = op.kaa("tell")
    assert said.exit_code == 2
    yield said.err
    with HTTPServer(("127.0.0.1", port), _Receiver) as server:  # it is started again
        Thread(target=server.serve_forever, daemon=True).start()
        assert op.does("tell", "--test").exit_code == 0
        op.nightly()
        assert op.kaa("tell").exit_code == 0
        server.shutdown()


class _Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@symptom("En kontroll varnar", is_slow=True)
def a_check_warns(op: Operator) -> Steps:
    """A source delivers less than half of its rows with a code: the checks are not made by plain nights, so this is put in."""
    warning = CheckResult("ber", "register", "share_known", "warning", False, "12 procent")

    def warned(version: Any, municipality: Any, periods: Any, catalogue: Any, checks: Any, figures: Any) -> Any:
        return build_published(version, municipality, periods, catalogue, [warning], figures)

    op.monkeypatch.setattr(plain_nightly, "build_published", warned)
    new_night(op.opened.drop)
    op.nightly()
    listed = op.kaa("acknowledge", "--format", "csv").out
    yield "\n".join(line.split(",", 2)[2].strip('",') for line in listed.splitlines())
    op.does(
        "acknowledge",
        "check_warns:ber/register/share_known",
        "--because",
        "Känt sedan i våras",
        "--until",
        "2026-12-31",
    )
