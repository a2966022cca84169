"""`kaa report` never replaces or removes what is not as it wrote it, and replaces what nobody has touched."""

import shutil
from pathlib import Path

import pytest

from pipelines.publication import report_folder
from pipelines.publication.report_folder import NOTE, HandedOver, hand_over
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write
from tests.cli.conftest import Kaa, Published

FIRST = {
    "index.html": "page 1",
    "assets/site.css": "style",
    "tabeller/a.csv": "a;1",
    "tabeller/b.px": "b",
    "dokument/arsrapport.docx": "words 1",
    "dokument/arsrapport.xlsx": "sheets 1",
}
SECOND = {name: text.replace("1", "2") for name, text in FIRST.items() if name != "tabeller/b.px"}


def _report(tmp_path: Path, files: dict[str, str], out: Path) -> HandedOver:
    made = tmp_path / "made"
    shutil.rmtree(made, ignore_errors=True)
    for name, text in files.items():
        atomic_write(made / name, text)
    return hand_over(made, list(files), out)


def _content(out: Path) -> dict[str, str]:
    files = (path for path in sorted(out.rglob("*")) if path.is_file() and path.name != NOTE)
    return {path.relative_to(out).as_posix(): path.read_text(encoding="utf-8") for path in files}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_what_nobody_has_touched_is_replaced_and_what_is_no_more_is_removed(tmp_path: Path, out: Path) -> None:
    first = _report(tmp_path, FIRST, out)
    assert first.written[0] == out / "index.html" and _content(out) == FIRST
    second = _report(tmp_path, SECOND, out)
    assert _content(out) == SECOND
    assert (second.renamed, second.left) == ({}, [])


def test_a_document_that_somebody_has_written_in_stays_and_the_new_one_gets_another_name(
    tmp_path: Path, out: Path
) -> None:
    _report(tmp_path, FIRST, out)
    edited = out / "dokument" / "arsrapport.docx"
    edited.write_text("my words", encoding="utf-8")
    for files in (SECOND, FIRST):  # the next one replaces the one under the other name, which nobody has touched
        done = _report(tmp_path, files, out)
        assert done.renamed == {"dokument/arsrapport.docx": "dokument/arsrapport (2).docx"} and done.left == []
        assert _content(out) == {
            **files,
            "dokument/arsrapport.docx": "my words",
            "dokument/arsrapport (2).docx": files["dokument/arsrapport.docx"],
        }
    (out / "dokument" / "arsrapport (2).docx").write_text("more words", encoding="utf-8")
    assert _report(tmp_path, SECOND, out).renamed["dokument/arsrapport.docx"] == "dokument/arsrapport (3).docx"
    assert _content(out)["dokument/arsrapport (2).docx"] == "more words"


@pytest.mark.parametrize("name", ["index.html", "assets/site.css", "tabeller/a.csv", "tabeller/b.px"])
def test_where_files_refer_to_each_other_nothing_is_written(tmp_path: Path, out: Path, name: str) -> None:
    _report(tmp_path, FIRST, out)
    (out / name).write_text("mine", encoding="utf-8")
    before = _content(out)
    changed = {**FIRST, "index.html": "page 3"}
    with pytest.raises(UsageError, match=f"^Nothing was written: in .*{name}, not as kaa report wrote it"):
        _report(tmp_path, changed, out)
    assert _content(out) == before


def test_what_somebody_has_changed_is_left_when_it_is_no_more_in_the_report(tmp_path: Path, out: Path) -> None:
    _report(tmp_path, FIRST, out)
    (out / "tabeller" / "b.px").write_text("mine", encoding="utf-8")
    assert _report(tmp_path, SECOND, out).left == ["tabeller/b.px"]
    assert _content(out) == {**SECOND, "tabeller/b.px": "mine"}
    assert _report(tmp_path, SECOND, out).left == []


def test_other_files_in_the_folder_stay(tmp_path: Path, out: Path) -> None:
    atomic_write(out / "notes.txt", "mine")
    atomic_write(out / "tabeller" / "own.csv", "mine")
    _report(tmp_path, FIRST, out)
    _report(tmp_path, SECOND, out)
    assert _content(out) == {**SECOND, "notes.txt": "mine", "tabeller/own.csv": "mine"}


