"""`kaa data-protection` writes the data protection officer's documents, and never over what somebody has filled in."""

from pathlib import Path

from tests.cli.conftest import Kaa


def test_it_writes_the_documents_before_the_first_nightly(set_up: Path, kaa: Kaa, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    said = kaa("data-protection", "--out", out)
    assert (said.exit_code, said.out) == (0, "")
    assert said.err == f"Wrote 7 files to {out}. They are internal; fill in what is marked ”Fylls i av”.\n"
    assert "Stockholms stad" in (out / "behorighetsmatris.html").read_text(encoding="utf-8")
    assert len(list(out.iterdir())) == 7


def test_what_somebody_has_filled_in_stays_as_it_is(set_up: Path, kaa: Kaa, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "konsekvensbedomning.docx").write_bytes(b"filled in")
    said = kaa("data-protection", "--out", out)
    assert (said.exit_code, said.err.count("\n")) == (64, 1)
    assert "konsekvensbedomning.docx" in said.err and "another folder" in said.err
    assert [path.read_bytes() for path in out.iterdir()] == [b"filled in"]


def test_it_is_not_written_among_the_programs_own_files(set_up: Path, kaa: Kaa) -> None:
    before = sorted(set_up.rglob("*"))
    for out in (set_up, set_up / "published", set_up / "dpo"):
        said = kaa("data-protection", "--out", out)
        assert (said.exit_code, said.err.count("\n")) == (64, 1)
        assert "another folder" in said.err
    assert sorted(set_up.rglob("*")) == before


def test_a_folder_that_cannot_be_made_is_told(set_up: Path, kaa: Kaa, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = kaa("data-protection", "--out", tmp_path / "file" / "below")
    assert (said.exit_code, said.err.count("\n")) == (64, 1)
    assert "cannot be written" in said.err and "Traceback" not in said.err
