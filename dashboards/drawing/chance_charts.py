"""Plotly diagrams that tell chance from more than chance: marks with intervals, the funnel plot, and the monthly series with its
limits.

As in ``charts`` the figure is complete for paper, and ``assets/charts.js`` does what a dark or narrow screen needs. No colour
says good or bad: a group outside the limits is a question, not a verdict.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import plotly.graph_objects as go

from dashboards.content.chance import INNER, OUTER, funnel_limits
from dashboards.content.equality import FunnelChart, IntervalChart, Item, MonthChart
from dashboards.content.equality_words import of_base
from dashboards.content.tables import Cell
from dashboards.drawing.charts import BAR, canvas, plain, row_layout
from dashboards.drawing.theme import DIAGRAM, PAGE
from dashboards.wording import numbers
from dashboards.wording.letters import capital

HEIGHT = 400

#: Half the length of the stroke for what a row is compared with, in rows.
STROKE = 0.22

#: Each limit of a funnel is drawn through so many points.
POINTS = 80

#: Where the largest group is so many times larger than the smallest, their sizes are drawn by equal factors, with these marked.
FAR_APART = 20
_TENS = tuple(10**power for power in range(7))
_SIZES = tuple(ten * step for ten in _TENS for step in (1, 3))
#: More numbers along an axis would lie over one another on a phone.
MOST_TICKS = 4

#: Where a group's name may stand, in pixels below its dot, the best place first.
NAME_SHIFTS = (-24, 24, -44, 44, -64, 64, -84, 84, -104, 104, -124, 124)

#: In pixels, where names are placed: how wide the space between the axes is on a phone and on a wide screen, how high, and the
#: size of a dot, a letter and a line.
DRAWING_WIDTHS, DRAWING_HEIGHT, DOT, LETTER, LINE = (220, 760), HEIGHT - 60, 18, 7.8, 20

#: Left, top, right and bottom.
Box = tuple[float, float, float, float]

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
        case FunnelChart(group=group, all_groups=all_groups, told=told):
            return [
                Sign("dot", "year", group),
                *([Sign("diamond", "mark", "Utanför de yttre gränserna")] if told else []),
                Sign("line", "mark", all_groups),
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
            drawn = [f"{mark.label}: {mark.with_base}" for mark in marks]
        case FunnelChart(groups, told=told):
            kind = "Trattdiagram"
            shown = [each for each in groups if told is None or each[0] in told]
            drawn = [f"{name}: {of_base(share)}" for name, share in shown]
            if told is not None:
                drawn.insert(0, numbers.counted(len(groups), "punkt", "punkter"))
        case MonthChart(months):
            kind = "Linjediagram"
            drawn = [f"{month.title}: {of_base(share)}" for month, share in months]
        case None:
            raise ValueError(f"{item.block.id} has no chart")
    says = f"{item.block.finding}. " if item.block.finding else ""
    return f"{kind}. {says}{item.block.title}. {'; '.join(drawn)}. Alla värden finns i tabellen under diagrammet."


# -- marks with intervals ------------------------------------------------------------------------------------------------


def _intervals(chart: IntervalChart) -> go.Figure:
    marks = chart.marks
    low = min(chart.line, *(mark.low for mark in marks))
    reach = max(chart.line, *(mark.high for mark in marks))
    texts = [2 * numbers.BLANK + mark.with_base.replace(" ", numbers.BLANK) for mark in marks]
    layout = row_layout([mark.label for mark in marks], BAR, reach, set(texts))
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
        named = [(mark.label, mark.text, mark.base) for mark in shown]
        data.append(_dots([mark.value for mark in shown], places, role, named))
    data.append(
        go.Scatter(
            mode="text",
            x=[max(mark.high, chart.line) for mark in marks],
            y=list(range(len(marks))),
            text=texts,
            textposition="middle right",
            cliponaxis=False,
            hoverinfo="skip",
            meta={"role": "number"},
        )
    )
    return go.Figure(data=data, layout=layout)


# -- the funnel ----------------------------------------------------------------------------------------------------------


def _funnel(chart: FunnelChart) -> go.Figure:
    wholes, shares = [int(share.whole or 0) for _, share in chart.groups], [share.size for _, share in chart.groups]
    first, last = max(int(0.7 * min(wholes)), 1), int(1.1 * max(wholes)) + 1
    scale = _Scale(first, last, is_logarithmic=max(wholes) > FAR_APART * min(wholes))
    along = scale.along()
    data = [_line([first, last], [100 * chart.share] * 2, "mark", 1.5)]
    for level, dash in ((INNER, "dash"), (OUTER, "solid")):
        limits = [funnel_limits(whole, chart.share, level) for whole in along]
        for ends in ([each.low for each in limits], [each.high for each in limits]):
            data.append(_line(along, [round(100 * end, 2) for end in ends], "year_before", 2, dash))
    data += _groups(chart, wholes, shares)
    widest = funnel_limits(min(wholes), chart.share, OUTER)
    layout = _axes(min(100 * widest.low, *shares), max(100 * widest.high, *shares))
    layout["xaxis"] |= {
        **scale.axis(),
        "tickangle": 0,
        "title": {"text": f"{plain(chart.axis)}, antal", "standoff": 8, "font": {"size": 13}},
    }
    low, high = layout["yaxis"]["range"]
    named = [place for place, (name, _) in enumerate(chart.groups) if chart.told is None or name in chart.named]
    dots = [(scale.across(whole), (high - share) / (high - low)) for whole, share in zip(wholes, shares, strict=True)]
    names = [plain(chart.groups[place][0]) for place in named]
    shifts = _shifts(names, [dots[place] for place in named], dots)
    layout["annotations"] = [
        {
            "x": scale.drawn_at(wholes[place]), "y": shares[place], "text": name, "ax": 0, "ay": shift,
            "xanchor": _anchor(name, dots[place][0]), "bgcolor": f"{PAGE['surface'].light}{VEIL}", "borderpad": 1,
            "showarrow": True, "arrowhead": 0, "arrowwidth": 1, "arrowcolor": PAGE["muted"].light, "standoff": 6,
        }
        for place, name, shift in zip(named, names, shifts, strict=True)
    ]  # fmt: skip
    return go.Figure(data=data, layout=layout)


@dataclass(frozen=True)
class _Scale:
    """The axis of how large groups are, from ``first`` to ``last``: by equal steps, or by equal factors where the largest group
    is so much larger than the smallest that the small ones would lie on one another."""

    first: int
    last: int
    is_logarithmic: bool

    def drawn_at(self, whole: int) -> float:
        """Where Plotly wants to be told that something lies."""
        return log10(whole) if self.is_logarithmic else whole

    def across(self, whole: int) -> float:
        """The same as a fraction from the left."""
        first, last = self.drawn_at(self.first), self.drawn_at(self.last)
        return (self.drawn_at(whole) - first) / (last - first)

    def along(self) -> list[int]:
        """The sizes through which a limit is drawn."""
        places = [place / POINTS for place in range(POINTS + 1)]
        if self.is_logarithmic:
            return sorted({round(self.first * (self.last / self.first) ** place) for place in places})
        return sorted({round(self.first + (self.last - self.first) * place) for place in places})

    def axis(self) -> dict[str, Any]:
        """What Plotly must know of it."""
        ends = [self.drawn_at(self.first), self.drawn_at(self.last)]
        if not self.is_logarithmic:
            return {"range": ends, "tickformat": ",d", "nticks": 5}
        marked = [[size for size in sizes if self.first <= size <= self.last] for sizes in (_SIZES, _TENS)]
        ticks = marked[0] if len(marked[0]) <= MOST_TICKS else marked[1]
        return {
            "type": "log", "range": ends, "tickmode": "array", "tickvals": ticks,
            "ticktext": [numbers.number(size) for size in ticks],
        }  # fmt: skip


def _groups(chart: FunnelChart, wholes: list[int], shares: list[float]) -> list[go.Scatter]:
    """The groups' dots; of many groups those that stand out have a sign of their own, and lie on top."""
    told = chart.told or frozenset()
    found = []
    for symbol, role, is_told in (("circle", "year", False), ("diamond", "mark", True)):
        places = [place for place, (name, _) in enumerate(chart.groups) if (name in told) == is_told]
        if places:
            x, y = [wholes[place] for place in places], [shares[place] for place in places]
            named = [_named(*chart.groups[place]) for place in places]
            size = 12 if chart.told is None else 10 if is_told else 8
            found.append(_dots(x, y, role, named, symbol, size))
    return found


