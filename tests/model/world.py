"""Small worlds: deliveries written into a drop folder exactly as deliveries.md section 1 says.

What belongs here: numbers of persons who do not exist, rows with sensible defaults, and `Extract`, which
gathers rows and writes them as one delivery, well-formed in any allowed way or wrong in named ways.

What does not belong here: what a delivery or a row means; that is the oracle's (and the pipeline's) business.

    night = Extract("ber", "2023-11-30").registered(anna).contact("k1", anna, datum="2023-10-02")
    night.write(drop)
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from tests.model.oracle import DATASETS, Row, luhn_sum

# --- numbers --------------------------------------------------------------------------------------


def as_date(day: date | str) -> date:
    """A day, given as a date or as text."""
    return day if isinstance(day, date) else date.fromisoformat(day)


def personnummer(birth: date | str, serial: int) -> str:
    """A valid number; an odd serial (001-999) is a man's, an even one a woman's."""
    return _with_check_digit(as_date(birth).isoformat().replace("-", ""), serial)


def samordningsnummer(birth: date | str, serial: int) -> str:
    """A valid number of somebody who is not registered in the country: 60 added to the day."""
    day = as_date(birth)
    return _with_check_digit(f"{day:%Y%m}{day.day + 60:02}", serial)


def _with_check_digit(birth: str, serial: int) -> str:
    digits = f"{birth}{serial:03}"
    return f"{digits}{-luhn_sum(digits[2:] + '0') % 10}"


# --- rows -----------------------------------------------------------------------------------------

# What a row holds where the test says nothing: valid, and as unremarkable as possible.
DEFAULTS: dict[str, Row] = {
    "personer": {
        "personnummer": "",
        "tidigare_personnummer": "",
        "stadsdelsomrade": "",
        "folkbokford_fran": "2010-01-01",
        "invandrad_efter_skolplikt": "N",
        "skyddsmarkering": "",
    },
    "studieperioder": {
        "studieperiod_id": "",
        "personnummer": "",
        "skolenhetskod": "12345678",
        "skolform": "GY",
        "studievag": "NA",
        "startdatum": "2020-08-17",
        "slutdatum": "",
        "avslut": "",
    },
    "bevis": {"personnummer": "", "bevis": "GYMNASIEEXAMEN", "datum": "2020-06-10"},
    "register": {
        "personnummer": "",
        "registrerad_datum": "2020-09-01",
        "registreringsorsak": "AVBROTT",
        "kategori": "NY",
        "kategori_fran": "2020-09-01",
        "stadsdelsomrade": "",
    },
    "kontakter": {
        "kontakt_id": "",
        "personnummer": "",
        "datum": "2020-10-01",
        "riktning": "UT",
        "kanal": "TELEFON",
        "besvarad": "N",
        "besvarad_av": "",
        "antal_personal": "",
        "makulerad": "N",
    },
    "sysselsattningar": {
        "sysselsattning_id": "",
        "personnummer": "",
        "datum": "2020-10-01",
        "kontakt_id": "",
        "sysselsattning": "ARBETE",
    },
    "inskrivningar": {
        "inskrivning_id": "",
        "personnummer": "",
        "forvaltning": "AMF",
        "inskriven_datum": "2020-10-01",
        "avslutad_datum": "",
        "avslutsorsak": "",
    },
    "insatser": {
        "insats_id": "",
        "inskrivning_id": "",
        "insats": "AIM",
        "startdatum": "2020-10-01",
        "slutdatum": "",
        "avslutsorsak": "",
    },
    "bosattningskontroller": {"kontroll_id": "", "personnummer": "", "anmald_datum": "2020-10-01"},
    "svar": {
        "svar_id": "",
        "datum": "2020-10-01",
        "fraga": "Har du fått hjälpen du behövde från oss?",
        "svar": "4",
    },
    "nyckeltal": {
        "period_fran": "2020-01-01",
        "period_till": "2020-12-31",
        "verksamhet": "Ungvux",
        "matt": "deltagare",
        "varde": "1",
        "enhet": "personer",
        "uppgiftslamnare": "enhetschef",
    },
    "antagningar": {
        "antagning_id": "",
        "personnummer": "",
        "antagningsar": "2020",
        "omgang": "SLUTLIG",
        "beskedsdatum": "2020-07-01",
        "utfall": "ANTAGEN",
    },
    "besok": {"besok_id": "", "personnummer": "", "datum": "2020-08-03", "besokstyp": "VAGLEDNING"},
    "deltaganden": {
        "deltagande_id": "",
        "personnummer": "",
        "samtycke_fran": "2020-09-01",
        "samtycke_till": "",
        "flai_insats": "COACHNING",
        "startdatum": "2020-10-01",
        "slutdatum": "",
        "avslutsorsak": "",
    },
    "antal": {
        "period_fran": "2020-01-01",
        "period_till": "2020-12-31",
        "jobbtorg": "",
        "kon": "KVINNA",
        "matt": "KONTAKT",
        "orsak": "",
        "antal": "1",
    },
}


def make_row(dataset: str, **values: str) -> Row:
    """A row of a dataset: the defaults and what the test says."""
    unknown = values.keys() - DEFAULTS[dataset].keys()
    if unknown:
        raise TypeError(f"{dataset} has no {sorted(unknown)}")
    return DEFAULTS[dataset] | values


# --- files ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileFormat:
    """The ways of writing one and the same table that deliveries.md section 1 allows."""

    encoding: str = "utf-8"
    bom: bool = False
    newline: str = "\n"
    gzipped: bool = False
    suffix: str = ".csv.gz"  # where it is gzipped; in any letter case
    quoted: bool = False  # all values, not only those that need it
    padding: str = ""  # blanks around each value, where there are quotes inside and outside of them
    empty_lines: bool = False  # a wholly empty line after each record
    last_newline: bool = True
    rotated: int = 0  # how many columns stand last that stood first
    extra_columns: tuple[tuple[str, str], ...] = ()  # columns that the contract does not name: (name, value)

    def line(self, values: list[str]) -> str:
        """One record, without its line end."""
        return ";".join(self._field(f"{self.padding}{value}{self.padding}") for value in values)

    def _field(self, value: str) -> str:
        if not self.quoted and not any(sign in value for sign in ';"\n\r'):
            return value
        outside = self.padding.strip("\r\n")
        return outside + '"' + value.replace('"', '""') + '"' + outside

    def text(self, columns: list[str], rows: list[Row]) -> str:
        """The file's text."""
        order = columns[self.rotated % len(columns) :] + columns[: self.rotated % len(columns)]
        extra_names = [name for name, _ in self.extra_columns]
        extra_values = [value for _, value in self.extra_columns]
        lines = [self.line(order + extra_names)]
        lines += [self.line([row[column] for column in order] + extra_values) for row in rows]
        text = (self.newline * (2 if self.empty_lines else 1)).join(lines)
        return text + self.newline if self.last_newline else text

    def data(self, text: str) -> bytes:
        """The bytes on disk (a gzip without a time stamp, so that equal texts are equal files)."""
        data = text.encode(self.encoding)
        if self.bom:
            data = b"\xef\xbb\xbf" + data
        return gzip.compress(data, mtime=0) if self.gzipped else data


