"""Plotly diagrams that tell chance from more than chance: marks with intervals, the funnel plot, and the monthly series with its
limits.

As in ``charts`` the figure is complete for paper, and ``assets/charts.js`` does what a dark or narrow screen needs. No colour
says good or bad: a group outside the limits is a question, not a verdict.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import plotly.graph_objects as go

from dashboards.content.chance import funnel_limits
from dashboards.content.equality import INNER, OUTER, FunnelChart, IntervalChart, Item, MonthChart
from dashboards.drawing.charts import BAR, canvas, plain, row_layout
from dashboards.drawing.theme import DIAGRAM, PAGE
from dashboards.wording import numbers

HEIGHT = 400

#: Half the length of the stroke for what a row is compared with, in rows.
STROKE = 0.22

#: Each limit of a funnel is drawn through so many points.
POINTS = 80

#: How far from its dot a group's name stands, in pixels, one after the other: neighbours must not lie on each other.
NAME_SHIFTS = (26, 50, 74, 98)

#: How much of what lies under a name is covered (the last two digits of a colour): lines should not cross it, nor dots be hidden.
VEIL = "b0"

PERCENT = f"{numbers.BLANK}%"


@dataclass(frozen=True)
class Sign:
    """What a mark or line of a chart means. ``kind``: dot, diamond, line or dashed."""

    kind: str
    role: str
    label: str


def as_json(item: Item) -> dict[str, Any]:
    """The chart of a table as Plotly's JavaScript takes it."""
    match item.chart:
        case IntervalChart():
            found = _intervals(item.chart)
        case FunnelChart():
            found = _funnel(item.chart)
        case MonthChart():
            found = _months(item.chart)
        case None:
            raise ValueError(f"{item.block.id} has no chart")
    result: dict[str, Any] = json.loads(found.to_json())
    return result


def legend(item: Item) -> list[Sign]:
    """What the chart's marks and lines mean."""
    match item.chart:
        case IntervalChart(marks, _, line_label):
            roles = {mark.role for mark in marks}
            groups = (("women", "Kvinnor"), ("men", "Män"), ("year", "Jobbtorg"))
            shown = [Sign("dot", role, label) for role, label in groups if role in roles and len(roles) > 1]
            return [*shown, Sign("line", "mark", line_label)]
        case FunnelChart():
            return [
                Sign("dot", "year", "Jobbtorg"),
                Sign("line", "mark", "Hela kommunen"),
                Sign("dashed", "year_before", "Inre gränser (95 %)"),
                Sign("line", "year_before", "Yttre gränser (99,8 %)"),
            ]
        case MonthChart(told=told):
            return [
                Sign("dot", "year", "Månad"),
                *([Sign("diamond", "mark", "Avviker")] if told else []),
                Sign("line", "mark", "Medelvärde"),
                Sign("dashed", "year_before", "Gränser för en jämn serie"),
            ]
        case None:
            return []


def alternative(item: Item) -> str:
    """What the chart says, for who does not see it: its kind, what is drawn, and where the table is."""
    match item.chart:
        case IntervalChart(marks):
            kind = "Punktdiagram med spann"
            drawn = [f"{mark.label}: {mark.text}" for mark in marks]
        case FunnelChart(dots):
            kind = "Trattdiagram"
            drawn = [f"{dot.label}: {dot.text} av {numbers.number(dot.whole)}" for dot in dots]
        case MonthChart(months, _, texts):
            kind = "Linjediagram"
            drawn = [f"{month.title}: {text}" for month, text in zip(months, texts, strict=True)]
        case None:
            raise ValueError(f"{item.block.id} has no chart")
    return f"{kind}. {item.block.title}. {'; '.join(drawn)}. Alla värden finns i tabellen under diagrammet."


# -- marks with intervals ------------------------------------------------------------------------------------------------


def _intervals(chart: IntervalChart) -> go.Figure:
    marks = chart.marks
    low = min(chart.line, *(mark.low for mark in marks))
    reach = max(chart.line, *(mark.high for mark in marks))
    layout = row_layout([mark.label for mark in marks], BAR, reach, {mark.text for mark in marks})
    start = low - 0.05 * (reach - low)
    layout["xaxis"]["range"] = [start, start + 1.4 * (reach - start)]
    # A stroke at each row, for on a narrow screen a whole line would cross the names above the rows.
    strokes = [edge for row in range(len(marks)) for edge in (row - STROKE, row + STROKE, None)]
    data = [_line([chart.line, chart.line, None] * len(marks), strokes, "mark", 2)]
    for role in dict.fromkeys(mark.role for mark in marks):
        places = [place for place, mark in enumerate(marks) if mark.role == role]
        ends = [end for place in places for end in (marks[place].low, marks[place].high, None)]
        data.append(_line(ends, [row for place in places for row in (place, place, None)], role, 3))
        shown = [marks[place] for place in places]
        data.append(
            _dots([mark.value for mark in shown], places, role, [f"{mark.label}: {mark.text}" for mark in shown])
        )
    data.append(
        go.Scatter(
            mode="text",
            x=[max(mark.high, chart.line) for mark in marks],
            y=list(range(len(marks))),
            text=[2 * numbers.BLANK + mark.text.replace(" ", numbers.BLANK) for mark in marks],
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
            meta={"role": "number"},
        )
    )
    return go.Figure(data=data, layout=layout)


# -- the funnel ----------------------------------------------------------------------------------------------------------


