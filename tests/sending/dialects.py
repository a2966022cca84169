"""Writes a source's rows as a sender's system might have them, strangely, with the mapping that undoes it.

What belongs here: dialects of files, and ways to write days, numbers, codes and blanks. It shares no code with the program but
the contracts. What must come of it is said in the tests.
"""

import csv
import io
import json
import random
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from pipelines.configuration.contract import Column, Dataset
from tests.model.world import personnummer

Record = dict[str, str]

#: Format in a mapping -> what Python's strftime makes with it.
DATE_FORMATS = ("%Y-%m-%d", "%d%m%y", "%y%m%d", "%Y%m%d", "%d/%m/%Y", "%d.%m.%Y", "%-d/%-m %Y", "%Y-%m-%d %H:%M:%S")
NUMBER_FORMS = ("12", "12-", "10", "10-", "10 -")
ENCODINGS = ("utf-8", "utf-8-sig", "windows-1252", "iso-8859-1", "utf-16", "utf-16-le", "cp850")
SEPARATORS = (";", ",", "\t", "|", "^")
TITLES: tuple[list[str], ...] = (["Uttag för kommunens aktivitetsansvar"], ["Källa", "se baksidan"], [])
TEXTS = ("a", "Blå linje", "k;1", 'säger "ja"', "it's", "två\nrader", "IMA", "1|2,3\t^", "0012")
SUM_ROWS = ("Summa", "Totalt", "Antal poster: 4")


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    kind: str
    encoding: str
    separator: str
    quote: str
    day: str
    number: str
    with_titles: bool
    sum_row: str | None
    nothing: str
    words: bool
    native: bool
    shuffled: bool

    @staticmethod
    def any(rng: random.Random) -> "Dialect":
        """Any dialect."""
        return Dialect(
            kind=rng.choice(["csv", "csv", "excel", "json"]),
            encoding=rng.choice(ENCODINGS),
            separator=rng.choice(SEPARATORS),
            quote=rng.choice("\"'"),
            day=rng.choice(DATE_FORMATS),
            number=rng.choice(NUMBER_FORMS),
            with_titles=rng.random() < 0.5,
            sum_row=rng.choice([None, *SUM_ROWS]),
            nothing=rng.choice(["", "-", "Saknas", "."]),
            words=rng.random() < 0.7,
            native=rng.random() < 0.5,
            shuffled=rng.random() < 0.5,
        )


