"""Bad input: one clear sentence, exit 64, nothing written, and no personnummer in what is said."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.cli.conftest import Kaa, Said
from tests.delivery.nights import ANNA, BEA, CARL
from tests.sending.dialects import write_mapping
from tests.sending.files import COLUMNS, HEADER, csv_file, excel_file, mapping

SOUND = [ANNA, "Examen", "2023-06-01"]
ALSO_SOUND = [BEA[2:], "Studiebevis", "2023-06-02"]

Deliver = Callable[..., Said]


@pytest.fixture
def deliver(kaa: Kaa, tmp_path: Path) -> Deliver:
    drop = tmp_path / "drop"
    drop.mkdir()

    def run(mapped: Path, *inputs: Path, source: str = "beda") -> Said:
        return kaa("deliver", "--source", source, "--mapping", mapped, "--drop", drop, "--date", "2023-11-30", *inputs)

    return run


def _is_one_sentence(said: Said, place: Path, *words: str) -> None:
    assert said.exit_code == 64, said.err
    assert said.out == ""
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    for word in words:
        assert word in said.err
    assert not re.search("[0-9]{9}", said.err), said.err
    assert list((place / "drop").iterdir()) == []


def test_the_sound_input_is_delivered(deliver: Deliver, tmp_path: Path) -> None:
    said = deliver(mapping(tmp_path), csv_file(tmp_path / "bevis.csv", SOUND, ALSO_SOUND))
    assert said.exit_code == 0, said.err
    assert (tmp_path / "drop/beda/2023-11-30-1/bevis.csv").read_text() == (
        f"personnummer;bevis;datum\n{ANNA};GYMNASIEEXAMEN;2023-06-01\n{BEA};STUDIEBEVIS;2023-06-02\n"
    )


def test_an_unknown_local_code_is_named(deliver: Deliver, tmp_path: Path) -> None:
    said = deliver(mapping(tmp_path), csv_file(tmp_path / "bevis.csv", SOUND, [BEA, "Diplom", "2023-06-01"]))
    _is_one_sentence(
        said, tmp_path, "the local code 'Diplom'", "bevis.bevis", "row 3", "Examen, Studiebevis", "add it there"
    )


def test_an_unknown_code_that_is_a_number_of_a_person_is_not_named(deliver: Deliver, tmp_path: Path) -> None:
    for written in (ANNA, f"{ANNA[2:8]}-{ANNA[8:]}", f"hos {ANNA}"):
        said = deliver(mapping(tmp_path), csv_file(tmp_path / "bevis.csv", SOUND, [BEA, written, "2023-06-01"]))
        _is_one_sentence(said, tmp_path, "looks like a personnummer", "row 3")
        assert ANNA[-4:] not in said.err


def test_an_ambiguous_day_stops(deliver: Deliver, tmp_path: Path) -> None:
    mapped = mapping(tmp_path, {"datum": {"from": "Datum", "date": ["%d%m%y", "%y%m%d"]}})
    said = deliver(mapped, csv_file(tmp_path / "bevis.csv", [ANNA, "Examen", "050123"]))
    _is_one_sentence(said, tmp_path, "'050123'", "2023-01-05", "2005-01-23", "%d%m%y", "bevis.datum")
    said = deliver(mapped, csv_file(tmp_path / "bevis.csv", [ANNA, "Examen", "991231"], [BEA, "Examen", "111111"]))
    assert said.exit_code == 0  # one reading each


def test_two_columns_of_one_name(deliver: Deliver, tmp_path: Path) -> None:
    said = deliver(mapping(tmp_path), csv_file(tmp_path / "bevis.csv", [*SOUND, "x"], header=[*HEADER, "Datum"]))
    _is_one_sentence(said, tmp_path, "two columns named 'Datum'")
    twice = json.dumps([dict(zip(HEADER, SOUND, strict=True))])[:-2] + ', "Datum": "2023-06-05"}]'
    path = tmp_path / "bevis.json"
    path.write_text(twice)
    _is_one_sentence(deliver(mapping(tmp_path, format="json"), path), tmp_path, "two fields named 'Datum'")


def test_columns_that_nobody_asks_for_may_have_one_name(deliver: Deliver, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "bevis.csv", [*SOUND, CARL, CARL], header=[*HEADER, "Övrigt", "Övrigt"])
    assert deliver(mapping(tmp_path), path).exit_code == 0
    assert all(CARL.encode() not in file.read_bytes() for file in (tmp_path / "drop").rglob("*") if file.is_file())


def test_merged_cells_in_the_table(deliver: Deliver, tmp_path: Path) -> None:
    rows = [["Bevis 2023", None, None], [], HEADER, SOUND, [BEA, None, "2023-06-02"]]
    said = deliver(mapping(tmp_path, format="excel"), excel_file(tmp_path / "bevis.xlsx", *rows, merged="B4:B5"))
    _is_one_sentence(said, tmp_path, "merged cells", "rows 4 to 5")
    rows[-1][1] = "Studiebevis"
    said = deliver(mapping(tmp_path, format="excel"), excel_file(tmp_path / "bevis.xlsx", *rows, merged="A1:C1"))
    assert said.exit_code == 0, said.err  # a title may span the table


@pytest.mark.parametrize("row", [["Summa", "", "2"], ["", "Totalt", ""], ["totalt:", "", ""], ["Summa bevis", "", "2"]])
def test_a_sum_row(deliver: Deliver, tmp_path: Path, row: list[str]) -> None:
    path = csv_file(tmp_path / "bevis.csv", SOUND, row)
    _is_one_sentence(deliver(mapping(tmp_path), path), tmp_path, "Row 3", "sum", "footer", "where")
    assert deliver(mapping(tmp_path, footer=1), path).exit_code == 0


def test_a_sum_row_may_be_dropped_by_where_or_by_its_text(deliver: Deliver, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "bevis.csv", SOUND, ["Summa", "", "1"], ["Uttaget av", "", ""])
    assert deliver(mapping(tmp_path, footer="Summa"), path).exit_code == 0
    said = deliver(mapping(tmp_path, where={"drop": {"Personnummer": ["Summa", "Uttaget av"]}}), path)
    assert "already lies in" in said.err and said.exit_code == 0


def test_numbers_that_excel_has_damaged(deliver: Deliver, tmp_path: Path) -> None:
    for written in ("2,00503E+11", "2.00503E+11", "5,03042E+09"):
        said = deliver(mapping(tmp_path), csv_file(tmp_path / "bevis.csv", SOUND, [written, "Examen", "2023-06-01"]))
        _is_one_sentence(said, tmp_path, "Excel has turned a number into", "row 3", "as text")
    path = csv_file(tmp_path / "bevis.csv", SOUND, [ANNA[2:].lstrip("0"), "Examen", "2023-06-01"])
    _is_one_sentence(deliver(mapping(tmp_path), path), tmp_path, "Excel has stripped the zeros", "row 3")
    path = excel_file(tmp_path / "bevis.xlsx", HEADER, SOUND, [int(BEA[2:]), "Examen", "2023-06-01"])
    _is_one_sentence(deliver(mapping(tmp_path, format="excel"), path), tmp_path, "Excel has stripped the zeros")


def test_a_mistyped_number_is_not_taken_for_damage(deliver: Deliver, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "bevis.csv", SOUND, [ANNA[:-1] + str((int(ANNA[-1]) + 1) % 10), "Examen", "2023-06-01"],
                    [BEA[2:-1], "Examen", "2023-06-01"], ["20050304", "Examen", "2023-06-01"])  # fmt: skip
    said = deliver(mapping(tmp_path), path)
    assert said.exit_code == 2
    assert "bad_personnummer, 3 rows" in said.err


def test_a_number_that_excel_holds_whole_is_read(deliver: Deliver, tmp_path: Path) -> None:
    path = excel_file(
        tmp_path / "bevis.xlsx", HEADER, [int(ANNA), "Examen", "2023-06-01"], [float(BEA), "Examen", "2023-06-01"]
    )
    book = openpyxl.load_workbook(path)
    assert book.active is not None
    book.active.append([int(CARL[2:]), "Examen", "2023-06-01"])
    book.active["A4"].number_format = "0000000000"  # it shows the zeros
    book.save(path)
    assert deliver(mapping(tmp_path, format="excel"), path).exit_code == 0
    delivered = (tmp_path / "drop/beda/2023-11-30-1/bevis.csv").read_text()
    assert all(number in delivered for number in (ANNA, BEA, CARL))


def test_a_missing_column_and_no_header(deliver: Deliver, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "bevis.csv", SOUND, header=["Personnummer", "Betyg", "Datum"])
    _is_one_sentence(
        deliver(mapping(tmp_path), path), tmp_path, "no column 'Bevis'", "Row 1 has Personnummer, Betyg, Datum"
    )
    path = csv_file(tmp_path / "bevis.csv", SOUND, header=ALSO_SOUND)
    _is_one_sentence(deliver(mapping(tmp_path), path), tmp_path, "No header row was found")
    path = csv_file(tmp_path / "bevis.csv", SOUND)
    _is_one_sentence(deliver(mapping(tmp_path, header_row=2), path), tmp_path, "No header row", "row 2")
    _is_one_sentence(deliver(mapping(tmp_path, header_row=20), path), tmp_path, "no row 20")


@pytest.mark.parametrize(("written", "said_to_be", "advice"), [
    ("windows-1252", "utf-8", "windows-1252"), ("utf-8", "windows-1252", "utf-8"), ("utf-16", "utf-8", "utf-16"),
    ("utf-16", "windows-1252", "utf-16"), ("utf-8", "utf-16", "utf-16"), ("windows-1252", "iso-8859-1", "windows-1252"),
    ("utf-8", "iso-8859-1", "utf-8"),
])  # fmt: skip
def test_a_wrong_encoding(deliver: Deliver, tmp_path: Path, written: str, said_to_be: str, advice: str) -> None:
    path = csv_file(tmp_path / "bevis.csv", [*SOUND, "Åsa – Örjan"], header=[*HEADER, "Namn"], encoding=written)
    said = deliver(mapping(tmp_path, encoding=said_to_be), path)
    _is_one_sentence(said, tmp_path, f"is not written in {said_to_be}", advice, "encoding")


def test_a_wrong_separator(deliver: Deliver, tmp_path: Path) -> None:
    for written, looks in ((",", "','"), ("\t", "(tab)"), ("|", "'|'")):
        path = csv_file(tmp_path / "bevis.csv", SOUND, ALSO_SOUND, separator=written)
        _is_one_sentence(deliver(mapping(tmp_path), path), tmp_path, "one column only", "separator", looks)


def test_a_line_with_other_values_and_an_open_quote(deliver: Deliver, tmp_path: Path) -> None:
    path = tmp_path / "bevis.csv"
    path.write_text(f"{';'.join(HEADER)}\n{';'.join(SOUND)}\n{BEA};Examen;2023-06-02;hej\n")
    _is_one_sentence(deliver(mapping(tmp_path), path), tmp_path, "Line 3", "4 values and the header 3")
    path.write_text(f'{";".join(HEADER)}\n{";".join(SOUND)}\n"{BEA};Examen;2023-06-02\n')
    _is_one_sentence(deliver(mapping(tmp_path), path), tmp_path, "line 3", "quote")


def test_files_that_cannot_be_read(deliver: Deliver, tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500
    path = tmp_path / "bevis.xlsx"
    no_excel = "cannot be read as an Excel file"
    cases = [(b"", "is empty"), (b" \n ", "is empty"), (ole, ".xls"), (ole + "EncryptedPackage".encode("utf-16-le"), "password"),
             (b"PK\x03\x04 no more", no_excel), (b"<html>", no_excel)]  # fmt: skip
    for content, words in cases:
        path.write_bytes(content)
        _is_one_sentence(deliver(mapping(tmp_path, format="excel"), path), tmp_path, words)
    excel_file(path, HEADER, SOUND)
    _is_one_sentence(deliver(mapping(tmp_path, format="csv"), path), tmp_path, "is an Excel file and no CSV")
    _is_one_sentence(
        deliver(mapping(tmp_path, format="excel", sheet="Blad 7"), path), tmp_path, "no sheet 'Blad 7'", "'Blad1'"
    )
    path.write_text('{"a": 1}')
    _is_one_sentence(deliver(mapping(tmp_path, format="json"), path), tmp_path, "no list of objects")
    path.write_text("{")
    _is_one_sentence(deliver(mapping(tmp_path, format="json"), path), tmp_path, "is no JSON")
    path.write_text('[{"Personnummer": "x"}]')
    _is_one_sentence(deliver(mapping(tmp_path, format="json"), path), tmp_path, "no field 'Bevis'")


def test_what_excel_shows_in_place_of_a_value(deliver: Deliver, tmp_path: Path) -> None:
    for shown in ("########", "#REF!", "#SAKNAS!", "#N/A"):
        path = csv_file(tmp_path / "bevis.csv", SOUND, [BEA, "Examen", shown])
        _is_one_sentence(deliver(mapping(tmp_path), path), tmp_path, "Row 3", shown, "'Datum'")
    path = excel_file(tmp_path / "bevis.xlsx", HEADER, SOUND, [BEA, "Examen", "=C2+1"])
    _is_one_sentence(deliver(mapping(tmp_path, format="excel"), path), tmp_path, "formula in cell C3")


def test_inputs_and_datasets_that_do_not_meet(deliver: Deliver, tmp_path: Path) -> None:
    one, two = csv_file(tmp_path / "bevis 1.csv", SOUND), csv_file(tmp_path / "bevis 2.csv", ALSO_SOUND)
    other = csv_file(tmp_path / f"{ANNA}.csv", SOUND)
    mapped = mapping(tmp_path)
    _is_one_sentence(deliver(mapped, one, two), tmp_path, "two inputs", "bevis 1.csv and bevis 2.csv")
    _is_one_sentence(deliver(mapped, one, other), tmp_path, "belongs to no dataset", "bevis*")
    _is_one_sentence(deliver(mapped), tmp_path, "has no input")
    _is_one_sentence(
        deliver(mapped, tmp_path / f"bevis {ANNA}.csv"), tmp_path, "cannot be read (No such file or directory)"
    )
    (tmp_path / "bevis").mkdir()
    _is_one_sentence(deliver(mapped, tmp_path / "bevis"), tmp_path, "cannot be read (Is a directory)")


def test_made_ids_must_differ(deliver: Deliver, tmp_path: Path) -> None:
    columns = {
        "besok_id": {"made": ["Personnummer", "Datum"]},
        "personnummer": COLUMNS["personnummer"],
        "datum": COLUMNS["datum"],
        "besokstyp": {"constant": "VAGLEDNING"},
    }
    mapped = write_mapping(
        tmp_path / "s.yaml", "skolslussen", {"besok": {"input": {"file": "bevis*"}, "columns": columns}}
    )
    path = csv_file(tmp_path / "bevis.csv", SOUND, ALSO_SOUND, [ANNA[2:], "", "2023-06-01"])
    said = deliver(mapped, path, source="skolslussen")
    _is_one_sentence(said, tmp_path, "Rows 2 and 4", "the same Personnummer, Datum", "tells them apart")


@pytest.mark.parametrize(("arguments", "words"), [
    (["--date", "2999-01-01"], "later than tomorrow"), (["--date", "1999-01-01"], "The receiver would not take"),
    (["--date", "30/11"], "is not a day"), (["--revision", "0"], "--revision"), (["--source", "bibliotek"], "There is no source"),
    (["--source", "ber"], "is for the source 'beda'"), (["--drop", "nowhere"], "There is no drop folder"),
])  # fmt: skip
def test_wrong_usage(kaa: Kaa, tmp_path: Path, arguments: list[str], words: str) -> None:
    (tmp_path / "drop").mkdir()
    usual = ["--source", "beda", "--mapping", mapping(tmp_path), "--drop", tmp_path / "drop", "--date", "2023-11-30"]
    said = kaa("deliver", *usual, *arguments, csv_file(tmp_path / "bevis.csv", SOUND))
    assert said.exit_code == 64 and words in said.err and said.err.count("\n") == 1
    assert list((tmp_path / "drop").iterdir()) == []