def _funnel(chart: FunnelChart) -> go.Figure:
    smallest, largest = (choose(dot.whole for dot in chart.dots) for choose in (min, max))
    first, last = max(int(0.7 * smallest), 1), int(1.1 * largest) + 1
    wholes = sorted({round(first + (last - first) * place / POINTS) for place in range(POINTS + 1)})
    data = [_line([first, last], [100 * chart.share] * 2, "mark", 1.5)]
    for level, dash in ((INNER, "dash"), (OUTER, "solid")):
        limits = [funnel_limits(whole, chart.share, level) for whole in wholes]
        for ends in ([each.low for each in limits], [each.high for each in limits]):
            data.append(_line(wholes, [round(100 * end, 2) for end in ends], "year_before", 2, dash))
    hover = [f"{dot.label}: {dot.text} av {numbers.number(dot.whole)}" for dot in chart.dots]
    data.append(_dots([dot.whole for dot in chart.dots], [dot.share for dot in chart.dots], "year", hover))
    widest = funnel_limits(smallest, chart.share, OUTER)
    shares = [dot.share for dot in chart.dots]
    layout = _axes(min(100 * widest.low, *shares), max(100 * widest.high, *shares))
    layout["xaxis"] |= {
        "range": [first, last],
        "tickformat": ",d",
        "tickangle": 0,
        "nticks": 5,
        "title": {"text": f"{plain(chart.axis)}, antal", "standoff": 8, "font": {"size": 13}},
    }
    layout["annotations"] = list(_names(chart, first, last))
    return go.Figure(data=data, layout=layout)


def _names(chart: FunnelChart, first: float, last: float) -> Iterator[dict[str, Any]]:
    """Each group's name above or below its dot, within the drawing."""
    shifts = {True: cycle(NAME_SHIFTS), False: cycle(NAME_SHIFTS)}
    for dot in sorted(chart.dots, key=lambda dot: dot.whole):
        is_above = dot.share > 100 * chart.share
        side = (dot.whole - first) / (last - first)
        yield {
            "x": dot.whole, "y": dot.share, "text": plain(dot.label), "ax": 0,
            "ay": -next(shifts[True]) if is_above else next(shifts[False]),
            "xanchor": "left" if side < 0.25 else "right" if side > 0.75 else "center",
            "bgcolor": f"{PAGE['surface'].light}{VEIL}", "borderpad": 1, "showarrow": True, "arrowhead": 0, "arrowwidth": 1,
            "arrowcolor": PAGE["muted"].light, "standoff": 6,
        }  # fmt: skip


# -- months --------------------------------------------------------------------------------------------------------------


def _months(chart: MonthChart) -> go.Figure:
    days = [str(month.starts_on) for month in chart.months]
    limits = chart.limits
    ends = [days[0], days[-1]]
    data = [_line(ends, [limits.mean] * 2, "mark", 1.5)]
    data += [_line(ends, [end] * 2, "year_before", 2, "dash") for end in (limits.low, limits.high) if 0 <= end <= 100]
    data.append(_line(days, list(chart.values), "year", 2))
    for symbol, role, size, is_told in (("circle", "year", 8, False), ("diamond", "mark", 12, True)):
        places = [place for place in range(len(days)) if (place in chart.told) == is_told]
        hover = [f"{chart.months[place].title}: {chart.texts[place]}" for place in places]
        if places:
            data.append(
                _dots(
                    [days[place] for place in places],
                    [chart.values[place] for place in places],
                    role,
                    hover,
                    symbol,
                    size,
                )
            )
    drawn = [*chart.values, max(limits.low, 0), min(limits.high, 100)]
    layout = _axes(min(drawn), max(drawn))
    ticks = [month for month in chart.months if month.starts_on and month.starts_on.month in (1, 7)]
    layout["xaxis"] |= {
        "type": "date",
        "tickmode": "array",
        "tickvals": [str(month.starts_on) for month in ticks],
        "ticktext": [f"{month.title[:3]}<br>{month.title[-4:]}" for month in ticks],
        "tickangle": 0,
    }
    return go.Figure(data=data, layout=layout)


# -- what they have in common --------------------------------------------------------------------------------------------


def _line(x: list[Any], y: list[Any], role: str, width: float, dash: str = "solid") -> go.Scatter:
    return go.Scatter(
        mode="lines", x=x, y=y, line={"color": DIAGRAM[role].light, "width": width, "dash": dash}, hoverinfo="skip",
        meta={"role": role},
    )  # fmt: skip


def _dots(
    x: list[Any], y: list[Any], role: str, hover: list[str], symbol: str = "circle", size: float = 12
) -> go.Scatter:
    colour = DIAGRAM[role].light
    return go.Scatter(
        mode="markers", x=x, y=y, marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 0, "color": colour}},
        customdata=[plain(text) for text in hover], hovertemplate="%{customdata}<extra></extra>", cliponaxis=False,
        meta={"role": role},
    )  # fmt: skip


def _axes(low: float, high: float) -> dict[str, Any]:
    """The layout of a chart with two axes, of which the upright one is in per cent."""
    room = max(0.06 * (high - low), 1.0)
    axis = {"fixedrange": True, "gridcolor": PAGE["line"].light, "zeroline": False}
    return {
        **canvas(),
        "height": HEIGHT,
        "margin": {"l": 60, "r": 12, "t": 8, "b": 52},
        "xaxis": {**axis, "showgrid": False},
        "yaxis": {**axis, "range": [max(low - room, -1), min(high + room, 101)], "ticksuffix": PERCENT, "nticks": 7},
    }
