"""Other people's reports: numbers that the catalogue does not know, several municipalities, numbers as people type them.

The examples with a source were printed by others: a county's eight municipalities, a report on self-support, a series with a
sentence about it, and a heading over its two counts.
"""

import csv
import random
import re
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from dashboards.report_check.checked import Checked, check
from dashboards.report_check.printed_report import read_cells, read_report
from dashboards.report_check.tables import BadReport
from dashboards.report_check.typed_numbers import typed_number
from dashboards.report_check.warehouse import read_warehouse
from dashboards.report_check.wording import rows, text
from tests.dashboards.published_file import stockholm

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "check-report.md"

HEADER = "printed|label|municipality|period|op|terms|value"

COUNTY = (27, 33, 50, 79, 70, 182, 23, 433)

SERIES = {"2010": "14,3", "2011": "12,6", "2012": "11,4", "2013": "11,2", "2014": "11,9", "2015": "12,2"}


def checked(folder: Path, *lines: str) -> Checked:
    """A report of these rows, without a warehouse."""
    path = folder / "rapport.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(line.split("|") for line in (HEADER, *lines))
    report = read_report([path])
    return check(report.cells, None, hidden=report.hidden)


def refusal(folder: Path, *lines: str) -> str:
    with pytest.raises(BadReport) as refused:
        checked(folder, *lines)
    said = str(refused.value)
    assert said.startswith("rapport.csv rad ") and said.endswith(".") and "\n" not in said
    return said


def county(total: str) -> list[str]:
    parts = [f"Tabell 1|ungdomar|Kommun {n}|2015|||{number}" for n, number in enumerate(COUNTY, start=1)]
    return [*parts, f"Tabell 1|ungdomar|Länet|2015|sum|ungdomar, *|{total}"]


def series(*more: str) -> list[str]:
    return [*(f"Diagram 3|utan arbete eller studier||{year}|||{value} %" for year, value in SERIES.items()), *more]


# --- what others have printed -----------------------------------------------------------------------------------------------


def test_a_countys_municipalities_add_up(tmp_path: Path) -> None:
    found = checked(tmp_path, *county("897"))
    assert not found.suspects and not found.unrelated
    assert "Motsägelser inom rapporten: inga" in text(found)


def test_where_many_numbers_could_be_wrong_one_line_says_how_many(tmp_path: Path) -> None:
    found = checked(tmp_path, *county("896"))
    said = text(found)
    assert "1. Ett av 9 tal är fel; rapporten själv kan inte avgöra vilket." in said
    assert "– 27 + 33 + 50 + 79 + 70 + 182 + 23 + 433 = 897, men tryckt är 896 (Tabell 1)." in said
    assert sum("Kommun" in line for line in said.splitlines()) == 0
    assert len(rows(found)) == 9  # a program is given each with what it should be


def test_the_likeliest_of_many_is_named(tmp_path: Path) -> None:
    said = text(checked(tmp_path, *county("987")))
    assert "Troligast är Tabell 1, ”ungdomar, Länet, 2015”: tryckt 987, ska då vara 897 (omkastade siffror)." in said


def test_a_share_that_is_not_that_of_its_counts(tmp_path: Path) -> None:
    """39, of them 28, 70 per cent."""
    found = checked(
        tmp_path, "s. 4|avslutade|||||39", "s. 4|självförsörjande|||||28",
        "s. 4|andel självförsörjande|||share|självförsörjande ; avslutade|70 procent",
    )  # fmt: skip
    assert "28 av 39 är 71,8 %, men tryckt är 70 % (s. 4)." in text(found)
    assert {(row[3], row[6], row[7]) for row in rows(found)} == {
        ("andel självförsörjande", "70", "72"), ("avslutade", "39", "40"),
    }  # fmt: skip


def test_a_text_that_says_another_number_than_the_series(tmp_path: Path) -> None:
    """14.3 12.6 11.4 11.2 11.9 12.2, and ”rose to 13 per cent”: it rose, but not to 13."""
    name = "utan arbete eller studier"
    rose = f"Text|ökningen||2015|change|{name}, 2014 ; {name}, 2015|"
    found = checked(tmp_path, *series(f"Text|{name}||2015|||13 procent", f"{rose}ökade"))
    said = text(found)
    assert f"Diagram 3, ”{name}, 2015”: 12,2 %; Text, ”{name}, 2015”: 13 %." in said
    assert f"Text, ”{name}, 2015”: tryckt 13 %, ska då vara 12 %" in said
    assert "Dessförinnan, 2014, är det 11,9 %." in said
    assert {row[3] for row in rows(found)} == {f"{name}, 2015"}
    assert "från 11,9 % till 12,2 % är en ökning, men tryckt är ”minskade”" in text(
        checked(tmp_path, *series(f"{rose}minskade"))
    )


