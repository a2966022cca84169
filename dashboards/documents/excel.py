"""The report as an Excel workbook: a contents sheet, a sheet with every number on a row of its own, a sheet per table with its
diagram, and the definitions. Numbers are numbers: a share is not rounded but shown in whole per cent, as on the pages.

Nothing in it is a formula, and a text is always written as a text: labels come from data.
"""

import io
import math
from collections.abc import Sequence
from datetime import date
from itertools import count, groupby
from typing import Any

import xlsxwriter

from dashboards.content.tables import Block, Cell, Points, TableContent
from dashboards.documents.cube import decimals, exact, sign
from dashboards.documents.excel_charts import chart
from dashboards.documents.outline import SIGNS_TEXT, Outline, definition, period_line, signs
from dashboards.documents.pictures import description
from dashboards.documents.tidy import EVERYBODY, Observation, observations
from dashboards.drawing.theme import PAGE
from dashboards.wording import numbers

CONTENTS, FACTS, NUMBERS, DEFINITIONS = "Innehåll", "Siffror i texten", "Alla tal", "Definitioner"
A4 = 9
LONGEST_NAME = 31
#: What a shortened name of a sheet does not end with.
SMALL_WORDS = {
    "av",
    "ett",
    "från",
    "för",
    "första",
    "genom",
    "i",
    "men",
    "med",
    "och",
    "om",
    "per",
    "som",
    "till",
    "under",
    "vid",
}
WIDEST_LABEL = 48
#: Above the table: title, report, period, and the way back.
LINK_ROW, FIRST_ROW = 3, 4
#: Characters that a paragraph is wide at least, and a column that no table uses; points of a line.
PARAGRAPH, OTHER_COLUMN, LINE = 80, 9, 15
BACK = "Till innehållet"

#: The columns of the sheet of all numbers with their widths.
COLUMNS = (
    ("Period", 32), ("Från och med", 13), ("Till och med", 13), ("Statistik", 36), ("Mått", 30), ("Kön", 10),
    ("Jobbtorg", 22), ("Stadsdel", 24), ("Kategori", 30), ("Underkategori", 26), ("Tal", 11), ("Enhet", 18),
    ("Andel av", 36), ("Bas", 11),
)  # fmt: skip


def workbook(outline: Outline) -> bytes:
    """The file's content."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(
        {
            "title": f"{outline.title}: {outline.subtitle}",
            "author": outline.author,
            "company": outline.author,
            "subject": outline.when,
            "created": outline.publication.published_at,
        }
    )
    _Writer(book, outline).write()
    book.close()
    return file.getvalue()


def number_format(cell: Cell, in_text: bool = False) -> str:
    """How Excel shows the number as the page does: thousands apart, whole per cent, and zero as a dash in a table, but for a
    difference."""
    shape = "#,##0 %" if cell.is_share else "#,##0" + ("." + "0" * decimals(cell) if decimals(cell) else "")
    # A share that is not zero but is rounded to zero stays 0 %.
    zero = shape if in_text or cell.part or isinstance(cell, Points) else f'"{numbers.NOTHING}"'
    return f'{shape};"{numbers.MINUS}"{shape};{zero}'


def _shortened(words: Sequence[str], ending: str) -> str:
    """As many of the words as a sheet's name has room for before an ending; not one that asks for another behind it."""
    room = LONGEST_NAME - len(ending)
    kept = list(words)
    while len(" ".join(kept)) > room and len(kept) > 1:
        kept.pop()
        while len(kept) > 1 and kept[-1].lower() in SMALL_WORDS:
            kept.pop()
    return " ".join(kept)[:room] + ending


