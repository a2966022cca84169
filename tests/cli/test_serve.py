"""`kaa serve`, from the command line to Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.cli.conftest import Kaa, Published


def test_there_is_nothing_to_show_before_the_first_nightly(set_up: Path, kaa: Kaa) -> None:
    said = kaa("serve", "--no-browser")
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
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("kaa")), "serve"],
        env=os.environ | {"KAA_HOME": str(published.home), "BROWSER": str(browser)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr
        first = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", first)
        assert address
        with urllib.request.urlopen(address[0], timeout=20) as answer:
            assert "Stockholms stad" in answer.read().decode()
        for _ in range(100):
            if opened.exists():
                break
            process.poll()
            subprocess.run(["sleep", "0.1"], check=True)
        assert opened.read_text().strip() == address[0]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == "Stopped.\n"
    finally:
        process.kill()
