"""The oracle: deliveries.md and figures.md as a slow, plain-Python program.

What belongs here: the sentences of the two pages, each written as directly as Python allows, with extracts
kept as lists of dicts and every figure as a loop. It answers what a correct warehouse must answer for a small
world of deliveries.

What does not belong here: anything that makes it fast, stores anything, or comes from the pipeline. It shares
no code with the pipeline, so that an error has to be made twice, in two different shapes, to go unnoticed.
Synthetic numbers only: it keeps personnummer in clear.

Where the pages leave room, the choice stands in a comment that begins with "Choice:".
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, str]
Tables = dict[str, list[Row]]
FigureKey = tuple[str, str, str, str, str, str, str, str]
Figures = dict[FigureKey, Decimal]

ALL = "*"
NO_DISTRICT = "SAKNAS"

# --- deliveries.md section 6: municipality profiles -----------------------------------------------


#: The first day of which both profiles can have an extract.
FIRST_DAY = "2005-07-01"


@dataclass(frozen=True)
class Profile:
    """What differs between municipalities."""

    code: str
    report_year_starts: tuple[int, int]  # month and day
    districts: frozenset[str]  # every code that the profile has ever had
    successors: Mapping[str, tuple[date, str]]  # code -> (first day without it, the code that it became)
    job_centres: Mapping[str, str]  # district -> job-centre

    def carried(self, district: str, day: date) -> str:
        """The district in the division that is in force on the day; a code of a later division is kept."""
        while district in self.successors and day >= self.successors[district][0]:
            district = self.successors[district][1]
        return district


_REFORM = date(2023, 7, 1)
_GLOBEN = ["05", "06", "07", "08", "09", "10", "11", "22"]
_SKARHOLMEN = ["12", "13"]
_VALLINGBY = ["03", "04"]
_KISTA = ["01", "02", "21"]

STOCKHOLM = Profile(
    code="0180",
    report_year_starts=(12, 1),
    districts=frozenset(_GLOBEN + _SKARHOLMEN + _VALLINGBY + _KISTA),
    successors={"01": (_REFORM, "21"), "02": (_REFORM, "21"), "06": (_REFORM, "22"), "07": (_REFORM, "22")},
    job_centres={
        **dict.fromkeys(_GLOBEN, "GLOBEN"),
        **dict.fromkeys(_SKARHOLMEN, "SKARHOLMEN"),
        **dict.fromkeys(_VALLINGBY, "VALLINGBY"),
        **dict.fromkeys(_KISTA, "KISTA"),
    },
)
NACKA = Profile(code="0182", report_year_starts=(1, 1), districts=frozenset(), successors={}, job_centres={})
PROFILES = {"stockholm": STOCKHOLM, "nacka": NACKA}

# --- deliveries.md sections 4 and 5: datasets and code lists --------------------------------------

CODES: dict[str, list[str]] = {
    name: codes.split()
    for name, codes in {
        "skolform": "GY ANPGY GYSAR KOMVUX FHS SFI OVRIG",
        "avslut": "EXAMEN STUDIEBEVIS GYMNASIEBEVIS_ANP AVBROTT BYTE OVRIGT",
        "bevis": "GYMNASIEEXAMEN STUDIEBEVIS GYMNASIEBEVIS_ANP MOTSVARANDE",
        "registreringsorsak": "AVBROTT STUDIEBEVIS ALDRIG_PABORJAT INFLYTTAD NYANLAND OVRIGT",
        "kategori": "NY UNDER_UPPSOK UNDER_BEVAKNING INSKRIVEN",
        "kanal": "BREV SMS TELEFON MEJL KNACKAKORT HEMBESOK DROPIN SOCIALA_MEDIER ANNAN_AKTOR",
        "sysselsattning": "STUDIER_EJ_I_BER ARBETE PRAKTIK UTOMLANDS FORALDRALEDIG ANNAN_SYSSELSATTNING INGEN OKAND",
        "avslutsorsak": "STUDIER ARBETE FYLLT_20 FLYTTAT ANNAN_AKTOR EGEN_BEGARAN EJ_KONTAKTBAR OKAND",
        "insats": "JOBBTORG AIM STUDIESTEG1 UNGVUX SKOLSLUSSEN SLUSSPLATS UNGDOMSANSTALLNING PRAKTIK SYV "
        "UNG_I_CENTRUM OVRIG",
        "skyddsmarkering": "SEKRETESS SKYDDAD",
        "riktning": "UT IN",
        "besvarad_av": "UNGDOM ANHORIG",
        "forvaltning": "AMF UTBF",
        "omgang": "PRELIMINAR SLUTLIG RESERV",
        "utfall": "ANTAGEN EJ_ANTAGEN RESERVPLATS",
        "besokstyp": "VAGLEDNING KARTLAGGNING PLATSHJALP OVRIGT",
        "flai_insats": "COACHNING SELMA FILUR YRKESPLUS UNGDOMSANSTALLNING ARBETSLAG OVRIG",
        "kon": "KVINNA MAN",
        "matt": "KONTAKT INSKRIVNA AVSLUTADE",
    }.items()
}


@dataclass(frozen=True)
class Column:
    """One contracted column."""

    name: str
    # personnummer, date, yes_no, text, digits8, count, grade, year, amount, decimal, district, job_centre or a code list
    kind: str
    required: bool
    key: bool


def _columns(layout: str) -> list[Column]:
    """Columns from `name:kind`, with `*` (key) or `?` (may be empty) after the name as in deliveries.md."""
    columns = []
    for word in layout.split():
        name, kind = word.split(":")
        columns.append(Column(name.rstrip("*?"), kind, required="?" not in name, key="*" in name))
    return columns


DATASETS: dict[str, dict[str, list[Column]]] = {
    "folkbokforing": {
        "personer": _columns(
            "personnummer*:personnummer tidigare_personnummer?:personnummer stadsdelsomrade?:district "
            "folkbokford_fran:date invandrad_efter_skolplikt:yes_no skyddsmarkering?:skyddsmarkering"
        ),
    },
    "skolregister": {
        "studieperioder": _columns(
            "studieperiod_id*:text personnummer:personnummer skolenhetskod:digits8 skolform:skolform "
            "studievag:text startdatum:date slutdatum?:date avslut?:avslut"
        ),
    },
    "beda": {"bevis": _columns("personnummer*:personnummer bevis*:bevis datum:date")},
    "ber": {
        "register": _columns(
            "personnummer*:personnummer registrerad_datum:date registreringsorsak:registreringsorsak "
            "kategori:kategori kategori_fran:date stadsdelsomrade?:district"
        ),
        "kontakter": _columns(
            "kontakt_id*:text personnummer:personnummer datum:date riktning:riktning kanal:kanal "
            "besvarad:yes_no besvarad_av?:besvarad_av antal_personal?:count makulerad:yes_no"
        ),
        "sysselsattningar": _columns(
            "sysselsattning_id*:text personnummer:personnummer datum:date kontakt_id?:text "
            "sysselsattning:sysselsattning"
        ),
        "inskrivningar": _columns(
            "inskrivning_id*:text personnummer:personnummer forvaltning:forvaltning inskriven_datum:date "
            "avslutad_datum?:date avslutsorsak?:avslutsorsak"
        ),
        "insatser": _columns(
            "insats_id*:text inskrivning_id:text insats:insats startdatum:date slutdatum?:date "
            "avslutsorsak?:avslutsorsak"
        ),
        "bosattningskontroller": _columns("kontroll_id*:text personnummer:personnummer anmald_datum:date"),
    },
    "enkat": {"svar": _columns("svar_id*:text datum:date fraga:text svar:grade")},
    "nyckeltal": {
        "nyckeltal": _columns(
            "period_fran*:date period_till*:date verksamhet*:text matt*:text varde:decimal enhet:text "
            "uppgiftslamnare:text"
        ),
    },
    "antagning": {
        "antagningar": _columns(
            "antagning_id*:text personnummer:personnummer antagningsar:year omgang:omgang beskedsdatum:date utfall:utfall"
        ),
    },
    "skolslussen": {
        "besok": _columns("besok_id*:text personnummer:personnummer datum:date besokstyp:besokstyp"),
    },
    "flai": {
        "deltaganden": _columns(
            "deltagande_id*:text personnummer:personnummer samtycke_fran:date samtycke_till?:date "
            "flai_insats:flai_insats startdatum:date slutdatum?:date avslutsorsak?:avslutsorsak"
        ),
    },
    "jobbtorg_unga": {
        "antal": _columns(
            "period_fran*:date period_till*:date jobbtorg*?:job_centre kon*:kon matt*:matt orsak*?:avslutsorsak "
            "antal:amount"
        ),
    },
}

# "before its start": the end column -> its start column
STARTS = {
    "slutdatum": "startdatum",
    "avslutad_datum": "inskriven_datum",
    "period_till": "period_fran",
    "samtycke_till": "samtycke_fran",
}
# avslutsorsak is "present exactly when" this column is
EXIT_DATES = {"inskrivningar": "avslutad_datum", "insatser": "slutdatum", "deltaganden": "slutdatum"}


def day_of(text: str) -> date:
    """A date that has been checked before."""
    return date.fromisoformat(text)


# --- deliveries.md section 3 and figures.md section 1: personnummer -------------------------------


def _is_date(text: str) -> bool:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def luhn_sum(digits: str) -> int:
    """The Luhn sum; the last digit is a right check digit when ten divides it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total


