"""The tables of a report: what is read as it stands, and what is told in one Swedish sentence with file and line."""

from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.report_check.printed_report import read_cells
from dashboards.report_check.tables import BadReport

VALUES = """figure,measure,period,gender,district,job_centre,category,subcategory,value,kind,printed,note
population,in_register,verksamhetsar-2024,*,*,*,*,*,7546,exact,Tabell 1,
outreach,sought,verksamhetsar-2024,*,*,*,*,*,77,share,sid 3,outreach sought / population in_register
measure_exits,ended,verksamhetsar-2024,*,*,*,AIM,STUDIER,53,share,sid 9,nästan 53 procent
"""
IN_REGISTER = "population/in_register/verksamhetsar"
DERIVED = f"""printed,label,op,terms,value
sid 1,ökning,difference,{IN_REGISTER}-2024/*/*/*/*/* ; {IN_REGISTER}-2023/*/*/*/*/*,-12
"""


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "rapport.csv"
    path.write_bytes(text.encode(encoding))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(BadReport) as refused:
        read_cells([path])
    return str(refused.value)


@pytest.mark.parametrize(
    "change", [lambda text: text, lambda text: "\ufeff" + text.replace("\n", "\r\n"), lambda text: text + "\n\n"]
)
def test_both_kinds_of_files_are_recognised_by_their_header(tmp_path: Path, change: object) -> None:
    assert callable(change)
    first, second, third = read_cells([write(tmp_path, change(VALUES))])
    assert (first.value, first.line, first.kind) == (7546, 2, "exact")
    assert (second.keys[-1].figure, second.keys[-1].category) == ("population", "*")
    assert (third.keys[-1].figure, third.keys[-1].category, third.keys[-1].subcategory) == ("measures", "AIM", "*")
    (change_,) = read_cells([write(tmp_path, change(DERIVED))])
    assert (change_.value, change_.kind, change_.derived) == (-12, "difference", True)


def test_the_order_of_columns_is_free_and_a_row_given_twice_is_one_number(tmp_path: Path) -> None:
    rows = [line.split(",") for line in VALUES.splitlines()]
    turned = "\n".join(",".join(reversed(row)) for row in rows)
    a, b = write(tmp_path, VALUES), tmp_path / "b.csv"
    b.write_text(turned, encoding="utf-8")
    assert len(read_cells([a, b])) == 3


def test_a_table_as_a_swedish_spreadsheet_saves_it(tmp_path: Path) -> None:
    text = VALUES.replace(",", ";").replace(";7546;", ";7 546;").replace(";77;", ";76,6 %;")
    first, second, _ = read_cells([write(tmp_path, text)])
    assert (first.value, second.value, second.step) == (7546, Decimal("76.6"), Decimal("0.1"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",7546,", ",75 46,", "rad 2 har ”75 46” i kolumnen value, som inte är ett tal: skriv det med siffror"),
        (",7546,", ",75 %,", "rad 2 har ”75 %” i procent: skriv share i kolumnen kind."),
        (",7546,", ",ca 7500,", "rad 2 har ”ca 7500”: skriv approx i kolumnen kind."),
        (",7546,", ",7.546,", "rad 2 har ”7.546”, men ett antal har inga decimaler: skriv hela talet"),
        (",7546,", ",många,", "skriv det med siffror"),
        (",7546,", ",,", "rad 2 har ”” i kolumnen value"),
        ("population,in", "befolkning,in", "rad 2: figuren ”befolkning” finns inte; skriv någon av population"),
        ("population,in", "befolkning,in", "tal som katalogen inte känner står i en tabell med printed,label,op"),
        ("sought,verk", "sökta,verk", "rad 3: figuren outreach har inget mått ”sökta”; skriv någon av sought"),
        ("in_register,verksamhetsar-2024", "in_register,2024", "rad 2: perioden ”2024” finns inte"),
        ("in_register,verksamhetsar-2024", "in_register,dag-2024-01-01", "inte en enda dag"),
        ("2024,*,*,*,*,*,7546", "2024,flickor,*,*,*,*,7546", "könet ”flickor” finns inte; skriv kvinna, man eller *"),
        ("2024,*,*,*,*,*,7546", "2024,*,01,KISTA,*,*,7546", "inte båda"),
        ("2024,*,*,*,*,*,7546", "2024,*,*,*,BREV,*,7546", "har inga kategorier"),
        ("AIM,STUDIER", "AIM,STUDIE", "koden ”STUDIE” finns inte i listan avslutsorsak"),
        ("AIM,STUDIER", "*,STUDIER", "finns bara per kategori"),
        (",exact,", ",about,", "rad 2 har ”about” i kolumnen kind: skriv någon av exact, share, approx."),
        ("Tabell 1,", "Tabell 1, och 2,", "rad 2 har 13 kolumner i stället för 12"),
        (",kind,", ",typ,", "rad 1 saknar kolumnen kind"),
        (",note", ",note,kind", "rad 1 har kolumnen kind två gånger"),
        ("sid 3,", '"sid 3,', "är inte giltig CSV"),
        ("figure,", "id;figure,", "rad 1 saknar kolumnen figure"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in VALUES
    said = refusal(write(tmp_path, VALUES.replace(old, new, 1)))
    assert said.startswith("rapport.csv rad ")
    assert told in said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "difference",
            "minus",
            "rad 2 har ”minus” i kolumnen op: skriv någon av sum, difference, share, change, change_percent, mean.",
        ),
        ("/*/*/*/*/* ;", "/*/*/*/* ;", "som varken är ett tal i rapporten eller figure/measure/period"),
        (" ; population/in_register/verksamhetsar-2023/*/*/*/*/*", "", "en skillnad behöver minst två"),
        ("2023/*/*/*/*/*", "2023/*/*/*/AIM/*", "har inga kategorier"),
    ],
)
def test_what_is_wrong_with_derived_numbers(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert told in refusal(write(tmp_path, DERIVED.replace(old, new, 1)))


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    assert "är inte i UTF-8: spara filen som CSV UTF-8." in refusal(write(tmp_path, VALUES, "latin-1"))
    assert "rad 4" in refusal(write(tmp_path, VALUES, "latin-1"))
    assert "är inte i UTF-8: spara filen som CSV UTF-8." in refusal(write(tmp_path, VALUES, "utf-16"))
    assert "värden som innehåller semikolon" in refusal(write(tmp_path, VALUES.replace(",", ";") + "1;2\n"))
    assert "filen är tom" in refusal(write(tmp_path, ""))
    assert "inte av några tal" in refusal(write(tmp_path, VALUES.splitlines()[0]))
    assert "ingen känd rubrikrad" in refusal(write(tmp_path, "a,b\n1,2\n"))
    assert "kan inte läsas" in refusal(tmp_path / "finns-inte.csv")


def test_a_share_must_say_of_what(tmp_path: Path) -> None:
    text = VALUES.replace("outreach,sought", "contacts,own").replace("outreach sought / population in_register", "")
    assert "av vad står inte i kolumnen note" in refusal(write(tmp_path, text))