class _Writer:
    def __init__(self, book: xlsxwriter.Workbook, outline: Outline) -> None:
        self.book = book
        self.outline = outline
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._taken = {name.lower() for name in (CONTENTS, FACTS, NUMBERS, DEFINITIONS)}
        self.sheets: list[tuple[Block, str]] = [(block, self._sheet_name(block)) for block in outline.blocks]

    def write(self) -> None:
        self._contents()
        self._facts()
        self._numbers()
        for block, name in self.sheets:
            self._table_sheet(block, name)
        self._definitions()

    def _sheet_name(self, block: Block) -> str:
        """The table's number, else the beginning of its title, in whole words and with a number where it is another's too; Excel
        allows 31 characters and some not at all."""
        wanted = block.number or block.title.partition(",")[0]
        words = "".join(mark if mark not in "[]:*?/\\'" else " " for mark in wanted).split() or ["Tabell"]
        names = (_shortened(words, f" {place}" if place > 1 else "") for place in count(1))
        name = next(name for name in names if name.lower() not in self._taken)
        self._taken.add(name.lower())
        return name

    def _format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format({"font_size": 11, "valign": "vcenter", **properties})
        return self._formats[key]

    def _sheet(self, name: str, title: str, landscape: bool = False) -> Any:
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_paper(A4)
        if landscape:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
        # An ampersand begins a command in a footer.
        sheet.set_footer(f"&L{self.outline.title.replace('&', '&&')}&RSida &P av &N")
        sheet.set_header(f"&C{self.outline.audience.replace('&', '&&')}")
        sheet.write_string(0, 0, title, self._format(bold=True, font_size=14, font_color=PAGE["accent"].light))
        sheet.set_row(0, 22)
        return sheet

    def _link(self, sheet: Any, row: int, column: int, target: str, text: str) -> None:
        link = self._format(font_color=PAGE["link"].light, underline=1)
        sheet.write_url(row, column, f"internal:'{target}'!A1", link, text)

    def _back(self, sheet: Any, row: int) -> None:
        self._link(sheet, row, 0, CONTENTS, BACK)

    def _paragraph(self, sheet: Any, row: int, text: str, widths: Sequence[int], look: Any) -> None:
        """A long text over the columns, broken into lines: one that ran on to the right would shrink the print."""
        last, total = 0, widths[0]
        while total < PARAGRAPH:
            last += 1
            total += widths[last] if last < len(widths) else OTHER_COLUMN
        if last:
            sheet.merge_range(row, 0, row, last, "", look)
        sheet.write_string(row, 0, text, look)
        sheet.set_row(row, LINE * math.ceil(len(text) / total))

    # -- sheets --------------------------------------------------------------------------------------------------

    def _contents(self) -> None:
        outline = self.outline
        sheet = self._sheet(CONTENTS, f"{outline.title}. {outline.subtitle}")
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 90)
        lines = [outline.audience, outline.when, *outline.notes, outline.source]
        row = 1
        for line in lines:
            self._paragraph(sheet, row, line, (26, 90), self._format(text_wrap=True))
            row += 1
        row += 1
        self._heads(sheet, row, ("Blad", "Innehåll"))
        sheet.freeze_panes(row + 1, 0)
        row += 1
        names = {block.id: name for block, name in self.sheets}
        fixed = [
            (FACTS, "Siffrorna i texten, med året före"),
            (NUMBERS, "Varje tal på en egen rad, att filtrera och räkna vidare på"),
        ]
        for name, text in fixed:
            self._link(sheet, row, 0, name, name)
            sheet.write_string(row, 1, text, self._format())
            row += 1
        for chapter in outline.all_chapters:
            if chapter.blocks:
                sheet.write_string(row, 0, chapter.title, self._format(bold=True))
                row += 1
            for block in chapter.blocks:
                self._link(sheet, row, 0, names[block.id], names[block.id])
                sheet.write_string(row, 1, block.heading, self._format(text_wrap=True))
                row += 1
        self._link(sheet, row, 0, DEFINITIONS, DEFINITIONS)
        sheet.write_string(row, 1, "Så räknas varje siffra, tecken och avrundning", self._format())

    def _heads(self, sheet: Any, row: int, heads: Sequence[str]) -> None:
        for column, head in enumerate(heads):
            sheet.write_string(row, column, head, self._format(bold=True, bottom=1, text_wrap=True))

    def _facts(self) -> None:
        sheet = self._sheet(FACTS, "Siffror i texten")
        before = self.outline.data.before.label
        now = self.outline.data.period.label
        sheet.write_string(1, 0, self.outline.when, self._format())
        self._back(sheet, 2)
        self._heads(sheet, 3, ("Kapitel", "Uppgift", now, before, f"Andel av, {now}", f"Andel av, {before}"))
        sheet.freeze_panes(4, 0)
        sheet.set_column(0, 0, 36)
        sheet.set_column(1, 1, 48)
        sheet.set_column(2, 5, 14)
        row = 4
        for chapter in self.outline.chapters:
            for fact in (*chapter.told, *chapter.facts):
                sheet.write_string(row, 0, chapter.title, self._format())
                sheet.write_string(row, 1, fact.label, self._format())
                self._cell(sheet, row, 2, fact.cell, in_text=True)
                self._cell(sheet, row, 3, fact.before, in_text=True)
                for column, cell in ((4, fact.cell), (5, fact.before)):
                    if cell.is_share:
                        self._cell(sheet, row, column, Cell(cell.whole), in_text=True)
                row += 1

    def _numbers(self) -> None:
        sheet = self._sheet(NUMBERS, "Alla tal i rapporten", landscape=True)
        widths = [width for _, width in COLUMNS]
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        text = (
            "Varje tal i rapportens tabeller, diagram och texter står på en egen rad. En andel är inte avrundad, och ”Bas” är "
            f"antalet som den är räknad på. ”{EVERYBODY}” är hela kommunen, båda könen eller alla kategorier."
        )
        self._paragraph(sheet, 1, text, widths, self._format(text_wrap=True))
        self._back(sheet, LINK_ROW)
        found = observations(self.outline)
        sheet.add_table(
            FIRST_ROW, 0, FIRST_ROW + max(len(found), 1), len(COLUMNS) - 1,
            {"name": "AllaTal", "style": "Table Style Light 1", "columns": [{"header": name} for name, _ in COLUMNS]},
        )  # fmt: skip
        for row, observation in enumerate(found, start=FIRST_ROW + 1):
            self._observation(sheet, row, observation)
        sheet.freeze_panes(FIRST_ROW + 1, 0)
        sheet.repeat_rows(FIRST_ROW)

    def _observation(self, sheet: Any, row: int, found: Observation) -> None:
        day = self._format(num_format="yyyy-mm-dd", align="left")
        values = (
            found.period, found.first_day, found.last_day, found.figure, found.measure, found.gender, found.job_centre,
            found.district, found.category, found.subcategory, found.cell, found.unit, found.share_of,
            Cell(found.cell.whole) if found.cell.is_share else "",
        )  # fmt: skip
        for column, value in enumerate(values):
            if isinstance(value, Cell):
                self._cell(sheet, row, column, value, in_text=True)
            elif isinstance(value, date):
                sheet.write_datetime(row, column, value, day)
            elif value:
                sheet.write_string(row, column, value, self._format())

    def _table_sheet(self, block: Block, name: str) -> None:
        table = block.table
        sheet = self._sheet(name, block.heading, landscape=len(table.columns) > 5)
        report = f"{self.outline.title}. {self.outline.subtitle}."
        sheet.write_string(1, 0, block.finding or report, self._format(bold=bool(block.finding)))
        sheet.write_string(2, 0, period_line(block, self.outline), self._format())
        self._back(sheet, LINK_ROW)
        first = self._table_head(sheet, table)
        for place, (line, cells) in enumerate(zip(table.rows, table.cells, strict=True)):
            row = first + place
            look: dict[str, Any] = {"bold": True, "top": 1} if line.total else {}
            sheet.write_string(row, 0, line.label, self._format(text_wrap=True, **look))
            for column, cell in enumerate(cells, start=1):
                self._cell(sheet, row, column, cell, **look)
        sheet.repeat_rows(FIRST_ROW, first - 1)
        sheet.freeze_panes(first, 1)
        longest = max(len(text) for text in (table.corner, *(line.label for line in table.rows)))
        widths = [min(WIDEST_LABEL, max(14, longest + 2))]
        for column, line in enumerate(table.columns):
            texts = [*line.label.split(), *(cells[column].text for cells in table.cells)]
            widths.append(max(9, max(map(len, texts)) + 3))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        row = first + len(table.rows) + 1
        look = {"font_size": 10, "font_color": PAGE["muted"].light, "text_wrap": True}
        for note in (*block.notes, *self.outline.notes, signs(table), self.outline.source):
            if note:
                self._paragraph(sheet, row, note, widths, self._format(**look))
                row += 1
        if block.charted is not None and not block.charted.is_empty:
            made = chart(self.book, block, name, first)
            sheet.insert_chart(row + 1, 0, made, {"description": description(block), "object_position": 2})

    def _table_head(self, sheet: Any, table: TableContent) -> int:
        """The heading rows; returns the row of the first numbers."""
        row = FIRST_ROW
        head = {"bold": True, "text_wrap": True, "bg_color": PAGE["tint"].light}
        if any(line.group for line in table.columns):
            sheet.write_string(row, 0, "", self._format(**head))
            column = 1
            for group, lines in groupby(table.columns, key=lambda line: line.group):
                last = column + len(list(lines)) - 1
                look = self._format(align="center", **head)
                if group and last > column:
                    sheet.merge_range(row, column, row, last, "", look)
                sheet.write_string(row, column, group or "", look)
                for blank in range(column + 1, last + 1) if not group else ():
                    sheet.write_string(row, blank, "", look)
                column = last + 1
            row += 1
        sheet.write_string(row, 0, table.corner, self._format(bottom=1, **head))
        for column, line in enumerate(table.columns, start=1):
            sheet.write_string(row, column, line.label, self._format(align="right", bottom=1, **head))
        return row + 1

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell, in_text: bool = False, **look: Any) -> None:
        number = exact(cell)
        if number is None:
            sheet.write_string(row, column, sign(cell), self._format(align="right", **look))
        else:
            shown = self._format(num_format=number_format(cell, in_text), align="right", **look)
            sheet.write_number(row, column, number, shown)

    def _definitions(self) -> None:
        sheet = self._sheet(DEFINITIONS, "Så räknas det", landscape=True)
        self._back(sheet, 1)
        heads = ("Statistik", "Mått", "Betydelse", "Enhet", "Tänk på", "Källa", "Rättslig grund")
        self._heads(sheet, 2, heads)
        sheet.freeze_panes(3, 0)
        widths = (28, 28, 70, 16, 40, 50, 36)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        row = 3
        wrap = self._format(text_wrap=True)
        for figure in self.outline.figures:
            entry = definition(figure)
            facts = dict(entry.facts)
            texts = (
                entry.title, "", entry.text, facts.get("Enhet", ""), " ".join(entry.warnings), facts.get("Källa", ""),
                ". ".join(facts[name] for name in ("Rättslig grund", "Grund i dokument") if name in facts),
            )  # fmt: skip
            for column, text in enumerate(texts):
                sheet.write_string(row, column, text, self._format(text_wrap=True, bold=column == 0, top=4))
            row += 1
            for title, text in entry.measures:
                sheet.write_string(row, 1, title, wrap)
                sheet.write_string(row, 2, text, wrap)
                row += 1
        row += 1
        self._heads(sheet, row, ("Tecken", "Betydelse"))
        for mark, meaning in numbers.SIGNS:
            row += 1
            sheet.write_string(row, 0, mark, self._format())
            sheet.write_string(row, 1, meaning, self._format())
        row += 2
        for text in SIGNS_TEXT:
            self._paragraph(sheet, row, text, widths, wrap)
            row += 1
