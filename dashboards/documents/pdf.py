"""The report as a tagged PDF (PDF/UA-1), set by Typst.

The template ``report.typ`` is fixed and all texts reach it as data, so a name such as ``#panic()`` is printed as it is.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib
import typst

from dashboards.content.tables import Block, TableContent
from dashboards.documents.outline import (
    SIGNS_TEXT,
    Chapter,
    Outline,
    below,
    column_widths,
    definition,
    fact_lines,
    panels,
)
from dashboards.documents.pictures import Picture
from dashboards.drawing.theme import PAGE
from dashboards.wording import numbers

TEMPLATE = Path(__file__).with_name("report.typ")
#: Of the whole document with its diagrams; it comes with a library, so that the file is the same on every machine.
FONT = "DejaVu Sans"
FONT_FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
#: In points: the width of the text, of a letter in a table, of a cell's margins, and of the widest number column.
TEXT_WIDTH, LETTER, PADDING, WIDEST = 476, 4.75, 7, 62
#: A table with no more rows than this is kept on one page.
KEPT_TOGETHER = 30


def document(outline: Outline, pictures: Mapping[str, Picture]) -> bytes:
    """The file's content. ``pictures``: the diagrams by block id."""
    published = outline.publication.published_at
    return typst.compile(
        TEMPLATE,
        format="pdf",
        font_paths=[FONT_FOLDER],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(_data(outline, pictures), ensure_ascii=False)},
        pdf_standards="ua-1",
        timestamp=int(published.replace(tzinfo=UTC).timestamp()),
    )


def _data(outline: Outline, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    published: datetime = outline.publication.published_at
    diagrams = [block for chapter in outline.chapters for block in chapter.blocks if block.is_diagram]
    chapters = [_chapter(chapter, outline, pictures) for chapter in outline.chapters]
    if diagrams:
        values = [_table(block, _values_caption(block), outline) for block in diagrams]
        chapters.append(_plain_chapter("Bilaga 1. Värden till diagrammen", items=values))
    chapters.append(
        _plain_chapter(
            "Bilaga 2. Uppföljning av uppsök och stöd",
            lead="Det som handlingsplanerna för aktivitetsansvaret vill följa, över tid.",
            important=[outline.follow_up_lead] if outline.follow_up_lead else [],
            sections=[
                {
                    "title": chapter.title,
                    "lead": chapter.lead,
                    "items": [item for block in chapter.blocks for item in _followed(block, outline, pictures)],
                }
                for chapter in outline.follow_up
            ],
        )
    )
    if outline.target_group:
        target = outline.target_group
        items = [item for block in target.blocks for item in _followed(block, outline, pictures)]
        chapters.append(_plain_chapter(f"Bilaga 3. {target.title}", lead=target.lead, items=items))
    return {
        "title": f"{outline.title}: {outline.subtitle}",
        "name": outline.title,
        "subtitle": outline.subtitle,
        "author": outline.author,
        "when": outline.when,
        "produced": f"Siffrorna är framställda {outline.produced}.",
        "notes": outline.notes,
        "source": outline.short_source,
        "audience": outline.audience,
        "date": {"year": published.year, "month": published.month, "day": published.day},
        "colours": {name: colour.light for name, colour in PAGE.items()},
        "font": FONT,
        "chapters": chapters,
        "definitions": {
            "title": outline.definitions_title,
            "signs": numbers.SIGNS,
            "rounding": SIGNS_TEXT,
            "figures": [
                {
                    "title": entry.title,
                    "text": entry.text,
                    "warnings": entry.warnings,
                    "measures": entry.measures,
                    "facts": [f"{title}: {text}" for title, text in entry.facts],
                }
                for entry in map(definition, outline.figures)
            ],
        },
    }


def _plain_chapter(title: str, **parts: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"lead": "", "important": [], "statements": [], "facts": [], "items": [], "sections": []}
    return {"title": title, "new_page": True, **empty, **parts}


def _chapter(chapter: Chapter, outline: Outline, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    items = [
        _diagram(block, outline, pictures) if block.is_diagram else _table(block, block.heading, outline, block.finding)
        for block in chapter.blocks
    ]
    statements = [statement.text for statement in chapter.statements]
    made = _plain_chapter(
        chapter.title, lead=chapter.lead, statements=statements, facts=fact_lines(chapter), items=items
    )
    return {**made, "new_page": False}


def _values_caption(block: Block) -> str:
    return f"{block.number}, värden. {block.title}" if block.number else f"Värden till diagrammet. {block.title}"


def _followed(block: Block, outline: Outline, pictures: Mapping[str, Picture]) -> list[dict[str, Any]]:
    found = [_diagram(block, outline, pictures)] if block.id in pictures else []
    return [*found, _table(block, block.heading, outline)]


def _diagram(block: Block, outline: Outline, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    picture = pictures.get(block.id)
    shown = {"svg": picture.svg_with_text.decode(), "text": picture.text, "width": picture.width} if picture else None
    return {
        "kind": "diagram",
        "finding": block.finding,
        "caption": block.heading,
        "picture": shown,
        "below": below(block, outline),
    }


def _table(block: Block, caption: str, outline: Outline, finding: str | None = None) -> dict[str, Any]:
    return {
        "kind": "table",
        "finding": finding,
        "caption": caption,
        "parts": [_part(part) for part in panels(block.table)],
        "kept": len(block.table.rows) <= KEPT_TOGETHER,
        "below": below(block, outline),
    }


def _part(table: TableContent) -> dict[str, Any]:
    groups, first = [], 1
    for group, lines in groupby(table.columns, key=lambda line: line.group):
        found = len(list(lines))
        # Neighbours without a common heading stand by themselves.
        for count in [found] if group else [1] * found:
            groups.append({"name": group or None, "first": first, "count": count})
            first += count
    return {
        "heads": 2 if any(line.group for line in table.columns) else 1,
        "widths": column_widths(table, TEXT_WIDTH, LETTER, PADDING, WIDEST),
        "head": [table.corner, *(line.label for line in table.columns)],
        "groups": groups,
        "rows": [
            {"total": line.total, "cells": [line.label, *(cell.text for cell in cells)]}
            for line, cells in zip(table.rows, table.cells, strict=True)
        ],
    }