def birth_date(number: str) -> date:
    """The birth date in a personnummer or samordningsnummer (day + 60)."""
    day = int(number[6:8])
    return date(int(number[:4]), int(number[4:6]), day - 60 if day > 60 else day)


def is_personnummer(text: str) -> bool:
    """Twelve digits, a real date, a serial that is not 000, a right check digit over the last ten."""
    if not re.fullmatch("[0-9]{12}", text) or text[8:11] == "000" or luhn_sum(text[2:]) % 10 != 0:
        return False
    try:
        birth_date(text)
    except ValueError:
        return False
    return True


def is_odd(number: str) -> bool:
    """Whether the 11th digit is odd (a man)."""
    return int(number[10]) % 2 == 1


def age_on(birth: date, day: date) -> int:
    """Whole years; who is born on 29 February reaches a new age on 1 March in other years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


# --- deliveries.md section 1: CSV -----------------------------------------------------------------

BLANKS = " \t\r\n"


class Rejected(Exception):
    """The delivery is not usable, for this reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_csv(text: str) -> list[tuple[int, list[str]]]:
    """The records of a file, each with the physical line where it begins; all values trimmed."""
    records: list[tuple[int, list[str]]] = []
    at, line, end = 0, 1, len(text)
    while at < end:
        begins, fields, has_quotes = line, [], False
        while True:  # one turn is one field
            start = at
            while at < end and text[at] in " \t":
                at += 1
            if at < end and text[at] == '"':
                has_quotes = True
                at += 1
                value = ""
                while True:
                    if at >= end:
                        raise Rejected("malformed_csv")  # an unclosed quote
                    if text[at] == '"' and text[at + 1 : at + 2] == '"':
                        value += '"'
                        at += 2
                    elif text[at] == '"':
                        at += 1
                        break
                    else:
                        value += text[at]
                        line += text[at] == "\n"
                        at += 1
                while at < end and text[at] in " \t\r":
                    at += 1
                if at < end and text[at] not in ";\n":
                    raise Rejected("malformed_csv")  # text after a closing quote
            else:
                while at < end and text[at] not in ';\n"':
                    at += 1
                if at < end and text[at] == '"':
                    raise Rejected("malformed_csv")  # Choice: a quote inside an unquoted field
                value = text[start:at]
            fields.append(value.strip(BLANKS))
            if at < end and text[at] == ";":
                at += 1
                continue
            break
        at += 1  # the line feed
        line += 1
        # Choice: a line that holds nothing but blanks is a wholly empty line too.
        if fields != [""] or has_quotes:
            records.append((begins, fields))
    return records


# --- deliveries.md section 3: what happens to a row -----------------------------------------------


@dataclass
class BadRow:
    """A quarantined row: where it stands, its first fault, and whom and what it is about."""

    dataset: str
    file: str
    line: int
    column: str
    reason: str
    numbers: set[str]
    participation: str  # its deltagande_id; empty in other datasets


@dataclass
class File:
    """One dataset's file, read."""

    name: str
    sha256: str
    rows: int  # data rows, before quarantine and repeats
    records: list[tuple[int, Row]]  # contracted columns only; exact repeats removed


def _is_integer(value: str) -> bool:
    """Digits only. Choice: a number that does not fit 64 bits is a bad_type, as a decimal of too many digits is."""
    return re.fullmatch("[0-9]+", value) is not None and len(value.lstrip("0")) <= 19 and int(value) < 2**63


def cell_fault(profile: Profile, column: Column, value: str) -> str | None:
    """What is wrong with one value by itself."""
    if not value:
        return "missing_value" if column.required else None
    match column.kind:
        case "personnummer":
            return None if is_personnummer(value) else "bad_personnummer"
        case "date":
            return None if _is_date(value) else "bad_type"
        case "yes_no":  # Choice: bad_type, not bad_code
            return None if value in ("J", "N") else "bad_type"
        case "digits8":
            return None if re.fullmatch("[0-9]{8}", value) else "bad_type"
        case "count":
            return None if _is_integer(value) and int(value) >= 1 else "bad_type"
        case "grade":
            return None if re.fullmatch("[0-9]+", value) and 1 <= int(value) <= 5 else "bad_type"
        case "year":
            return None if re.fullmatch("[0-9]+", value) and 2000 <= int(value) <= 2099 else "bad_type"
        case "amount":
            return None if _is_integer(value) else "bad_type"
        case "decimal":
            return None if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) else "bad_type"
        case "text":
            return None
        case "district":
            return None if value in profile.districts else "bad_code"
        case "job_centre":  # SAKNAS is none; without job-centres any is wrong
            return None if value in profile.job_centres.values() else "bad_code"
        case code_list:
            return None if value in CODES[code_list] else "bad_code"


def row_rule_fault(dataset: str, column: str, row: Row) -> str | None:
    """What is wrong with a value beside the row's others, where it and the earlier columns are right."""
    if column in STARTS and row[column] and row[column] < row[STARTS[column]]:
        return "end_before_start"
    if column == "besvarad" and row["riktning"] == "IN" and row["besvarad"] == "N":
        return "inconsistent"
    if column == "avslutsorsak" and bool(row["avslutsorsak"]) != bool(row[EXIT_DATES[dataset]]):
        return "inconsistent"
    if column == "orsak" and bool(row["orsak"]) != (row["matt"] == "AVSLUTADE"):
        return "inconsistent"
    return None


