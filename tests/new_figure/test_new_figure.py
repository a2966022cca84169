"""A new figure with a table and a chart on a page is four files: nothing else has to be changed for it to be everywhere.

The files are those of docs/recipes.md. They are added to a copy of the project, and what comes out is looked at; the slow test
also runs the tests of everything that shows or checks figures there.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook

from tests.dashboards.html_page import Page
from tests.repository import ROOT, repository_files

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
FIGURE, CASE = "exits_by_administration", "exits-by-administration"

#: The last line of the chapter that shows it.
_LAST_IN_CHAPTER = '            _results("{before}", "before", RESULT_NOTES[:1]),\n'

#: Tests that concern figures; none of them names the new one.
_CONCERNED = ("contracts", "spec", "dbt", "report_check", "dashboards", "orchestration", "municipality")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the new figure."""
    copy = tmp_path_factory.mktemp("project")
    for path in repository_files():
        place = copy / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    for name in (f"figure_{FIGURE}.sql", f"figure_{FIGURE}.yml"):
        shutil.copyfile(HERE / name, copy / "dbt_project" / "models" / "figures" / name)
    with (copy / "tests" / "spec" / "cases" / "7_egna_figurer.yaml").open("a", encoding="utf-8") as cases:
        cases.write("\n" + (HERE / "example.yaml").read_text(encoding="utf-8"))
    report = copy / "dashboards" / "content" / "annual_report.py"
    text = report.read_text(encoding="utf-8")
    assert text.count(_LAST_IN_CHAPTER) == 1
    line = (HERE / "report_line.txt").read_text(encoding="utf-8")
    report.write_text(text.replace(_LAST_IN_CHAPTER, _LAST_IN_CHAPTER + line), encoding="utf-8")
    _run(copy, "-m", "tests.spec.manual")
    return copy


def _run(project: Path, *arguments: str) -> None:
    """Run Python in the copy: its own packages come before the installed ones."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project, env=os.environ | {"PYTHONPATH": str(project)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


@pytest.fixture(scope="module")
def built(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    _run(project, "-m", "tests.new_figure.build", CASE, str(folder))
    return folder


def test_it_is_in_the_published_file_with_its_definition(built: Path) -> None:
    with duckdb.connect(str(built / "published.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select category, subcategory, value::integer from own_figures where figure = ? and period = 'verksamhetsar-2023' "
            "and gender = '*' and district = '*' and job_centre = '*' order by all",
            [FIGURE],
        ).fetchall()
        described = connection.execute("select title, is_own from catalogue where figure = ?", [FIGURE]).fetchall()
    assert rows == [
        ("*", "*", 2), ("*", "STUDIER", 2), ("AMF", "*", 1), ("AMF", "STUDIER", 1), ("UTBF", "*", 1), ("UTBF", "STUDIER", 1),
    ]  # fmt: skip
    assert described == [("Avslut per förvaltning", True)]


def test_the_report_has_its_table_and_its_chart(built: Path) -> None:
    text = (built / "report" / "kapitel-stod.html").read_text(encoding="utf-8")
    page = Page(text)
    found = [table.row("Utbildningsförvaltningen") for table in page.tables if "Förvaltning" in table.head]
    assert found == [["1", "–", "1"]] * 2, "a table, and the table behind a chart"
    charts = [
        json.loads(data) for data in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    ]
    assert "Utbildningsförvaltningen" in json.dumps(charts, ensure_ascii=False)


def test_it_is_in_the_exports_the_definitions_and_the_documents(built: Path) -> None:
    for name in ("avslut-forvaltning.csv", "avslut-forvaltning.px"):
        assert (built / "public" / "tabeller" / name).is_file(), name
    table = (built / "public" / "tabeller" / "avslut-forvaltning.csv").read_text(encoding="utf-8")
    assert "Utbildningsförvaltningen" in table
    workbook = load_workbook(built / "report" / "dokument" / "arsrapport.xlsx", read_only=True)
    cells = {cell for sheet in workbook for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "Utbildningsförvaltningen" in cells
    assert "Avslut per förvaltning" in Page((built / "report" / "definitioner.html").read_text(encoding="utf-8")).text


def test_check_report_and_the_dictionary_know_it(built: Path) -> None:
    assert FIGURE in json.loads((built / "vocabulary.json").read_text(encoding="utf-8"))
    entries = json.loads((built / "dictionary.json").read_text(encoding="utf-8"))
    assert [entry[2] for entry in entries if entry[1] == FIGURE] == ["ended"]


@pytest.mark.slow
def test_nothing_else_needs_a_change_for_the_tests_to_pass(project: Path) -> None:
    folders = [f"tests/{name}" for name in _CONCERNED]
    _run(project, "-m", "pytest", "-p", "no:cacheprovider", "-x", "--ignore", "tests/dashboards/browser", *folders)
