"""The command: what it says, in which form, with and without a warehouse, and how it ends."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.report_check.checked import check
from dashboards.report_check.printed_report import read_cells
from dashboards.report_check.warehouse import Warehouse, read_warehouse
from dashboards.report_check.wording import rows, text
from pipelines.commands.cli import main
from tests.dashboards.published_file import stockholm
from tests.report_check.mutations import FILES, all_planted, corrected, printed, with_values


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A published file, with the values of the right report in place of its own."""
    path = stockholm(tmp_path_factory.mktemp("published") / "published.duckdb")
    found = read_warehouse(path, corrected())
    for cell in corrected():
        if not cell.is_share and not cell.derived:
            found.numbers.values[cell.keys[0]] = cell.value  # type: ignore[index]
    for year, occupied, aim in (("2022", 1877, (182, 102, 36)), ("2023", 2257, (162, 86, 37))):
        for cell in corrected():
            for address in cell.keys:
                if address.period.endswith(year):
                    number = {
                        ("occupation", "*"): occupied,
                        ("measures", "*"): aim[0] if address.measure == "ended" else None,
                        ("measure_exits", "STUDIER"): aim[1],
                        ("measure_exits", "ARBETE"): aim[2],
                    }.get((address.figure, address.subcategory))
                    if number is not None:
                        found.numbers.values[address] = Decimal(number)  # type: ignore[index]
    return found


def test_the_print_differs_in_its_three_misprints_and_agrees_in_the_rest(warehouse: Warehouse) -> None:
    checked = check(printed(), warehouse)
    assert {(one.cell.printed, one.cell.label, one.computed) for one in checked.different} == {
        ("section 2", "sökta, ökning", 625),
        ("Tabell 5", "SAKNAS antal till studier/arbete", 30),
        ("Tabell 5", "SAKNAS andel till studier/arbete", 57),
    }
    assert len(rows(checked)) == 3
    said = text(checked)
    assert "Motsägelser inom rapporten: 3" in said
    assert "5 777 − 5 152 = 625, men tryckt är 676" in said
    assert "Stämmer: 138 tal." in said


def test_every_planted_error_is_found_with_the_warehouse(warehouse: Warehouse) -> None:
    """But a count printed as ”ca”, which may be near."""
    for planted in all_planted(corrected())[::3]:
        different = {cell for cell in planted.cells if not cell.agrees(cell.computed(warehouse.value))}
        assert different == {cell for cell in planted.wrong if cell.kind != "approx" or cell in different}


def test_the_warehouse_decides_what_the_report_cannot(warehouse: Warehouse) -> None:
    cells = corrected()
    (place,) = [n for n, cell in enumerate(cells) if cell.label == "inskrivna, män, verksamhetsåret 2023"]
    planted = with_values(cells, {place: Decimal(678)}, "")
    assert planted
    assert len(rows(check(planted.cells, None))) == 2
    (row,) = rows(check(planted.cells, warehouse))
    assert row[1:4] == ("fel", "Tabell 4", "inskrivna, män, verksamhetsåret 2023")
    assert row[6:9] == ("678", "677", "677")
    assert "lagret gör det" in text(check(planted.cells, warehouse))


def test_exchanged_genders_that_only_the_warehouse_sees(warehouse: Warehouse) -> None:
    cells = corrected()
    women, men = (
        next(n for n, cell in enumerate(cells) if cell.label == f"ungdomar i registret, {who}, verksamhetsåret 2023")
        for who in ("kvinnor", "män")
    )
    planted = with_values(cells, {women: cells[men].value, men: cells[women].value}, "")
    assert planted
    said = text(check(planted.cells, warehouse))
    assert "Motsägelser inom rapporten: inga" in said
    assert said.count("har bytt plats med") == 2


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["check-report", *map(str, arguments)])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.fixture(autouse=True)
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KAA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("option", [[], ["--without-warehouse"]])
def test_without_a_warehouse_only_the_report_is_checked(
    capsys: pytest.CaptureFixture[str], no_home: Path, option: list[str]
) -> None:
    code, out, err = run(capsys, *FILES, *option)
    assert (code, err) == (2, "")
    assert "ingenting är jämfört med lagret" in out
    assert "Motsägelser inom rapporten: 3" in out
    assert not no_home.exists()


