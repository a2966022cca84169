"""The cells of an edition: as its figures.csv has them, and as the published version's SQL counts them from the history now."""

import csv
import io
import json
from pathlib import Path
from typing import NamedTuple

from pipelines.audit.editions.folder import Edition
from pipelines.configuration.disclosure import Disclosure, read_disclosure
from pipelines.configuration.municipality import Municipality
from pipelines.runtime.csv_text import csv_text
from pipelines.state.databases import open_for_reading
from pipelines.state.home import Version
from pipelines.warehouse.ask import FIGURE_COLUMNS, made_warehouse, plain_number
from pipelines.warehouse.compiled import kept_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.parts import FIGURES as FIGURE_MODELS
from pipelines.warehouse.periods import Period, parse_period

#: Figure, measure, period and dimensions.
CellKey = tuple[str, ...]

#: Of a public edition whose numbers were changed a little on purpose.
CHANGED_ON_PURPOSE = (
    "The figures were not computed again: by the Cell Key Method each public number is changed a little, so none has to be the "
    "one that is counted. Verify the internal edition of the same period."
)

#: What stands in the place of a number that the public may not see (disclosure.md).
HIDDEN = ".."

_ZERO = "0"
_PERIOD = FIGURE_COLUMNS.index("period")


class ChangedCell(NamedTuple):
    """A cell with its number in the edition and now."""

    key: CellKey
    then: str
    now: str


def published_figures(version: Version, period: Period) -> str:
    """All figures of a period, own ones too, as ``kaa figures`` writes them."""
    columns = ", ".join(FIGURE_COLUMNS)
    with open_for_reading(version.published) as connection:
        rows = connection.execute(
            f"select {columns} from (from figures union all from own_figures) where period = ?",
            [period.period_id],
        ).fetchall()
    return csv_text(
        FIGURE_COLUMNS, [(*row[:-1], plain_number(row[-1])) for row in sorted(rows, key=lambda row: row[:-1])]
    )


def read_cells(figures: Path) -> dict[CellKey, str]:
    """The cells of a figures.csv."""
    _, *rows = csv.reader(io.StringIO(figures.read_text(encoding="utf-8"), newline=""))
    return {tuple(row[:-1]): row[-1] for row in rows}


def differing_cells(earlier: Path, later: Path) -> list[ChangedCell]:
    """The cells that are another number in another edition's figures.csv; one that is not given is zero, and a hidden one is not
    compared."""
    then, now = read_cells(earlier), read_cells(later)
    cells = [ChangedCell(key, then.get(key, _ZERO), now.get(key, _ZERO)) for key in sorted(then.keys() | now.keys())]
    return [cell for cell in cells if HIDDEN not in (cell.then, cell.now) and cell.then != cell.now]


def changed_cells(version: Version, municipality: Municipality, edition: Edition, figures: Path) -> list[ChangedCell]:
    """The cells whose number is another one now; a cell that is not given is zero. A hidden number is not compared, and of a
    public edition only the cells that it shows are: its own period's and those that its report shows beside it."""
    identities = public_disclosure(version).protected_identities if edition.kind == "public" else "as_figures"
    return recounted(edition, figures, version.models, version.history, municipality, identities)


def recounted(
    edition: Edition, figures: Path, models: Path, history: Path, municipality: Municipality, identities: str
) -> list[ChangedCell]:
    """The same, counted with this SQL from this history. ``identities``: how those who are protected count."""
    then = read_cells(figures)
    periods = sorted({edition.period, *(key[_PERIOD] for key in then)})
    now = _counted(models, history, municipality, periods, identities)
    keys = then.keys() if edition.kind == "public" else then.keys() | now.keys()
    cells = [ChangedCell(key, then.get(key, _ZERO), now.get(key, _ZERO)) for key in sorted(keys)]
    return [cell for cell in cells if cell.then not in (cell.now, HIDDEN)]


def cell_name(key: CellKey) -> str:
    """A cell as it is named to people."""
    return "/".join(key)


def _counted(
    models_file: Path, history: Path, municipality: Municipality, period_ids: list[str], identities: str
) -> dict[CellKey, str]:
    """What SQL counts from a history."""
    models = kept_models(models_file)
    periods = [parse_period(period_id, municipality) for period_id in period_ids]
    columns = ", ".join(FIGURE_COLUMNS)
    relations = [model.relation for model in models if model.name in FIGURE_MODELS]
    asked = " union all ".join(f"select {columns} from {relation}" for relation in relations)
    with made_warehouse(models, history, municipality, periods, EVERYTHING, FIGURE_MODELS, identities) as connection:
        return {tuple(row[:-1]): plain_number(row[-1]) for row in connection.execute(asked).fetchall()}


def public_disclosure(version: Version) -> Disclosure:
    """How public output protects small numbers and identities."""
    with open_for_reading(version.published) as connection:
        ((disclosure,),) = connection.execute("select value from profile where name = 'disclosure'").fetchall()
    return read_disclosure(json.loads(disclosure))