def judge_rows(profile: Profile, source: str, files: dict[str, File]) -> tuple[Tables, list[BadRow]]:
    """The good rows of each dataset, and the quarantined ones."""
    good: Tables = {}
    bad: list[BadRow] = []
    for dataset, columns in DATASETS[source].items():  # inskrivningar stand before insatser, which refer to them
        file = files[dataset]
        keys = [column for column in columns if column.key]
        # Choice: a row takes part in duplicate_key when each of its key columns is right by itself, whatever
        # its other faults. Rows are compared as trimmed text, so GYSAR and ANPGY are other content.
        with_key: dict[tuple[str, ...], int] = defaultdict(int)
        for _, row in file.records:
            if not any(cell_fault(profile, column, row[column.name]) for column in keys):
                with_key[tuple(row[column.name] for column in keys)] += 1
        enrolments = {row["inskrivning_id"] for row in good.get("inskrivningar", [])}
        good[dataset] = []
        for line, row in file.records:
            fault = None
            for column in columns:
                reason = cell_fault(profile, column, row[column.name])
                if not reason:
                    reason = row_rule_fault(dataset, column.name, row)
                if not reason and dataset == "insatser" and column.name == "inskrivning_id":
                    reason = None if row["inskrivning_id"] in enrolments else "unknown_reference"
                if not reason and column == keys[0] and with_key[tuple(row[key.name] for key in keys)] > 1:
                    reason = "duplicate_key"
                if reason:
                    fault = column.name, reason
                    break
            if not fault and dataset == "deltaganden" and row["startdatum"] < row["samtycke_fran"]:
                fault = "samtycke_fran", "no_consent"  # after the others
            if fault:
                numbers = _numbers_of(dataset, row, files)
                bad.append(BadRow(dataset, file.name, line, *fault, numbers, row.get("deltagande_id", "")))
            else:
                # renamed 2023: "means the same"
                good[dataset].append({**row, "skolform": "ANPGY"} if row.get("skolform") == "GYSAR" else row)
    return good, bad


def _numbers_of(dataset: str, row: Row, files: dict[str, File]) -> set[str]:
    """The valid numbers of the person that a quarantined row is about (an insats: those of its enrolment)."""
    if dataset == "insatser":
        enrolments = [enrolment for _, enrolment in files["inskrivningar"].records]
        rows = [other for other in enrolments if other["inskrivning_id"] == row["inskrivning_id"]]
    else:
        rows = [row]
    return {other["personnummer"] for other in rows if is_personnummer(other.get("personnummer", ""))}


# --- deliveries.md section 2: what happens to a delivery ------------------------------------------


@dataclass
class Delivery:
    """A delivery that has been seen, with its verdict; `good` and `bad` only where it may be loaded."""

    folder: str
    manifest: bytes
    source: str | None = None
    day: date | None = None
    revision: int | None = None
    created: datetime | None = None
    status: str = ""
    reason: str = ""
    rows: dict[str, int] | None = None  # data rows per dataset; None when the files could not be read
    content: dict[str, str] = field(default_factory=dict)  # the sha256 of each dataset's file
    good: Tables = field(default_factory=dict)
    bad: list[BadRow] = field(default_factory=list)

    @property
    def was_held_then_rejected(self) -> bool:
        """Rejected by a person: the only rejection with this reason."""
        return self.status == "rejected" and self.reason == "volume_drop"

    @property
    def counts(self) -> bool:
        """What counts for `duplicate` and `conflict`."""
        return self.status in ("accepted", "superseded", "held") or self.was_held_then_rejected

    def withdrawals(self) -> set[str]:
        """Section 4, flai: the participations for which consent is withdrawn by this delivery.

        Its status now decides: one that was held withdraws as soon as it is accepted or superseded.
        """
        if self.source != "flai" or self.day is None or self.status not in ("accepted", "superseded"):
            return set()
        return {
            row["deltagande_id"]
            for row in self.good["deltaganden"]
            if row["samtycke_till"] and day_of(row["samtycke_till"]) <= self.day
        }

    def is_same_extract(self, other: Delivery) -> bool:
        """The same source and date."""
        return (self.source, self.day) == (other.source, other.day)


def _read_manifest(delivery: Delivery, folder: Path) -> dict[str, Any]:
    """The checked manifest; reasons 1 and 2."""
    try:
        manifest = json.loads(delivery.manifest.decode("utf-8-sig"))
    except ValueError:
        raise Rejected("bad_manifest") from None
    if not isinstance(manifest, dict):
        raise Rejected("bad_manifest")
    version = manifest.get("schemaversion")
    if not isinstance(version, str) or not re.fullmatch(r"[0-9]+(\.[0-9]+)*", version):
        raise Rejected("bad_manifest")
    if int(version.split(".")[0]) != 1:
        raise Rejected("unsupported_schema_version")

    def must(is_right: bool) -> None:
        if not is_right:
            raise Rejected("bad_manifest")

    def is_text(value: object) -> bool:
        return isinstance(value, str)

    def is_integer(value: object, at_least: int) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= at_least

    must(is_text(manifest.get("kalla")) and manifest["kalla"] in DATASETS)
    must(is_text(manifest.get("kommunkod")))
    must(is_text(manifest.get("uttagsdatum")) and _is_date(manifest["uttagsdatum"]))
    must(manifest["uttagsdatum"] >= FIRST_DAY)
    must(is_integer(manifest.get("revision"), at_least=1))
    must(is_text(manifest.get("skapad")))
    try:
        created = datetime.fromisoformat(manifest["skapad"])
    except ValueError:
        raise Rejected("bad_manifest") from None
    must(created.tzinfo is not None)
    must(isinstance(manifest.get("filer"), list))
    for entry in manifest["filer"]:
        must(isinstance(entry, dict))
        must(is_text(entry.get("dataset")))
        must(is_text(entry.get("fil")) and _is_plain_name(folder, entry["fil"]))
        must(is_integer(entry.get("rader"), at_least=0))
        must(is_text(entry.get("sha256")) and re.fullmatch("[0-9a-fA-F]{64}", entry["sha256"]) is not None)
        must(entry.get("teckenkodning") in ("utf-8", "iso-8859-1"))
    datasets = [entry["dataset"] for entry in manifest["filer"]]
    must(len(datasets) == len(set(datasets)))

    delivery.source = manifest["kalla"]
    delivery.day = day_of(manifest["uttagsdatum"])
    delivery.revision = manifest["revision"]
    delivery.created = created
    return manifest


def _is_plain_name(folder: Path, name: str) -> bool:
    if name in ("", ".", "..") or any(sign in name for sign in "/\\\0"):
        return False
    return (folder / name).resolve().is_relative_to(folder.resolve())


