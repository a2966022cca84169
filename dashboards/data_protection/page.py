"""The documents for the data protection officer as pages, which open from disk without a server."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.data_protection.parts import Document
from dashboards.wording import numbers

#: The look of the report's pages, beside these.
STYLE_SHEET = "dataskydd.css"


def page(document: Document, documents: Sequence[Document], author: str, made_on: date) -> str:
    """One document as a page with links to the others."""
    return (
        _environment()
        .get_template("document.html.j2")
        .render(
            document=document,
            documents=documents,
            author=author,
            made_on=numbers.long_date(made_on),
            style_sheet=STYLE_SHEET,
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
