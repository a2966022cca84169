"""The files are deliveries exactly as deliveries.md describes them, and the same ones for the same seed."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.synthetic_city.delivery import City, rows_on
from demo.synthetic_city.timeline import NIGHTS, SOURCES, as_date, day, delivers, notices
from tests.demo.reckoning import birth_date

pytestmark = pytest.mark.long

# deliveries.md section 4: columns, how each value looks ("?" first: may be empty), and the key.
PERSON = r"\d{12}"
DATE = r"\d{4}-\d\d-\d\d"
YES_NO = "[JN]"
DISTRICT = "0[1-9]|1[0-3]|21|22"
REASON = "STUDIER|ARBETE|FYLLT_20|FLYTTAT|ANNAN_AKTOR|EGEN_BEGARAN|EJ_KONTAKTBAR|OKAND"
DATASETS: dict[str, dict[str, tuple[dict[str, str], tuple[str, ...]]]] = {
    "folkbokforing": {
        "personer": (
            {
                "personnummer": PERSON,
                "tidigare_personnummer": f"|{PERSON}",
                "stadsdelsomrade": f"|{DISTRICT}",
                "folkbokford_fran": DATE,
                "invandrad_efter_skolplikt": YES_NO,
                "skyddsmarkering": "|SEKRETESS|SKYDDAD",
            },
            ("personnummer",),
        )
    },
    "skolregister": {
        "studieperioder": (
            {
                "studieperiod_id": ".+",
                "personnummer": PERSON,
                "skolenhetskod": r"\d{8}",
                "skolform": "GY|ANPGY|GYSAR|KOMVUX|FHS|SFI|OVRIG",
                "studievag": ".+",
                "startdatum": DATE,
                "slutdatum": f"|{DATE}",
                "avslut": "|EXAMEN|STUDIEBEVIS|GYMNASIEBEVIS_ANP|AVBROTT|BYTE|OVRIGT",
            },
            ("studieperiod_id",),
        )
    },
    "beda": {
        "bevis": (
            {
                "personnummer": PERSON,
                "bevis": "GYMNASIEEXAMEN|STUDIEBEVIS|GYMNASIEBEVIS_ANP|MOTSVARANDE",
                "datum": DATE,
            },
            ("personnummer", "bevis"),
        )
    },
    "ber": {
        "register": (
            {
                "personnummer": PERSON,
                "registrerad_datum": DATE,
                "registreringsorsak": "AVBROTT|STUDIEBEVIS|ALDRIG_PABORJAT|INFLYTTAD|NYANLAND|OVRIGT",
                "kategori": "NY|UNDER_UPPSOK|UNDER_BEVAKNING|INSKRIVEN",
                "kategori_fran": DATE,
                "stadsdelsomrade": f"|{DISTRICT}",
            },
            ("personnummer",),
        ),
        "kontakter": (
            {
                "kontakt_id": ".+",
                "personnummer": PERSON,
                "datum": DATE,
                "riktning": "UT|IN",
                "kanal": "BREV|SMS|TELEFON|MEJL|KNACKAKORT|HEMBESOK|DROPIN|SOCIALA_MEDIER|ANNAN_AKTOR",
                "besvarad": YES_NO,
                "besvarad_av": "|UNGDOM|ANHORIG",
                "antal_personal": "|[1-9]",
                "makulerad": YES_NO,
            },
            ("kontakt_id",),
        ),
        "sysselsattningar": (
            {
                "sysselsattning_id": ".+",
                "personnummer": PERSON,
                "datum": DATE,
                "kontakt_id": ".*",
                "sysselsattning": "STUDIER_EJ_I_BER|ARBETE|PRAKTIK|UTOMLANDS|FORALDRALEDIG|ANNAN_SYSSELSATTNING"
                "|INGEN|OKAND",
            },
            ("sysselsattning_id",),
        ),
        "inskrivningar": (
            {
                "inskrivning_id": ".+",
                "personnummer": PERSON,
                "forvaltning": "AMF|UTBF",
                "inskriven_datum": DATE,
                "avslutad_datum": f"|{DATE}",
                "avslutsorsak": f"|{REASON}",
            },
            ("inskrivning_id",),
        ),
        "insatser": (
            {
                "insats_id": ".+",
                "inskrivning_id": ".+",
                "insats": "JOBBTORG|AIM|STUDIESTEG1|UNGVUX|SKOLSLUSSEN|SLUSSPLATS|UNGDOMSANSTALLNING|PRAKTIK|SYV"
                "|UNG_I_CENTRUM|OVRIG",
                "startdatum": DATE,
                "slutdatum": f"|{DATE}",
                "avslutsorsak": f"|{REASON}",
            },
            ("insats_id",),
        ),
        "bosattningskontroller": (
            {"kontroll_id": ".+", "personnummer": PERSON, "anmald_datum": DATE},
            ("kontroll_id",),
        ),
    },
    "enkat": {"svar": ({"svar_id": ".+", "datum": DATE, "fraga": ".+", "svar": "[1-5]"}, ("svar_id",))},
    "nyckeltal": {
        "nyckeltal": (
            {
                "period_fran": DATE,
                "period_till": DATE,
                "verksamhet": ".+",
                "matt": ".+",
                "varde": r"-?\d+(\.\d+)?",
                "enhet": ".+",
                "uppgiftslamnare": ".+",
            },
            ("period_fran", "period_till", "verksamhet", "matt"),
        )
    },
    "antagning": {
        "antagningar": (
            {
                "antagning_id": ".+",
                "personnummer": PERSON,
                "antagningsar": r"20\d\d",
                "omgang": "PRELIMINAR|SLUTLIG|RESERV",
                "beskedsdatum": DATE,
                "utfall": "ANTAGEN|EJ_ANTAGEN|RESERVPLATS",
            },
            ("antagning_id",),
        )
    },
    "skolslussen": {
        "besok": (
            {
                "besok_id": ".+",
                "personnummer": PERSON,
                "datum": DATE,
                "besokstyp": "VAGLEDNING|KARTLAGGNING|PLATSHJALP|OVRIGT",
            },
            ("besok_id",),
        )
    },
    "flai": {
        "deltaganden": (
            {
                "deltagande_id": ".+",
                "personnummer": PERSON,
                "samtycke_fran": DATE,
                "samtycke_till": f"|{DATE}",
                "flai_insats": "COACHNING|SELMA|FILUR|YRKESPLUS|UNGDOMSANSTALLNING|ARBETSLAG|OVRIG",
                "startdatum": DATE,
                "slutdatum": f"|{DATE}",
                "avslutsorsak": f"|{REASON}",
            },
            ("deltagande_id",),
        )
    },
    "jobbtorg_unga": {
        "antal": (
            {
                "period_fran": DATE,
                "period_till": DATE,
                "jobbtorg": "|GLOBEN|SKARHOLMEN|VALLINGBY|KISTA",
                "kon": "KVINNA|MAN",
                "matt": "KONTAKT|INSKRIVNA|AVSLUTADE",
                "orsak": f"|{REASON}",
                "antal": r"\d+",
            },
            ("period_fran", "period_till", "jobbtorg", "kon", "matt", "orsak"),
        )
    },
}

Table = list[dict[str, str]]


def is_valid_number(number: str) -> bool:
    digits = [int(digit) * (2 if position % 2 == 0 else 1) for position, digit in enumerate(number[2:])]
    birth_date(number)  # raises for a day that does not exist
    return number[8:11] != "000" and sum(digit // 10 + digit % 10 for digit in digits) % 10 == 0


def deliveries(drop: Path) -> list[tuple[Path, dict[str, Any]]]:
    found = sorted(drop.glob("*/*/leverans.json"))
    return [(path.parent, json.loads(path.read_text(encoding="utf-8"))) for path in found]


@pytest.fixture(scope="module")
def tables(sample: Path) -> dict[tuple[str, str, str], Table]:
    """(source, extract date, dataset) → rows, read by the csv module."""
    result = {}
    for folder, manifest in deliveries(sample):
        for entry in manifest["filer"]:
            text = (folder / entry["fil"]).read_bytes().decode(entry["teckenkodning"])
            rows = list(csv.DictReader(text.splitlines(), delimiter=";", strict=True))
            result[str(manifest["kalla"]), str(manifest["uttagsdatum"]), entry["dataset"]] = rows
    return result


def test_the_manifest_says_what_the_folder_holds(sample: Path) -> None:
    found = deliveries(sample)
    assert {manifest["kalla"] for _, manifest in found} == set(SOURCES)
    for folder, manifest in found:
        assert manifest["kommunkod"] == "0180"
        assert manifest["revision"] == 1
        assert str(manifest["schemaversion"]).startswith("1.")
        made = datetime.fromisoformat(str(manifest["skapad"]))
        assert made.utcoffset() in (timedelta(hours=1), timedelta(hours=2))
        assert made.date().isoformat() == manifest["uttagsdatum"] == folder.name
        files = manifest["filer"]
        assert {entry["dataset"] for entry in files} == set(DATASETS[str(manifest["kalla"])])
        assert {path.name for path in folder.iterdir()} == {"leverans.json"} | {e["fil"] for e in files}
        for entry in files:
            content = (folder / entry["fil"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entry["sha256"]
            assert content.decode(entry["teckenkodning"]).count("\n") - 1 == entry["rader"]


def test_every_value_is_of_its_type_and_code_list(tables: dict[tuple[str, str, str], Table]) -> None:
    for (source, _, dataset), rows in tables.items():
        columns, _ = DATASETS[source][dataset]
        patterns = {column: re.compile(pattern) for column, pattern in columns.items()}
        values: dict[str, set[str]] = {column: set() for column in columns}
        for row in rows:
            assert list(row) == list(columns)
            for column, value in row.items():
                values[column].add(value)
        for column, pattern in patterns.items():
            bad = [value for value in values[column] if not pattern.fullmatch(value)]
            assert not bad, f"{source} {dataset} {column}"
            if columns[column] in (DATE, f"|{DATE}"):
                for value in values[column] - {""}:
                    date.fromisoformat(value)


def test_keys_are_unique(tables: dict[tuple[str, str, str], Table]) -> None:
    for (source, _, dataset), rows in tables.items():
        _, key = DATASETS[source][dataset]
        assert len({tuple(row[column] for column in key) for row in rows}) == len(rows)


def test_every_number_is_valid(tables: dict[tuple[str, str, str], Table]) -> None:
    numbers = {
        row[column]
        for rows in tables.values()
        for row in rows
        for column in ("personnummer", "tidigare_personnummer")
        if row.get(column)
    }
    assert len(numbers) > 50_000
    assert all(is_valid_number(number) for number in numbers)


def test_the_number_check_is_skatteverkets() -> None:
    """A published test number; one digit off; a published samordningsnummer; a serial that does not exist."""
    assert is_valid_number("201212121212")
    assert not is_valid_number("201212121213")
    assert is_valid_number("197010632391")
    assert not is_valid_number("201212120008")


def test_rows_agree_with_themselves_and_each_other(tables: dict[tuple[str, str, str], Table]) -> None:
    for (_, night, dataset), rows in tables.items():
        for row in rows:
            if dataset == "kontakter":
                assert row["riktning"] == "UT" or row["besvarad"] == "J"
            start, end = {
                "inskrivningar": ("inskriven_datum", "avslutad_datum"),
                "insatser": ("startdatum", "slutdatum"),
                "studieperioder": ("startdatum", "slutdatum"),
                "deltaganden": ("startdatum", "slutdatum"),
            }.get(dataset, ("", ""))
            if end:
                assert not row[end] or row[start] <= row[end] <= night
                assert row[start] <= night
            if dataset in ("inskrivningar", "insatser", "deltaganden"):
                assert bool(row["avslutsorsak"]) == bool(row[end])
            if dataset == "studieperioder":
                assert bool(row["avslut"]) == bool(row["slutdatum"])
                if row["slutdatum"]:
                    ended = date.fromisoformat(row["slutdatum"])
                    assert date.fromisoformat(night) - ended <= timedelta(days=800)
            if dataset == "deltaganden":
                assert row["samtycke_fran"] <= row["startdatum"]
                assert not row["samtycke_till"] or row["startdatum"] <= row["samtycke_till"]
            if dataset == "antagningar":
                assert row["beskedsdatum"][:4] == row["antagningsar"]
                assert row["beskedsdatum"] < night
            if dataset == "antal":
                assert bool(row["orsak"]) == (row["matt"] == "AVSLUTADE")
                assert row["period_fran"] <= row["period_till"]
        if dataset == "insatser":
            known = {row["inskrivning_id"] for row in tables["ber", night, "inskrivningar"]}
            assert {row["inskrivning_id"] for row in rows} <= known


def test_the_population_is_those_who_turn_15_to_20_in_the_year(tables: dict[tuple[str, str, str], Table]) -> None:
    for (_, night, dataset), rows in tables.items():
        if dataset == "personer":
            years = {int(row["personnummer"][:4]) for row in rows}
            assert years == set(range(int(night[:4]) - 20, int(night[:4]) - 14))
            assert 45_000 < len(rows) < 65_000


def test_the_school_form_has_its_old_name_before_the_reform(tables: dict[tuple[str, str, str], Table]) -> None:
    def forms(night: str) -> set[str]:
        return {row["skolform"] for row in tables["skolregister", night, "studieperioder"]}

    assert "GYSAR" in forms("2023-05-03")
    assert "ANPGY" not in forms("2023-05-03")
    assert "ANPGY" in forms("2023-09-18")
    assert "GYSAR" not in forms("2023-09-18")


def test_an_extract_of_the_admissions_holds_the_running_and_the_two_earlier_years(city: City) -> None:
    """The running year is the latest of which a notice has come: until April it is last year's."""
    for night, years in {
        "2021-12-01": {2019, 2020, 2021},
        "2022-04-06": {2019, 2020, 2021},
        "2022-04-20": {2020, 2021, 2022},
        "2023-04-05": {2020, 2021, 2022},
        "2023-11-30": {2021, 2022, 2023},
    }.items():
        assert delivers("antagning", day(night))
        rows = rows_on(city.datasets["antagning"]["antagningar"], "antagningar", day(night))
        assert set(rows["antagningsar"].to_list()) == years