def _read_files(source: str, manifest: dict[str, Any], folder: Path, delivery: Delivery) -> dict[str, File]:
    """The files of the source's datasets; reasons 5 to 11, each judged for all files before the next."""
    entries = {entry["dataset"]: entry for entry in manifest["filer"] if entry["dataset"] in DATASETS[source]}
    if set(entries) != set(DATASETS[source]):
        raise Rejected("missing_dataset")
    if not all((folder / entry["fil"]).is_file() for entry in entries.values()):
        raise Rejected("missing_file")
    data = {dataset: (folder / entry["fil"]).read_bytes() for dataset, entry in entries.items()}
    delivery.content = {dataset: hashlib.sha256(bytes_).hexdigest() for dataset, bytes_ in data.items()}
    if any(delivery.content[dataset] != entry["sha256"].lower() for dataset, entry in entries.items()):
        raise Rejected("checksum_mismatch")
    texts = {dataset: _decoded(data[dataset], entry) for dataset, entry in entries.items()}
    tables = {dataset: _well_formed(text) for dataset, text in texts.items()}
    delivery.rows = {dataset: len(records) - 1 for dataset, records in tables.items()}
    for dataset, records in tables.items():
        if not {column.name for column in DATASETS[source][dataset]} <= set(records[0][1]):
            raise Rejected("missing_column")
    for dataset, entry in entries.items():
        if entry["rader"] != delivery.rows[dataset]:
            raise Rejected("row_count_mismatch")

    files = {}
    for dataset, records in tables.items():
        header = records[0][1]
        distinct: dict[tuple[str, ...], tuple[int, Row]] = {}
        for line, fields in records[1:]:
            cells = dict(zip(header, fields, strict=True))
            row = {column.name: cells[column.name] for column in DATASETS[source][dataset]}
            distinct.setdefault(tuple(row.values()), (line, row))  # the first of exact repeats stays
        files[dataset] = File(
            entries[dataset]["fil"], delivery.content[dataset], len(records) - 1, list(distinct.values())
        )
    return files


def _decoded(data: bytes, entry: dict[str, Any]) -> str:
    try:
        if entry["fil"].lower().endswith(".gz"):
            if not data:
                raise Rejected("undecodable")
            data = gzip.decompress(data)
        return data.decode("utf-8-sig" if entry["teckenkodning"] == "utf-8" else "iso-8859-1")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        raise Rejected("undecodable") from None


def _well_formed(text: str) -> list[tuple[int, list[str]]]:
    records = parse_csv(text)
    if not records:
        raise Rejected("malformed_csv")  # no header
    header = records[0][1]
    if len(header) != len(set(header)) or any(len(fields) != len(header) for _, fields in records):
        raise Rejected("malformed_csv")
    return records


class Oracle:
    """A warehouse of one municipality. `now` is today's date in Europe/Stockholm."""

    def __init__(self, profile: Profile, now: date) -> None:
        self.profile = profile
        self.now = now
        self._seen: list[Delivery] = []
        self._decisions: list[tuple[str, str]] = []  # (folder, "release" or "reject") since the last run
        self.purged: set[str] = set()  # numbers of purged persons, for ever
        self.withdrawn: set[str] = set()  # participations without consent, for ever
        self._known: dict[date | None, Knowledge] = {}

    # --- the nightly job

    def run(self, drop: Path) -> None:
        """One nightly: decisions take effect, unseen deliveries are judged, persons are purged."""
        self._known = {}
        decisions, self._decisions = self._decisions, []
        for folder, decision in decisions:
            for delivery in self._held(folder):
                if decision == "release":
                    self._load(delivery)
                else:
                    delivery.status = "rejected"

        already = {(delivery.folder, delivery.manifest) for delivery in self._seen}
        arrived = []
        for path in drop.glob("*/*/leverans.json"):
            delivery = Delivery(path.parent.relative_to(drop).as_posix(), path.read_bytes())
            if (delivery.folder, delivery.manifest) not in already:
                arrived.append((delivery, self._check_manifest(delivery, path.parent)))
        # Choice: skapad is compared as a moment, not as text. Where bad manifests come makes no difference.
        for delivery, manifest in sorted(
            arrived,
            key=lambda item: (
                item[0].day or date.min,
                item[0].source or "",
                item[0].revision or 0,
                item[0].created.timestamp() if item[0].created else 0.0,
                item[0].folder,
            ),
        ):
            if manifest is not None:
                try:
                    self._judge(delivery, manifest, drop / delivery.folder)
                except Rejected as rejected:
                    delivery.status, delivery.reason = "rejected", rejected.reason
            self._seen.append(delivery)
        self.withdrawn |= {name for delivery in self._seen for name in delivery.withdrawals()}
        self._purge()

    def _check_manifest(self, delivery: Delivery, folder: Path) -> dict[str, Any] | None:
        try:
            return _read_manifest(delivery, folder)
        except Rejected as rejected:
            delivery.status, delivery.reason = "rejected", rejected.reason
            return None

    def _judge(self, delivery: Delivery, manifest: dict[str, Any], folder: Path) -> None:
        assert delivery.source is not None and delivery.day is not None and delivery.revision is not None
        if manifest["kommunkod"] != self.profile.code:
            raise Rejected("wrong_municipality")
        if delivery.day > self.now + timedelta(days=1):
            raise Rejected("future_date")
        files = _read_files(delivery.source, manifest, folder, delivery)
        good, bad = judge_rows(self.profile, delivery.source, files)
        for dataset, file in files.items():
            quarantined = sum(row.dataset == dataset for row in bad)
            if quarantined >= 20 and quarantined * 100 > file.rows * 5:
                raise Rejected("too_many_bad_rows")

        same_identity = [
            other
            for other in self._seen
            if other.counts and other.is_same_extract(delivery) and other.revision == delivery.revision
        ]
        if any(other.content == delivery.content for other in same_identity):
            delivery.status = "duplicate"
            return
        if any(not other.was_held_then_rejected for other in same_identity):
            raise Rejected("conflict")
        delivery.good, delivery.bad = good, bad
        loaded = [other for other in self._seen if other.status == "accepted" and other.source == delivery.source]
        if any(other.is_same_extract(delivery) and (other.revision or 0) > delivery.revision for other in loaded):
            delivery.status = "superseded"
        elif self._is_suspicious(delivery, loaded):
            delivery.status, delivery.reason = "held", "volume_drop"
        else:
            self._load(delivery)

    def _is_suspicious(self, delivery: Delivery, loaded: list[Delivery]) -> bool:
        assert delivery.rows is not None and delivery.day is not None
        earlier = [other for other in loaded if other.day is not None and other.day < delivery.day]
        if not earlier:
            return False
        latest = max(earlier, key=lambda other: other.day or date.min)
        assert latest.rows is not None
        return any(
            latest.rows[dataset] >= 100 and rows * 100 < latest.rows[dataset] * 70
            for dataset, rows in delivery.rows.items()
        )

    def _load(self, delivery: Delivery) -> None:
        delivery.status, delivery.reason = "accepted", ""
        for other in self._seen:
            is_lower = other.is_same_extract(delivery) and (other.revision or 0) < (delivery.revision or 0)
            if is_lower and other.status in ("accepted", "held"):
                other.status, other.reason = "superseded", ""

    def _held(self, folder: str) -> list[Delivery]:
        return [delivery for delivery in self._seen if delivery.folder == folder and delivery.status == "held"]

    def release(self, folder: str) -> None:
        """A person releases the held delivery in this folder; takes effect at the next run."""
        self._decide(folder, "release")

    def reject(self, folder: str) -> None:
        """A person rejects the held delivery in this folder; takes effect at the next run."""
        self._decide(folder, "reject")

    def _decide(self, folder: str, decision: str) -> None:
        if not self._held(folder):
            raise LookupError(f"no held delivery in {folder}")
        self._decisions.append((folder, decision))

    def _purge(self) -> None:
        """Section 7. What is purged stays purged, whatever later deliveries say."""
        days = [delivery.day for delivery in self._seen if delivery.status == "accepted" and delivery.day]
        if not days:
            return
        everything = Knowledge(self._loaded(None), purged=set())
        numbers = set(everything.newest_number) | {
            number for delivery in self._seen for row in delivery.bad for number in row.numbers
        }
        for number in numbers:
            if max(days).year > birth_date(everything.person(number)).year + 21:
                self.purged.add(number)

    # --- what it answers

    def deliveries(self) -> list[dict[str, Any]]:
        """Every delivery seen. None: `rows` of files that could not be read, the fields of bad manifests."""
        return [
            {
                "source": delivery.source,
                "extract_date": delivery.day,
                "revision": delivery.revision,
                "status": delivery.status,
                "reason": delivery.reason,
                "rows": None if delivery.rows is None else sum(delivery.rows.values()),
                # Choice: as judged; purging does not rewrite what was received.
                "quarantined_rows": len(delivery.bad),
                "folder": delivery.folder,
            }
            for delivery in self._seen
        ]

    def quarantine(self) -> list[dict[str, Any]]:
        """The quarantined rows of deliveries that are, were or may be loaded, without purged persons' and withdrawn ones."""
        return [
            {
                "folder": delivery.folder,
                "dataset": row.dataset,
                "file": row.file,
                "line": row.line,
                "column": row.column,
                "reason": row.reason,
            }
            for delivery in self._seen
            for row in delivery.bad
            if (not row.numbers or not row.numbers <= self.purged)
            and not (row.dataset == "deltaganden" and row.participation in self.withdrawn)
        ]

    def figures(self, period_id: str, as_known: date | None = None) -> Figures:
        """All figures of a period, without zero rows."""
        known = self._knowledge(as_known)
        if period_id.startswith("dag-"):
            return DayFigures(known, self.profile, period_id).computed()
        return PeriodFigures(known, self.profile, period_id).computed()

    def target_group(self, day: date, as_known: date | None = None) -> dict[str, tuple[list[int], bool]]:
        """Section 4's persons (by newest number): the rules that are not met; whether in the register."""
        known = self._knowledge(as_known)
        return DayFigures(known, self.profile, f"dag-{day.isoformat()}").target_group

    def protected_numbers(self) -> set[str]:
        """All numbers of those who have a protected identity, links and rows as known now (audit.md section 4)."""
        known = self._knowledge(None)
        marked = {
            known.person(row["personnummer"])
            for (source, _), tables in known.extracts.items()
            if source == "folkbokforing"
            for row in tables["personer"]
            if row["skyddsmarkering"]
        }
        return {number for number, newest in known.newest_number.items() if newest in marked}

    def extracts(self, as_known: date | None = None) -> dict[tuple[str, date], Tables]:
        """The loaded extracts, without purged persons' rows (skolform GYSAR as ANPGY)."""
        return self._knowledge(as_known).extracts

    def _loaded(self, as_known: date | None) -> dict[tuple[str, date], Tables]:
        return {
            (delivery.source, delivery.day): self._with_consent(delivery.good)
            for delivery in self._seen
            if delivery.status == "accepted" and delivery.source and delivery.day
            if as_known is None or delivery.day <= as_known
        }

    def _with_consent(self, tables: Tables) -> Tables:
        """Without withdrawn participations, whenever the consent was withdrawn and whatever day is asked as known."""
        return {
            dataset: [row for row in rows if row.get("deltagande_id") not in self.withdrawn]
            for dataset, rows in tables.items()
        }

    def _knowledge(self, as_known: date | None) -> Knowledge:
        if as_known not in self._known:
            self._known[as_known] = Knowledge(self._loaded(as_known), self.purged)
        return self._known[as_known]


