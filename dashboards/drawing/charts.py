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
from dashboards.wording.letters import capital

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

#: Thickness of a bar and blank between two rows, in pixels; on a narrow screen a row's label stands above its bars.
BAR, GAP, NARROW_GAP = 22, 18, 36


#: So many pixels are for the numbers below an axis.
AXIS = 28

#: Numbers in a column of their own stand so much farther to the right than what is drawn.
BESIDE = 1.06


def plain(text: str) -> str:
    """Text as Plotly must be given it: it reads a small set of HTML tags in labels."""
    return html.escape(text, quote=False)


def _values(table: TableContent, column: int) -> list[float]:
    return [row[column].size for row in table.cells]


def _places(table: TableContent, column: int) -> list[float | None]:
    """Where a mark or point stands; none where the number is hidden, or there is none."""
    return [row[column].size if row[column].is_known else None for row in table.cells]


def _numbers(block: Block) -> list[list[str]]:
    """What is said of each bar: its number, a share with its base, and in brackets the year before where that has no bar."""
    assert block.charted is not None, f"{block.id} is no diagram"
    shown = [[cell.with_base for cell in row] for row in block.charted.cells]
    if block.marks is not None:
        shown = [
            [f"{text} ({cell.in_text})" for text, cell in zip(texts, row, strict=True)]
            for texts, row in zip(shown, block.marks.cells, strict=True)
        ]
    return [[text.replace(" ", numbers.BLANK) for text in row] for row in shown]


def is_dumbbell(block: Block) -> bool:
    """Whether two points with a line between them say more than a bar with a mark: of one share in two years."""
    table = block.charted
    if table is None or block.marks is None or len(table.columns) > 1:
        return False
    return all(cell.is_share for row in table.cells for cell in row)


def _bars(table: TableContent) -> list[go.Bar]:
    bars = []
    for index, column in enumerate(table.columns):
        role = column.role or "year"
        bars.append(
            go.Bar(
                orientation="h",
                name=plain(column.label),
                x=_values(table, index),
                y=list(range(len(table.rows))),
                text=[row[index].in_text for row in table.cells],
                textposition="none",
                marker={"color": DIAGRAM[role].light, "line": {"width": 0}},
                offsetgroup=str(index),
                customdata=_labels(table),
                hovertemplate=f"%{{customdata}}<br>{plain(column.label)}: %{{text}}<extra></extra>",
                meta={"role": role},
            )
        )
    return bars


def _labels(table: TableContent) -> list[str]:
    return [plain(row.label) for row in table.rows]


def _marks(block: Block) -> list[go.Scatter]:
    """The year before as an upright stroke across each bar."""
    if block.marks is None or block.marks_label is None:
        return []
    marks = []
    for index, column in enumerate(block.marks.columns):
        # A stroke in the page's own colour below the mark keeps it visible on a dark bar.
        for role, width in (("halo", 8), ("mark", 3)):
            marks.append(
                go.Scatter(
                    orientation="h",
                    mode="markers",
                    name=plain(block.marks_label),
                    x=_places(block.marks, index),
                    y=list(range(len(block.marks.rows))),
                    text=[row[index].in_text for row in block.marks.cells],
                    marker={
                        "symbol": "line-ns",
                        "size": 0.62 * BAR,  # the symbol is 1.4 times as long as its size
                        "line": {"width": width, "color": DIAGRAM[role].light},
                    },
                    cliponaxis=False,
                    offsetgroup=str(index),
                    customdata=_labels(block.marks),
                    hovertemplate=_hover(f"{column.label} {block.marks_label}"),
                    meta={"role": role},
                )
            )
    return marks


def _hover(label: str) -> str:
    return f"%{{customdata}}<br>{plain(label)}: %{{text}}<extra></extra>"


def now_label(block: Block) -> str:
    """What the points of the period itself are called."""
    label = block.periods[-1].label
    return capital(label)


def _dumbbells(block: Block) -> list[go.Scatter]:
    """Both years as points, the year before hollow, with a line between them."""
    table, marks = block.charted, block.marks
    assert table is not None and marks is not None
    rows = list(range(len(table.rows)))
    pairs = list(zip(_places(marks, 0), _places(table, 0), rows, strict=True))
    joined = [(end, row) for before, now, row in pairs if None not in (before, now) for end in (before, now, None)]
    drawn = [
        go.Scatter(
            mode="lines",
            x=[end for end, _ in joined],
            y=[row for _, row in joined],
            line={"width": 4, "color": DIAGRAM["year_before"].light},
            hoverinfo="skip",
            meta={"role": "year_before"},
        )
    ]
    for of, role, label in ((marks, "year_before", block.marks_label or ""), (table, "year", now_label(block))):
        colour = DIAGRAM[role].light
        is_hollow = role == "year_before"
        drawn.append(
            go.Scatter(
                mode="markers",
                name=plain(label),
                x=_places(of, 0),
                y=rows,
                text=[row[0].in_text for row in of.cells],
                marker={
                    "symbol": "circle",
                    "size": 0.72 * BAR,
                    "color": DIAGRAM["halo"].light if is_hollow else colour,
                    "line": {"width": 3, "color": colour},
                },
                cliponaxis=False,
                customdata=_labels(of),
                hovertemplate=_hover(label),
                meta={"role": role, "hollow": is_hollow},
            )
        )
    return drawn


