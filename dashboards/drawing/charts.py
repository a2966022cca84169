"""Plotly diagrams: one kind, the horizontal bar, because every number of the report is a count, or a share of two
counts, to be compared.

The figure is complete for paper (light colours, wide). What differs on a dark or narrow screen is done by
``assets/charts.js``, which knows each trace's colour by the name in ``meta.role``. Which numbers are drawn does not belong here.
"""

import html
import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import plotly.graph_objects as go

from dashboards.content.bridges import Bridge
from dashboards.content.tables import Block, TableContent
from dashboards.drawing.theme import DIAGRAM, PAGE
from dashboards.wording import numbers

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

#: Thickness of a bar and blank between two rows, in pixels; on a narrow screen a row's label stands above its bars.
BAR, GAP, NARROW_GAP = 22, 18, 36


def plain(text: str) -> str:
    """Text as Plotly must be given it: it reads a small set of HTML tags in labels."""
    return html.escape(text, quote=False)


def _values(table: TableContent, column: int) -> list[float]:
    return [row[column].size for row in table.cells]


def _numbers(block: Block) -> list[list[str]]:
    """What stands at the end of each bar: its number, and in brackets the year before where that has no bar."""
    assert block.charted is not None, f"{block.id} is no diagram"
    shown = [[cell.in_text for cell in row] for row in block.charted.cells]
    if block.marks is None:
        return shown
    return [
        [f"{text} ({cell.in_text})".replace(" ", numbers.BLANK) for text, cell in zip(texts, row, strict=True)]
        for texts, row in zip(shown, block.marks.cells, strict=True)
    ]


def _bars(table: TableContent, numbered: bool) -> list[go.Bar]:
    bars = []
    for index, column in enumerate(table.columns):
        role = column.role or "year"
        labels = [plain(row.label) for row in table.rows]
        bars.append(
            go.Bar(
                orientation="h",
                name=plain(column.label),
                x=_values(table, index),
                y=list(range(len(table.rows))),
                text=[row[index].in_text for row in table.cells],
                textposition="outside" if numbered else "none",
                cliponaxis=False,
                marker={"color": DIAGRAM[role].light, "line": {"width": 0}},
                offsetgroup=str(index),
                customdata=labels,
                hovertemplate=f"%{{customdata}}<br>{plain(column.label)}: %{{text}}<extra></extra>",
                meta={"role": role},
            )
        )
    return bars


def _marks(block: Block) -> list[go.Scatter]:
    """The year before as an upright stroke across each bar, and both numbers where the stroke does not cross them."""
    if block.charted is None or block.marks is None or block.marks_label is None:
        return []
    marks = []
    for index, column in enumerate(block.marks.columns):
        # A stroke in the page's own colour below the mark keeps it visible on a dark bar.
        label = f"{plain(column.label)} {plain(block.marks_label)}"
        for role, width in (("halo", 8), ("mark", 3)):
            marks.append(
                go.Scatter(
                    orientation="h",
                    mode="markers",
                    name=plain(block.marks_label),
                    x=_values(block.marks, index),
                    y=list(range(len(block.marks.rows))),
                    text=[row[index].in_text for row in block.marks.cells],
                    marker={
                        "symbol": "line-ns",
                        "size": 0.62 * BAR,  # the symbol is 1.4 times as long as its size
                        "line": {"width": width, "color": DIAGRAM[role].light},
                    },
                    cliponaxis=False,
                    offsetgroup=str(index),
                    customdata=[plain(row.label) for row in block.marks.rows],
                    hovertemplate=f"%{{customdata}}<br>{label}: %{{text}}<extra></extra>",
                    meta={"role": role},
                )
            )
        ends = zip(_values(block.charted, index), _values(block.marks, index), strict=True)
        marks.append(
            go.Scatter(
                orientation="h",
                mode="text",
                x=[max(pair) for pair in ends],
                y=list(range(len(block.marks.rows))),
                text=[numbers.BLANK + row[index] for row in _numbers(block)],
                textposition="middle right",
                cliponaxis=False,
                offsetgroup=str(index),
                hoverinfo="skip",
                meta={"role": "number"},
            )
        )
    return marks


def largest(block: Block) -> float:
    """The longest bar or farthest mark of a diagram."""
    tables = [table for table in (block.charted, block.marks) if table is not None]
    values = [value for table in tables for column in range(len(table.columns)) for value in _values(table, column)]
    return max(values, default=0)


def figure(block: Block, scale: float = 0) -> go.Figure:
    """The diagram of a block that is one. ``scale``: what the axis must at least reach, for diagrams to be compared."""
    table = block.charted
    assert table is not None, f"{block.id} is no diagram"
    marks = _marks(block)
    layout = row_layout(
        [row.label for row in table.rows],
        BAR * len(table.columns),
        max(scale, largest(block)) or 1,
        {text for row in _numbers(block) for text in row},
    )
    return go.Figure(data=[*_bars(table, numbered=not marks), *marks], layout=layout)


