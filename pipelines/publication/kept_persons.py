"""Takes persons out of what is kept beside editions, when they leave the history: by gallring, or because a consent is withdrawn.

What an edition counted is written and asked by ``audit.bridges``; here is only what the nightly must do with it. Of who is gone
stays that a unit was counted in its groups; the number in the person's place is made by chance, another in each measure, and
leads nowhere. A withdrawn consent takes a person out of what the figures that rest on it do not count any more.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import polars as pl

from pipelines.configuration.catalogue import Figure, read_catalogue
from pipelines.configuration.contract import consent_datasets, load_sources
from pipelines.delivery.consent import ConsentFingerprints
from pipelines.history.purge import LAST_AGE
from pipelines.history.store import rewrite
from pipelines.runtime.database import attach, open_database
from pipelines.state.home import Home

#: Below KAA_HOME/editions/<id>.private/.
COUNTED_FILE = "counted.duckdb"

#: Why nothing more is known of a unit than that it was counted; the last: of a person whom another row still counts, by name.
PURGED, CONSENT_WITHDRAWN, WITHDRAWN_IN_PART = "purged", "consent_withdrawn", "consent_withdrawn_in_part"

#: `figure, measure, pseudonym, category, subcategory` of all rows that the figures given count of a period, under each number of
#: the person, as it is known now.
CountedNow = Callable[[str, Sequence[Figure]], pl.DataFrame]


def keeps_persons(home: Home) -> bool:
    """Whether anything is kept beside an edition."""
    return any(_files(home.path))


def forget_persons(home: Home, history: Path, counted_now: CountedNow) -> int:
    """Forget whose time has come and whose consent is withdrawn, in what is kept beside every edition; returns how many persons
    and records that were."""
    fingerprints = ConsentFingerprints(home.pseudonym_key)
    return sum(_forget(path, history, fingerprints, counted_now) for path in _files(home.path))


def _files(home: Path) -> Iterator[Path]:
    yield from sorted((home / "editions").glob(f"*.private/{COUNTED_FILE}"))


def _forget(kept: Path, history: Path, fingerprints: ConsentFingerprints, counted_now: CountedNow) -> int:
    with open_database(kept, attaches=[history]) as connection:
        attach(connection, history, "history")
        connection.execute("begin")
        forgotten = _forget_withdrawn(connection, fingerprints, counted_now) + _forget_aged(connection)
        connection.execute("commit")
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
        f"create or replace temp table gone_unit as select period, figure, measure, unit, person, '{PURGED}' as because "
        "from unit where person in (select person from gone_person)"
    )
    _make_nameless(connection)
    run(
        "delete from stood where owner in (select pseudonym from number where person in (select person from gone_person))"
    )
    run("delete from number where person in (select person from gone_person)")
    return _number(connection, "gone_person")


def _forget_withdrawn(
    connection: duckdb.DuckDBPyConnection, fingerprints: ConsentFingerprints, counted_now: CountedNow
) -> int:
    """Of a person whose consent to anything is withdrawn stays by name, in figures that rest on consent, what is counted now."""
    run = connection.execute
    run("create temp table gone_record (dataset varchar, record varchar)")
    figures: list[tuple[str, Figure]] = []
    for name, dataset in consent_datasets(load_sources()).items():
        records = run("select distinct record from stood where dataset = ? and record is not null", [name]).pl()
        known = records.with_columns(dataset=pl.lit(name), fingerprint=fingerprints.of(dataset, records["record"]))
        connection.register("known_record", known)
        run(
            "insert into gone_record select dataset, record from known_record "
            "where fingerprint in (select fingerprint from history.withdrawn_consent)"
        )
        connection.unregister("known_record")
        figures += [(name, figure) for figure in read_catalogue().values() if figure.rests_on(name)]
    if not (forgotten := _number(connection, "gone_record")):
        return 0
    run(
        """
        create temp table gone_owner as
        select distinct number.person, stood.dataset
        from stood join gone_record using (dataset, record) join number on number.pseudonym = stood.owner;
        create temp table asked_unit as select *, null::varchar as dataset from unit where false
        """
    )
    for name, figure in figures:
        run(
            "insert into asked_unit select unit.*, $name from unit where figure = $figure "
            "and person in (select person from gone_owner where dataset = $name)",
            {"name": name, "figure": figure.id},
        )
    _find_gone_units(connection, [figure for _, figure in figures], counted_now)
    _make_nameless(connection)
    run(
        """
        delete from evidence where (dataset, key) in (select (dataset, record) from gone_record);
        delete from stood where (dataset, record) in (select (dataset, record) from gone_record);
        delete from number
        where person in (select person from gone_owner)
            and person not in (select known.person from stood join number known on known.pseudonym = stood.owner)
            and person not in (select person from unit where person is not null)
        """
    )
    return forgotten


def _find_gone_units(connection: duckdb.DuckDBPyConnection, figures: list[Figure], counted_now: CountedNow) -> None:
    """Make `gone_unit`: of `asked_unit` what is not counted now."""
    run = connection.execute
    run(
        "create temp table still_counted (period varchar, figure varchar, measure varchar, pseudonym varchar, category varchar, "
        "subcategory varchar)"
    )
    for (period,) in run("select distinct period from asked_unit").fetchall():
        connection.register("counted", counted_now(period, figures))
        run(
            "insert into still_counted select ?, figure, measure, pseudonym, category, subcategory from counted",
            [period],
        )
        connection.unregister("counted")
    run(
        f"""
        create or replace temp table gone_unit as
        with judged as (
            select period, figure, measure, unit, person, exists (
                from still_counted
                where still_counted.period = asked_unit.period and still_counted.figure = asked_unit.figure
                    and still_counted.measure = asked_unit.measure and still_counted.pseudonym = asked_unit.person
                    and still_counted.category = asked_unit.category and still_counted.subcategory = asked_unit.subcategory
            ) as stays
            from asked_unit
        ),
        named as (select *, bool_or(stays) over (partition by period, figure, measure, person) as is_named from judged)
        select period, figure, measure, unit, person,
            case when is_named then '{WITHDRAWN_IN_PART}' else '{CONSENT_WITHDRAWN}' end as because
        from named where not stays
        """
    )


def _make_nameless(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the person and the record out of the units in `gone_unit`, and what they rested on."""
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
        update unit set person = nameless.token, gone = gone_unit.because,
            record = case when record is not null then nameless.token || '-' || unit.unit end
        from gone_unit join nameless using (period, figure, measure, person)
        where {of_unit.format("unit")} and gone_unit.unit = unit.unit
        """
    )


def _number(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found = connection.execute(f"select count(*) from {table}").fetchone()
    return int(found[0]) if found else 0
