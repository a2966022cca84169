"""The annual report as the document that the municipality hands in: its numbered chapters, which of them hold numbers, and what
people write in the others. A profile that says nothing has the usual ones (``data_contracts/report_document.yaml``).

Also the municipality's own Word template. How a document looks belongs in ``dashboards.documents``.
"""

import base64
import io
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from pipelines.configuration.contract import CONTRACTS
from pipelines.configuration.yaml_file import read_yaml, twice, validated
from pipelines.runtime.errors import UsageError

USUAL = CONTRACTS / "report_document.yaml"

#: What a title or an instruction may hold of the report's period: ``2023`` and ``2024``.
PERIOD, PERIOD_AFTER = "{year}", "{after}"

#: A template goes into each published file, so it is not larger than a logo or two need.
LARGEST_TEMPLATE = 5_000_000

Text = Annotated[str, StringConstraints(pattern=r"\S")]
ChapterId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentSection(_Strict):
    """``shows``: the chapter of the annual report that stands in it, which also gives the title where there is no other.
    ``write``: what people write there."""

    title: Text | None = None
    shows: ChapterId | None = None
    write: Text | None = None

    @model_validator(mode="after")
    def _has_a_heading(self) -> Self:
        if self.title is None and self.shows is None:
            raise ValueError("a part of the document needs a title, or a chapter of the report that it shows")
        return self


class DocumentChapter(DocumentSection):
    """A numbered chapter. ``others``: it also holds every chapter of the annual report that no other place shows."""

    sections: list[DocumentSection] = Field(default_factory=list)
    others: bool = False


class WordTemplate(_Strict):
    """The municipality's own Word file: its styles, logo, fonts, headers and footers."""

    name: Text
    content: Base64Bytes


class _Usual(_Strict):
    document: list[DocumentChapter]


@cache
def _usual() -> list[DocumentChapter]:
    what = "report's usual document"
    return validated(_Usual, read_yaml(USUAL, what), USUAL, what).document


def report_document(given: Sequence[DocumentChapter], chapters: Sequence[str]) -> list[DocumentChapter]:
    """The document's chapters, as ``given`` or as usual, with each of the annual report's ``chapters`` in one place."""
    document = list(given) or _usual()
    shown = set(_shown(document))
    others = [DocumentSection(shows=chapter) for chapter in chapters if chapter not in shown]
    return [_with_chapters(chapter, others, chapters) for chapter in document]


def _with_chapters(
    chapter: DocumentChapter, others: Sequence[DocumentSection], chapters: Sequence[str]
) -> DocumentChapter:
    sections = [section for section in chapter.sections if section.shows is None or section.shows in chapters]
    shows = chapter.shows if chapter.shows in chapters else None
    return chapter.model_copy(update={"shows": shows, "sections": [*sections, *(others if chapter.others else [])]})


def _shown(document: Sequence[DocumentChapter]) -> Iterator[str]:
    for chapter in document:
        yield from (part.shows for part in (chapter, *chapter.sections) if part.shows)


def document_faults(document: Sequence[DocumentChapter], chapters: Sequence[str]) -> Iterator[str]:
    """What is wrong between a profile's document and the chapters of its annual report, each with what to do."""
    shown = list(_shown(document))
    if unknown := [chapter for chapter in shown if chapter not in chapters]:
        yield f"shows {unknown[0]!r} in its document, which the report does not have: choose from {', '.join(chapters)}"
    if again := twice(shown):
        yield f"shows the chapter {again!r} twice in its document; keep one"
    places = sum(chapter.others for chapter in document)
    lost = [chapter for chapter in chapters if chapter not in shown]
    if document and lost and places == 0:
        yield f"shows the chapter {lost[0]!r} nowhere in its document; add it, or `others: true` to a chapter"
    if places > 1:
        yield "has more than one chapter with `others` in its document; keep one"


def read_word_template(name: str, folder: Path) -> WordTemplate:
    """The template that a profile in ``folder`` names by its path. Raises UsageError where it is none that can be used."""
    path = folder / Path(name).expanduser()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"The profile in {folder} names the Word template {name!r}, but no such file can be read: correct the path."
        ) from error
    if fault := _template_fault(content):
        raise UsageError(f"The Word template {path} {fault}.")
    return WordTemplate(name=path.name, content=base64.b64encode(content))


def _template_fault(content: bytes) -> str | None:
    if len(content) > LARGEST_TEMPLATE:
        return f"is larger than {LARGEST_TEMPLATE // 1_000_000} MB; make its pictures smaller"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            types = package.read("[Content_Types].xml")
            package.getinfo("word/styles.xml")
    except (zipfile.BadZipFile, KeyError):
        return "is no Word file; save it in Word as .docx or .dotx, without a password"
    if b"macroEnabled" in types:
        return "has macros; save it in Word as .docx or .dotx"
    return None