def _anchor(name: str, across: float) -> str:
    """Which part of a name stands at its dot, so that the name stays within the drawing on a phone."""
    x, half = across * DRAWING_WIDTHS[0], LETTER * len(name) / 2
    return "left" if x < half else "right" if x > DRAWING_WIDTHS[0] - half else "center"


def _shifts(
    names: Sequence[str], places: Sequence[tuple[float, float]], dots: Sequence[tuple[float, float]]
) -> list[int]:
    """How far above (less than zero) or below its dot each name stands, in pixels: the nearest place where it lies on no dot and
    on no other name, on a phone and on a wide screen alike. ``places``: of the names' dots, ``dots``: of all, as fractions from
    the left and the top."""
    taken = [[_box(dot, width, 0, DOT, DOT, "center") for dot in dots] for width in DRAWING_WIDTHS]
    found = []
    for name, place in zip(names, places, strict=True):
        tried = [
            [_box(place, width, shift, LETTER * len(name), LINE, _anchor(name, place[0])) for width in DRAWING_WIDTHS]
            for shift in NAME_SHIFTS
        ]
        best = next((number for number, boxes in enumerate(tried) if all(map(_is_free, boxes, taken))), 0)
        found.append(NAME_SHIFTS[best])
        for boxes, box in zip(taken, tried[best], strict=True):
            boxes.append(box)
    return found