PLAIN = FileFormat()

# --- faults ---------------------------------------------------------------------------------------

# reason code -> the ways in which a delivery can deserve it
FAULTS: dict[str, list[str]] = {
    "unsupported_schema_version": ["major 2", "major 0", "major 2 and nothing else"],
    "bad_manifest": [
        "not json",
        "not an object",
        "no kalla",
        "no kommunkod",
        "no uttagsdatum",
        "no revision",
        "no skapad",
        "no schemaversion",
        "no filer",
        "no dataset",
        "no fil",
        "no rader",
        "no sha256",
        "no teckenkodning",
        "unknown source",
        "unknown encoding",
        "no such date",
        "before the first day",
        "the year 1",
        "revision 0",
        "revision as text",
        "revision true",
        "revision 1.5",
        "created without offset",
        "created is no time",
        "files no list",
        "rows negative",
        "rows as text",
        "sha256 too short",
        "dataset twice",
        "file in a path",
        "file above",
        "file linked from outside",
    ],
    "wrong_municipality": ["another"],
    "future_date": ["far away"],
    "missing_dataset": ["not named"],
    "missing_file": ["not there", "a folder"],
    "checksum_mismatch": ["another sum"],
    "undecodable": ["bad bytes", "no gzip", "half a gzip", "no bytes"],
    "malformed_csv": [
        "field too many",
        "field too few",
        "column twice",
        "unclosed quote",
        "text after quote",
        "quote inside",
        "empty file",
    ],
    "missing_column": ["last", "first"],
    "row_count_mismatch": ["one more", "one less"],
    "too_many_bad_rows": ["twenty"],
}