def test_every_notice_is_delivered_within_a_week() -> None:
    nights = [night for night in NIGHTS if delivers("antagning", night)]
    for year in (2022, 2023):
        for name, notice in notices(year).items():
            assert any(0 < night - notice <= 7 for night in nights), f"{name} {year}"


def test_skolslussen_delivers_nothing_while_it_is_closed_in_july() -> None:
    nights = [as_date(night) for night in NIGHTS if delivers("skolslussen", night)]
    assert {night.month for night in nights} == set(range(1, 13))
    assert not [night for night in nights if night.month == 7 and night.day >= 10]


def test_the_school_register_is_closed_from_june_to_15_september() -> None:
    nights = [as_date(night) for night in NIGHTS if delivers("skolregister", night)]
    assert not [night for night in nights if (6, 1) <= (night.month, night.day) <= (9, 15)]
    assert date(2023, 5, 31) in nights
    assert date(2023, 9, 18) in nights


def test_nights_are_weekly_at_first_and_every_weekday_from_september_2023() -> None:
    nights = [as_date(night) for night in NIGHTS]
    assert nights[0] == date(2021, 12, 1)
    assert nights[-1] == date(2023, 11, 30)
    assert {night.weekday() for night in nights if night < date(2023, 9, 1)} == {2}
    autumn = {date(2023, 9, 1) + timedelta(days=offset) for offset in range(91)}
    assert {night for night in autumn if night.weekday() < 5} <= set(nights)
    assert 140 <= len(nights) <= 160


def test_no_dataset_shrinks_so_much_that_it_would_be_held(city: City) -> None:
    for source in SOURCES:
        for dataset, frame in city.datasets[source].items():
            before: int | None = None
            for night in NIGHTS:
                if delivers(source, night):
                    rows = rows_on(frame, dataset, night).height
                    assert before is None or before < 100 or rows >= 0.7 * before
                    before = rows


def test_the_same_seed_gives_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    """In another process, with other hashes of strings: nothing may hang on the order of a set."""
    program = (
        "import sys; from pathlib import Path; from demo.synthetic_city import build_city\n"
        "from demo.synthetic_city.delivery import write_night; from demo.synthetic_city.timeline import day\n"
        "city = build_city()\n"
        "[write_night(city, Path(sys.argv[1]), day(night)) for night in ('2022-01-05', '2023-11-30')]"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )
    files = [path.relative_to(tmp_path) for path in sorted(tmp_path.rglob("*.*")) if path.is_file()]
    assert len(files) > 15
    assert [path for path in files if (tmp_path / path).read_bytes() != (sample / path).read_bytes()] == []
