"""Nacka from its own two inputs to its report: an extract of UEDB and a list that is kept by hand, and no BER."""

import csv
import io
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from shutil import copytree
from typing import Any

import openpyxl
import pytest

from pipelines.configuration.contract import CONTRACTS
from tests.cli.conftest import Kaa
from tests.model.world import personnummer, samordningsnummer

pytestmark = pytest.mark.long

#: Who is in UEDB: number, how it is written, registered, why, state of the matter, since when, and until when they are there.
YOUTHS = [
    (personnummer("2005-02-03", 11), "{0}", "2022-08-20", "Avbrutit studier", "Söks", "2022-08-20", "2023-12-31"),
    (personnummer("2005-04-05", 22), "{1}", "2023-01-12", "Nyinflyttad", "Har insats", "2023-02-01", "2023-12-31"),
    (personnummer("2006-06-07", 33), "{2}", "2023-01-20", "Studiebevis", "Ny", "2023-01-20", "2023-03-15"),
    (personnummer("2006-08-09", 44), "{1}", "2023-03-02", "Ej påbörjat", "Följs upp", "2023-03-02", "2023-12-31"),
    (samordningsnummer("2006-10-11", 55), "{2}", "2023-05-02", "Nyanländ", "Ny", "2023-05-02", "2023-12-31"),
]
#: In UEDB, but not covered: still at school.
AT_SCHOOL = personnummer("2007-01-02", 66)
NIGHTS = ("2023-01-31", "2023-03-15", "2023-06-30", "2023-12-29")

#: What comes of it, counted by hand.
FIGURES = {
    ("population", "in_register", "*"): 5,
    ("outreach", "sought", "*"): 4,
    ("outreach", "reached", "*"): 3,
    ("contacts", "attempts", "*"): 5,
    ("contacts", "attempts", "BREV"): 2,
    ("contacts", "answered", "*"): 2,
    ("contacts", "own", "TELEFON"): 1,
    ("participants", "enrolled", "AMF"): 2,
    ("exits", "ended", "STUDIER"): 1,
    ("measures", "participants", "OVRIG"): 2,
    ("measures", "participants", "UNGVUX"): 1,
    ("measure_exits", "ended", "UNGVUX"): 1,
    ("timeliness", "registered", "*"): 4,
}

UEDB = (
    "Personnummer;Namn;Adress;Omfattas av KAA;Registrerad;Orsak;Läge;Läge sedan;Skolenhet;Skolform;Studieväg;Studiestart;"
    "Studieslut;Hur studierna slutade"
)
SCHOOL = "12345678;Gymnasieskola;na;2021-08-16;2022-08-19;Avbrott"
CONTACTS = "Personnummer;Datum;Vem tog kontakt;Kontaktsätt;Svar;Vem svarade;Antal från KAA;Anteckning"
OCCUPATIONS = "Personnummer;Datum;Sysselsättning"
MEASURES = (
    "Personnummer;Stödet började;Stödet slutade;Varför stödet slutade;Inleder stödet;Insats;Började;Slutade;"
    "Varför insatsen slutade"
)


def _spelled(number: str, form: str) -> str:
    return form.format(number, number[2:], f"{number[2:8]}-{number[8:]}")


def _uedb(path: Path, night: str) -> None:
    """What UEDB exports: windows-1252, Swedish headings, names and addresses that nobody asks for."""
    lines = [UEDB, f"{AT_SCHOOL};Ärla Ek;Gatan 2;Nej;;;;;12345678;Gymnasieskola;sa;2023-08-15;;"]
    for number, form, since, why, state, state_since, until in YOUTHS:
        if since <= night <= until:
            school = SCHOOL if why == "Avbrutit studier" else ";" * 5
            matter = f"Ja;{since};{why};{state};{state_since}"
            lines.append(f"{_spelled(number, form)};Åke Öberg;Värmdövägen 1;{matter};{school}")
    path.write_bytes("\r\n".join(lines).encode("windows-1252"))