def test_rows_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *FILES, "--format", "csv")
    found = list(csv.DictReader(io.StringIO(out)))
    assert code == 2
    assert {(row["value"], row["should_be"], row["certainty"]) for row in found} == {
        ("676", "625", "fel"), ("40", "30", "fel"), ("75", "57", "fel"),
    }  # fmt: skip
    assert "141 tal" in err
    assert json.loads(run(capsys, *FILES, "--format", "json")[1]) == found


def test_a_report_without_errors_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, FILES[0])
    assert code == 0
    assert "Motsägelser inom rapporten: inga" in out


def test_a_file_that_cannot_be_used_ends_with_64(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_text(FILES[0].read_text(encoding="utf-8").replace(",7546,", ",7 546 st,"), encoding="utf-8")
    code, out, err = run(capsys, file)
    assert (code, out) == (64, "")
    assert err.startswith("r.csv rad 4 har ”7 546 st” i kolumnen value, som inte är ett tal: skriv det med siffror")


def test_an_unknown_job_centre_and_an_unpublished_year(warehouse: Warehouse) -> None:
    cells = read_cells([FILES[0]])
    later = [replace(cell, number=cell.number.at(period=cell.keys[0].period.replace("202", "203"))) for cell in cells]
    said = text(check(later, warehouse))
    assert "98 tal kunde inte jämföras" in said
    assert "Skiljer sig" not in said


def test_a_figure_of_our_own_is_compared_with_what_is_published(tmp_path: Path) -> None:
    """A number that was never read would be told as zero, and a correct one as wrong."""
    where = "verksamhetsar-2023,*,*,*,HEMBESOK,*"
    file = tmp_path / "own.csv"
    header = FILES[0].read_text(encoding="utf-8").splitlines()[0]
    file.write_text(
        f"{header}\nreached_by_channel,reached,{where},25,exact,Tabell A,\nreached_by_channel,sought,{where},19,exact,Tabell A,\n"
        "time_to_contact,stays,verksamhetsar-2023,*,*,*,D0_14,*,34,exact,Tabell B,\n",
        encoding="utf-8",
    )
    cells = read_cells([file])
    checked = check(cells, read_warehouse(warehouse_file(tmp_path), cells))
    assert [(one.cell.value, one.computed) for one in checked.different] == [(19, 120)]
    assert checked.not_compared == ()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "median_wait,days,verksamhetsar-2023,*,*,GLOBEN,*,*",
            "mediantid till första kontaktförsök, dagar, jobbtorg GLOBEN",
        ),
        ("key_numbers,value,verksamhetsar-2023,*,*,*,Ungvux,nyinskriven", "nyckeltal, Ungvux, nyinskriven"),
        ("status,in_register,dag-2023-11-30,*,*,*,*,*", "den 2023-11-30"),
    ],
)
def test_what_nobody_has_published_is_not_compared_with_zero(tmp_path: Path, row: str, said: str) -> None:
    file = tmp_path / "own.csv"
    header = FILES[0].read_text(encoding="utf-8").splitlines()[0]
    file.write_text(f"{header}\n{row},7,exact,Tabell A,\n", encoding="utf-8")
    cells = read_cells([file])
    checked = check(cells, read_warehouse(warehouse_file(tmp_path), cells))
    assert (checked.different, len(checked.not_compared)) == ([], 1)
    assert f"1 tal kunde inte jämföras: {said}" in text(checked)


def warehouse_file(folder: Path) -> Path:
    return stockholm(folder / "published.duckdb")