def waterfall(bridge: Bridge) -> dict[str, Any]:
    """A bridge as Plotly's JavaScript takes it: the first and the last number from zero, each step from where the one before
    ended."""
    labels = [step.label for step in bridge.steps]
    layout = row_layout(labels, BAR, max(step.top for step in bridge.steps) or 1, {step.text for step in bridge.steps})
    data = []
    for role in dict.fromkeys(step.role for step in bridge.steps):
        places = [place for place, step in enumerate(bridge.steps) if step.role == role]
        shown = [bridge.steps[place] for place in places]
        data.append(
            go.Bar(
                orientation="h",
                x=[step.length for step in shown],
                base=[step.base for step in shown],
                y=places,
                text=[step.text for step in shown],
                textposition="outside",
                cliponaxis=False,
                marker={"color": DIAGRAM[role].light, "line": {"width": 0}},
                customdata=[plain(step.label) for step in shown],
                hovertemplate="%{customdata}: %{text}<extra></extra>",
                meta={"role": role},
            )
        )
    layout["barmode"] = "overlay"
    result: dict[str, Any] = json.loads(go.Figure(data=data, layout=layout).to_json())
    return result


def canvas() -> dict[str, Any]:
    """What all diagrams have in common."""
    return {
        # Without one Plotly writes out its own, twice the size of the rest.
        "template": "none",
        "separators": "," + numbers.BLANK,
        "font": {"family": FONT, "size": 15, "color": PAGE["text"].light},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "hoverlabel": {"align": "left"},
    }


def row_layout(names: Sequence[str], thickness: int, reach: float, written: AbstractSet[str]) -> dict[str, Any]:
    """The layout of a diagram whose rows have names. ``written``: the numbers at the ends of the bars."""
    pitch, narrow_pitch = thickness + GAP, thickness + NARROW_GAP
    labels = [plain(name) for name in names]
    return {
        **canvas(),
        "barmode": "group",
        "scattermode": "group",
        "bargap": GAP / pitch,
        "bargroupgap": 0.08,
        "scattergap": GAP / pitch,
        "height": pitch * len(labels) + 8,
        "margin": {"l": 9 * max(map(len, labels)) + 16, "r": 0, "t": 4, "b": 4},
        # Every bar carries its number, so the axis needs none; the blank to the right is the longest number's.
        "xaxis": {"range": [0, reach * 1.16], "visible": False, "fixedrange": True},
        "yaxis": {
            "range": [len(labels) - 0.5, -0.5],
            "tickmode": "array",
            "tickvals": list(range(len(labels))),
            "ticktext": labels,
            "ticklabelstandoff": 8,
            "automargin": True,
            "fixedrange": True,
            "showgrid": False,
            "zeroline": False,
        },
        "meta": {
            "narrowHeight": narrow_pitch * len(labels) + 8,
            "narrowGap": NARROW_GAP / narrow_pitch,
            "labelShift": thickness / 2 + 10,
            "reach": reach,
            "numbers": sorted(written),
        },
    }


def as_json(block: Block, scale: float = 0) -> dict[str, Any]:
    """The diagram as Plotly's JavaScript takes it."""
    result: dict[str, Any] = json.loads(figure(block, scale).to_json())
    return result


def legend(block: Block) -> list[tuple[str, str]]:
    """(colour's name, what it means); nothing where one colour needs no explanation."""
    if block.charted is None:
        return []
    entries = [(column.role or "year", column.label) for column in block.charted.columns]
    if block.marks is not None and block.marks_label is not None:
        entries.append(("mark", f"{block.marks_label} (inom parentes)"))
    return entries if len(entries) > 1 else []


def plain_bars(block: Block) -> list[tuple[str, list[tuple[str, str, float]]]]:
    """The diagram for who has no JavaScript: (row's label, (colour's name, number, length in per cent of the longest))."""
    table = block.charted
    assert table is not None, f"{block.id} is no diagram"
    longest = largest(block) or 1
    return [
        (
            row.label,
            [
                (column.role or "year", text, 100 * cell.size / longest)
                for column, cell, text in zip(table.columns, cells, texts, strict=True)
            ],
        )
        for row, cells, texts in zip(table.rows, table.cells, _numbers(block), strict=True)
    ]


def alternative(block: Block) -> str:
    """What the diagram says, for who does not see it: its kind, its rows with their numbers, and where the table is."""
    table = block.charted
    assert table is not None, f"{block.id} is no diagram"
    several = len(table.columns) > 1
    rows = [
        f"{row.label}: "
        + ", ".join(
            f"{column.label.lower()} {cell.in_text}" if several else cell.in_text
            for column, cell in zip(table.columns, cells, strict=True)
        )
        for row, cells in zip(table.rows, table.cells, strict=True)
    ]
    says = f"{block.finding}. " if block.finding else ""
    return f"Stapeldiagram. {says}{block.title}. {'; '.join(rows)}. Alla värden finns i tabellen under diagrammet."
