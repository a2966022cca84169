"""What a table or diagram says, in one sentence made by rules from its numbers: the heading that it has on a page.

A sentence that rests on a hidden number is left out whole, as is one about a share of so few that it tells nothing. Which table
says what is in ``annual_report``.
"""

from collections.abc import Mapping
from decimal import Decimal

from dashboards.content import annual_report as report
from dashboards.content.readings import Change, Reading, Readings, differ
from dashboards.content.tables import Cell
from dashboards.wording import numbers

#: Of fewer than so many a share says nothing.
SMALLEST_BASE = 10


def finding(kind: report.Finding, readings: Readings, districts: Mapping[str, Cell]) -> str | None:
    """The sentence; None where there is nothing to say. ``districts``: the cells of a table by district."""
    match kind:
        case report.CountFinding(number, text):
            return count_over_time(readings.reading(number), text)
        case report.ShareFinding(share, text):
            return share_over_time(readings.reading(share), text)
        case report.GenderFinding(share, text):
            return women_and_men(
                readings.cell(share, gender=report.WOMEN), readings.cell(share, gender=report.MEN), text
            )
        case report.JobCentreFinding(share, text):
            cells = {name: reading.cell for name, reading in readings.by_job_centre(share).items()}
            return _job_centres(cells, text)
        case report.DistrictFinding(number, text):
            return most(districts, readings.cell(number), text)


def has_base(*cells: Cell) -> bool:
    """Whether these are shares that may be told: known, and of enough."""
    return all(cell.part is not None and (cell.whole or 0) >= SMALLEST_BASE for cell in cells)


def count_over_time(reading: Reading, text: str) -> str | None:
    """`1 231 ungdomar tog del av stöd, 248 fler än 2022`."""
    if not reading.is_known:
        return None
    words = text.format(number=reading.cell.in_text)
    if not reading.is_compared:
        return words
    assert reading.cell.part is not None and reading.before.part is not None
    return f"{words}, {numbers.change(reading.cell.part, reading.before.part, reading.before_label)}"


def share_over_time(reading: Reading, text: str) -> str | None:
    """`73 % av 3 092 nådda hade en sysselsättning, en större andel än 2022 (67 % av 2 801)`."""
    if not has_base(reading.cell):
        return None
    words = text.format(share=reading.cell.in_text, whole=_whole(reading.cell))
    return words + compared(reading)


def compared(reading: Reading) -> str:
    """`, en större andel än 2022 (67 % av 2 801)`; nothing where there is nothing to compare with."""
    if not (reading.is_compared and has_base(reading.before)):
        return ""
    match reading.change:
        case Change.SAME:
            return f", lika stor andel som {reading.before_label}"
        case Change.MORE:
            return f", en större andel än {reading.before_label} ({reading.before_text})"
        case Change.LESS:
            return f", en mindre andel än {reading.before_label} ({reading.before_text})"
    return reading.in_brackets(reading.before_text)


def women_and_men(women: Cell, men: Cell, text: str) -> str | None:
    """`60 % av 359 kvinnor och 50 % av 448 män gick till studier`; where chance explains what differs, that it does."""
    if not has_base(women, men):
        return None
    if women.in_text == men.in_text:
        return f"Lika stor andel av kvinnor och män {text}: {women.in_text} av {_whole(women)} och av {_whole(men)}"
    chance = "" if differ(women, men) else ", en skillnad som kan vara slump"
    return f"{women.in_text} av {_whole(women)} kvinnor och {men.in_text} av {_whole(men)} män {text}{chance}"


def _whole(share: Cell) -> str:
    return numbers.number(share.whole or 0)


def _job_centres(cells: Mapping[str, Cell], text: str) -> str | None:
    """Which job-centre has the largest share and which the smallest, or that all have about the same."""
    if len(cells) < 2 or not has_base(*cells.values()):
        return None
    ordered = sorted(cells, key=lambda name: cells[name].size)
    least, most = ordered[0], ordered[-1]
    if differ(cells[most], cells[least]):
        largest, smallest = (f"{name}, {cells[name].with_base}" for name in (most, least))
        return f"Andelen {text} var störst vid {largest}, och minst vid {smallest}"
    if cells[most].in_text == cells[least].in_text:
        return f"Andelen {text} var {cells[most].in_text} vid alla jobbtorg"
    lowest = cells[least].in_text.removesuffix(f"{numbers.BLANK}%")
    return f"Andelen {text} var {lowest}–{cells[most].in_text} vid jobbtorgen, skillnader som kan vara slump"


def most(rows: Mapping[str, Cell], total: Cell, text: str) -> str | None:
    """Which row has most; nothing where a row is hidden, or where two have the same."""
    sizes = [cell.part for cell in rows.values()]
    if len(rows) < 2 or not total.part or any(size is None for size in sizes):
        return None
    (first, cell), (_, second) = sorted(rows.items(), key=lambda row: row[1].part or Decimal(0), reverse=True)[:2]
    if cell.part == second.part:
        return None
    return f"{text} {first}, {cell.in_text} av {numbers.number(total.part)}"
