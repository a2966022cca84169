"""Where each document lies, relative to the report's folder, and what readers call its kind.

Pages link by these names and the writers of this package write to them; nothing is read or written here.
"""

import re
from dataclasses import dataclass

from dashboards.content.tables import TableContent

DOCUMENTS = "dokument"
TABLES = "tabeller"

WORD = f"{DOCUMENTS}/arsrapport.docx"
EXCEL = f"{DOCUMENTS}/arsrapport.xlsx"
PDF = f"{DOCUMENTS}/arsrapport.pdf"
#: Every number of a public output.
CELLS = "cells.csv"
#: The open-data catalogue entry (DCAT-AP-SE).
CATALOGUE = "katalog.ttl"


@dataclass(frozen=True)
class Kind:
    """One kind of file: its name for a reader and its media type."""

    label: str
    media_type: str


KINDS = {
    "docx": Kind("Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": Kind("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": Kind("PDF", "application/pdf"),
    "px": Kind("PX", "text/x-pcaxis"),
    "csv": Kind("CSV för program", "text/csv"),
    "json": Kind("Beskrivning av CSV-filen (CSV on the Web)", "application/csvm+json"),
    "ttl": Kind("DCAT-AP-SE", "text/turtle"),
}


#: How the name of a CSV file for spreadsheets in Swedish ends, and what it is called.
FOR_EXCEL = "-excel.csv"
CSV_FOR_EXCEL = Kind("CSV för Excel", "text/csv")


def kind(name: str) -> Kind:
    """What a file of this name is."""
    return CSV_FOR_EXCEL if name.endswith(FOR_EXCEL) else KINDS[name.rpartition(".")[2]]


def has_files(table: TableContent) -> bool:
    """Whether a table has files of its own: one without rows or columns has none."""
    return bool(table.rows and table.columns)


def more_id(block_id: str, place: int) -> str:
    """The id of a block's further table, which has files of its own; the first further table has place 2."""
    return f"{block_id}-{place}"


def _file(block_id: str) -> str:
    """A block's id as a file name anywhere; ids can hold codes that a municipality has chosen."""
    return re.sub(r"[^a-z0-9-]", lambda found: f"_{ord(found[0]):x}_", block_id)


def csv(block_id: str) -> str:
    """The table of a block as CSV for programs, one line per cell."""
    return f"{TABLES}/{_file(block_id)}.csv"


def csv_for_excel(block_id: str) -> str:
    """The same lines as a spreadsheet in Swedish opens them: semicolons, decimal commas and a byte-order mark."""
    return f"{TABLES}/{_file(block_id)}{FOR_EXCEL}"


def csv_description(block_id: str) -> str:
    """The description of the CSV file for programs (CSV on the Web)."""
    return f"{TABLES}/{_file(block_id)}.csv-metadata.json"


def px(block_id: str) -> str:
    """The table of a block as PC-Axis."""
    return f"{TABLES}/{_file(block_id)}.px"