# --- figures.md section 1: words ------------------------------------------------------------------


class Knowledge:
    """What may be used for an answer: the loaded extracts up to a day, without purged persons' rows."""

    def __init__(self, extracts: dict[tuple[str, date], Tables], purged: set[str]) -> None:
        in_date_order = sorted(extracts, key=lambda key: (key[1], key[0]))
        self.extracts = {key: _without_purged(extracts[key], purged) for key in in_date_order}
        self._find_persons()

    def _find_persons(self) -> None:
        """Numbers that tidigare_personnummer links, directly or through others, in any extract."""
        group: dict[str, set[str]] = {}
        self.named_as_earlier: set[str] = set()
        for tables in self.extracts.values():
            for rows in tables.values():
                for row in rows:
                    number, earlier = row.get("personnummer"), row.get("tidigare_personnummer")
                    if number:
                        group.setdefault(number, {number})
                    if number and earlier and earlier != number:  # a number that names itself links nothing
                        self.named_as_earlier.add(earlier)
                        joined = group[number] | group.get(earlier, {earlier})
                        for each in joined:
                            group[each] = joined
        self.newest_number = {number: max(numbers, key=self._newness) for number, numbers in group.items()}

    def _newness(self, number: str) -> tuple[bool, date, bool, str]:
        """Larger is newer. The number itself makes the choice stable: no figure depends on it."""
        return number not in self.named_as_earlier, birth_date(number), is_odd(number), number

    def person(self, number: str) -> str:
        """The person whom a number belongs to, called by its newest number."""
        return self.newest_number.get(number, number)

    def one_row(self, rows: list[Row]) -> Row:
        """The row to take where a person has several in one extract."""

        def order(row: Row) -> tuple[tuple[bool, date, bool], list[str]]:
            without_numbers = [value for name, value in row.items() if "personnummer" not in name]
            return self._newness(row["personnummer"])[:3], without_numbers

        return max(rows, key=order)

    def rows_by_person(self, rows: Iterable[Row]) -> dict[str, Row]:
        """One row per person of one extract."""
        rows_of: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            rows_of[self.person(row["personnummer"])].append(row)
        return {person: self.one_row(theirs) for person, theirs in rows_of.items()}

    def latest_extract(self, source: str, day: date = date.max) -> tuple[date, Tables] | None:
        """The source's latest extract with a date up to the day."""
        days = [extract_day for name, extract_day in self.extracts if name == source and extract_day <= day]
        return (max(days), self.extracts[source, max(days)]) if days else None

    def current(self, source: str, dataset: str, day: date = date.max) -> list[Row]:
        """The current version of each record among the extracts up to the day, without annulled records."""
        keys = [column.name for column in DATASETS[source][dataset] if column.key]
        versions: dict[tuple[str, ...], Row] = {}
        for (name, extract_day), tables in self.extracts.items():  # in date order
            if name == source and extract_day <= day:
                for row in tables[dataset]:
                    versions[tuple(row[key] for key in keys)] = row
        return [row for row in versions.values() if row.get("makulerad") != "J"]

    @cached_property
    def register(self) -> dict[date, dict[str, Row]]:
        """The register on each extract date: person -> row, in date order."""
        return {
            day: self.rows_by_person(tables["register"])
            for (source, day), tables in self.extracts.items()
            if source == "ber"
        }

    def last_sighting(self, person: str, to: date) -> Row | None:
        """The register row of the latest extract up to the day that has the person."""
        rows = [rows[person] for day, rows in self.register.items() if day <= to and person in rows]
        return rows[-1] if rows else None


def _without_purged(tables: Tables, purged: set[str]) -> Tables:
    # An insats is the person's who has its enrolment in the same extract.
    purged_enrolments = {
        row["inskrivning_id"] for row in tables.get("inskrivningar", []) if row["personnummer"] in purged
    }
    return {
        dataset: [
            row
            for row in rows
            if row.get("personnummer") not in purged
            and not (dataset == "insatser" and row["inskrivning_id"] in purged_enrolments)
        ]
        for dataset, rows in tables.items()
    }