def test_every_fourth_of_22_per_cent_is_loose_and_not_wrong(tmp_path: Path) -> None:
    counts = ("s. 2|ungdomar|||||46 300", "s. 2|i insats|||||10 000")

    def said(value: str) -> tuple[str, bool]:
        found = checked(tmp_path, *counts, f"Rubrik|andel|||share|i insats; ungdomar|{value}")
        return text(found), bool(found.suspects)

    loose, is_wrong = said("var fjärde")
    assert "Löst uttryckt, men inte fel: 1 tal" in loose
    assert "10 000 av 46 300 är 21,6 %, men tryckt är ”var fjärde”" in loose
    assert not is_wrong
    for value, loosely, wrong in (
        ("var femte", False, False), ("22 %", False, False), ("ca 20 %", False, False), ("ca 18 %", True, False),
        ("en fjärdedel", True, False), ("var tredje", False, True), ("25 %", False, True), ("två av tio", False, False),
    ):  # fmt: skip
        words, is_wrong = said(value)
        assert ("Löst uttryckt" in words, is_wrong) == (loosely, wrong), value


# --- what follows from what ---------------------------------------------------------------------------------------------------

TWO_YEARS = ("T|x|A|2014|||120", "T|x|A|2015|||150", "T|x|B|2014|||80", "T|x|B|2015|||61")


@pytest.mark.parametrize(
    ("row", "right", "wrong", "told"),
    [
        ("summa|Länet|2015|sum|x, *", "211", "212", "Samma tal är tryckt på flera ställen, men olika"),
        ("skillnad||2015|difference|x, A ; x, B", "89", "88", "150 − 61 = 89, men tryckt är 88"),
        ("andel|A|2015|share|x, A ; summa, Länet", "71 %", "70 %", "150 av 211 är 71,1 %, men tryckt är 70 %"),
        ("ökning|A|2015|change|x, 2014 ; x", "30", "−30", "150 − 120 = 30, men tryckt är −30"),
        ("ökning|A|2015|change_percent|x, 2014 ; x", "25 %", "20 %", "från 120 till 150 är 25 %, men tryckt är 20 %"),
        ("ökning|B|2015|change_percent|x, 2014 ; x", "−24 %", "24 %", "från 80 till 61 är −23,8 %, men tryckt är 24 %"),
        ("medel|Länet|2015|mean|x, *", "105,5", "105", None),
        ("medel|Länet|2015|mean|x, *", "106", "107", "medelvärdet av 150 och 61 är 105,5, men tryckt är 107"),
        ("över åren|A||mean|x, A, *", "135", "130", "medelvärdet av 120 och 150 är 135, men tryckt är 130"),
        ("riktning|B||change|x, B, 2014 ; x, B, 2015", "sjönk", "ökade", "från 80 till 61 är en minskning, men"),
    ],
)  # fmt: skip
def test_every_way_of_following(tmp_path: Path, row: str, right: str, wrong: str, told: str | None) -> None:
    total = "T|summa|Länet|2015|sum|x, *|211"
    assert not checked(tmp_path, *TWO_YEARS, total, f"U|{row}|{right}").suspects
    found = checked(tmp_path, *TWO_YEARS, total, f"U|{row}|{wrong}")
    assert bool(found.suspects) == bool(told)
    assert (told or "") in text(found)


def test_rounded_numbers_need_not_add_up_to_the_last_digit(tmp_path: Path) -> None:
    thirds = [f"T|del {n}|||||33 %" for n in range(3)]
    assert not checked(tmp_path, *thirds, "T|alla|||sum|del 0;del 1;del 2|100 %").suspects
    assert checked(tmp_path, *thirds, "T|alla|||sum|del 0;del 1;del 2|102 %").suspects
    # 54 and 50 per cent may be 54.4 and 49.6: a difference of five points is no error, one of six is.
    shares = ("T|andel||2023|||54 %", "T|andel||2022|||50 %")
    for points, wrong in (("4", False), ("5", False), ("6", True)):
        row = f"T|skillnad|||change|andel, 2022 ; andel, 2023|{points} procentenheter"
        assert bool(checked(tmp_path, *shares, row).suspects) == wrong


