"""Takes persons out of what is kept beside editions, when they leave the history: by gallring, or because a consent is withdrawn.

What an edition counted is written and asked by ``audit.bridges``; here is only what the nightly must do with it. Of who is gone
stays that a unit was counted in its groups; the number in the person's place is made by chance, another in each measure, and
leads nowhere.
"""

from collections.abc import Iterator
from pathlib import Path

from pipelines.history.purge import LAST_AGE
from pipelines.history.store import rewrite
from pipelines.runtime.database import attach, open_database

#: Below KAA_HOME/editions/<id>.private/.
COUNTED_FILE = "counted.duckdb"

PURGED = "purged"


def forget_persons(home: Path, history: Path) -> int:
    """Forget whose time has come, in what is kept beside every edition; returns how many persons that were."""
    return sum(_forget(path, history) for path in _files(home))


def _files(home: Path) -> Iterator[Path]:
    yield from sorted((home / "editions").glob(f"*.private/{COUNTED_FILE}"))


def _forget(kept: Path, history: Path) -> int:
    with open_database(kept, attaches=[history]) as connection:
        run = connection.execute
        attach(connection, history, "history")
        run(
            """
            create temp table gone_person as
            select distinct person from number
            where year(birth_date) + ? < (select year(max(extract_date)) from history.extract)
                or sha256(pseudonym) in (select fingerprint from history.purged_number)
            """,
            [LAST_AGE],
        )
        found = run("select count(*) from gone_person").fetchone()
        run(
            """
            create temp table nameless as
            select period, figure, measure, person, 'gone-' || uuid() as token
            from (select distinct period, figure, measure, person from unit where person in (select person from gone_person))
            """
        )
        run(
            """
            delete from evidence where exists (
                select 1 from unit
                where unit.period = evidence.period and unit.figure = evidence.figure and unit.measure = evidence.measure
                    and unit.unit = evidence.unit and unit.person in (select person from gone_person)
            )
            """
        )
        run(
            f"""
            update unit set person = nameless.token, gone = '{PURGED}',
                record = case when record is not null then nameless.token || '-' || unit.unit end
            from nameless
            where nameless.period = unit.period and nameless.figure = unit.figure and nameless.measure = unit.measure
                and nameless.person = unit.person
            """
        )
        run(
            "delete from stood where owner in (select pseudonym from number where person in (select person from gone_person))"
        )
        run("delete from number where person in (select person from gone_person)")
        run("checkpoint")
    if forgotten := int(found[0]) if found else 0:
        rewrite(kept)  # what is deleted stands in the file until it is written anew
    return forgotten