def one_year_earlier(period_id: str) -> str:
    """The same kind of period, every year in the id less one."""
    return re.sub("(?<=-)[0-9]{4}(?=-|$)", lambda year: f"{int(year[0]) - 1:04}", period_id)


def period_days(profile: Profile, period_id: str) -> tuple[date, date]:
    """The first and the last day of a period."""
    kind, *numbers = period_id.split("-")
    parts = [int(number) for number in numbers]
    year = parts[0]
    match kind:
        case "verksamhetsar":
            month, day = profile.report_year_starts
            if (month, day) == (1, 1):
                return date(year, 1, 1), date(year, 12, 31)
            return date(year - 1, month, day), date(year, month, day) - timedelta(days=1)
        case "kalenderar":
            return date(year, 1, 1), date(year, 12, 31)
        case "lasar":
            return date(year, 7, 1), date(year + 1, 6, 30)
        case "tertial1":
            return date(year, 1, 1), date(year, 4, 30)
        case "tertial2":
            return date(year, 1, 1), date(year, 8, 31)
        case "halvar1":
            return date(year, 1, 1), date(year, 6, 30)
        case "halvar2":
            return date(year, 7, 1), date(year, 12, 31)
        case "manad":
            first = date(year, parts[1], 1)
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        case "dag":
            return date(*parts), date(*parts)
    raise ValueError(period_id)


# --- figures.md section 2: shape ------------------------------------------------------------------


class Counts:
    """The rows of the figures of one period, as they are counted up."""

    def __init__(self, known: Knowledge, profile: Profile, period_id: str) -> None:
        self.known = known
        self.profile = profile
        self.period_id = period_id
        self.start, self.to = period_days(profile, period_id)
        self.values: Figures = defaultdict(Decimal)

    def has(self, text: str) -> bool:
        """Whether a date, or none, lies in the period."""
        return bool(text) and self.start <= day_of(text) <= self.to

    def count(
        self,
        figure: str,
        measure: str,
        person: str,
        row: Row | None,
        category: str = ALL,
        subcategory: str = ALL,
    ) -> None:
        """Count one in all groupings; district and job-centre are those of the row."""
        code = row["stadsdelsomrade"] if row else ""
        district = self.profile.carried(code, self.to) if code else NO_DISTRICT
        job_centre = self.profile.job_centres.get(code, NO_DISTRICT)
        gender = "man" if is_odd(person) else "kvinna"
        for grouping in (
            (ALL, ALL, ALL),
            (gender, ALL, ALL),
            (ALL, district, ALL),
            (gender, district, ALL),
            (ALL, ALL, job_centre),
            (gender, ALL, job_centre),
        ):
            self.values[figure, measure, self.period_id, *grouping, category, subcategory] += 1

    def add_without_dimensions(
        self, figure: str, measure: str, category: str, subcategory: str, value: Decimal
    ) -> None:
        """Add a value in all four combinations of the two levels."""
        for one in (category, ALL):
            for two in (subcategory, ALL):
                self.values[figure, measure, self.period_id, ALL, ALL, ALL, one, two] += value

    def without_zeros(self) -> Figures:
        """What was counted."""
        return {key: value for key, value in self.values.items() if value != 0}


# --- figures.md section 3: figures for a period ---------------------------------------------------