def test_a_total_that_follows_from_totals_is_told_by_its_own_terms(tmp_path: Path) -> None:
    lines = ("T|a|||||10", "T|b|||||20", "T|ab|||sum|a ; b|30", "T|c|||||5", "T|alla|||sum|ab ; c|36")
    assert "30 + 5 = 35, men tryckt är 36" in text(checked(tmp_path, *lines))


def test_a_number_that_is_not_told_can_be_anything_from_zero(tmp_path: Path) -> None:
    rows_ = ("T|a|||||40", "T|b|||||..", "T|c|||||<5", "T|d|||||–")
    found = checked(tmp_path, *rows_, "T|alla|||sum|a;b;c;d|47", "T|andel|||share|b;alla|..")
    assert not found.suspects
    assert "6 tal ur" not in text(found)
    assert "Dolda i rapporten (.. eller <5) och inte kontrollerade: 3 tal." in text(found)
    assert checked(tmp_path, *rows_, "T|alla|||sum|a;b;c;d|39").suspects
    thirds = ("T|a|||||33,3 %", "T|b|||||33,3 %", "T|c|||||..")
    assert not checked(tmp_path, *thirds, "T|alla|||sum|a;b;c|100 %").suspects


def test_two_numbers_of_one_name_are_told_to_need_two(tmp_path: Path) -> None:
    said = text(checked(tmp_path, "Tabell 1|Totalt|||||897", "Tabell 2|Totalt|||||432"))
    assert "Är det inte samma tal: ge dem olika namn i kolumnen label." in said


def others_report(seed: int) -> list[str]:
    """A right report, rounded as people round: counts and shares by municipality and year, and what follows from them."""
    chance = random.Random(seed)
    places, years = "ABCD"[: chance.randint(2, 4)], ("2013", "2014", "2015")[: chance.randint(2, 3)]
    first, last = years[0], years[-1]
    counts = {(place, year): chance.randint(1, 500) for place in places for year in years}
    shares = {where: Fraction(chance.randint(1, 10**6), 10**4) for where in counts}
    found = [f"T|x|{place}|{year}|||{count}" for (place, year), count in counts.items()]
    found += [f"T|p|{place}|{year}|||{printed(share, 1)} %" for (place, year), share in shares.items()]

    def add(row: str, value: str) -> None:
        if chance.random() < 0.6:
            found.append(f"T|{row}|{value}")

    for year in years:
        total = sum(counts[place, year] for place in places)
        found.append(f"T|x|Länet|{year}|sum|x, *|{total}")
        add(
            f"medel|Länet|{year}|mean|{' ; '.join(f'x, {place}' for place in places)}",
            printed(Fraction(total, len(places)), 1),
        )
        add(
            f"pmedel|Länet|{year}|mean|p, *",
            f"{printed(sum(shares[place, year] for place in places) / len(places), 0)} %",
        )
        for place in places:
            add(
                f"andel|{place}|{year}|share|x ; x, Länet",
                f"{printed(Fraction(100 * counts[place, year], total), 0)} %",
            )
    for place in places:
        before, after, year = counts[place, first], counts[place, last], f"{place}|{last}"
        points = shares[place, last] - shares[place, first]
        add(f"antal|{year}|change|x, {first} ; x", printed(Fraction(after - before), 0))
        add(
            f"procent|{year}|change_percent|x, {first} ; x", f"{printed(Fraction(100 * (after - before), before), 1)} %"
        )
        add(f"punkter|{year}|change|p, {first} ; p", f"{printed(points, 0)} procentenheter")
        add(f"riktning|{year}|change|p, {first} ; p", "ökade" if points >= 0 else "minskade")
    return found


def printed(value: Fraction, decimals: int) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)}".replace(".", ",").replace("-", "−")


def test_nothing_right_is_accused_and_a_wrong_number_is_among_the_named(tmp_path: Path) -> None:
    found = 0
    for seed in range(12):
        right = others_report(seed)
        assert not checked(tmp_path, *right).suspects, seed
        places = [place for place, line in enumerate(right) if line.split("|")[-1][0].isdigit()]
        chosen = places[seed * 7 % len(places)]
        wrong = [re.sub(r"([^|]+)$", r"9\1", line) if place == chosen else line for place, line in enumerate(right)]
        suspects = checked(tmp_path, *wrong).suspects
        assert not suspects or chosen + 2 in {cell.line for cell in suspects}, seed
        found += bool(suspects)
    assert found >= 10  # a number that takes part in nothing cannot be found


