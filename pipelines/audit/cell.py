"""A cell of a figure as somebody asks for it (figures.md section 2): which figures, measures, periods and codes there are.

What stands in a cell belongs in ``units``.
"""

from dataclasses import dataclass
from datetime import date

from pipelines.configuration.catalogue import Catalogue, Dimension, Figure, Level, Total
from pipelines.configuration.contract import code_lists
from pipelines.configuration.municipality import Municipality
from pipelines.runtime.errors import UsageError
from pipelines.warehouse.periods import Period

ALL = "*"
#: Who has no district or job-centre.
SAKNAS = "SAKNAS"
GENDERS = ("kvinna", "man")


@dataclass(frozen=True)
class Cell:
    """A figure's cell but for its period; ``*`` is all."""

    figure: str
    measure: str
    gender: str = ALL
    district: str = ALL
    job_centre: str = ALL
    category: str = ALL
    subcategory: str = ALL

    @property
    def has_place(self) -> bool:
        """Whether it is of one district or one job-centre."""
        return self.district != ALL or self.job_centre != ALL


def check_cell(cell: Cell, catalogue: Catalogue, municipality: Municipality, period: Period) -> Figure:
    """The cell's figure. Raises UsageError when ``kaa figures`` could never give such a cell, and says which there are.

    A category that the sources name themselves is not judged here: only the data know which there are.
    """
    if cell.figure not in catalogue:
        raise UsageError(f"There is no figure {cell.figure!r}: choose one of {', '.join(sorted(catalogue))}.")
    figure = catalogue[cell.figure]
    if cell.measure not in figure.measures:
        raise UsageError(
            f"The figure {figure.id} has no measure {cell.measure!r}: choose one of {', '.join(figure.measures)}."
        )
    if (period.kind == "dag") != (figure.period == "day"):
        kind = "a single day (dag-2023-11-30)" if figure.period == "day" else "a period that is no single day"
        raise UsageError(f"The figure {figure.id} is of {kind}: {period.period_id} gives none of it.")
    _check_dimensions(cell, figure, municipality, period.ends_on)
    _check_level("category", cell.category, figure.category, figure)
    _check_level("subcategory", cell.subcategory, figure.subcategory, figure)
    only_in = figure.subcategory.only_in if figure.subcategory else ()
    if only_in and cell.subcategory != ALL and cell.category not in only_in:
        raise UsageError(
            f"The figure {figure.id} has no subcategories in {cell.category}: leave it out, or give one of {', '.join(only_in)}."
        )
    return figure


def _check_dimensions(cell: Cell, figure: Figure, municipality: Municipality, day: date) -> None:
    if not figure.has_dimensions and (cell.gender != ALL or cell.has_place):
        raise UsageError(f"The figure {figure.id} is given for the whole municipality only: leave the dimensions out.")
    for dimension in Dimension:
        if dimension not in figure.dimensions and getattr(cell, dimension) != ALL:
            words = dimension.value.replace("_", "-")
            raise UsageError(f"The figure {figure.id} is not given by {words}: leave it out.")
    if cell.district != ALL and cell.job_centre != ALL:
        raise UsageError("A figure is given by district or by job-centre, not by both: leave one of them out.")
    if cell.gender not in (ALL, *GENDERS):
        raise UsageError(f"There is no gender {cell.gender!r}: choose one of {', '.join(GENDERS)}.")
    centres = [centre.code for centre in municipality.job_centres]
    if cell.job_centre not in (ALL, SAKNAS, *centres):
        raise UsageError(f"There is no job-centre {cell.job_centre!r}: choose one of {', '.join(centres)} or {SAKNAS}.")
    if cell.district not in (ALL, SAKNAS):
        _check_district(cell.district, municipality, day)


def _check_district(code: str, municipality: Municipality, day: date) -> None:
    known = [district for district in municipality.districts if district.code == code]
    in_force = [one.code for one in municipality.districts if _is_in_force(one.valid_from, one.valid_to, day)]
    if code in in_force:
        return
    if not known:
        raise UsageError(f"There is no district {code!r}: choose one of {', '.join(in_force)} or {SAKNAS}.")
    others = [one.successor for one in known if one.successor] + [
        one.code for one in municipality.districts if one.successor == code
    ]
    instead = f"ask for {' or '.join(others)}" if others else f"choose one of {', '.join(in_force)}"
    raise UsageError(f"The district {code} is not in force on {day}: {instead}.")


def _is_in_force(valid_from: date | None, valid_to: date | None, day: date) -> bool:
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def _check_level(name: str, code: str, level: Level | None, figure: Figure) -> None:
    if level is None:
        if code != ALL:
            raise UsageError(f"The figure {figure.id} has no {name}: leave it out.")
        return
    if code == ALL:
        if level.total is Total.NONE:
            raise UsageError(f"The figure {figure.id} has no number for every {name} together: give one.")
        return
    codes = [str(entry["code"]) for entry in code_lists()[level.code_list]["codes"]] if level.code_list else [code]
    if code not in codes:
        raise UsageError(f"There is no {name} {code!r} in {figure.id}: choose one of {', '.join(codes)}.")