class PeriodFigures(Counts):
    """The figures of one period."""

    def computed(self) -> Figures:
        """All of them."""
        self._records()
        self._population_and_outreach()
        self._contacts()
        self._occupation_and_support_choice()
        self._participants_and_exits()
        self._measures()
        self._timeliness()
        self._offer_90_days()
        self._residence_checks()
        self._survey()
        self._key_numbers()
        self._residents()
        self._registrations()
        self._first_time()
        self._latest_occupation()
        self._persistence()
        self._occupation_after_support()
        self._not_admitted()
        self._school_entry_visits()
        self._consented_participants()
        self._youth_20_29()
        return self.without_zeros()

    def _records(self) -> None:
        known = self.known
        self.in_register = {
            person for day, rows in known.register.items() if self.start <= day <= self.to for person in rows
        }
        self.contacts = self._with_person("kontakter")
        self.enrolments = self._with_person("inskrivningar")
        # A measure is the person's who has its enrolment (the enrolment's current version).
        person_of_enrolment = {row["inskrivning_id"]: person for person, row in self.enrolments}
        self.measures = [
            (person_of_enrolment[row["inskrivning_id"]], row)
            for row in known.current("ber", "insatser")
            if row["inskrivning_id"] in person_of_enrolment
        ]
        self.contacts_in_period = [
            (person, row) for person, row in self.contacts if person in self.in_register and self.has(row["datum"])
        ]
        # First reach: the earliest contact in P that is answered or IN (tie: smallest kontakt_id as text).
        self.first_reach: dict[str, Row] = {}
        for person, row in sorted(self.contacts_in_period, key=lambda item: (item[1]["datum"], item[1]["kontakt_id"])):
            if row["besvarad"] == "J" or row["riktning"] == "IN":
                self.first_reach.setdefault(person, row)

    def _with_person(self, dataset: str, source: str = "ber") -> list[tuple[str, Row]]:
        return [(self.known.person(row["personnummer"]), row) for row in self.known.current(source, dataset)]

    def _count(self, figure: str, measure: str, person: str, category: str = ALL, subcategory: str = ALL) -> None:
        """Count one with the person's dimensions: gender, district and job-centre of the last sighting."""
        self.count(figure, measure, person, self.known.last_sighting(person, self.to), category, subcategory)

    def _count_persons(self, figure: str, measure: str, persons: Iterable[tuple[str, str]]) -> None:
        """Count persons, each once in a category and once in all of them."""
        pairs = set(persons)
        for person, category in pairs:
            self._count(figure, measure, person, category)
        for person in {person for person, _ in pairs}:
            self._count(figure, measure, person)

    def _population_and_outreach(self) -> None:
        for person in self.in_register:
            self._count("population", "in_register", person)
        for person in {person for person, _ in self.contacts_in_period}:
            self._count("outreach", "sought", person)
            self._count("outreach", "reached" if person in self.first_reach else "not_reached", person)

    def _contacts(self) -> None:
        for person, row in self.contacts_in_period:
            measures = ["own"] if row["riktning"] == "IN" else ["attempts"]
            if row["riktning"] == "UT" and row["besvarad"] == "J":
                measures.append("answered")
            for measure in measures:
                self._count("contacts", measure, person, row["kanal"])
                self._count("contacts", measure, person)

    def _occupation_and_support_choice(self) -> None:
        occupations = self.known.current("ber", "sysselsattningar")
        for person, contact in self.first_reach.items():
            said = [row for row in occupations if row["kontakt_id"] == contact["kontakt_id"]]
            category = "OKAND"
            if said:
                category = max(said, key=lambda row: row["sysselsattning_id"])["sysselsattning"]
            self._count_persons("occupation", "reached", [(person, category)])
            if category not in ("INGEN", "OKAND"):
                self._count_persons("occupation", "occupied", [(person, category)])
        self._count_persons(
            "support_choice",
            "reached_then_enrolled",
            [
                (person, row["forvaltning"])
                for person, row in self.enrolments
                if person in self.first_reach
                and self.has(row["inskriven_datum"])
                and row["inskriven_datum"] >= self.first_reach[person]["datum"]
            ],
        )

    def _overlaps(self, start: str, end: str) -> bool:
        return day_of(start) <= self.to and (not end or day_of(end) >= self.start)

    def _participants_and_exits(self) -> None:
        enrolled, new, ended = [], [], []
        last_ended: dict[str, Row] = {}
        for person, row in sorted(
            self.enrolments, key=lambda item: (item[1]["avslutad_datum"], item[1]["inskrivning_id"])
        ):
            if self._overlaps(row["inskriven_datum"], row["avslutad_datum"]):
                enrolled.append((person, row["forvaltning"]))
            if self.has(row["inskriven_datum"]):
                new.append((person, row["forvaltning"]))
            if self.has(row["avslutad_datum"]):
                ended.append((person, row["forvaltning"]))
                last_ended[person] = row  # the latest, of several that day the largest id, comes last
        self._count_persons("participants", "enrolled", enrolled)
        self._count_persons("participants", "new", new)
        self._count_persons("participants", "ended", ended)
        self._count_persons("exits", "ended", [(person, row["avslutsorsak"]) for person, row in last_ended.items()])
        self.last_ended = last_ended

    def _measures(self) -> None:
        participants, new, ended = [], [], []
        last_ended: dict[tuple[str, str], Row] = {}
        for person, row in sorted(self.measures, key=lambda item: (item[1]["slutdatum"], item[1]["insats_id"])):
            if self._overlaps(row["startdatum"], row["slutdatum"]):
                participants.append((person, row["insats"]))
            if self.has(row["startdatum"]):
                new.append((person, row["insats"]))
            if self.has(row["slutdatum"]):
                ended.append((person, row["insats"]))
                last_ended[person, row["insats"]] = row
        self._count_persons("measures", "participants", participants)
        self._count_persons("measures", "new", new)
        self._count_persons("measures", "ended", ended)
        for (person, kind), row in last_ended.items():
            self._count("measure_exits", "ended", person, kind, row["avslutsorsak"])
            self._count("measure_exits", "ended", person, kind)

    def _timeliness(self) -> None:
        stays = {
            (self.known.person(row["personnummer"]), row["registrerad_datum"])
            for (source, _), tables in self.known.extracts.items()
            if source == "ber"
            for row in tables["register"]
            if self.has(row["registrerad_datum"])
        }
        for person, registered in stays:
            self._count("timeliness", "registered", person)
            waits = [
                (day_of(row["datum"]) - day_of(registered)).days
                for contacted, row in self.contacts
                if contacted == person and row["riktning"] == "UT"
            ]
            for days in (14, 30):
                if any(0 <= wait <= days for wait in waits):
                    self._count("timeliness", f"contacted_in_{days}_days", person)

    def _offer_90_days(self) -> None:
        for person, row in self.enrolments:
            enrolled = day_of(row["inskriven_datum"])
            if not self.has(row["inskriven_datum"]) or enrolled > self.to - timedelta(days=90):
                continue
            self._count("offer_90_days", "enrolments", person)
            left_for_work_or_studies = (
                row["avslutsorsak"] in ("STUDIER", "ARBETE") and (day_of(row["avslutad_datum"]) - enrolled).days <= 90
            )
            got_a_measure = any(
                measure["inskrivning_id"] == row["inskrivning_id"]
                and measure["insats"] in ("PRAKTIK", "UNGDOMSANSTALLNING", "STUDIESTEG1", "UNGVUX", "SLUSSPLATS")
                and 0 <= (day_of(measure["startdatum"]) - enrolled).days <= 90
                for _, measure in self.measures
            )
            if left_for_work_or_studies or got_a_measure:
                self._count("offer_90_days", "offered", person)

    def _residence_checks(self) -> None:
        for row in self.known.current("ber", "bosattningskontroller"):
            if self.has(row["anmald_datum"]):
                self._count("residence_checks", "reported", self.known.person(row["personnummer"]))

    def _survey(self) -> None:
        for row in self.known.current("enkat", "svar"):
            if self.has(row["datum"]):
                grade = str(int(row["svar"]))
                self.add_without_dimensions("survey", "answers", row["fraga"], grade, Decimal(1))

    def _key_numbers(self) -> None:
        latest = self.known.latest_extract("nyckeltal")
        for row in latest[1]["nyckeltal"] if latest else []:
            if self.has(row["period_fran"]) and self.has(row["period_till"]):
                self.add_without_dimensions(
                    "key_numbers", "value", row["verksamhet"], row["matt"], Decimal(row["varde"])
                )

    def _residents(self) -> None:
        latest = self.known.latest_extract("folkbokforing", self.to)
        if not latest:
            return
        day, tables = latest
        for person, row in self.known.rows_by_person(tables["personer"]).items():
            if 16 <= age_on(birth_date(person), day) <= 19:
                self.count("residents", "aged_16_19", person, row)
                if person in self.in_register:
                    self.count("residents", "in_register_16_19", person, row)

    # --- "Added 2026-11-28"

    @cached_property
    def stays(self) -> dict[tuple[str, str], Row]:
        """All stays within the knowledge: (person, registrerad_datum) -> the row that says why it began."""
        chosen: dict[tuple[str, str], Row] = {}
        for (source, _), tables in self.known.extracts.items():  # in date order: the latest stays
            if source == "ber":
                rows_of: dict[tuple[str, str], list[Row]] = defaultdict(list)
                for row in tables["register"]:
                    rows_of[self.known.person(row["personnummer"]), row["registrerad_datum"]].append(row)
                chosen |= {stay: self.known.one_row(rows) for stay, rows in rows_of.items()}
        return chosen

    @cached_property
    def first_stay(self) -> dict[str, str]:
        """Person -> the registrerad_datum of the earliest stay."""
        first: dict[str, str] = {}
        for person, registered in sorted(self.stays):
            first.setdefault(person, registered)
        return first

    @cached_property
    def occupations(self) -> list[tuple[str, Row]]:
        """Current occupations with their persons."""
        return self._with_person("sysselsattningar")

    def _registrations(self) -> None:
        for (person, registered), row in self.stays.items():
            if self.has(registered):
                measures = ["stays", "first"] if registered == self.first_stay[person] else ["stays"]
                for measure in measures:
                    self._count("registrations", measure, person, row["registreringsorsak"])
                    self._count("registrations", measure, person)

    def _first_time(self) -> None:
        for person, registered in self.first_stay.items():
            day = day_of(registered)
            if not self.has(registered) or day > self.to - timedelta(days=90):
                continue
            self._count("first_time", "persons", person)
            reached = [
                row["datum"]
                for one, row in self.contacts
                if one == person and (row["besvarad"] == "J" or row["riktning"] == "IN")
            ]
            enrolled = [row["inskriven_datum"] for one, row in self.enrolments if one == person]
            if any(0 <= (day_of(each) - day).days <= 90 for each in reached):
                self._count("first_time", "reached_in_90_days", person)
            if any(0 <= (day_of(each) - day).days <= 90 for each in enrolled):
                self._count("first_time", "enrolled_in_90_days", person)

    def _latest_occupation(self) -> None:
        for person in self.in_register:
            noted = [row for one, row in self.occupations if one == person and self.has(row["datum"])]
            category = "OKAND"
            if noted:
                category = max(noted, key=lambda row: (row["datum"], row["sysselsattning_id"]))["sysselsattning"]
            self._count_persons("latest_occupation", "persons", [(person, category)])

    def _persistence(self) -> None:
        start, to = period_days(self.profile, one_year_earlier(self.period_id))
        before = {person for day, rows in self.known.register.items() if start <= day <= to for person in rows}
        for person in self.in_register & before:
            self._count("persistence", "again", person)

    def _occupation_after_support(self) -> None:
        for person, enrolment in self.last_ended.items():
            ended = day_of(enrolment["avslutad_datum"])
            noted = [
                row
                for one, row in self.occupations
                if one == person and 1 <= (day_of(row["datum"]) - ended).days <= 180
            ]
            category = "OKAND"
            if noted:
                category = min(noted, key=lambda row: (row["datum"], row["sysselsattning_id"]))["sysselsattning"]
            self._count_persons("occupation_after_support", "persons", [(person, category)])

    def _not_admitted(self) -> None:
        decisions: dict[str, Row] = {}
        for person, row in sorted(
            self._with_person("antagningar", "antagning"),
            key=lambda item: (item[1]["beskedsdatum"], item[1]["antagning_id"]),
        ):
            if row["omgang"] == "SLUTLIG" and row["utfall"] == "EJ_ANTAGEN" and self.has(row["beskedsdatum"]):
                decisions[person] = row  # the latest, of several that day the largest id, comes last
        visits = self._with_person("besok", "skolslussen")
        studies = self._with_person("studieperioder", "skolregister")
        for person, decision in decisions.items():
            told, last_day = day_of(decision["beskedsdatum"]), date(int(decision["antagningsar"]), 9, 15)
            guided = any(one == person and told <= day_of(row["datum"]) <= last_day for one, row in visits)
            placed = any(
                one == person and row["skolform"] in ("GY", "ANPGY") and told <= day_of(row["startdatum"]) <= last_day
                for one, row in studies
            )
            self._count("not_admitted", "persons", person)
            if guided:
                self._count("not_admitted", "guided", person)
            if placed:
                self._count("not_admitted", "placed", person)
            if guided and placed:
                self._count("not_admitted", "guided_and_placed", person)

    def _school_entry_visits(self) -> None:
        first_decision: dict[int, date] = {}  # by admission year, whoever it is about
        for row in self.known.current("antagning", "antagningar"):
            year, told = int(row["antagningsar"]), day_of(row["beskedsdatum"])
            first_decision[year] = min(told, first_decision.get(year, told))
        visitors, before_term = [], []
        for person, row in self._with_person("besok", "skolslussen"):
            if not self.has(row["datum"]):
                continue
            self._count("school_entry_visits", "visits", person, row["besokstyp"])
            self._count("school_entry_visits", "visits", person)
            visitors.append((person, row["besokstyp"]))
            day = day_of(row["datum"])
            if day.year in first_decision and first_decision[day.year] <= day < date(day.year, 8, 20):
                before_term.append((person, row["besokstyp"]))
        self._count_persons("school_entry_visits", "visitors", visitors)
        self._count_persons("school_entry_visits", "before_term", before_term)

    def _consented_participants(self) -> None:
        participants, new, ended = [], [], []
        for person, row in self._with_person("deltaganden", "flai"):
            if self._overlaps(row["startdatum"], row["slutdatum"]):
                participants.append((person, row["flai_insats"]))
            if self.has(row["startdatum"]):
                new.append((person, row["flai_insats"]))
            if self.has(row["slutdatum"]):
                ended.append((person, row["flai_insats"]))
        self._count_persons("consented_participants", "participants", participants)
        self._count_persons("consented_participants", "new", new)
        self._count_persons("consented_participants", "ended", ended)

    def _youth_20_29(self) -> None:
        latest = self.known.latest_extract("jobbtorg_unga")
        for row in latest[1]["antal"] if latest else []:
            if not (self.has(row["period_fran"]) and self.has(row["period_till"])):
                continue
            gender, job_centre = row["kon"].lower(), row["jobbtorg"] or NO_DISTRICT
            # Choice: with two levels (category, `*`) is given (section 2), so AVSLUTADE has it beside its reasons.
            for subcategory in {row["orsak"] or ALL, ALL}:
                for dimensions in (
                    (ALL, ALL, ALL),
                    (gender, ALL, ALL),
                    (ALL, ALL, job_centre),
                    (gender, ALL, job_centre),
                ):
                    key = "youth_20_29", "value", self.period_id, *dimensions, row["matt"], subcategory
                    self.values[key] += int(row["antal"])


