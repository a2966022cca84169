"""All files are made from the published file alone, the same bytes each time, and nowhere else than asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.content.tables import Heading, TableContent
from dashboards.documents import build_documents, names
from dashboards.published.file import NoReport
from tests.dashboards import published_file
from tests.dashboards.documents.documents_report import Built

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def nacka(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A municipality without job-centres, over an earlier edition of the same report."""
    folder = tmp_path_factory.mktemp("nacka")
    published, out = published_file.nacka(folder / "published.duckdb"), folder / "out"
    (out / names.DOCUMENTS).mkdir(parents=True)
    (out / names.WORD).write_text("earlier")
    return Built(published, "kalenderar-2023", out, build_documents(published, "kalenderar-2023", out))


def test_the_same_report_gives_the_same_bytes(nacka: Built, tmp_path: Path) -> None:
    """In another process, whose sets of texts have another order."""
    code = (
        "import sys; from pathlib import Path; from dashboards.documents import build_documents;"
        "build_documents(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(nacka.published), nacka.period, str(tmp_path)], check=True,
        cwd=Path(__file__).parents[3], env={**os.environ, "PYTHONHASHSEED": "4711"},
    )  # fmt: skip
    different = [
        path.name
        for path in nacka.written
        if path.read_bytes() != (tmp_path / path.relative_to(nacka.out)).read_bytes()
    ]
    assert different == []


def test_what_is_written_is_told_and_nothing_else_is_left(nacka: Built) -> None:
    assert sorted(nacka.written) == sorted(path for path in nacka.out.rglob("*") if path.is_file())
    assert (nacka.out / names.WORD).read_bytes().startswith(b"PK")


def test_a_first_year_has_no_year_before(tmp_path: Path) -> None:
    published = published_file.first_year(tmp_path / "published.duckdb")
    public = published_file.public(published, tmp_path / "public.duckdb", "verksamhetsar-2023")
    build_documents(public, "verksamhetsar-2023", tmp_path / "out")
    assert "7546 " in (tmp_path / "out" / names.px("tabell-1")).read_text(encoding="utf-8")
    assert '".." ".." ".."' in (tmp_path / "out" / names.px("tabell-3")).read_text(encoding="utf-8")


def test_an_unknown_period_is_one_sentence(year: Built, tmp_path: Path) -> None:
    with pytest.raises(NoReport, match="Det finns ingen rapport för perioden"):
        build_documents(year.published, "tertial9-1999", tmp_path)
    assert not list(tmp_path.iterdir())


def test_names_are_safe_in_any_file_system() -> None:
    assert names.px("stod-../å b") == "tabeller/stod-_2e__2e__2f__e5__20_b.px"
    assert names.csv_description("tabell-1") == "tabeller/tabell-1.csv-metadata.json"
    assert not names.has_files(TableContent("Mått", (), (Heading("2023"),), ()))
