"""`kaa audit sample` gives the same persons every time, writes over nothing, and refuses in a sentence."""

import csv
import io
import json
from pathlib import Path

import pytest
from docx import Document

from pipelines.audit.access_log import read_accesses
from pipelines.audit.sample import ITEMS
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.home import open_home
from tests.cli.conftest import Kaa, Published

ONE = ("audit", "sample", "--period", "verksamhetsar-2023", "--n", "1", "--seed", "2016")


def test_it_is_the_same_sample_in_every_form(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    said = kaa(*ONE)
    assert (said.exit_code, said.err) == (0, "")
    drawn = json.loads(said.out)
    assert kaa(*ONE).out == said.out
    (case,) = drawn["cases"]
    rows = list(csv.DictReader(io.StringIO(kaa(*ONE, "--format", "csv").out)))
    assert [(row["person"], row["item"], row["status"], row["evidence_rows"]) for row in rows] == [
        (case["person"], item["item"], item["status"], str(len(item["evidence"]))) for item in case["items"]
    ]
    assert kaa(*ONE, "--format", "docx", "--out", tmp_path / "paper.docx").exit_code == 0
    paper = Document(str(tmp_path / "paper.docx"))
    assert [row.cells[0].text for row in paper.tables[-1].rows][1:] and len(paper.tables[-1].rows) == 1 + len(ITEMS)
    assert kaa(*ONE, "--out", tmp_path / "sample.json").out == ""
    assert json.loads((tmp_path / "sample.json").read_text(encoding="utf-8")) == drawn
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_what_the_night_built_and_what_is_computed_say_the_same(
    published: Published, kaa: Kaa, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = kaa(*ONE).out
    monkeypatch.setattr("pipelines.commands.samples.is_computed", lambda version, period: False)
    assert kaa(*ONE).out == built


def test_no_file_is_written_over(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    filled_in = tmp_path / "paper.docx"
    filled_in.write_bytes(b"filled in")
    (tmp_path / "link.docx").symlink_to(tmp_path / "nowhere")
    for out in (filled_in, tmp_path / "link.docx", published.home / "paper.docx", tmp_path / "no" / "paper.docx"):
        said = kaa(*ONE, "--format", "docx", "--out", out)
        assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1)
    assert filled_in.read_bytes() == b"filled in"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.docx", "paper.docx"]
    assert not (published.home / "paper.docx").exists()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"--n": "0"}, "--n"),
        ({"--n": "900"}, "900 persons cannot be drawn of the 1 in the register"),
        ({"--seed": "x"}, "--seed"),
        ({"--strata": "category"}, "--strata"),
        ({"--period": "verksamhetsar-23"}, "There is no period"),
        ({"--period": "dag-2023-11-30"}, "no single day"),
        ({"--format": "docx"}, "say where it goes with --out"),
    ],
)
def test_what_cannot_be_done_is_said(published: Published, kaa: Kaa, asked: dict[str, str], says: str) -> None:
    options = dict(zip(ONE[2::2], ONE[3::2], strict=True)) | asked
    said = kaa("audit", "sample", *(word for option in options.items() for word in option))
    assert (said.exit_code, said.out, said.err.count("\n")) == (64, "", 1)
    assert says in said.err


def test_who_drew_is_written_down_before_anything_is_shown(
    published: Published, kaa: Kaa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_home(published.home)
    before = len(read_accesses(home))
    kaa(*ONE, "--n", "900")
    assert len(read_accesses(home)) == before
    assert kaa(*ONE, "--out", tmp_path / "sample.json").exit_code == 0
    (added,) = read_accesses(home)[before:]
    assert (added["what"], added["rows"]) == ("kaa audit sample --period verksamhetsar-2023 --n 1 --seed 2016", 1)

    def refuse(*_: object) -> None:
        raise NightlyFailed("Nothing is shown.")

    monkeypatch.setattr("pipelines.audit.access_log.log_access", refuse)
    for out in ((), ("--out", tmp_path / "other.json")):
        said = kaa(*ONE, *out)
        assert (said.exit_code, said.out, said.err) == (1, "", "Nothing is shown.\n")
    assert not (tmp_path / "other.json").exists()
