"""Asks the published version's own SQL again: for another day of knowledge, another period, or a single day.

The models that built the warehouse run in memory over the same history, with other rows in `input`. So there is one
definition of every figure, and an answer can be computed again as long as its version is kept.
"""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pipelines.home import Version
from pipelines.municipality import Municipality
from pipelines.warehouse.dbt import CompiledModel, compiled_models
from pipelines.warehouse.inputs import write_inputs
from pipelines.warehouse.periods import Period

#: A row of figures.md section 2.
FIGURE_COLUMNS = (
    "figure", "measure", "period", "gender", "district", "job_centre", "category", "subcategory", "value",
)  # fmt: skip

FigureRow = tuple[str, str, str, str, str, str, str, str, Decimal]


def keep_models(manifest: Path, version: Version) -> None:
    """Put the compiled SQL of this night beside the warehouse that it built."""
    models = [asdict(model) for model in compiled_models(manifest)]
    version.models.write_text(json.dumps(models), encoding="utf-8")


def ask_figures(
    version: Version, municipality: Municipality, period: Period, known_to: date, figure: str | None = None
) -> list[FigureRow]:
    """The rows of all figures, or of one, for a period as known on a day; in no particular order."""
    models = [CompiledModel(**item) for item in json.loads(version.models.read_text(encoding="utf-8"))]
    wanted = _ancestors(models, f"figure_{figure}" if figure else "figures")
    # What does not fit in memory is put aside where nobody else can read it, neither in KAA_HOME nor in the caller's folder.
    with TemporaryDirectory(prefix="kaa-") as aside, duckdb.connect(config={"temp_directory": aside}) as connection:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute(f"attach '{_quoted(version.history)}' as history (read_only)")
        connection.execute("use warehouse")
        write_inputs(connection, municipality, [period], known_to)
        for model in models:
            if model.name in wanted and model.materialized != "ephemeral":
                connection.execute(f'create schema if not exists warehouse."{model.schema}"')
                kind = "view" if model.materialized == "view" else "table"
                connection.execute(f"create {kind} {model.relation} as {model.sql}")
        relation = next(model.relation for model in models if model.name in wanted and not wanted[model.name])
        return connection.execute(f"select {', '.join(FIGURE_COLUMNS)} from {relation}").fetchall()


def _ancestors(models: list[CompiledModel], target: str) -> dict[str, bool]:
    """The models that the target needs, and itself: name -> whether another one of them needs it."""
    wanted = {target: False}
    for model in reversed(models):
        if model.name in wanted:
            wanted.update(dict.fromkeys(model.needs, True))
    return wanted


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
