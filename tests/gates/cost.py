"""What each check takes of a night, in seconds of the processor, asked again of a published version: `KAA_HOME` of any size."""

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from pipelines.configuration.contract import Source, load_sources
from pipelines.history.store import History
from pipelines.history.unexplained import unexplained_changes
from pipelines.publication.guard import changes_of_known
from pipelines.quality import validate_dataset
from pipelines.runtime.database import attach, open_database
from pipelines.state.home import Home, open_home
from tests.gates.findings import Gate
from tests.pipeline import compiled_project
from tests.quality.test_quality_suites import one_extract


def costs(path: Path) -> dict[Gate, float]:
    """Seconds of each check. Those that are asked together are one: the contract's checks of all datasets, the guard."""
    home = open_home(path)
    sources = load_sources(home.municipality.own_codes)
    return {
        **_rules(home),
        Gate("contract", ""): _contracts(home, sources),
        Gate("history", "unexplained change"): _history(home, sources),
        Gate("guard", "known figures"): _guard(home),
        Gate("seal", "state and keys before the night"): _seconds(home.check_state) + _seconds(home.check_keys),
    }


def _seconds(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _rules(home: Home) -> dict[Gate, float]:
    """Each rule of the data tests by itself; in a night those of a test are asked at once, which takes less."""
    version = home.current()
    assert version
    found: dict[Gate, float] = {}
    tests = [node for node in compiled_project()["nodes"].values() if node["resource_type"] == "test"]
    with open_database(version.warehouse, read_only=True, attaches=[version.history]) as connection:
        attach(connection, version.history, "history")
        for test in tests:
            for rule, sql in rules_of(test["compiled_code"]).items():
                found[Gate("rule", rule)] = min(_seconds(partial(_ask, connection, sql)) for _ in range(2))
    return found


def _ask(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    connection.execute(sql).fetchall()


def rules_of(sql: str) -> dict[str, str]:
    """The rules of a data test, each as a query of its own."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    with_ = tree.args.get("with_") or tree.args.get("with")
    if with_:
        with_.pop()
    alone = {}
    for select in _selects(tree):
        rule = select.expressions[0].this.this
        ctes = f"{with_.sql('duckdb')} " if with_ else ""
        alone[rule] = ctes + select.sql("duckdb")
    return alone


def _selects(tree: exp.Expr) -> list[exp.Select]:
    if isinstance(tree, exp.Union):
        return [*_selects(tree.this), *_selects(tree.expression)]
    assert isinstance(tree, exp.Select)
    return [tree]


def _contracts(home: Home, sources: dict[str, Source]) -> float:
    """All datasets that the history holds, as of its last night."""
    version = home.current()
    assert version
    whole = 0.0
    with open_database(version.history, read_only=True) as connection:
        for dataset in (dataset for source in sources.values() for dataset in source.datasets.values()):
            names = ", ".join(column.history_name for column in dataset.columns)
            rows = connection.execute(f"select {names} from {dataset.table} where last_extract_date is null").pl()
            if not rows.is_empty():
                whole += _seconds(partial(validate_dataset, dataset, rows, one_extract()))
    return whole


def _history(home: Home, sources: dict[str, Source]) -> float:
    version = home.current()
    assert version
    with TemporaryDirectory() as folder, History(Path(folder, "history.duckdb"), sources, version.history) as history:
        return _seconds(
            lambda: unexplained_changes(history.connection, version.history, history.datasets(), version.number + 1)
        )


def _guard(home: Home) -> float:
    version = home.current()
    assert version
    assert json.loads(version.models.read_text(encoding="utf-8"))
    return _seconds(lambda: changes_of_known(home, version, version))
