"""Asks the published version's own SQL again: for another day of knowledge, another period, or a single day.

The models that built the warehouse run in memory over the same history, with other rows in `input`. So there is one
definition of every figure, and an answer can be computed again as long as its version is kept.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from pipelines.database import open_database
from pipelines.errors import NightlyFailed
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


class ExactNumber(str):
    """The digits of an exact number."""


def plain_number(value: Decimal) -> ExactNumber:
    """An exact number without trailing zeros, and never with an exponent."""
    text = f"{value:f}"
    return ExactNumber(text.rstrip("0").rstrip(".") if "." in text else text)


def keep_models(manifest: Path, version: Version) -> None:
    """Put the compiled SQL of this night beside the warehouse that it built."""
    models = [asdict(model) for model in compiled_models(manifest)]
    version.models.write_text(json.dumps(models), encoding="utf-8")


def ask_figures(
    version: Version, municipality: Municipality, period: Period, known_to: date, figure: str | None = None
) -> list[FigureRow]:
    """The rows of all figures that figures.md knows, or of one, for a period as known on a day; in no particular order.

    Raises NightlyFailed when the version's compiled SQL is missing or torn.
    """
    models = [f"figure_{figure}" if figure else "figures"]
    return ask_models(version.models, version.history, municipality, period, known_to, models)


def ask_models(
    models: Path, history: Path, municipality: Municipality, period: Period, known_to: date, wanted: Sequence[str]
) -> list[FigureRow]:
    """The rows of models that have a figure's columns, computed with this compiled SQL from this history.

    Raises NightlyFailed when the compiled SQL is missing or torn.
    """
    compiled = _kept_models(models)
    needed = _needed(compiled, wanted)
    connection = open_database()
    try:
        connection.execute("attach ':memory:' as warehouse")
        connection.execute(f"attach '{_quoted(history)}' as history (read_only)")
        connection.execute("use warehouse")
        write_inputs(connection, municipality, [period], known_to)
        for model in compiled:
            if model.name in needed and model.materialized != "ephemeral":
                connection.execute(f'create schema if not exists warehouse."{model.schema}"')
                kind = "view" if model.materialized == "view" else "table"
                connection.execute(f"create {kind} {model.relation} as {model.sql}")
        relations = [model.relation for model in compiled if model.name in wanted]
        columns = ", ".join(FIGURE_COLUMNS)
        return connection.execute(
            " union all ".join(f"select {columns} from {relation}" for relation in relations)
        ).fetchall()
    finally:
        connection.close()


def _kept_models(path: Path) -> list[CompiledModel]:
    try:
        return [CompiledModel(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise NightlyFailed(
            f"The compiled SQL {path} is missing or torn, so only what the nightly has computed can be shown. Run kaa recover to "
            "see which versions are complete, or kaa restore to rebuild them from the archive."
        ) from error


def _needed(models: list[CompiledModel], wanted: Iterable[str]) -> set[str]:
    """The names of these models and of all that they need."""
    needed = set(wanted)
    for model in reversed(models):
        if model.name in needed:
            needed.update(model.needs)
    return needed


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