def _kept_by_hand(path: Path, night: str) -> None:
    """A workbook with titles above each table; days as Excel has them, numbers as people write them."""
    today = date.fromisoformat(night)
    first, second, third, fourth, fifth = (number for number, *_ in YOUTHS)

    def ended(day: date, why: str) -> list[Any]:
        return [day, why] if day <= today else [None, None]

    contacts = [
        [second, date(2023, 1, 16), "KAA", "Brev", "Nej", None, None, "ringde mamman"],
        [_spelled(second, "{2}"), date(2023, 1, 25), "Ungdomen", "Telefon", "Ja", "Ungdomen", None, None],
        [third, date(2023, 2, 1), "KAA", "Facebook", "Ja", "Ungdomen", None, None],
        [first, date(2023, 3, 1), "KAA", "Vykort", "nej", None, None, None],
        [first, date(2023, 3, 1), "KAA", "Sms", "nej", None, None, None],
        [_spelled(fourth, "{1}"), date(2023, 3, 20), "KAA", "Hembesök", "Ja", "Vårdnadshavare", 2, None],
    ]
    support = [date(2023, 2, 1), *ended(date(2023, 6, 1), "Studier")]
    first_measure = [date(2023, 2, 1), *ended(date(2023, 4, 1), "Vet ej")]
    next_measure = [date(2023, 4, 2), *ended(date(2023, 6, 1), "Studier")]
    measures = [
        [second, *support, "Ja", "Jobbpeng grund", *first_measure],
        [_spelled(second, "{1}"), *support, "Nej", "Studier på Komvux", *next_measure],
        [fifth, date(2023, 5, 10), None, None, "Ja", "Stöd till nyanlända", date(2023, 5, 10), None, None],
    ]
    book = openpyxl.Workbook()
    for name, headings, rows, began in (
        ("Kontakter", CONTACTS, contacts, 1),
        ("Sysselsättning", OCCUPATIONS, [[_spelled(fourth, "{2}"), date(2023, 3, 20), "Arbetar"]], 1),
        ("Insatser", MEASURES, measures, 6),
    ):
        sheet = book.create_sheet(name)
        for row in ([f"Nacka, KAA: {name}"], ["Förs av karriärvägledarna"], headings.split(";")):
            sheet.append(row)
        for cells in rows:
            if cells[began] <= today:
                sheet.append(cells)
    book.save(path)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two inputs of each night, and the mappings in a folder of the sender's own."""
    place = tmp_path_factory.mktemp("nacka")
    copytree(CONTRACTS / "mappings/nacka", place / "mappings")
    for night in NIGHTS:
        (place / night).mkdir()
        _uedb(place / night / f"UEDB {night}.csv", night)
        _kept_by_hand(place / night / "KAA-lista Nacka.xlsx", night)
    (place / "drop").mkdir()
    return place


def test_nacka_from_its_own_two_inputs_to_its_report(inputs: Path, kaa: Kaa, monkeypatch: pytest.MonkeyPatch) -> None:
    drop, out = inputs / "drop", inputs / "report"
    for night in NIGHTS:
        uedb, by_hand = sorted((inputs / night).iterdir(), reverse=True)
        for source, files in (("ber", [uedb, by_hand]), ("skolregister", [uedb])):
            mapping = ["--mapping", inputs / f"mappings/{source}.yaml"]
            said = kaa("deliver", "--source", source, *mapping, "--drop", drop, "--date", night, *files)
            assert said.exit_code == 0, said.err
    monkeypatch.setenv("KAA_HOME", str(inputs / "home"))
    assert kaa("init", "--municipality", "nacka", "--drop", drop).exit_code == 0
    nightly = _run(inputs, "nightly")
    assert nightly.returncode in (0, 2), nightly.stderr  # 2: of sources that are expected nothing has come
    judged = kaa("deliveries", "--format", "csv").out.splitlines()[1:]
    assert len(judged) == 2 * len(NIGHTS) and all(",accepted," in line for line in judged)
    assert kaa("quarantine", "--format", "csv").out.count("\n") == 1
    found = {
        (row["figure"], row["measure"], row["category"]): int(row["value"])
        for row in csv.DictReader(io.StringIO(kaa("figures", "--period", "kalenderar-2023").out))
        if (row["gender"], row["district"], row["job_centre"], row["subcategory"]) == ("*", "*", "*", "*")
    }
    assert {key: found.get(key) for key in FIGURES} == FIGURES
    report = _run(inputs, "report", "--period", "kalenderar-2023", "--out", str(out))
    assert report.returncode == 0, report.stderr
    assert (out / "index.html").is_file() and list(out.rglob("*.docx"))
    _holds_nobodys_number(out)
    _holds_nobodys_number(inputs / "home" / "published")


def _holds_nobodys_number(place: Path) -> None:
    numbers = [number.encode() for number, *_ in YOUTHS] + [number[2:].encode() for number, *_ in YOUTHS]
    for path in place.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [number for number in numbers if number in content], path


def _run(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("kaa")), *arguments]
    environment = os.environ | {"KAA_HOME": str(place / "home")}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