def _has_column_of_numbers(block: Block) -> bool:
    """Whether the numbers stand below each other to the right, since a target across the rows would strike through them."""
    return block.target is not None or is_dumbbell(block)


def _written(block: Block, reach: float) -> list[go.Scatter]:
    """The numbers, where neither bar nor mark crosses them: at the end of the farther one, or in a column of their own."""
    table, marks = block.charted, block.marks
    assert table is not None
    found = []
    for index in range(len(table.columns)):
        ends = _values(table, index)
        if marks is not None:
            ends = [max(pair) for pair in zip(ends, _values(marks, index), strict=True)]
        found.append(
            go.Scatter(
                orientation="h",
                mode="text",
                x=[reach] * len(ends) if _has_column_of_numbers(block) else ends,
                y=list(range(len(table.rows))),
                text=[2 * numbers.BLANK + row[index] for row in _numbers(block)],
                textposition="middle right",
                cliponaxis=False,
                offsetgroup=str(index),
                hoverinfo="skip",
                meta={"role": "number"},
            )
        )
    return found


def _target(block: Block, thickness: float) -> list[dict[str, Any]]:
    """The target as a stroke across each row."""
    if block.target is None or block.charted is None:
        return []
    half = thickness / 2 + 1  # no farther, for on a narrow screen the row has its name above it
    return [
        {
            "type": "line",
            "x0": block.target.value,
            "x1": block.target.value,
            "yanchor": row,
            "ysizemode": "pixel",
            "y0": -half,
            "y1": half,
            "line": {"width": 3, "dash": "2px,2px", "color": DIAGRAM["target"].light},
        }
        for row in range(len(block.charted.rows))
    ]


def largest(block: Block) -> float:
    """The longest bar, farthest mark or target of a diagram."""
    tables = [table for table in (block.charted, block.marks) if table is not None]
    values = [value for table in tables for column in range(len(table.columns)) for value in _values(table, column)]
    return max([*values, *([block.target.value] if block.target else [])], default=0)


def figure(block: Block, scale: float = 0) -> go.Figure:
    """The diagram of a block that is one. ``scale``: what the axis must at least reach, for diagrams to be compared."""
    table = block.charted
    assert table is not None, f"{block.id} is no diagram"
    thickness = BAR * len(table.columns)
    farthest = max(scale, largest(block)) or 1
    reach = farthest * BESIDE if _has_column_of_numbers(block) else farthest
    layout = row_layout(
        [row.label for row in table.rows], thickness, reach, {text for row in _numbers(block) for text in row}
    )
    layout["shapes"] = _target(block, thickness)
    if is_dumbbell(block):
        layout["xaxis"] |= _per_cent_axis(farthest)
        layout["scattermode"] = "overlay"
        layout["margin"]["b"] = AXIS
        layout["height"] += AXIS
        layout["meta"]["narrowHeight"] += AXIS
    drawn = _dumbbells(block) if is_dumbbell(block) else [*_bars(table), *_marks(block)]
    return go.Figure(data=[*drawn, *_written(block, reach)], layout=layout)


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


def _per_cent_axis(reach: float) -> dict[str, Any]:
    """Points have no length that is seen, so their axis says where 0 is. It ends before the numbers beside it."""
    step = 20 if reach > 40 else 10 if reach > 15 else 5
    ticks = list(range(0, int(reach) + 1, step))
    return {
        "visible": True,
        "tickmode": "array",
        "tickvals": ticks,
        "ticktext": [f"{tick}{numbers.BLANK}%" for tick in ticks],
        "tickfont": {"size": 13},
        "showgrid": True,
        "gridcolor": PAGE["line"].light,
        "zeroline": True,
        "zerolinecolor": PAGE["muted"].light,
        "zerolinewidth": 2,
    }


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
        role = "mark"
        if is_dumbbell(block):
            role, entries = "year_before", [("year", now_label(block))]
        entries.append((role, f"{block.marks_label} (inom parentes)"))
    if block.target:
        entries.append(("target", block.target.label))
    return entries if len(entries) > 1 else []


#: A colour's name, the number, and its bar's length in per cent of the longest.
PlainBar = tuple[str, str, float]


def plain_bars(block: Block) -> list[tuple[str, list[PlainBar]]]:
    """The diagram for who has no JavaScript, row by row, the target last."""
    table = block.charted
    assert table is not None, f"{block.id} is no diagram"
    longest = largest(block) or 1
    rows = [
        (
            row.label,
            [
                (column.role or "year", text, 100 * cell.size / longest)
                for column, cell, text in zip(table.columns, cells, texts, strict=True)
            ],
        )
        for row, cells, texts in zip(table.rows, table.cells, _numbers(block), strict=True)
    ]
    if block.target:
        rows.append((block.target.label, [("target", "", 100 * block.target.value / longest)]))
    return rows


def alternative(block: Block) -> str:
    """What the diagram says, for who does not see it: its kind, its rows with their numbers, and where the table is."""
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
    kind = "Diagram med två punkter per rad" if is_dumbbell(block) else "Stapeldiagram"
    before = f"Inom parentes {block.marks_label}. " if block.marks_label else ""
    target = f" {block.target.label}." if block.target else ""
    says = f"{block.finding}. " if block.finding else ""
    return f"{kind}. {says}{block.title}. {before}{'; '.join(rows)}.{target} Alla värden finns i tabellen under diagrammet."
