"""What figures count of a period now, row by row: the nightly asks it to know who stays by name beside an edition
(``publication.kept_persons``)."""

from collections.abc import Sequence

import polars as pl

from pipelines.audit.bridges.counted import Live
from pipelines.audit.trace import EVIDENCE_MODELS
from pipelines.configuration.catalogue import Figure
from pipelines.configuration.contract import load_sources
from pipelines.configuration.municipality import Municipality
from pipelines.publication.kept_persons import CountedNow
from pipelines.state.home import Version
from pipelines.warehouse.ask import made_warehouse
from pipelines.warehouse.compiled import kept_models
from pipelines.warehouse.inputs import EVERYTHING
from pipelines.warehouse.periods import parse_period

_SCHEMA = dict.fromkeys(("figure", "measure", "pseudonym", "category", "subcategory"), pl.String)


def counted_now(version: Version, municipality: Municipality) -> CountedNow:
    """Asks a version: for a period's id and figures the rows that ``CountedNow`` describes."""

    def ask(period_id: str, figures: Sequence[Figure]) -> pl.DataFrame:
        compiled, sources = kept_models(version.models), load_sources(municipality.own_codes)
        period, there = parse_period(period_id, municipality), {model.name for model in compiled}
        asked = [figure for figure in figures if figure.model in there]
        wanted = [name for name in (*(figure.model for figure in asked), *EVIDENCE_MODELS) if name in there]
        with made_warehouse(compiled, version.history, municipality, [period], EVERYTHING, wanted) as connection:
            live = Live(connection, compiled, sources, period, EVERYTHING)
            numbers: dict[str, list[str]] = {}
            for number, newest in live.numbers().items():
                numbers.setdefault(newest, []).append(number)
            rows = [
                (figure.id, measure, number, *row.groups[3:])
                for figure in asked
                for measure in figure.measures
                for row in live.rows(figure, measure)
                if row.person
                for number in numbers.get(row.person, [row.person])
            ]
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")

    return ask
