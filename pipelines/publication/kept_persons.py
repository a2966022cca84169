"""Takes persons out of what is kept beside editions, when they leave the history: by gallring, or because a consent is withdrawn.

What an edition counted is written and asked by ``audit.bridges``; here is only what the nightly must do with it. Of who is gone
stays that a unit was counted in its groups; the number in the person's place is made by chance, another in each measure, and
leads nowhere. A withdrawn consent takes a person out of the figures that rest on it alone.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.contract import consent_datasets, load_sources
from pipelines.delivery.consent import ConsentFingerprints
from pipelines.history.purge import LAST_AGE
from pipelines.history.store import rewrite
from pipelines.runtime.database import attach, open_database
from pipelines.state.home import Home

#: Below KAA_HOME/editions/<id>.private/.
COUNTED_FILE = "counted.duckdb"

#: Why nothing more is known of a unit than that it was counted.
PURGED, CONSENT_WITHDRAWN = "purged", "consent_withdrawn"


def forget_persons(home: Home, history: Path) -> int:
    """Forget whose time has come and whose consent is withdrawn, in what is kept beside every edition; returns how many persons
    and records that were."""
    fingerprints = ConsentFingerprints(home.pseudonym_key)
    return sum(_forget(path, history, fingerprints) for path in _files(home.path))


def _files(home: Path) -> Iterator[Path]:
    yield from sorted((home / "editions").glob(f"*.private/{COUNTED_FILE}"))


def _forget(kept: Path, history: Path, fingerprints: ConsentFingerprints) -> int:
    with open_database(kept, attaches=[history]) as connection:
        attach(connection, history, "history")
        forgotten = _forget_withdrawn(connection, fingerprints) + _forget_aged(connection)
        connection.execute("checkpoint")
    if forgotten:
        rewrite(kept)  # what is deleted stands in the file until it is written anew
    return forgotten


def _forget_aged(connection: duckdb.DuckDBPyConnection) -> int:
    run = connection.execute
    run(
        """
        create temp table gone_person as
        select distinct person from number
        where year(birth_date) + ? < (select year(max(extract_date)) from history.extract)
            or sha256(pseudonym) in (select fingerprint from history.purged_number)
        """,
        [LAST_AGE],
    )
    run(
        "create or replace temp table gone_unit as "
        "select period, figure, measure, unit, person from unit where person in (select person from gone_person)"
    )
    _make_nameless(connection, PURGED)
    run(
        "delete from stood where owner in (select pseudonym from number where person in (select person from gone_person))"
    )
    run("delete from number where person in (select person from gone_person)")
    return _number(connection, "gone_person")


def _forget_withdrawn(connection: duckdb.DuckDBPyConnection, fingerprints: ConsentFingerprints) -> int:
    """A unit is gone when a withdrawn record is what it rested on, when its person has no other record of the kind, and also when
    nothing was kept of what it rested on: of a protected identity nobody could tell."""
    run = connection.execute
    run("create temp table gone_record (dataset varchar, record varchar)")
    resting: list[tuple[str, str]] = []
    for name, dataset in consent_datasets(load_sources()).items():
        records = run(
            "select record from stood where dataset = $name and record is not null "
            "union select key from evidence where dataset = $name and key is not null",
            {"name": name},
        ).pl()
        known = records.with_columns(dataset=pl.lit(name), fingerprint=fingerprints.of(dataset, records["record"]))
        connection.register("known_record", known)
        run(
            "insert into gone_record select dataset, record from known_record "
            "where fingerprint in (select fingerprint from history.withdrawn_consent)"
        )
        connection.unregister("known_record")
        figures = [figure.id for figure in read_catalogue().values() if figure.rests_on(name)]
        resting += [(figure, name) for figure in figures]
    if not (forgotten := _number(connection, "gone_record")):
        return 0
    run("create temp table resting (figure varchar, dataset varchar)")
    if resting:
        connection.executemany("insert into resting values (?, ?)", resting)
    run(
        """
        create temp table owner_of_gone as
        select distinct number.person, stood.dataset
        from stood join gone_record using (dataset, record) join number on number.pseudonym = stood.owner;
        delete from stood where (dataset, record) in (select (dataset, record) from gone_record);
        create temp table still_owner as
        select distinct number.person, stood.dataset from stood join number on number.pseudonym = stood.owner;
        create or replace temp table gone_unit as
        select unit.period, unit.figure, unit.measure, unit.unit, unit.person
        from unit join resting using (figure)
        where unit.gone is null and (
            exists (
                select 1 from evidence
                join gone_record on gone_record.dataset = evidence.dataset and gone_record.record = evidence.key
                where evidence.period = unit.period and evidence.figure = unit.figure and evidence.measure = unit.measure
                    and evidence.unit = unit.unit
            )
            or ((unit.person, resting.dataset) in (select (person, dataset) from owner_of_gone)
                and (unit.is_protected or (unit.person, resting.dataset) not in (select (person, dataset) from still_owner)))
        )
        """
    )
    _make_nameless(connection, CONSENT_WITHDRAWN)
    run("delete from evidence where (dataset, key) in (select (dataset, record) from gone_record)")
    run(
        """
        delete from number
        where person in (select person from owner_of_gone) and person not in (select person from still_owner)
            and person not in (select person from unit where person is not null)
        """
    )
    return forgotten


def _make_nameless(connection: duckdb.DuckDBPyConnection, gone: str) -> None:
    """Take the person and the record out of the units in `gone_unit`, and what they rested on; ``gone``: why."""
    run = connection.execute
    run(
        """
        create or replace temp table nameless as
        select period, figure, measure, person, 'gone-' || uuid() as token
        from (select distinct period, figure, measure, person from gone_unit)
        """
    )
    of_unit = "gone_unit.period = {0}.period and gone_unit.figure = {0}.figure and gone_unit.measure = {0}.measure"
    run(
        f"delete from evidence where exists (select 1 from gone_unit where {of_unit.format('evidence')} "
        "and gone_unit.unit = evidence.unit)"
    )
    run(
        f"""
        update unit set person = nameless.token, gone = $gone,
            record = case when record is not null then nameless.token || '-' || unit.unit end
        from gone_unit join nameless using (period, figure, measure, person)
        where {of_unit.format("unit")} and gone_unit.unit = unit.unit
        """,
        {"gone": gone},
    )


def _number(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found = connection.execute(f"select count(*) from {table}").fetchone()
    return int(found[0]) if found else 0