# --- figures.md section 4: figures for one day ----------------------------------------------------


class DayFigures(Counts):
    """The figures of one day."""

    def __init__(self, known: Knowledge, profile: Profile, period_id: str) -> None:
        super().__init__(known, profile, period_id)
        residents = known.latest_extract("folkbokforing", self.to)
        register = known.latest_extract("ber", self.to)
        self.residents = known.rows_by_person(residents[1]["personer"]) if residents else {}
        self.register = known.rows_by_person(register[1]["register"]) if register else {}
        self.studies = [
            (known.person(row["personnummer"]), row) for row in known.current("skolregister", "studieperioder", self.to)
        ]
        self.certificates = [
            (known.person(row["personnummer"]), row) for row in known.current("beda", "bevis", self.to)
        ]

    def computed(self) -> Figures:
        """All of them."""
        for person, row in self.register.items():
            self.count("status", "in_register", person, row, row["kategori"])
            self.count("status", "in_register", person, row)
        for person, (rules_not_met, in_register) in self.target_group.items():
            row = self.residents[person] if person in self.residents else self.register[person]
            eligible = not rules_not_met
            if eligible:
                self.count("target_group", "eligible", person, row)
            if in_register:
                self.count("target_group", "in_register", person, row)
            if eligible and not in_register:
                self.count("target_group", "eligible_not_in_register", person, row)
            if in_register and not eligible:
                self.count("target_group", "in_register_not_eligible", person, row)
        return self.without_zeros()

    @cached_property
    def target_group(self) -> dict[str, tuple[list[int], bool]]:
        """Person -> (the rules of section 4 that are not met, in the register or not)."""
        return {
            person: (self._rules_not_met(person), person in self.register)
            for person in self.residents.keys() | self.register.keys()
        }

    def _rules_not_met(self, person: str) -> list[int]:
        day = self.to
        row = self.residents.get(person)
        birth = birth_date(person)
        not_met = []
        if row is None or row["skyddsmarkering"] == "SKYDDAD":
            not_met.append(1)
        if age_on(birth, day) >= 20:
            not_met.append(2)
        came_too_late_for_school = row is not None and row["invandrad_efter_skolplikt"] == "J"
        if (day.year, day.month) < (birth.year + 16, 7) and not came_too_late_for_school:
            not_met.append(3)
        if any(student == person and self._is_studying(study) for student, study in self.studies):
            not_met.append(4)
        has_certificate = any(
            holder == person
            and certificate["bevis"] in ("GYMNASIEEXAMEN", "GYMNASIEBEVIS_ANP", "MOTSVARANDE")
            and day_of(certificate["datum"]) <= day
            for holder, certificate in self.certificates
        )
        has_finished = any(
            student == person
            and study["avslut"] in ("EXAMEN", "GYMNASIEBEVIS_ANP")
            and study["slutdatum"]
            and day_of(study["slutdatum"]) <= day
            for student, study in self.studies
        )
        if has_certificate or has_finished:
            not_met.append(5)
        return not_met

    def _is_studying(self, study: Row) -> bool:
        runs = day_of(study["startdatum"]) <= self.to and (
            not study["slutdatum"] or day_of(study["slutdatum"]) >= self.to
        )
        if study["skolform"] not in ("GY", "ANPGY"):
            return False
        if self.to <= date(2018, 6, 30) and study["studievag"].startswith("IM"):
            return False
        return runs