@pytest.mark.parametrize(
    "note", [None, "", "{", "[]", '{"files": []}', '{"files": {"../x": ["0"]}}', '{"files": {"/x": []}}']
)
def test_without_a_note_nothing_is_known_as_ours(tmp_path: Path, out: Path, note: str | None) -> None:
    atomic_write(out / "index.html", "somebody's")
    if note is not None:
        atomic_write(out / NOTE, note)
    with pytest.raises(UsageError, match="Nothing was written"):
        _report(tmp_path, FIRST, out)
    assert _content(out) == {"index.html": "somebody's"}


def test_the_same_files_without_a_note_are_ours(tmp_path: Path, out: Path) -> None:
    _report(tmp_path, FIRST, out)
    (out / NOTE).unlink()
    _report(tmp_path, FIRST, out)
    _report(tmp_path, SECOND, out)
    assert _content(out) == SECOND


def test_a_link_leads_nowhere(tmp_path: Path, out: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    atomic_write(elsewhere / "a.csv", "somebody's")
    atomic_write(elsewhere / "report.docx", "somebody's")
    _report(tmp_path, FIRST, out)
    (out / "dokument" / "arsrapport.docx").unlink()
    (out / "dokument" / "arsrapport.docx").symlink_to(elsewhere / "report.docx")
    assert _report(tmp_path, FIRST, out).renamed == {"dokument/arsrapport.docx": "dokument/arsrapport (2).docx"}
    shutil.rmtree(out / "tabeller")
    (out / "tabeller").symlink_to(elsewhere)
    with pytest.raises(UsageError, match=r"tabeller/a\.csv"):
        _report(tmp_path, FIRST, out)
    assert _content(elsewhere) == {"a.csv": "somebody's", "report.docx": "somebody's"}


def test_a_link_to_nothing_and_a_folder_in_the_way_are_not_replaced(tmp_path: Path, out: Path) -> None:
    (out / "index.html").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"index\.html"):
        _report(tmp_path, FIRST, out)
    (out / "index.html").rmdir()
    (out / "index.html").symlink_to(tmp_path / "nothing")
    with pytest.raises(UsageError, match=r"index\.html"):
        _report(tmp_path, FIRST, out)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("at", range(1, 9))
def test_stopped_at_any_file_the_next_one_goes_through(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    _report(tmp_path, FIRST, out)
    calls = 0

    def failing(path: Path, content: bytes | str) -> Path:
        nonlocal calls
        calls += 1
        if calls == at:
            raise OSError(28, "No space left on device", str(path))
        return atomic_write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(report_folder, "atomic_write", failing)
        try:
            _report(tmp_path, SECOND, out)
        except OSError:
            assert at <= 7  # five files, the note before and after
    assert _report(tmp_path, SECOND, out).left == []
    assert _content(out) == SECOND
    assert not [path for path in out.rglob("*") if path.suffix == ".part"]


def test_an_edited_report_of_the_command_itself(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    command = ("report", "--period", "verksamhetsar-2023", "--out", tmp_path / "report")
    assert kaa(*command).exit_code == 0
    document = tmp_path / "report" / "dokument" / "arsrapport.docx"
    document.write_bytes(b"edited")
    said = kaa(*command)
    assert said.exit_code == 0 and document.read_bytes() == b"edited"
    assert str(document) in said.err and "arsrapport (2).docx" in said.err
    (tmp_path / "report" / "index.html").write_text("edited", encoding="utf-8")
    said = kaa(*command)
    assert said.exit_code == 64 and "index.html" in said.err and said.err.count("\n") == 1


def test_no_report_goes_among_the_programs_own_files(published: Published, kaa: Kaa) -> None:
    for out in (".", "published", "history/000001", "keys", "dbt/report"):
        said = kaa("report", "--period", "verksamhetsar-2023", "--out", published.home / out)
        assert said.exit_code == 64 and "choose another folder" in said.err


def test_a_folder_that_may_not_be_written_is_told(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = kaa("report", "--period", "verksamhetsar-2023", "--out", tmp_path / "file" / "report")
    assert said.exit_code == 64 and f"{tmp_path / 'file'} is a file" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
