"""The page on which a heading is going to stand is estimated from what stands before it."""

from typing import Any

from docx import Document
from docx.oxml.ns import qn

from dashboards.documents.word_document import fill
from dashboards.documents.word_elements import Element, bookmark, page_reference, paragraph, run, w
from dashboards.documents.word_pages import fill_in_pages


def _pages(*elements: Element) -> list[str]:
    """The pages of the bookmarks a, b, …, that stand among these paragraphs."""
    made: Any = Document()
    names = [mark.get(qn("w:name")) for each in elements for mark in each.iter(qn("w:bookmarkStart"))]
    fill(made, [*(paragraph("Normal", *page_reference(name)) for name in names), *elements])
    fill_in_pages(made)
    return ["".join(text.text or "" for text in each._p.iter(qn("w:t"))) for each in made.paragraphs[: len(names)]]


def _heading(name: str, *properties: str) -> Element:
    begin = [w(each) for each in properties]
    return paragraph("Normal", *bookmark(ord(name), name, run("Rubrik")), properties=begin)


def _lines(count: int, *properties: str) -> list[Element]:
    return [paragraph("Normal", run("Text"), properties=[w(each) for each in properties]) for _ in range(count)]


def test_what_does_not_fit_stands_on_the_next_page() -> None:
    """Of this document's paragraphs 25 fit on a page."""
    assert _pages(_heading("a"), *_lines(22), _heading("b"), *_lines(24), _heading("c")) == ["1", "2", "3"]


def test_a_page_break_and_what_is_kept_together_begin_a_page() -> None:
    assert _pages(_heading("a"), _heading("b", "pageBreakBefore")) == ["1", "2"]

    def kept() -> list[Element]:
        return [_heading("b", "keepNext"), *_lines(15, "keepNext"), *_lines(1)]

    assert _pages(_heading("a"), *_lines(20), *kept()) == ["1", "2"]
    assert _pages(_heading("a"), *_lines(5), *kept()) == ["1", "1"]
    assert _pages(_heading("a"), *_lines(20), _heading("b"), *_lines(16)) == ["1", "1"]


def test_long_paragraphs_take_their_lines_and_go_on_over_the_page() -> None:
    """Each takes half a page."""
    long = [paragraph("Normal", run("ord " * 400)) for _ in range(4)]
    assert _pages(_heading("a"), *long[:3], _heading("b"), *long[3:], _heading("c")) == ["1", "2", "3"]
