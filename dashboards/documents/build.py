"""Writes all documents and data files of a report; how each of them looks does not belong here."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from dashboards.content.tables import Block
from dashboards.documents import csvw, excel, names, outline, pdf, px, word
from dashboards.documents import dcat as catalogue
from dashboards.documents.outline import Outline
from dashboards.documents.pictures import Picture, picture
from dashboards.drawing import charts
from dashboards.published.report import read_report
from pipelines.runtime.files import atomic_write


def build_documents(published_file: Path, period_id: str, out: Path, appendices: bool = False) -> list[Path]:
    """All documents and data files of one period's report; returns what was written."""
    content = outline.read(published_file, read_report(published_file, period_id))
    files = dict(_files(content, appendices))
    if content.data.public_output is None:
        return [atomic_write(out / name, data) for name, data in files.items()]
    # The catalogue tells how large the others are.
    files[names.CATALOGUE] = catalogue.turtle(content, {name: len(data) for name, data in files.items()}).encode()
    return [atomic_write(out / name, data) for name, data in files.items()]


def _files(content: Outline, appendices: bool) -> Iterator[tuple[str, bytes]]:
    drawn = pictures(content)
    yield names.WORD, word.document(content, drawn, appendices)
    yield names.EXCEL, excel.workbook(content)
    yield names.PDF, pdf.document(content, drawn)
    if content.data.public_output is None:
        return  # open data is what the public may have
    for block in content.blocks:
        yield names.px(block.id), px.table(block, content).encode(px.ENCODING)
        yield names.csv(block.id), csvw.table(block, content, csvw.FOR_PROGRAMS)
        yield names.csv_for_excel(block.id), csvw.table(block, content, csvw.FOR_EXCEL)
        yield names.csv_description(block.id), csvw.description(block, content).encode()


def pictures(content: Outline) -> Mapping[str, Picture]:
    """All diagrams that have something to show, by block id. Those to be compared have one scale: diagrams beside each other
    on a page, and those of one section of the follow-up."""
    together: list[list[Block]] = [list(chapter.blocks) for chapter in content.follow_up]
    if content.target_group:
        together += [[block] for block in content.target_group.blocks]
    for chapter in content.chapters:
        for block in chapter.blocks:
            if block.side_by_side and together:
                together[-1].append(block)
            else:
                together.append([block])
    drawn = {}
    for blocks in together:
        shown = [block for block in blocks if block.charted is not None and not block.charted.is_empty]
        scale = max((charts.largest(block) for block in shown), default=0)
        drawn.update({block.id: picture(block, scale) for block in shown})
    return drawn
