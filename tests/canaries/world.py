"""Deliveries with a personnummer in every place where a sender could put one, and the search for them afterwards.

What belongs here: the numbers, where they are written, and looking through all that the program keeps. That nothing is
found is asserted in the tests.
"""

import gzip
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.delivery.nights import deliver, sound
from tests.model.world import Extract, FileFormat, make_row, personnummer, samordningsnummer

#: A text that is allowed to be found: the search is no good if it does not see it.
ALLOWED = "svar-som-syns"


class Canaries:
    """Numbers of persons who do not exist, each used in one place."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}

    def valid(self, place: str) -> str:
        """A valid number."""
        birth = date(2005, 3, 4) + timedelta(days=37 * len(self.numbers))
        return self._remember(place, personnummer(birth, 200 + len(self.numbers)))

    def invalid(self, place: str) -> str:
        """Somebody's number with a mistyped last digit."""
        number = self.valid(place)
        return self._remember(place, number[:-1] + str((int(number[-1]) + 1) % 10))

    def coordination(self, place: str) -> str:
        """A samordningsnummer."""
        birth = date(2005, 3, 4) + timedelta(days=37 * len(self.numbers))
        return self._remember(place, samordningsnummer(birth, 200 + len(self.numbers)))

    def _remember(self, place: str, number: str) -> str:
        self.numbers[place] = number
        return number

    @property
    def patterns(self) -> dict[str, re.Pattern[bytes]]:
        """Each number as it may be written: with its century or without, with a mark before the last four or without."""
        return {
            place: re.compile(f"{number[2:8]}[-+ ]?{number[8:]}".encode()) for place, number in self.numbers.items()
        }


def write(drop: Path) -> Canaries:
    """Write the deliveries of one night: loaded, quarantined, held and rejected for many reasons."""
    told = Canaries()
    everybody = sound("folkbokforing", "2023-11-30").resident(
        told.valid("personnummer"), tidigare_personnummer=told.coordination("tidigare_personnummer")
    )
    everybody.resident(told.invalid("quarantined personnummer"))
    everybody.resident(told.valid("row with another fault"), stadsdelsomrade="99")
    secret = told.valid("uncontracted column")
    everybody.written_as("personer", extra_columns=((told.valid("column header"), secret),)).write(drop)

    marked = told.valid("kontakt_id with a mark")
    enrolment = told.valid("inskrivning_id")
    ber = sound("ber", "2023-11-30").contact(told.valid("kontakt_id"), told.valid("personnummer of a contact"))
    ber.contact(f"K{marked[2:8]}-{marked[8:]}", told.numbers["personnummer"])
    ber.contact(told.valid("quarantined kontakt_id"), "", kanal="BREVDUVA")
    for channel in ("SMS", "BREV"):
        ber.contact(told.valid("shared kontakt_id"), told.numbers["personnummer"], kanal=channel)
    ber.tables["kontakter"][-1]["kontakt_id"] = ber.tables["kontakter"][-2]["kontakt_id"]
    ber.enrolment(enrolment, told.numbers["personnummer"]).measure(told.valid("insats_id"), enrolment)
    ber.measure("insats-utan-inskrivning", told.valid("unknown reference"))
    ber.file_names = {"kontakter": f"kontakter_{told.valid('file name')}"}
    ber.folder = f"natt {told.valid('folder name')}"
    ber.write(drop)

    answers = Extract("enkat", "2023-11-29").answer(ALLOWED, fraga=f"Vem? {told.valid('fraga')} (eller annan)")
    for place in range(100):
        answers.answer(f"svar{place}")
    answers.write(drop)
    Extract("enkat", "2023-11-30", folder=told.valid("folder of a held delivery")).answer(told.valid("held")).write(
        drop
    )
    Extract("nyckeltal", "2023-11-30").key_number(
        uppgiftslamnare=f"Anna {told.valid('uppgiftslamnare')}", verksamhet=told.valid("verksamhet")
    ).write(drop)
    sound("skolregister", "2023-11-30").study(told.valid("studieperiod_id"), told.numbers["personnummer"]).write(drop)

    _write_unusable(drop, told)
    return told


def _write_unusable(drop: Path, told: Canaries) -> None:
    """Deliveries that are rejected, each for a reason whose sentence could quote what it is about."""
    number = told.valid
    header = "personnummer;bevis;datum\n"
    row = make_row("bevis", personnummer=number("rejected row"))
    good = FileFormat().text(list(row), [row]).encode()

    def broken(folder: str, content: bytes, name: str = "bevis.csv", **changes: object) -> None:
        deliver(drop, f"beda/{folder}", "2023-11-28", {"bevis": (name, content)}, **changes)

    broken("broken csv", f"{header}{number('broken csv')};STUDIEBEVIS\n".encode())
    broken("unclosed quote", f'{header}"{number("unclosed quote")};x;y\n'.encode())
    broken("header twice", f"{number('header twice')};{told.numbers['header twice']};bevis\n".encode())
    broken("no such column", f"{number('missing column')};bevis;datum\n".encode())
    broken("wrong encoding", f"{header}{number('wrong encoding')};Å;2023-01-01\n".encode("iso-8859-1"))
    broken("half a gzip", gzip.compress(f"{header}{number('gzip')};A;2023-01-01\n".encode())[:-9], "bevis.csv.gz")
    broken("wrong sum", good, f"{number('file name of a wrong sum')}.csv", filer={"sha256": "0" * 64})
    broken("missing", good, filer={"fil": f"bevis {number('missing file')}.csv"})
    broken("schema", good, schemaversion=number("schemaversion"))
    broken("municipality", good, kommunkod=number("kommunkod"))
    broken("source", good, kalla=number("kalla"))
    broken("created", good, skapad=number("skapad"))
    broken("dataset", good, filer={"dataset": number("dataset")})
    broken("sha256", good, filer={"sha256": number("sha256")})
    broken("path", good, filer={"fil": f"../{number('path')}.csv"})
    broken("no json", f'{{"kalla": "{number("no json")}'.encode())
    (drop / "beda" / "no json" / "leverans.json").write_text(f'{{"kalla": "{number("manifest that is no json")}')
    other = number("source folder")
    deliver(drop, f"{other}/x", "2023-11-28", {"bevis": ("bevis.csv", good)}, kalla="beda")
    deliver(drop, f"{other}/y", "2023-11-28", {"bevis": ("bevis.csv", good.replace(b"GYMNASIE", b"x"))}, kalla="beda")
    for place in range(20):
        good += f"{told.valid(f'bad row {place}')};EXAMEN;2023-01-01\n".encode()
    broken("bad rows", good, f"{number('file with bad rows')}.csv")


def search(home: Path, patterns: dict[str, re.Pattern[bytes]]) -> set[tuple[str, str]]:
    """Where the patterns are found below KAA_HOME: the pattern's name and the file or table.

    The archive's files are encrypted and are not opened, but their names are read. DuckDB packs what it stores, so every
    value of every table is looked at too.
    """
    found = set()
    for where, content in _everything(home):
        found |= {(name, where) for name, pattern in patterns.items() if pattern.search(content)}
    return found


def _everything(home: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        yield f"name {name}", name.encode(errors="surrogateescape")
        if path.is_file() and path.relative_to(home).parts[0] != "archive":
            yield name, path.read_bytes()
        if path.suffix == ".duckdb":
            yield from _tables(path, name)


def _tables(path: Path, name: str) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        # A view holds nothing of its own.
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            rows = connection.execute(f'select distinct t::varchar from "{schema}"."{table}" t').fetchall()
            yield f"{name} {schema}.{table}", "\n".join(row[0] for row in rows if row[0]).encode()