# --- several municipalities and the warehouse ---------------------------------------------------------------------------------

VALUES = "figure,measure,period,gender,district,job_centre,category,subcategory,value,kind,printed,note,municipality\n"


def outreach(municipality: str, sought: int, women: int, men: int) -> str:
    return "".join(
        f"outreach,sought,verksamhetsar-2023,{gender},*,*,*,*,{number},exact,Tabell 2,,{municipality}\n"
        for gender, number in (("kvinna", women), ("man", men), ("*", sought))
    )


def test_each_municipality_is_checked_by_itself_and_ours_against_the_warehouse(tmp_path: Path) -> None:
    path = tmp_path / "lan.csv"
    path.write_text(
        VALUES + outreach("Stockholm", 5777, 2677, 3100) + outreach("Nacka", 61, 30, 30)
        + "outreach,sought,verksamhetsar-2023,*,*,FISKSATRA,*,*,7,exact,Tabell 2,,Nacka\n", encoding="utf-8",
    )  # fmt: skip
    total = tmp_path / "summa.csv"
    key = "outreach/sought/verksamhetsar-2023/*/*/*/*/*"
    total.write_text(f'printed,label,op,terms,value\nTabell 2,båda,sum,"{key}, *",5838\n', encoding="utf-8")
    cells = read_cells([path, total])
    assert len(cells[-1].keys) == 2
    found = check(cells, read_warehouse(stockholm(tmp_path / "published.duckdb"), cells))
    assert {one.cell.value for one in found.compared} == {5777, 2677, 3100}
    said = text(found)
    assert "Tal för Nacka (5 tal) är bara kontrollerade mot varandra." in said
    assert "30 + 30 = 60, men tryckt är 61" in said
    assert not any("Stockholm" in cell.label for finding in found.findings for cell in finding.cells)


def test_the_terms_of_a_report_of_one_municipality_are_that_ones(tmp_path: Path) -> None:
    values, more = tmp_path / "a.csv", tmp_path / "b.csv"
    key = "outreach/sought/verksamhetsar-2023/*/*/*/*/*"
    more.write_text(
        f"printed,label,op,terms,value\nT,summa,sum,{key} ; {key.replace('sought', 'reached')},62\n", encoding="utf-8"
    )
    reached = outreach("Nacka", 41, 20, 21).replace("sought", "reached")
    values.write_text(VALUES + outreach("Nacka", 61, 30, 31) + reached, encoding="utf-8")
    assert "61 + 41 = 102, men tryckt är 62 (Tabell 2 och T)." in text(check(read_cells([values, more]), None))
    values.write_text(VALUES + outreach("Nacka", 61, 30, 31) + outreach("Täby", 61, 30, 31) + reached, encoding="utf-8")
    with pytest.raises(BadReport, match=r"som flera kommuner har: skriv till exempel ”outreach/.*, Nacka”"):
        read_cells([values, more])


def test_numbers_of_our_own_beside_the_catalogues(tmp_path: Path) -> None:
    values, more = tmp_path / "a.csv", tmp_path / "b.csv"
    values.write_text(VALUES + outreach("", 100, 40, 60), encoding="utf-8")
    key = "outreach/sought/verksamhetsar-2023/*/*/*/*/*"
    more.write_text(
        f"printed,label,op,terms,value\nT,brev,,,250\nT,brev per sökt,share,{key} ; brev,40 %\nT,andra,,,3\n",
        encoding="utf-8",
    )
    cells = read_cells([values, more])
    assert not check(cells, None).suspects
    said = text(check(cells, read_warehouse(stockholm(tmp_path / "published.duckdb"), cells)))
    assert "Rapportens egna uppgifter, som lagret inte har (3 tal), är bara kontrollerade mot varandra." in said
    assert (
        "varav 1 inte står i något samband med andra tal och inte kan kontrolleras.\nInte kontrollerade: T, ”andra”."
        in said
    )


