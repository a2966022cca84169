"""The report's diagrams as pictures for documents: the same bars, points, colours, numbers, marks and targets as ``charts`` draws
on a page, in the light colours of paper. What a diagram shows does not belong here.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import matplotlib

from dashboards.content.tables import Block, Cell
from dashboards.drawing import charts
from dashboards.drawing.theme import DIAGRAM, PAGE

matplotlib.use("Agg")
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

#: The font that comes with matplotlib, on every machine, and no date or random name in a picture.
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "svg.hashsalt": "kaa",
}
#: In inches: the width of the text on an A4 page, the thickness of a bar and the blank between two rows.
WIDTH, BAR, GAP, MARGIN = 6.5, 0.15, 0.1, 0.06
LEGEND = 0.3
DOTS_PER_INCH = 200
CHARACTER = 0.071
#: How far a stroke for the target reaches beyond the bars of its row, and numbers in a column of their own beyond all bars.
BEYOND, BESIDE = 0.03, 1.06


@dataclass(frozen=True)
class Picture:
    """One diagram as dots and as lines, and what it says in words. ``svg``: with letters as outlines, which look the same in a
    program that does not have the font; ``svg_with_text``: with letters as letters."""

    png: bytes
    svg: bytes
    svg_with_text: bytes
    width: float
    height: float
    text: str


def picture(block: Block, scale: float = 0) -> Picture:
    """The diagram of a block that is one. ``scale``: what the axis must at least reach, for diagrams to be compared."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()  # not what a matplotlibrc in this folder or in the user's home says
        matplotlib.rcParams.update(STYLE)
        # A letter that the font does not have is drawn as a box; the words beside the picture have it.
        warnings.filterwarnings("ignore", "Glyph")
        figure, height = _draw(block, scale)
        png = io.BytesIO()
        figure.savefig(png, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        svg, svg_with_text = _svg(figure, "path"), _svg(figure, "none")
    return Picture(png.getvalue(), svg, svg_with_text, WIDTH, height, description(block))


def _svg(figure: Figure, letters: str) -> bytes:
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": letters}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _draw(block: Block, scale: float) -> tuple[Figure, float]:
    table = block.charted
    assert table is not None, f"{block.id} is no diagram"
    legend = charts.legend(block)
    thickness = BAR * len(table.columns)
    pitch = thickness + GAP
    top = LEGEND if legend else MARGIN
    height = top + pitch * len(table.rows) + MARGIN
    left = min(2.6, 0.15 + CHARACTER * max((len(row.label) for row in table.rows), default=0))
    # A stroke or line across a row would strike through a number at the end of its bar.
    in_a_column = block.target is not None or charts.is_dumbbell(block)
    reach = (max(scale, charts.largest(block)) or 1) * (BESIDE if in_a_column else 1)
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    # One unit of y is an inch, so that every diagram has the same bars.
    axes = figure.add_axes((left / WIDTH, MARGIN / height, (WIDTH - left) / WIDTH, (height - top - MARGIN) / height))
    room = 0.1 + CHARACTER * max((len(text) for row in _numbers(block) for text in row), default=0)
    axes.set_xlim(0, reach * (WIDTH - left) / (WIDTH - left - room))
    axes.set_ylim(pitch * len(table.rows), 0)
    axes.axis("off")
    for place, row in enumerate(table.rows):
        start = pitch * place + GAP / 2
        _write(axes, _wrapped(row.label, left), 0, start + thickness / 2, before=True)
        for index, text in enumerate(_numbers(block)[place]):
            end = _bar(axes, block, place, index, start + BAR * index)
            _write(axes, text, reach if in_a_column else end, start + BAR * (index + 0.5))
        if block.target is not None:
            ends = [start - BEYOND, start + thickness + BEYOND]
            axes.plot(
                [block.target.value] * 2, ends, color=DIAGRAM["target"].light, linewidth=1.6, dashes=(1.5, 1),
                clip_on=False, zorder=4,
            )  # fmt: skip
    axes.plot([0, 0], [0, pitch * len(table.rows)], color=PAGE["line"].light, linewidth=0.8, clip_on=False)
    _legend(figure, legend, height)
    return figure, height


def _numbers(block: Block) -> list[list[str]]:
    """What is written of each bar: its number, a share with its base, and in brackets the year before where it is a mark."""
    assert block.charted is not None
    shown = [[cell.with_base for cell in row] for row in block.charted.cells]
    if block.marks is None:
        return shown
    return [
        [f"{text} ({mark.in_text})" for text, mark in zip(texts, marks, strict=True)]
        for texts, marks in zip(shown, block.marks.cells, strict=True)
    ]


def _write(axes: Any, text: str, x: float, y: float, before: bool = False) -> None:
    axes.annotate(
        text, (x, y), (-6 if before else 5, 0), textcoords="offset points", ha="right" if before else "left",
        va="center", color=PAGE["text"].light, annotation_clip=False, parse_math=False,
    )  # fmt: skip


def _bar(axes: Any, block: Block, place: int, index: int, top: float) -> float:
    """One bar with its mark, or two points with a line between them; returns where it ends."""
    assert block.charted is not None
    cell = block.charted.cells[place][index]
    mark = block.marks.cells[place][index] if block.marks is not None else None
    if mark is not None and charts.is_dumbbell(block):
        _points(axes, cell, mark, top + BAR / 2)
    else:
        colour = DIAGRAM[block.charted.columns[index].role or "year"].light
        axes.add_patch(Rectangle((0, top + 0.01), cell.size, BAR - 0.02, color=colour, linewidth=0))
        # A stroke in the paper's colour below the mark keeps it visible on a dark bar.
        for role, width in (("halo", 4.0), ("mark", 1.6)) if mark is not None and mark.is_known else ():
            assert mark is not None
            axes.plot(
                [mark.size, mark.size], [top, top + BAR], color=DIAGRAM[role].light, linewidth=width,
                solid_capstyle="butt", clip_on=False,
            )  # fmt: skip
    return max(cell.size, mark.size if mark is not None else 0)


def _points(axes: Any, now: Cell, before: Cell, y: float) -> None:
    """Both years as points, the year before hollow, with a line between them; of a hidden number there is none."""
    earlier, latest = DIAGRAM["year_before"].light, DIAGRAM["year"].light
    if now.is_known and before.is_known:
        axes.plot([before.size, now.size], [y, y], color=earlier, linewidth=2, clip_on=False)
    for cell, colour, inside in ((before, earlier, DIAGRAM["halo"].light), (now, latest, latest)):
        if cell.is_known:
            axes.plot(
                [cell.size], [y], marker="o", markersize=6, markeredgewidth=1.6, markeredgecolor=colour,
                markerfacecolor=inside, clip_on=False,
            )  # fmt: skip


def _legend(figure: Figure, entries: list[tuple[str, str]], height: float) -> None:
    x = MARGIN
    y = height - 0.15
    for role, label in entries:
        width = 0.03 if role in ("mark", "target") else 0.16
        figure.patches.append(
            Rectangle(
                (x / WIDTH, (y - 0.06) / height), width / WIDTH, 0.12 / height, color=DIAGRAM[role].light, linewidth=0,
                transform=figure.transFigure, figure=figure,
            )
        )  # fmt: skip
        figure.text(
            (x + width + 0.06) / WIDTH,
            y / height,
            label,
            va="center_baseline",
            color=PAGE["text"].light,
            parse_math=False,
        )
        x += width + 0.3 + CHARACTER * len(label)


def _wrapped(label: str, width: float) -> str:
    """A long label on two lines, broken at a blank."""
    room = int((width - 0.1) / CHARACTER)
    if len(label) <= room or " " not in label[:room]:
        return label if len(label) <= room + 4 else label[: room - 1] + "…"
    place = label.rindex(" ", 0, room)
    rest = label[place + 1 :]
    return label[:place] + "\n" + (rest if len(rest) <= room else rest[: room - 1] + "…")


def description(block: Block) -> str:
    """What the diagram says, for who does not see it: its kind, and its rows with their numbers."""
    table = block.charted
    assert table is not None, f"{block.id} is no diagram"
    several = len(table.columns) > 1
    rows = [
        f"{row.label}: "
        + ", ".join(
            f"{column.label.lower()} {text}" if several else text
            for column, text in zip(table.columns, texts, strict=True)
        )
        for row, texts in zip(table.rows, _numbers(block), strict=True)
    ]
    kind = "Diagram med två punkter per rad" if charts.is_dumbbell(block) else "Stapeldiagram"
    before = f" Inom parentes {block.marks_label}." if block.marks_label else ""
    target = f" {block.target.label}." if block.target else ""
    return f"{kind}. {block.title}.{before} {'; '.join(rows)}.{target}"
