"""`kaa serve`, from the command line to Ctrl-C."""

import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Kaa, Published

PERIOD = "verksamhetsar-2023"


@contextmanager
def serving(home: Path, *options: str, **environment: str) -> Iterator[str]:
    """The address of a `kaa serve` that is ended with Ctrl-C."""
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("kaa")), "serve", *options],
        env=os.environ | {"KAA_HOME": str(home)} | environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr
        address = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())
        assert address
        yield address[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == "Stopped.\n"
    finally:
        process.kill()


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.read().decode()


def test_there_is_nothing_to_show_before_the_first_nightly(set_up: Path, kaa: Kaa) -> None:
    for options in ((), ("--public",)):
        said = kaa("serve", "--no-browser", *options)
        assert (said.exit_code, said.out) == (64, "")
        assert said.err == "Nothing has been published yet: run kaa nightly first.\n"


def test_a_port_that_cannot_be_used_is_one_sentence(published: Published, kaa: Kaa) -> None:
    said = kaa("serve", "--no-browser", "--port", "70000")
    assert (said.exit_code, said.err.count("\n")) == (64, 1)


def test_it_says_where_it_is_opens_the_browser_and_ends_with_ctrl_c(published: Published, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part && mv {opened}.part {opened}\n')
    browser.chmod(0o755)
    with serving(published.home, BROWSER=str(browser)) as address:
        assert "Stockholms stad" in read(address)
        for _ in range(100):
            if opened.exists():
                break
            subprocess.run(["sleep", "0.1"], check=True)
        assert opened.read_text().strip() == address


def test_public_reports_are_shown_as_they_were_made_and_showing_them_tells_nothing(
    nightly: Published, kaa: Kaa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    shutil.copytree(nightly.home, home, ignore=lambda folder, _: ["public"] if folder == str(nightly.home) else [])
    monkeypatch.setenv("KAA_HOME", str(home))
    said = kaa("serve", "--public", "--no-browser")
    assert (said.exit_code, said.out) == (64, "")
    assert said.err == (
        "No public report has been made: make one with kaa report --period ID --out DIR --public, then show it.\n"
    )
    assert not (home / "public").exists()

    for out in ("first", "again"):  # the second takes the place of the first
        assert kaa("report", "--period", PERIOD, "--out", tmp_path / out, "--public").exit_code == 0
    before = {path: path.read_bytes() for path in (home / "public").rglob("*") if path.is_file()}
    with serving(home, "--public", "--no-browser") as address:
        assert "Öppen redovisning." in read(address) and "Internt underlag" not in read(address)
        given = (tmp_path / "again" / "cells.csv").read_text()
        assert read(f"{address}{PERIOD}/cells.csv") == given == (tmp_path / "first" / "cells.csv").read_text()
        # By itself a report knows of no other; those that are shown together know of each other.
        assert (tmp_path / "again" / "data" / "rapporter.js").read_text() == "kaaReports([]);\n"
        assert f'[["{PERIOD}","Årsrapport 2023",["arsrapport.html",' in read(f"{address}{PERIOD}/data/rapporter.js")
        for file in ("index.html", "kontakt.html", "dokument/arsrapport.pdf"):
            with urllib.request.urlopen(f"{address}{PERIOD}/{file}", timeout=20) as answer:
                assert answer.read() == (tmp_path / "again" / file).read_bytes()
        for internal in ("underlag.html", "drift.html", "malgrupp.html", "handlingsplan.html", ".kaa-report.json"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                read(f"{address}{PERIOD}/{internal}")
        for outside in ("000001.csv.gz", "published.duckdb", "report/"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                read(f"{address}{outside}")
    after = {path: path.read_bytes() for path in (home / "public").rglob("*") if path.is_file()}
    assert after == before
    assert sorted(path.name for path in (home / "public").iterdir()) == ["000001.csv.gz", "report"]
