"""The mappings that come with the program, each on a small input of the kind that it is for."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from shutil import copy
from typing import Any

import openpyxl
import pytest

from pipelines.configuration.contract import CONTRACTS
from tests.cli.conftest import Kaa
from tests.delivery.nights import ANNA, BEA
from tests.sending.dialects import records_in

TEN, DASH = ANNA[2:], f"{BEA[2:8]}-{BEA[8:]}"
MADE = "(made)"

#: The content of a file, or the rows of an Excel sheet with its name.
Content = bytes | tuple[str, list[list[Any]]]


def _csv(encoding: str, *lines: str) -> bytes:
    return "\r\n".join(lines).encode(encoding)


#: By source: the inputs, and what each dataset holds then (the contract's columns in order).
CASES: dict[str, tuple[dict[str, Content], dict[str, list[list[str]]]]] = {
    "skolregister": (
        {"UEDB 2023.csv": _csv(
            "windows-1252",
            "Personnummer;Namn;Skolenhet;Skolform;Studieväg;Status;Startdatum;Slutdatum;Avslutsorsak",
            f"{TEN};Åsa;12345678;Gymnasieskola;na;Pågår;2022-08-15;;",
            f"{DASH};Örjan;87654321;Gymnasiesärskola;IMA;Avslutad;2021-08-16;050123;Avbrott",
            f"{DASH};Örjan;87654321;Komvux;EK25;Avslutad;2021-08-16;-;-",
            f"{TEN};Åsa;;Gymnasieskola;SA;Sökande;;;",
        )},
        {"studieperioder": [
            [MADE, ANNA, "12345678", "GY", "NA", "2022-08-15", "", ""],
            [MADE, BEA, "87654321", "GYSAR", "IMA", "2021-08-16", "2023-01-05", "AVBROTT"],
            [MADE, BEA, "87654321", "KOMVUX", "EK25", "2021-08-16", "", ""],
        ]},
    ),
    "folkbokforing": (
        {"KIR 2023.txt": _csv(
            "utf-16",
            "PERSONNR\tTIDIGARE PERSONNR\tNAMN\tSDO\tINFLYTTAD\tINV EFTER SKOLPLIKT\tSKYDD",
            f"{ANNA[:8]} {ANNA[8:]}\t00000000 0000\tÅsa\t03\t20100101\t0\t",
            f"{BEA[:8]} {BEA[8:]}\t{ANNA[:8]} {ANNA[8:]}\tX \"Y\" Z\t00\t20230115\t1\tS",
            "Antal poster: 2\t\t\t\t\t\t",
        )},
        {"personer": [[ANNA, "", "03", "2010-01-01", "N", ""], [BEA, ANNA, "", "2023-01-15", "J", "SEKRETESS"]]},
    ),
    "nyckeltal": (
        {"Nyckeltal KAA.xlsx": ("Nyckeltal", [
            ["Nyckeltal för kommunens aktivitetsansvar"], ["Ifylls av respektive verksamhet"], [],
            ["Från och med", "Till och med", "Verksamhet", "Mått", "Värde", "Enhet", "Uppgiftslämnare\n(funktion)", "Anteckning"],
            [date(2022, 12, 1), date(2023, 11, 30), "Ungvux", "nyinskrivna", 1234.5, "personer", "Samordnare", "preliminärt"],
            ["01/12 2022", "30/11 2023", "Skolslussen", "besök", "1 068,25", "antal", "Samordnare", None],
            ["Summa", None, None, None, 2302.75, None, None, None],
        ])},
        {"nyckeltal": [
            ["2022-12-01", "2023-11-30", "Ungvux", "nyinskrivna", "1234.5", "personer", "Samordnare"],
            ["2022-12-01", "2023-11-30", "Skolslussen", "besök", "1068.25", "antal", "Samordnare"],
        ]},
    ),
    "beda": (
        {"beda.csv": _csv("utf-8", "pnr,namn,bevistyp,utfärdat", f'{ANNA},"Ek, Åsa",Gymnasieexamen,20230610')},
        {"bevis": [[ANNA, "GYMNASIEEXAMEN", "2023-06-10"]]},
    ),
    "enkat": (
        {"enkat.json": json.dumps({"svar": [{"respondent": "r7", "besvarad": "2023-05-02T14:03:11", "betyg": 4,
                                             "fråga": {"nr": 3, "text": "Jag fick stöd"}}]}).encode()},
        {"svar": [["r7-3", "2023-05-02", "Jag fick stöd", "4"]]},
    ),
    "antagning": (
        {"antagning.json": json.dumps({"beslut": [
            {"beslutsnummer": 901, "sökande": {"personnummer": TEN, "namn": "Åsa"}, "läsår": {"start": 2023}, "omgång": "slutlig",
             "datum": "2023-07-01", "resultat": "ej antagen"}]}).encode()},
        {"antagningar": [["901", ANNA, "2023", "SLUTLIG", "2023-07-01", "EJ_ANTAGEN"]]},
    ),
    "skolslussen": (
        {"Skolslussen 2023.xlsx": ("Besök", [
            ["Personnummer", "Datum", "Klockslag", "Typ av besök"],
            [TEN, date(2023, 8, 7), "10:15", "Vägledning"], [TEN, date(2023, 8, 7), "13:00", "Hjälp med plats"],
        ])},
        {"besok": [[MADE, ANNA, "2023-08-07", "VAGLEDNING"], [MADE, ANNA, "2023-08-07", "PLATSHJALP"]]},
    ),
    "flai": (
        {"flai.csv": _csv(
            "iso-8859-1",
            "DeltagandeId;Personnummer;Namn;Samtycke fr.o.m.;Samtycke t.o.m.;Insats;Start;Slut;Avslut",
            f"d1;{DASH};Örjan;2023-01-02;;SeLma;2023-01-09;2023-06-09;Arbete",
        )},
        {"deltaganden": [["d1", BEA, "2023-01-02", "", "SELMA", "2023-01-09", "2023-06-09", "ARBETE"]]},
    ),
    "jobbtorg_unga": (
        {"Jobbtorg unga 2023.xlsx": ("Resultat", [
            ["Fr.o.m.", "T.o.m.", "Jobbtorg", "Kön", "Mått", "Orsak", "Antal"],
            [date(2023, 1, 1), date(2023, 6, 30), "Kista", "Kvinnor", "Avslutade", "Arbete", 1012],
            [date(2023, 1, 1), date(2023, 6, 30), "Okänt", "Män", "Inskrivna", "-", "1 012"],
            [date(2023, 1, 1), date(2023, 6, 30), "Kista", "Totalt", "Inskrivna", "-", 2024],
        ])},
        {"antal": [
            ["2023-01-01", "2023-06-30", "KISTA", "KVINNA", "AVSLUTADE", "ARBETE", "1012"],
            ["2023-01-01", "2023-06-30", "", "MAN", "INSKRIVNA", "", "1012"],
        ]},
    ),
    "ber": (
        {
            "BER register.csv": _csv(
                "utf-8-sig", "Personnummer;Namn;Ärendetyp;Registrerad;Orsak;Kategori;Kategori fr.o.m.;SDF",
                f"{TEN};Åsa;KAA;2023-01-02;Aldrig påbörjat;Under uppsök;2023-02-01;03",
                f"{DASH};Örjan;Annat;2023-01-02;Avbrott;Ny;2023-01-02;Okänd",
            ),
            "BER kontakter.csv": _csv(
                "utf-8", "Kontaktnr;Personnummer;Tidpunkt;Riktning;Kontaktsätt;Svar;Svar av;Antal personal;Makulerad;Text",
                f'17;{TEN};2023-03-01 13:45;Utgående;Hembesök;Ja;Anhörig;2;;"Ringde; ""ingen"" svarade\nåterkommer"',
                f"18;{TEN};2023-03-02;Inkommande;E-post;Ja;Ungdomen;0;X;",
            ),
            "BER sysselsättning.csv": _csv(
                "utf-8", "Löpnr;Personnummer;Datum;Kontaktnr;Sysselsättning", f"3;{TEN};2023-03-01;17;Föräldraledig"
            ),
            "BER inskrivningar.csv": _csv(
                "utf-8", "Inskrivningsnr;Personnummer;Förvaltning;Inskriven;Avslutad;Avslutsorsak",
                f"5;{TEN};Amf;2023-03-05;2023-09-01;Fyllt 20 år",
            ),
            "BER insatser.csv": _csv(
                "utf-8", "Insatsnr;Inskrivningsnr;Insats;Startdatum;Slutdatum;Avslutsorsak",
                "9;5;Studie- och yrkesvägledning;2023-03-05;;",
            ),
            "BER bosättning.csv": _csv("utf-8", "Ärendenr;Personnummer;Anmäld till Skatteverket", f"2;{TEN};2023-04-04"),
        },
        {
            "register": [[ANNA, "2023-01-02", "ALDRIG_PABORJAT", "UNDER_UPPSOK", "2023-02-01", "03"]],
            "kontakter": [
                ["17", ANNA, "2023-03-01", "UT", "HEMBESOK", "J", "ANHORIG", "2", "N"],
                ["18", ANNA, "2023-03-02", "IN", "MEJL", "J", "UNGDOM", "", "J"],
            ],
            "sysselsattningar": [["3", ANNA, "2023-03-01", "17", "FORALDRALEDIG"]],
            "inskrivningar": [["5", ANNA, "AMF", "2023-03-05", "2023-09-01", "FYLLT_20"]],
            "insatser": [["9", "5", "SYV", "2023-03-05", "", ""]],
            "bosattningskontroller": [["2", ANNA, "2023-04-04"]],
        },
    ),
}  # fmt: skip


@pytest.fixture
def write_inputs(tmp_path: Path) -> Callable[[dict[str, Content]], list[Path]]:
    def write(inputs: dict[str, Content]) -> list[Path]:
        paths = []
        for name, content in inputs.items():
            path = tmp_path / name
            paths.append(path)
            if isinstance(content, bytes):
                path.write_bytes(content)
                continue
            book = openpyxl.Workbook()
            sheet = book.create_sheet(content[0])
            for row in content[1]:
                sheet.append(row)
            book.save(path)
        return paths

    return write


def test_every_example_is_tried() -> None:
    assert set(CASES) == {
        path.stem for path in (CONTRACTS / "mappings/stockholm").glob("*.yaml") if "ss12000" not in path.stem
    }


@pytest.mark.parametrize("source", CASES)
def test_an_example_delivers(
    source: str, kaa: Kaa, tmp_path: Path, write_inputs: Callable[[dict[str, Content]], list[Path]]
) -> None:
    inputs, expected = CASES[source]
    mapping = copy(CONTRACTS / f"mappings/stockholm/{source}.yaml", tmp_path)  # a key may be made beside it
    (tmp_path / "drop").mkdir()
    usual = ["--mapping", mapping, "--drop", tmp_path / "drop", "--date", "2023-11-30"]
    said = kaa("deliver", "--source", source, *usual, *write_inputs(inputs))
    assert said.exit_code == 0, said.err
    for dataset, rows in expected.items():
        delivered = [list(row.values()) for row in records_in(tmp_path / f"drop/{source}/2023-11-30-1", dataset)]
        ids = [row[0] for row in delivered if rows[0][0] == MADE]
        assert len(set(ids)) == len(ids) and all(ids)
        assert [[MADE, *row[1:]] if ids else row for row in delivered] == rows