def _box(place: tuple[float, float], width: int, shift: int, wide: float, high: float, anchor: str) -> Box:
    """Left, top, right and bottom in pixels."""
    x, y = place[0] * width, place[1] * DRAWING_HEIGHT + shift
    left = x - {"left": 0, "center": wide / 2, "right": wide}[anchor]
    return left, y - high / 2, left + wide, y + high / 2


def _is_free(box: Box, taken: Iterable[Box]) -> bool:
    """Whether a box lies on no other, and within the drawing."""
    left, top, right, bottom = box
    return top >= 0 and bottom <= DRAWING_HEIGHT and not any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom for other in taken
    )  # fmt: skip


# -- months --------------------------------------------------------------------------------------------------------------


def _months(chart: MonthChart) -> go.Figure:
    days, values = [str(month.starts_on) for month, _ in chart.months], [share.size for _, share in chart.months]
    limits = chart.limits
    ends = [days[0], days[-1]]
    data = [_line(ends, [limits.mean] * 2, "mark", 1.5)]
    data += [_line(ends, [end] * 2, "year_before", 2, "dash") for end in (limits.low, limits.high) if 0 <= end <= 100]
    data.append(_line(days, values, "year", 2))
    for symbol, role, size, is_told in (("circle", "year", 8, False), ("diamond", "mark", 12, True)):
        places = [place for place in range(len(days)) if (place in chart.told) == is_told]
        named = [_named(capital(month.title), share) for month, share in map(chart.months.__getitem__, places)]
        if places:
            x, y = [days[place] for place in places], [values[place] for place in places]
            data.append(_dots(x, y, role, named, symbol, size))
    drawn = [*values, max(limits.low, 0), min(limits.high, 100)]
    layout = _axes(min(drawn), max(drawn))
    ticks = [month for month, _ in chart.months if month.starts_on and month.starts_on.month in (1, 7)]
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


def _named(name: str, share: Cell) -> tuple[str, str, str]:
    return name, share.in_text, numbers.number(share.whole or 0)


def _dots(
    x: list[Any], y: list[Any], role: str, named: list[tuple[str, str, str]], symbol: str = "circle", size: float = 12
) -> go.Scatter:
    """``named``: label, number and base of each."""
    colour = DIAGRAM[role].light
    return go.Scatter(
        mode="markers", x=x, y=y, marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 0, "color": colour}},
        customdata=[plain(label) for label, *_ in named], text=[text for _, text, _ in named],
        hovertemplate=[f"%{{customdata}}: %{{text}}{f' av {base}' if base else ''}<extra></extra>" for *_, base in named],
        cliponaxis=False, meta={"role": role},
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