def test_a_report_of_another_municipality_is_not_called_wrong_without_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "granne.csv"
    numbers = "".join(outreach("", 61, 30, 31).replace("2023", str(year)) for year in (2022, 2023))
    more = numbers.replace("outreach,sought", "outreach,reached").replace(",61,", ",41,").replace(",3", ",2")
    path.write_text(VALUES + numbers + more, encoding="utf-8")
    cells = read_cells([path])
    said = text(check(cells, read_warehouse(stockholm(tmp_path / "published.duckdb"), cells)))
    assert (
        "De flesta tal skiljer sig från lagret. Är det inte rapporten för Stockholms stad: skriv kommunens namn" in said
    )


# --- what is typed ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("7546", "7546"), ("7 546", "7546"), ("7\u00a0546", "7546"), ("1 234 567,5", "1234567.5"), ("−12", "-12"), ("–12", "-12"),
        ("+25 %", "25"), ("12,2 procent", "12.2"), ("4 procentenheter", "4"), ("ca 46 300", "46300"), ("Drygt 20 %", "20"),
        ("Hälften", "50.0"), ("var tionde", "10.0"), ("två tredjedelar", "66.7"), ("3 av 4", "75.0"), ("nästan varannan", "50.0"),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(typed: str, value: str) -> None:
    found = typed_number(typed)
    assert found is not None
    assert found.value == Decimal(value)


@pytest.mark.parametrize("typed", ["", "många", "75 46", "1 2345", "12-15", "12,2,3", "4 av 3", "7 546 st", "%"])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert typed_number(typed) is None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("T|unga|||||1", "T|y|||sum|unnga;unga|2"), "rad 3 har termen ”unnga”, som varken är ett tal i rapporten eller figure/"),
        (("T|unga|||||1", "T|y|||sum|unnga;unga|2"), "det närmaste namnet är ”unga”"),
        (("T|x|A||||1", "T|x|B||||1", "T|y|||sum|x;x, B|2"), "som kan vara flera tal: skriv till exempel ”x, A” eller ”x, B”"),
        (("T|x|A||||1", "T|y|||sum|x, C;x, A|2"), "har termen ”x, C”, som inte är något tal i rapporten"),
        (("T|x|||||1", "T|y|||sum|x;y|1"), "rad 3 följer av sig själv (”y”): ge uträkningen ett eget namn"),
        (("T|x|||||1", "T|y|||sum|x|1"), "rad 3 har bara en term: en summa behöver minst två"),
        (("T|x|||||1", "T|y|||change|x;x;x|1"), "rad 3 har 3 termer: en förändring har två, först det tidigare talet"),
        (("T|x||||x|1",), "rad 2 har termer men inget i kolumnen op: skriv någon av sum"),
        (("T||||||1",), "rad 2 saknar namn: skriv i kolumnen label vad talet är"),
        (("T|x|*||||1",), "rad 2 har * i kolumnen municipality"),
        (("T|x|||||många",), "skriv det med siffror, som 7546, 7 546, 12,2 % eller ca 400"),
        (("T|a|||||1", "T|c|||sum|a;a|2", "T|c|||difference|a;a|0", "T|c|||||2"), "rad 4 heter som rapport.csv rad 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_sentence(tmp_path: Path, lines: tuple[str, ...], told: str) -> None:
    assert told in refusal(tmp_path, *lines)


def test_a_misspelt_column_is_told(tmp_path: Path) -> None:
    path = tmp_path / "rapport.csv"
    path.write_text("printed,label,op,terms,value,Municipalty\nT,x,,,1,A\n", encoding="utf-8")
    with pytest.raises(BadReport, match="rad 1 har kolumnen Municipalty: skriv municipality"):
        read_cells([path])


def _examples() -> list[tuple[str, str]]:
    """Each table of the documentation with the answer that stands after it."""
    blocks = re.findall(r"^```(csv|text)\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = []
    for (kind, table), (next_kind, answer) in pairwise(blocks):
        if (kind, next_kind) == ("csv", "text"):
            found.append((table, answer))
    return found


@pytest.mark.parametrize(("table", "answer"), _examples())
def test_the_documentations_examples_are_answered_so(tmp_path: Path, table: str, answer: str) -> None:
    (tmp_path / "rapport.csv").write_text(table, encoding="utf-8")
    said = text(check(read_cells([tmp_path / "rapport.csv"]), None)).splitlines()
    assert set(answer.splitlines()) <= set(said)


def test_the_documentation_has_an_example_of_each_kind() -> None:
    assert len(_examples()) == 5
