"""The report's diagrams as pictures for documents: the same bars, colours, numbers and marks as ``charts`` draws on a page,
in the light colours of paper. What a diagram shows does not belong here.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import matplotlib

from dashboards.content.tables import Block
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
WIDTH, BAR, GAP, MARGIN = 6.5, 0.165, 0.12, 0.06
LEGEND = 0.3
DOTS_PER_INCH = 200
CHARACTER = 0.071


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
    longest = max((len(row.label) for row in table.rows), default=0)
    left = min(2.6, 0.15 + CHARACTER * longest)
    reach = max(scale, charts.largest(block)) or 1
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    # One unit of y is an inch, so that every diagram has the same bars.
    axes = figure.add_axes((left / WIDTH, MARGIN / height, (WIDTH - left) / WIDTH, (height - top - MARGIN) / height))
    axes.set_xlim(0, reach * (1.3 if block.marks else 1.16))
    axes.set_ylim(pitch * len(table.rows), 0)
    axes.axis("off")
    text = PAGE["text"].light
    for place, (row, cells) in enumerate(zip(table.rows, table.cells, strict=True)):
        start = pitch * place + GAP / 2
        axes.annotate(
            _wrapped(row.label, left), (0, start + thickness / 2), (-6, 0), textcoords="offset points",
            ha="right", va="center", color=text, annotation_clip=False, parse_math=False,
        )  # fmt: skip
        for index, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
            top_of_bar = start + BAR * index
            axes.add_patch(
                Rectangle(
                    (0, top_of_bar + 0.01),
                    cell.size,
                    BAR - 0.02,
                    color=DIAGRAM[column.role or "year"].light,
                    linewidth=0,
                )
            )
            end, number = cell.size, cell.in_text
            if block.marks is not None:
                mark = block.marks.cells[place][index]
                end, number = max(end, mark.size), f"{number} ({mark.in_text})"
                # A stroke in the paper's colour below the mark keeps it visible on a dark bar.
                for role, width in (("halo", 4.0), ("mark", 1.6)):
                    axes.plot(
                        [mark.size, mark.size], [top_of_bar, top_of_bar + BAR], color=DIAGRAM[role].light,
                        linewidth=width, solid_capstyle="butt", clip_on=False,
                    )  # fmt: skip
            axes.annotate(
                number, (end, top_of_bar + BAR / 2), (5, 0), textcoords="offset points", ha="left", va="center",
                color=text, annotation_clip=False, parse_math=False,
            )  # fmt: skip
    axes.plot([0, 0], [0, pitch * len(table.rows)], color=PAGE["line"].light, linewidth=0.8, clip_on=False)
    _legend(figure, legend, height)
    return figure, height


def _legend(figure: Figure, entries: list[tuple[str, str]], height: float) -> None:
    x = MARGIN
    y = height - 0.15
    for role, label in entries:
        width = 0.03 if role == "mark" else 0.16
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
    rows = []
    for place, (row, cells) in enumerate(zip(table.rows, table.cells, strict=True)):
        parts = []
        for index, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
            text = f"{column.label.lower()} {cell.in_text}" if several else cell.in_text
            if block.marks is not None and block.marks_label is not None:
                text += f" ({block.marks_label.lower()}: {block.marks.cells[place][index].in_text})"
            parts.append(text)
        rows.append(f"{row.label}: {', '.join(parts)}")
    return f"Stapeldiagram. {block.title}. {'; '.join(rows)}."
