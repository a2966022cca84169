"""Makes all files of the documents; how each of them looks does not belong here."""

from datetime import date
from pathlib import Path

from dashboards.data_protection import page, word
from dashboards.data_protection.access import access
from dashboards.data_protection.assessment import assessment
from dashboards.data_protection.parts import Document
from dashboards.data_protection.record import record
from dashboards.data_protection.sources import read_sources
from dashboards.documents.outline import plain
from dashboards.pages.site import style_sheet
from pipelines.configuration.data_protection import read_data_protection
from pipelines.configuration.municipality import Municipality


def documents(municipality: Municipality, folder: Path) -> tuple[Document, ...]:
    """The documents in the order in which they are read."""
    sources, known = read_sources(municipality, folder), read_data_protection()
    return record(municipality, sources, known), assessment(municipality, sources, known), access(known)


def files(municipality: Municipality, made_on: date, folder: Path) -> dict[str, bytes]:
    """Name -> content of all files."""
    made = documents(municipality, folder)
    author = plain(municipality.title)
    found = {page.STYLE_SHEET: style_sheet().encode()}
    for content in made:
        found[f"{content.name}.docx"] = word.document(content, author, made_on)
        found[f"{content.name}.html"] = page.page(content, made, author, made_on).encode()
    return found