# Those that need an entry for a file.
ENTRY_WAYS = [
    "no dataset",
    "no fil",
    "no rader",
    "no sha256",
    "no teckenkodning",
    "unknown encoding",
    "rows negative",
    "rows as text",
    "sha256 too short",
    "dataset twice",
    "file in a path",
    "file above",
    "file linked from outside",
]
# Those that leave no manifest in which another thing could be wrong.
TEXT_WAYS = ["major 2 and nothing else", "not json", "not an object"]


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a delivery, at one of its datasets where it concerns a file."""

    reason: str
    way: str
    dataset: str | None = None  # the source's first where nothing else is said


# --- deliveries -----------------------------------------------------------------------------------


@dataclass
class Extract:
    """One delivery in the making."""

    source: str
    day: date | str
    revision: int = 1
    created: str = ""  # empty: 04:02 on the extract date
    folder: str = ""  # the folder's name; empty: from date and revision
    municipality: str = "0180"
    schema_version: str = "1.0"
    tables: dict[str, list[Row]] = field(default_factory=dict)
    formats: dict[str, FileFormat] = field(default_factory=dict)
    file_names: dict[str, str] = field(default_factory=dict)
    unknown_datasets: dict[str, str] = field(default_factory=dict)  # dataset that the source does not have -> text
    faults: tuple[Fault, ...] = ()

    # --- content

    def add(self, dataset: str, **values: str) -> Self:
        """A row with defaults for what is not said."""
        if dataset not in DATASETS[self.source]:
            raise TypeError(f"{self.source} has no {dataset}")
        self.tables.setdefault(dataset, []).append(make_row(dataset, **values))
        return self

    def resident(self, number: str, **values: str) -> Self:
        """A row of the population register."""
        return self.add("personer", personnummer=number, **values)

    def study(self, name: str, number: str, **values: str) -> Self:
        """A row of the school register."""
        return self.add("studieperioder", studieperiod_id=name, personnummer=number, **values)

    def certificate(self, number: str, bevis: str, **values: str) -> Self:
        """A row of BEDA."""
        return self.add("bevis", personnummer=number, bevis=bevis, **values)

    def registered(self, number: str, **values: str) -> Self:
        """A row of the KAA register."""
        return self.add("register", personnummer=number, **values)

    def contact(self, name: str, number: str, **values: str) -> Self:
        """A row of the outreach log."""
        return self.add("kontakter", kontakt_id=name, personnummer=number, **values)

    def occupation(self, name: str, number: str, **values: str) -> Self:
        """What a youth said that they did."""
        return self.add("sysselsattningar", sysselsattning_id=name, personnummer=number, **values)

    def enrolment(self, name: str, number: str, **values: str) -> Self:
        """An enrolment in support."""
        return self.add("inskrivningar", inskrivning_id=name, personnummer=number, **values)

    def measure(self, name: str, enrolment: str, **values: str) -> Self:
        """A measure inside an enrolment."""
        return self.add("insatser", insats_id=name, inskrivning_id=enrolment, **values)

    def residence_check(self, name: str, number: str, **values: str) -> Self:
        """An address reported to Skatteverket."""
        return self.add("bosattningskontroller", kontroll_id=name, personnummer=number, **values)

    def answer(self, name: str, **values: str) -> Self:
        """A survey answer."""
        return self.add("svar", svar_id=name, **values)

    def key_number(self, **values: str) -> Self:
        """An activity number kept by hand."""
        return self.add("nyckeltal", **values)

    def admission(self, name: str, number: str, **values: str) -> Self:
        """A decision of Gymnasieantagningen."""
        return self.add("antagningar", antagning_id=name, personnummer=number, **values)

    def visit(self, name: str, number: str, **values: str) -> Self:
        """A visit to Skolslussen."""
        return self.add("besok", besok_id=name, personnummer=number, **values)

    def participation(self, name: str, number: str, **values: str) -> Self:
        """What a youth takes part in at a job-centre, with consent."""
        return self.add("deltaganden", deltagande_id=name, personnummer=number, **values)

    def youth_count(self, **values: str) -> Self:
        """A number of Jobbtorg Unga."""
        return self.add("antal", **values)

    def written_as(self, dataset: str, **changes: Any) -> Self:
        """Another file format for one dataset."""
        self.formats[dataset] = replace(self.formats.get(dataset, PLAIN), **changes)
        return self

    def with_fault(self, reason: str, way: str | None = None, dataset: str | None = None) -> Self:
        """Something wrong; the first way where nothing is said."""
        if way is not None and way not in FAULTS[reason]:
            raise ValueError(way)
        self.faults += (Fault(reason, way or FAULTS[reason][0], dataset),)
        return self

    # --- on disk

    @property
    def path(self) -> str:
        """The path below the drop folder."""
        return f"{self.source}/{self.folder or f'{self.day}_{self.revision}'}"

    def write(self, drop: Path) -> str:
        """Write the delivery, the manifest last as a sender does; returns its path below the drop folder.

        What the folder held before is gone, as when a sender corrects a delivery in its place.
        """
        folder = drop / self.path
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        files = [self._write_file(folder, dataset) for dataset in DATASETS[self.source]]
        for dataset, text in self.unknown_datasets.items():
            files.append(_entry(dataset, f"{dataset}.csv", text.count("\n") - 1, text.encode(), "utf-8"))
            (folder / f"{dataset}.csv").write_text(text, encoding="utf-8")
        manifest: dict[str, Any] = {
            "kalla": self.source,
            "kommunkod": self.municipality,
            "uttagsdatum": as_date(self.day).isoformat(),
            "revision": self.revision,
            "skapad": self.created or f"{as_date(self.day).isoformat()}T04:02:11+01:00",
            "schemaversion": self.schema_version,
            "filer": files,
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2)
        for fault in sorted(self.faults, key=lambda fault: fault.way in TEXT_WAYS):
            text = self._faulty_manifest(manifest, text, fault, folder)
        temporary = folder / "leverans.json.tmp"
        temporary.write_text(text, encoding="utf-8")
        temporary.rename(folder / "leverans.json")
        return self.path

    def _faults_at(self, dataset: str) -> list[tuple[str, str]]:
        first = next(iter(DATASETS[self.source]))
        return [(fault.reason, fault.way) for fault in self.faults if (fault.dataset or first) == dataset]

    def _write_file(self, folder: Path, dataset: str) -> dict[str, Any]:
        """Write one dataset's file with its faults and return its entry in the manifest."""
        format_ = self.formats.get(dataset, PLAIN)
        columns = [column.name for column in DATASETS[self.source][dataset]]
        rows = list(self.tables.get(dataset, []))
        faults = self._faults_at(dataset)
        for reason, way in faults:
            if reason == "too_many_bad_rows":
                # Their keys are missing, so they are bad whatever else they are.
                rows += [make_row(dataset) | {columns[0]: "", columns[-1]: f"{bad}"} for bad in range(20)]
            elif reason == "missing_column":
                columns = columns[:-1] if way == "last" else columns[1:]
        text = format_.text(columns, rows)
        for reason, way in faults:
            if reason == "malformed_csv":
                text = _malformed(text, format_, way)
        data = format_.data(text)
        for reason, way in faults:
            if reason == "undecodable":
                if way == "bad bytes":
                    format_ = replace(format_, encoding="utf-8", gzipped=False)
                    data = format_.data(text) + b"\xff\xfe"
                else:
                    whole = gzip.compress(data, mtime=0)
                    data = {"no gzip": text.encode(format_.encoding), "half a gzip": whole[:-9], "no bytes": b""}[way]
                    format_ = replace(format_, gzipped=True)
        name = self.file_names.get(dataset, dataset) + (format_.suffix if format_.gzipped else ".csv")
        entry = _entry(dataset, name, len(rows), data, format_.encoding)
        is_there = True
        for reason, way in faults:
            if reason == "row_count_mismatch":
                # a count below zero would be another fault
                entry["rader"] += 1 if way == "one more" or not rows else -1
            elif reason == "checksum_mismatch":
                entry["sha256"] = hashlib.sha256(data + b" ").hexdigest()
            elif reason == "missing_file":
                is_there = False
                if way == "a folder":
                    (folder / name).mkdir(exist_ok=True)
        if is_there:
            (folder / name).write_bytes(data)
        return entry

    def _faulty_manifest(self, manifest: dict[str, Any], text: str, fault: Fault, folder: Path) -> str:
        """The manifest's text with one more fault of the manifest; other faults leave it as it is."""
        first = next(iter(DATASETS[self.source]))
        entries = manifest.get("filer") or []
        entry: dict[str, Any] = next((each for each in entries if each.get("dataset") == (fault.dataset or first)), {})
        if not entry and fault.way in ENTRY_WAYS:  # another fault took the entry away
            manifest["filer"] = {}
            return json.dumps(manifest)
        match fault.reason, fault.way:
            case "unsupported_schema_version", "major 2":
                manifest["schemaversion"] = "2.0"
            case "unsupported_schema_version", "major 0":
                manifest["schemaversion"] = "0.9"
            case "unsupported_schema_version", _:
                return '{"schemaversion": "2.0"}'
            case "wrong_municipality", _:
                manifest["kommunkod"] = "0114"
            case "future_date", _:
                manifest["uttagsdatum"] = "2999-01-01"
            case "missing_dataset", _:
                while entry in entries:  # another fault may have named it twice
                    entries.remove(entry)
            case "bad_manifest", "not json":
                return text[:-2]
            case "bad_manifest", "not an object":
                return f"[{text}]"
            case "bad_manifest", "unknown source":
                manifest["kalla"] = "procapita"
            case "bad_manifest", "unknown encoding":
                entry["teckenkodning"] = "windows-1252"
            case "bad_manifest", "no such date":
                manifest["uttagsdatum"] = "2023-02-29"
            case "bad_manifest", "before the first day":
                manifest["uttagsdatum"] = "2005-06-30"
            case "bad_manifest", "the year 1":
                manifest["uttagsdatum"] = "0001-01-01"
            case "bad_manifest", "revision 0":
                manifest["revision"] = 0
            case "bad_manifest", "revision as text":
                manifest["revision"] = "1"
            case "bad_manifest", "revision true":
                manifest["revision"] = True
            case "bad_manifest", "revision 1.5":
                manifest["revision"] = 1.5
            case "bad_manifest", "created without offset":
                manifest["skapad"] = "2023-11-30T04:02:11"
            case "bad_manifest", "created is no time":
                manifest["skapad"] = "i natt"
            case "bad_manifest", "files no list":
                manifest["filer"] = {}
            case "bad_manifest", "rows negative":
                entry["rader"] = -1
            case "bad_manifest", "rows as text":
                entry["rader"] = str(entry["rader"])
            case "bad_manifest", "sha256 too short":
                entry["sha256"] = entry["sha256"][:-1]
            case "bad_manifest", "dataset twice":
                entries.append(dict(entry))
            case "bad_manifest", "file in a path":
                entry["fil"] = f"./{entry['fil']}"
            case "bad_manifest", "file above":
                entry["fil"] = ".."
            case "bad_manifest", "file linked from outside":
                outside = folder / entry["fil"]
                elsewhere = folder.parent / f"{folder.name}.utanfor"  # a file, so no delivery folder
                if outside.exists():  # another fault may have left it out
                    outside.replace(elsewhere)
                outside.symlink_to(elsewhere)
            case "bad_manifest", way:
                _, name = way.split()  # "no kalla"
                del (manifest if name in manifest else entry)[name]
        return json.dumps(manifest, ensure_ascii=False, indent=2)


def _entry(dataset: str, name: str, rows: int, data: bytes, encoding: str) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "fil": name,
        "rader": rows,
        "sha256": hashlib.sha256(data).hexdigest(),
        "teckenkodning": encoding,
    }


def _malformed(text: str, format_: FileFormat, way: str) -> str:
    header = text.split(format_.newline)[0]
    fields = header.count(";") + 1
    before = text if format_.last_newline else text + format_.newline
    match way:
        case "field too many":
            return before + ";".join(["x"] * (fields + 1)) + format_.newline
        case "field too few":
            return before + ";".join(["x"] * (fields - 1)) + format_.newline
        case "column twice":
            return text.replace(header, header.split(";")[0] + ";" + header, 1)
        case "unclosed quote":
            return before + '"x' + ";x" * (fields - 1) + format_.newline
        case "text after quote":
            return before + '"x"y' + ";x" * (fields - 1) + format_.newline
        case "quote inside":
            return before + 'x"y' + ";x" * (fields - 1) + format_.newline
        case "empty file":
            return ""
    raise ValueError(way)
