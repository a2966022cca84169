"""Deliveries with a personnummer in every place and spelling in which a sender could put one, and with values that no contract
names; every one of them stands in one place only, and must be found nowhere afterwards (``search``).
"""

import gzip
from datetime import date, timedelta
from pathlib import Path

from tests.canaries.spellings import SPELLINGS
from tests.delivery.nights import deliver, sound
from tests.model.world import Extract, FileFormat, make_row, personnummer, samordningsnummer

#: A text that is allowed to be found: the search is no good if it does not see it.
ALLOWED = "svar-som-syns"
#: What stands before a number, and is published.
QUESTION = "Vad sade den som heter"


class Canaries:
    """Numbers of persons who do not exist, and values outside the contracts, each used in one place."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}
        self.values: dict[str, str] = {}

    def valid(self, place: str) -> str:
        """A valid number."""
        return self._remember(place, personnummer(self._birth, 200 + len(self.numbers)))

    def invalid(self, place: str) -> str:
        """Somebody's number with a mistyped last digit."""
        number = self.valid(place)
        return self._remember(place, number[:-1] + str((int(number[-1]) + 1) % 10))

    def coordination(self, place: str) -> str:
        """A samordningsnummer."""
        return self._remember(place, samordningsnummer(self._birth, 200 + len(self.numbers)))

    def spelled(self, spelling: str, place: str) -> str:
        """A valid number in one of `SPELLINGS`."""
        number = self.valid(f"{place}, {spelling}")
        return SPELLINGS[spelling](number[:8], number[8:])

    def outside(self, place: str) -> str:
        """A value, or the name of a column, that no contract names."""
        self.values[place] = f"utanforkontraktet{len(self.values):03}"
        return self.values[place]

    @property
    def _birth(self) -> date:
        """All are old enough for the register, and few so old that they are purged on the first night."""
        return date(2003, 3, 4) + timedelta(days=9 * len(self.numbers))

    def _remember(self, place: str, number: str) -> str:
        self.numbers[place] = number
        return number

    @property
    def marks(self) -> dict[str, str]:
        """What is looked for: each number without its century, for so it may be written, and each value."""
        return {place: number[2:] for place, number in self.numbers.items()} | self.values

    def born_before(self, year: int) -> list[str]:
        """The numbers of those who are purged in time."""
        return [number for number in self.numbers.values() if int(number[:4]) < year]


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
    _write_spelled(drop, told)
    _write_outside(drop, told)
    return told


def _write_spelled(drop: Path, told: Canaries) -> None:
    """Every spelling: as a text, as an id, as a name, and in the place of a number."""
    answers = Extract("enkat", "2023-11-27", folder=f"natt {told.spelled('full-width digits', 'folder')}")
    for spelling in SPELLINGS:
        question = f"{QUESTION} {told.spelled(spelling, 'text')} om det?"
        answers.answer(told.spelled(spelling, "id"), fraga=question, datum="2023-10-02")
    answers.file_names = {"svar": f"svar {told.spelled('arabic digits', 'file')}"}
    answers.write(drop)
    # Nineteen rows are few enough to be quarantined, and twenty make the delivery unusable.
    spellings = list(SPELLINGS)
    quarantined, unusable = (
        Extract("skolregister", day, folder=f"stavade {day}") for day in ("2023-11-28", "2023-11-29")
    )
    for place, spelling in enumerate(spellings[1:]):
        extract = quarantined if place < 19 else unusable
        extract.study(f"spelled{place}", told.spelled(spelling, "personnummer"))
    quarantined.write(drop)
    unusable.write(drop)


def _write_outside(drop: Path, told: Canaries) -> None:
    """What no contract names: columns, datasets, files, fields of the manifest; loaded, quarantined and rejected."""
    loaded = sound("skolregister", "2023-11-27").study("bad", told.valid("row with a value outside"), skolform="X")
    loaded.written_as("studieperioder", extra_columns=((told.outside("column"), told.outside("value")),))
    loaded.unknown_datasets = {"kommentarer": f"{told.outside('header of a dataset')}\n{told.outside('dataset')}\n"}
    folder = drop / loaded.write(drop)
    (folder / "anteckningar.txt").write_text(told.outside("file that nobody names"))
    more = (
        f"{told.outside('broken header')};bevis;datum;{told.outside('broken column')}\n{told.outside('broken value')}\n"
    )
    for reason, name, content in (
        ("malformed", "bevis.csv", more.encode()),
        ("undecodable", "bevis.csv", more.encode() + b"\xff"),
        ("half a gzip", "bevis.csv.gz", gzip.compress(more.encode())[:-9]),
        ("quotes", "bevis.csv", more.encode() + b'"'),
    ):
        deliver(drop, f"beda/outside {reason}", "2023-11-27", {"bevis": (name, content)})
    deliver(drop, "beda/outside manifest", "2023-11-27", {"bevis": ("bevis.csv", more.encode())},
            avsandare=told.outside("manifest"), filer={"anm": told.outside("entry")}, skapad="i natt")  # fmt: skip


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