def disguised(dataset: Dataset, rows: list[Record], dialect: Dialect, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Write rows of contract columns into a file; returns it, and what the mapping says of the dataset."""
    rng = random.Random(dataset.name)
    columns = list(dataset.columns)
    if dialect.shuffled:
        rng.shuffle(columns)
    headings = [f"{column.name.replace('_', ' ').capitalize()} å" for column in columns] + ["Fritext", "Fritext"]
    written = [[*(_written(row[column.name], column, dialect) for column in columns), "åäö", "x"] for row in rows]
    mapping: dict[str, Any] = {"columns": {
        column.name: _steps(heading, column, dialect) for column, heading in zip(columns, headings, strict=False)
    }}  # fmt: skip
    if dialect.kind == "json":
        return _json(dataset, headings[:-1], written, dialect, folder, mapping)
    table = [*(TITLES if dialect.with_titles else []), headings, *written]
    if dialect.sum_row:
        table.append([dialect.sum_row, *[""] * (len(headings) - 2), str(len(rows))])
        mapping["input"] = {"footer": 1 if dialect.native else dialect.sum_row.split(":")[0]}
    else:
        mapping["input"] = {}
    if dialect.with_titles and dialect.native:
        mapping["input"]["header_row"] = len(TITLES) + 1
    path = folder / f"{dataset.name} (1).{'xlsx' if dialect.kind == 'excel' else 'txt'}"
    mapping["input"] |= {"file": f"{dataset.name}*", "format": dialect.kind}
    if dialect.kind == "excel":
        _excel(path, table, columns, dialect)
        mapping["input"]["sheet"] = "Blad 2"
        return path, mapping
    text = io.StringIO(newline="")
    writer = csv.writer(
        text, delimiter=dialect.separator, quotechar=dialect.quote, lineterminator=rng.choice(["\n", "\r\n"])
    )
    writer.writerows(table)
    path.write_bytes(text.getvalue().encode(dialect.encoding))
    mapping["input"] |= {"separator": dialect.separator, "quote": dialect.quote, "encoding": dialect.encoding}
    return path, mapping


def _json(
    dataset: Dataset,
    headings: list[str],
    written: list[list[str]],
    dialect: Dialect,
    folder: Path,
    mapping: dict[str, Any],
) -> tuple[Path, dict[str, Any]]:
    """A list of objects somewhere inside; every other value inside an object of its own."""
    entries = [dict(zip(headings, row, strict=False)) for row in written]
    for entry in entries:
        entry["i"] = {heading: entry.pop(heading) for heading in headings[::2]}  # type: ignore[assignment]
    for how in mapping["columns"].values():
        if how["from"] in headings[::2]:
            how["from"] = f"i.{how['from']}"
    path = folder / f"{dataset.name}.json"
    path.write_text(
        json.dumps({"svar": {"rader": entries}, "antal": len(entries)}, ensure_ascii=dialect.native), "utf-8"
    )
    return path, mapping | {"input": {"file": f"{dataset.name}*.json", "rows": "svar.rader"}}


def _excel(path: Path, table: list[list[str]], columns: list[Column], dialect: Dialect) -> None:
    """With days and numbers as Excel has them, where the dialect is native."""
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Blad 2")
    for row in table:
        sheet.append(row)
    if dialect.native:
        first = len(TITLES) + 2 if dialect.with_titles else 2
        for cells in sheet.iter_rows(min_row=first):
            for cell, column in zip(cells, columns, strict=False):
                is_text = isinstance(cell.value, str) and cell.value not in ("", dialect.nothing)
                if column.type == "date" and is_text and not str(cell.value).startswith(SUM_ROWS):
                    cell.value = datetime.strptime(str(cell.value), dialect.day.replace("%-", "%"))
                elif column.type == "integer" and isinstance(cell.value, str) and cell.value.isdigit():
                    cell.value = int(cell.value)
    if dialect.with_titles:
        sheet.merge_cells("A1:C1")
    book.save(path)


def _written(value: str, column: Column, dialect: Dialect) -> str:
    if not value:
        return dialect.nothing if not column.required else ""
    if column.type == "date":
        return date.fromisoformat(value).strftime(dialect.day)
    if column.type == "personnummer":
        return _number(value, dialect.number)
    if column.type == "code" and dialect.words:
        return f"Ord för {value.lower()}"
    if column.type == "yes_no" and dialect.words:
        return {"J": "Ja", "N": "Nej"}[value]
    if column.type == "decimal":
        whole, point, part = value.partition(".")
        return f"{int(whole):,}".replace(",", "\u00a0" if dialect.native else " ") + ("," if point else "") + part
    return f"  {value} " if column.type == "text" and dialect.shuffled else value


def _number(value: str, form: str) -> str:
    digits = value[2:] if form.startswith("10") else value
    return digits[:-4] + {"": "", "-": "-", " -": " - "}[form[2:]] + digits[-4:]


def _steps(heading: str, column: Column, dialect: Dialect) -> dict[str, Any]:
    steps: dict[str, Any] = {"from": heading}
    if not column.required and dialect.nothing:
        steps["empty_when"] = dialect.nothing
    if column.type == "date":
        steps["date"] = dialect.day
    elif column.type == "personnummer":
        steps["personnummer"] = True
    elif column.type == "code" and dialect.words:
        steps["code"] = {f"Ord för {code.lower()}": code for code in column.codes or {}}
    elif column.type == "yes_no" and dialect.words:
        steps["yes_no"] = True
    elif column.type == "decimal":
        steps["decimal"] = True
    return steps


def write_mapping(path: Path, source: str, datasets: dict[str, Any], municipality: str = "stockholm") -> Path:
    """A mapping file."""
    content = {"source": source, "municipality": municipality, "datasets": datasets}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def records_in(folder: Path, dataset: str) -> list[Record]:
    """The records of a delivered file, trimmed."""
    manifest = json.loads((folder / "leverans.json").read_text(encoding="utf-8"))
    (entry,) = [entry for entry in manifest["filer"] if entry["dataset"] == dataset]
    with (folder / entry["fil"]).open(encoding=entry["teckenkodning"], newline="") as file:
        return [{name: value.strip() for name, value in row.items()} for row in csv.DictReader(file, delimiter=";")]


def any_rows(dataset: Dataset, count: int, rng: random.Random) -> list[Record]:
    """Rows whose every value is of its type; between values nothing needs to fit."""
    return [{column.name: _any(column, rng) for column in dataset.columns} for _ in range(count)]


def _any(column: Column, rng: random.Random) -> str:
    if not column.required and rng.random() < 0.4:
        return ""
    if column.type == "personnummer":
        return personnummer(_day(rng, 2002, 2009), rng.randint(1, 999))
    if column.type == "date":
        return _day(rng, 2003, 2024).isoformat()
    if column.type == "code":
        return rng.choice([*(column.codes or {})]) if column.codes else ""
    if column.type == "integer":
        return str(rng.randint(column.minimum or 0, min(column.maximum or 3000, 3000)))
    if column.type == "decimal":
        return rng.choice(["0", "12", "1234", "1234567.5", "0.25", "-17.125", "3000000"])
    return {
        "yes_no": rng.choice("JN"),
        "digits": str(rng.randint(10000000, 99999999)),
        "text": rng.choice(TEXTS) + str(rng.randint(0, 9)),
    }[column.type]


def _day(rng: random.Random, first: int, last: int) -> date:
    """Any day of these years."""
    return date.fromordinal(rng.randint(date(first, 1, 1).toordinal(), date(last, 12, 31).toordinal()))
