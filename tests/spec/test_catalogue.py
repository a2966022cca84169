"""The catalogue and the models belong together: neither is published without the other."""

from datetime import date

import duckdb
import pytest

from pipelines.commands.queries import read_figures
from pipelines.configuration.catalogue import FIGURES, Catalogue, read_catalogue
from pipelines.publication.published_file import build_published
from pipelines.runtime.errors import NightlyFailed
from pipelines.state.home import Version
from pipelines.warehouse.compiled import run_models
from pipelines.warehouse.inputs import EVERYTHING, write_inputs
from pipelines.warehouse.periods import parse_period
from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline


def test_each_entry_has_a_model_and_each_model_an_entry() -> None:
    assert sorted(figure.model for figure in read_catalogue().values()) == sorted(
        path.stem for path in FIGURES.glob("figure_*.sql")
    )


def _without(figure: str) -> Catalogue:
    return {name: entry for name, entry in read_catalogue().items() if name != figure}


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """A night with one youth who was sought."""
    pipeline = Pipeline(tmp_path_factory.mktemp("catalogue"))
    anna = personnummer("2005-05-04", 102)
    Extract("ber", "2023-05-30").registered(anna).contact("K1", anna, datum="2023-05-02").write(pipeline.drop)
    pipeline.run()
    version = pipeline.home.current()
    assert version is not None
    municipality = pipeline.home.municipality
    with duckdb.connect(str(version.warehouse)) as connection:
        connection.execute(f"attach '{version.history}' as history (read_only)")
        write_inputs(connection, municipality, [parse_period("manad-2023-05", municipality)], EVERYTHING)
        run_models(connection, pipeline.models())
    return pipeline


def _publish(pipeline: Pipeline, catalogue: Catalogue) -> tuple[Version, int]:
    version = pipeline.home.current()
    assert version is not None
    version.published.unlink(missing_ok=True)
    municipality = pipeline.home.municipality
    periods = [parse_period("manad-2023-05", municipality)]
    return version, build_published(version, municipality, periods, catalogue, [], '"warehouse"."main"."figures"')


def test_what_is_in_the_catalogue_is_published_with_its_definition(pipeline: Pipeline) -> None:
    version, rows = _publish(pipeline, read_catalogue())
    assert rows
    with duckdb.connect(str(version.published), read_only=True) as connection:
        published = connection.execute(
            "select distinct catalogue.title, catalogue_measure.definition from figures"
            " join catalogue using (figure) join catalogue_measure using (figure, measure) where measure = 'sought'"
        ).fetchall()
    outreach = read_catalogue()["outreach"]
    assert published == [(outreach.title, outreach.measures["sought"].definition)]


def test_a_figure_missing_from_the_catalogue_is_not_published(pipeline: Pipeline) -> None:
    with pytest.raises(NightlyFailed, match="contacts"):
        _publish(pipeline, _without("contacts"))


def test_our_own_figures_are_published_apart_and_only_with_an_entry(pipeline: Pipeline) -> None:
    version, _ = _publish(pipeline, read_catalogue())
    with duckdb.connect(str(version.published), read_only=True) as connection:
        own, of_the_page = (
            {row[0] for row in connection.execute(f"select distinct figure from {table}").fetchall()}
            for table in ("own_figures", "figures")
        )
    assert own and not own & of_the_page
    with pytest.raises(NightlyFailed, match="reached_by_channel"):
        _publish(pipeline, _without("reached_by_channel"))


def test_a_figure_of_our_own_is_read_by_its_name_only(pipeline: Pipeline) -> None:
    _publish(pipeline, read_catalogue())
    everything = read_figures(pipeline.home, "manad-2023-05", None, None)
    assert "outreach" in {row[0] for row in everything}
    assert "reached_by_channel" not in {row[0] for row in everything}
    own = read_figures(pipeline.home, "manad-2023-05", "reached_by_channel", None)
    assert {row[0] for row in own} == {"reached_by_channel"}
    # Asked again from the history, it is the same.
    assert read_figures(pipeline.home, "manad-2023-05", "reached_by_channel", date(2023, 5, 30)) == own


def test_a_measure_missing_from_its_entry_is_not_published(pipeline: Pipeline) -> None:
    outreach = read_catalogue()["outreach"]
    measures = {name: measure for name, measure in outreach.measures.items() if name != "not_reached"}
    catalogue = {**read_catalogue(), "outreach": outreach.model_copy(update={"measures": measures})}
    with pytest.raises(NightlyFailed, match="outreach/not_reached"):
        _publish(pipeline, catalogue)


def test_the_published_file_holds_no_pseudonym(pipeline: Pipeline) -> None:
    version, _ = _publish(pipeline, read_catalogue())
    persons = {row[0] for row in pipeline.query("select pseudonym from number")}
    assert persons
    with duckdb.connect(str(version.published), read_only=True) as connection:
        for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            rows = connection.execute(f"select * from {table}").fetchall()
            assert not persons & {value for row in rows for value in row if isinstance(value, str)}, table
