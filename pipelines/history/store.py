"""The history file: the ledger of deliveries, the extracts that count, quarantine, and one interval table per dataset.

All writing happens in one process on a working copy that nobody else sees; ``state.home`` puts the copy in place when
everything after it has succeeded. So no transaction is needed; one around a whole backlog would keep every row that was
replaced on the way in memory. No table has a key or an index: uniqueness is tested by dbt.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl

from pipelines.configuration.contract import Dataset, Source
from pipelines.configuration.municipality import Thresholds
from pipelines.delivery.consent import ConsentFingerprints
from pipelines.delivery.judging import Judged, Ledger, Loaded
from pipelines.delivery.rows import BatchRows
from pipelines.history import consents
from pipelines.history.merge import Timeline, merge
from pipelines.history.purge import Removal, purge
from pipelines.history.schema import Migration, prepare
from pipelines.runtime.database import attach, open_database

#: Whom the history held before tonight; purging asks that.
KNOWN_BEFORE = """
create or replace temp table known_before as
select pseudonym from number union select pseudonym from quarantined_number
"""

#: Where a history says what it knew: the temporary table of what was known before tonight, the table, the column.
_KNOWN = (
    ("known_before", "number", "pseudonym"),
    ("known_before", "quarantined_number", "pseudonym"),
    ("withdrawn_before", "withdrawn_consent", "fingerprint"),
)

_LEDGER_COLUMNS = [item.name for item in fields(Judged)]


class History:
    """An open history file, a context manager: leaving it normally checkpoints, so that the file is whole by itself."""

    def __init__(self, path: Path, sources: dict[str, Source], before: Path | None = None) -> None:
        """``before``: another history that this one will be held against."""
        self._path = path
        self._sources = sources
        self._has_removed = False
        #: What a history of an earlier program was migrated by when it was opened.
        self.migrated: list[Migration] = []
        self.connection = open_database(path, attaches=[before] if before else [], keep_order=False)

    def __enter__(self) -> "History":
        try:
            self.migrated = prepare(self.connection, self._path, self.datasets())
            consents.begin_night(self.connection)
            self.connection.execute(KNOWN_BEFORE)
        except BaseException:
            self.connection.close()
            raise
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        try:
            if kind is None:
                self.connection.execute("checkpoint")
        finally:  # a full disk shows here: without this the next nightly of this process would meet the broken connection
            self.connection.close()
        if kind is None and self._has_removed:
            rewrite(self._path)

    def begins_after(self, before: Path | None) -> None:
        """The file holds some of tonight already: whom and which withdrawals the history held before tonight says the file
        ``before`` that was published then (None: there was none)."""
        run = self.connection.execute
        run("delete from known_before; delete from withdrawn_before")
        if before is None:
            return
        attach(self.connection, before, "before")
        held = "select table_name from duckdb_tables() where database_name = 'before'"
        tables = {name for (name,) in run(held).fetchall()}
        for target, table, column in _KNOWN:
            if table in tables:
                run(f"insert into {target} select distinct {column} from before.{table}")
        run("detach before")

    def datasets(self) -> list[Dataset]:
        """The datasets of all sources."""
        return [dataset for source in self._sources.values() for dataset in source.datasets.values()]

    # --- whose it is ---------------------------------------------------------------------------------------------------

    @property
    def is_used(self) -> bool:
        """Whether any delivery has been judged in it."""
        return self.connection.execute("select 1 from delivery limit 1").fetchone() is not None

    def owner(self) -> dict[str, str]:
        """The municipality and the fingerprints of the keys that it was made with; nothing where it does not say."""
        return dict(self.connection.execute("from belongs_to").fetchall())

    def remember_owner(self, owner: dict[str, str]) -> None:
        """Have it know whose it is."""
        self.connection.execute("delete from belongs_to")
        self.connection.executemany("insert into belongs_to values (?, ?)", list(owner.items()))

    def loaded_source(self, delivery_id: str) -> str | None:
        """The source of a delivery that counts as an extract; None for any other delivery."""
        found = self.connection.execute("select source from extract where delivery_id = ?", [delivery_id]).fetchone()
        return found[0] if found else None

    def pseudonyms_on(self, dataset: Dataset, day: date) -> set[str]:
        """Whom a dataset's extract of a day names."""
        rows = self.connection.execute(
            f"select distinct {dataset.number_columns[0].history_name} from {dataset.table} "
            "where first_extract_date <= $day and coalesce(last_extract_date, $day) >= $day",
            {"day": day},
        ).fetchall()
        return {row[0] for row in rows}

    # --- the ledger ----------------------------------------------------------------------------------------------------

    def ledger(self, thresholds: Thresholds) -> Ledger:
        """Everything judged so far, in the order in which it was judged."""
        ledger = Ledger(thresholds)
        listed = ", ".join(_LEDGER_COLUMNS)
        for row in self.connection.execute(f"select {listed} from delivery order by judged_in, rowid").fetchall():
            ledger.remember(Judged(*row))
        rows: dict[str, dict[str, int]] = {}
        for delivery_id, dataset, count in self.connection.execute("from extract_dataset").fetchall():
            rows.setdefault(delivery_id, {})[dataset] = count
        for source, day, revision, delivery_id in self.connection.execute("from extract").fetchall():
            ledger.extracts[source][day] = Loaded(delivery_id, revision, rows.get(delivery_id, {}))
        return ledger

    def write_ledger(self, ledger: Ledger, changed: Iterable[str], version: int) -> None:
        """Write the entries of the ledger that this night added or changed."""
        entries = [(*astuple(ledger.judged[delivery_id]), version) for delivery_id in changed]
        if not entries:
            return
        frame = pl.DataFrame(
            entries,
            schema={
                **dict.fromkeys(_LEDGER_COLUMNS, pl.String),
                "extract_date": pl.Date,
                "revision": pl.Int64,
                "rows": pl.Int64,
                "quarantined_rows": pl.Int64,
                "judged_in": pl.Int64,
            },
            orient="row",
        )
        self.connection.register("changed", frame)
        listed = ", ".join([*_LEDGER_COLUMNS, "judged_in"])
        self.connection.execute(
            f"""
            create or replace temp table ledger_entry as
            select c.* replace (coalesce(d.judged_in, c.judged_in) as judged_in)
            from changed c left join delivery d using (delivery_id);
            delete from delivery where delivery_id in (select delivery_id from ledger_entry);
            insert into delivery ({listed}) select {listed} from ledger_entry;
            drop table ledger_entry
            """
        )
        self.connection.unregister("changed")

    def write_files(self, files: pl.DataFrame) -> None:
        """Remember what files the deliveries held: delivery_id, dataset, file, sha256, rows (data rows), repeated (how many of
        them repeat another exactly)."""
        self._replace("delivered_file", ["delivery_id", "dataset"], files)

    def remember_night(self, version: int, now: datetime) -> None:
        """Remember what the machine's clock showed on the night of a version."""
        time = now.astimezone(UTC).replace(tzinfo=None)
        self.connection.execute("delete from night where version = ?", [version])
        self.connection.execute("insert into night values (?, ?)", [version, time])

    @staticmethod
    def nights(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, datetime]]:
        """Each version of an open history file with the time of its night; none in a file of an earlier program."""
        has_nights = connection.execute("select 1 from duckdb_tables() where table_name = 'night'").fetchall()
        rows = connection.execute("select version, taken_in_at from night").fetchall() if has_nights else []
        return [(version, time.replace(tzinfo=UTC)) for version, time in rows]

    # --- rows ----------------------------------------------------------------------------------------------------------

    def load(
        self, source: str, batch: dict[str, BatchRows], counting: dict[int, Loaded], dates: dict[int, date]
    ) -> None:
        """Lay the counting extracts of a batch (extract -> delivery, extract -> date) into the history."""
        if not counting:
            return
        run = self.connection.execute
        before = [row[0] for row in run("select extract_date from extract where source = ?", [source]).fetchall()]
        timeline = Timeline(before, {extract: dates[extract] for extract in sorted(counting)})
        run("begin")  # one transaction a batch: a commit waits for the disk
        for rows in batch.values():
            merge(self.connection, rows.dataset, rows, timeline)
            self._remember_numbers(rows.numbers)
        extracts = [
            (source, dates[extract], loaded.revision, loaded.delivery_id) for extract, loaded in counting.items()
        ]
        self._replace(
            "extract",
            ["source", "extract_date"],
            pl.DataFrame(extracts, schema=["source", "extract_date", "revision", "delivery_id"], orient="row"),
        )
        self._remember_counts({loaded.delivery_id: loaded.rows for loaded in counting.values()})
        run("commit")

    def _replace(self, table: str, key: list[str], rows: pl.DataFrame) -> None:
        """Insert rows; those of the table with the same key give way."""
        self.connection.register("incoming", rows)
        same = " and ".join(f"incoming.{name} = {table}.{name}" for name in key)
        self.connection.execute(f"delete from {table} where exists (select 1 from incoming where {same})")
        self.connection.execute(f"insert into {table} by name select * from incoming")
        self.connection.unregister("incoming")

    def _remember_counts(self, rows: dict[str, dict[str, int]]) -> None:
        counts = [
            (delivery_id, name, count) for delivery_id, counted in rows.items() for name, count in counted.items()
        ]
        frame = pl.DataFrame(counts, schema=["delivery_id", "dataset", "rows"], orient="row")
        self._replace("extract_dataset", ["delivery_id"], frame)

    def _remember_numbers(self, numbers: pl.DataFrame) -> None:
        self.connection.register("seen_number", numbers)
        self.connection.execute(
            "insert into number select pseudonym, birth_date, gender from seen_number "
            "where pseudonym not in (select pseudonym from number)"
        )
        self.connection.unregister("seen_number")

    def add_quarantine(self, entries: pl.DataFrame, numbers: pl.DataFrame) -> None:
        """Add quarantined rows: delivery_id, dataset, file, line, column_name, reason, expected, pseudonyms, consent.

        ``numbers``: pseudonym and birth_date of the entries' persons, whom perhaps no sound row names: they are to be purged
        in time too.
        """
        self.connection.register("entries", entries)
        self.connection.execute(
            "insert into quarantine by name "
            "select delivery_id, dataset, file, line, column_name, reason, expected, pseudonyms, consent from entries"
        )
        self.connection.register("numbers", numbers)
        self.connection.execute(
            "insert into quarantined_number select distinct pseudonym, birth_date from numbers "
            "where pseudonym in (select unnest(pseudonyms) from entries) "
            "and pseudonym not in (select pseudonym from quarantined_number)"
        )
        self.connection.unregister("numbers")
        self.connection.unregister("entries")

    def rows_before(self, dataset: Dataset, day: date) -> int | None:
        """Data rows of a dataset in the latest loaded extract before a day; None where there is none."""
        found = self.connection.execute(
            "select r.rows from extract e join extract_dataset r using (delivery_id) "
            "where e.source = ? and r.dataset = ? and e.extract_date < ? order by e.extract_date desc limit 1",
            [dataset.source, dataset.name, day],
        ).fetchone()
        return found[0] if found else None

    @staticmethod
    def latest_extracts(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
        """The latest extract date of each source that has one, by an open history."""
        return dict(connection.execute("select source, max(extract_date) from extract group by source").fetchall())

    def begin_service(self, day: date) -> None:
        """Remember the first day on which an extract came when it was new: from then on sources are expected."""
        self.connection.execute("insert into in_service select ? where not exists (from in_service)", [day])

    @staticmethod
    def is_in_service(connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether an extract ever came when it was new, by an open history."""
        return bool(connection.execute("from in_service").fetchone())

    # --- held deliveries -----------------------------------------------------------------------------------------------

    def hold(self, batch: dict[str, BatchRows], held: dict[int, str]) -> None:
        """Put the sound rows of held deliveries (extract -> delivery_id) aside until a person decides."""
        for rows in batch.values():
            table = f"held_{rows.dataset.table}"
            names = ", ".join(column.history_name for column in rows.dataset.columns)
            for extract, delivery_id in held.items():
                inside = rows.runs.filter((pl.col("first_extract") <= extract) & (pl.col("last_extract") >= extract))
                self.connection.register("aside", rows.contents.join(inside, on="content", how="semi"))
                self.connection.execute(
                    f"insert into {table} ({names}, delivery_id) select {names}, ? from aside", [delivery_id]
                )
                self.connection.unregister("aside")
            self._remember_numbers(rows.numbers)
        self._remember_counts(
            {
                delivery_id: {
                    name: int(rows.counts.filter(pl.col("extract") == extract)["data_rows"].sum())
                    for name, rows in batch.items()
                }
                for extract, delivery_id in held.items()
            }
        )

    def held_rows(self, source: Source, delivery_id: str) -> tuple[dict[str, BatchRows], dict[str, int]]:
        """A held delivery's rows as a batch of one extract, the first, and its data rows per dataset."""
        batch: dict[str, BatchRows] = {}
        for dataset in source.datasets.values():
            names = ", ".join(column.history_name for column in dataset.columns)
            contents = self.connection.execute(
                f"select row_number() over () as content, {names} from held_{dataset.table} where delivery_id = ?",
                [delivery_id],
            ).pl()
            runs = contents.select("content", first_extract=pl.lit(0, pl.UInt32), last_extract=pl.lit(0, pl.UInt32))
            counts = pl.DataFrame({"extract": [0]}, schema={"extract": pl.UInt32})
            none = pl.DataFrame(schema={"pseudonym": pl.String, "birth_date": pl.Date, "gender": pl.String})
            batch[dataset.name] = BatchRows(dataset, contents, runs, pl.DataFrame(), counts, none, pl.DataFrame())
        counted = self.connection.execute(
            "select dataset, rows from extract_dataset where delivery_id = ?", [delivery_id]
        ).fetchall()
        return batch, dict(counted)

    # --- what leaves ---------------------------------------------------------------------------------------------------

    def withdraw(self, dataset: Dataset, found: pl.DataFrame, fingerprints: ConsentFingerprints) -> None:
        """Remember that consents are withdrawn (`delivery_id, key`); purging removes the records."""
        consents.withdraw(self.connection, dataset, found, fingerprints)

    def withdrawn_in_held(self, dataset: Dataset, deliveries: Mapping[str, date | None]) -> pl.DataFrame:
        """`delivery_id, key` of the records whose consent the rows put aside for these deliveries (with their dates) withdraw."""
        assert dataset.consent_end
        held = f"held_{dataset.table}"
        if not self.connection.execute(f"from {held} limit 1").fetchone():  # as on most nights
            return pl.DataFrame(schema={"delivery_id": pl.String, "key": pl.String})
        days = pl.DataFrame(list(deliveries.items()), schema={"delivery_id": pl.String, "day": pl.Date}, orient="row")
        self.connection.register("decided", days)
        found = self.connection.execute(
            f"select distinct delivery_id, {dataset.consent_key} as key from {held} join decided using "
            f"(delivery_id) where {dataset.consent_end.history_name} <= day"
        ).pl()
        self.connection.unregister("decided")
        return found

    def mark_withdrawn(self, fingerprints: ConsentFingerprints) -> None:
        """Find the records of which any row is left and whose consent is withdrawn, tonight or before."""
        consents.mark(self.connection, self.datasets(), fingerprints)

    def purge(self, version: int) -> list[Removal]:
        """Remove the persons whose time has come and the records whose consent is withdrawn; their bytes go from the file when it
        is closed."""
        removals = purge(self.connection, self.datasets(), version)
        self._has_removed = bool(removals)
        return removals

    def forget_held(self, still_held: set[str]) -> None:
        """Drop the rows put aside for deliveries that are decided or superseded."""
        for dataset in self.datasets():
            self.connection.execute(
                f"delete from held_{dataset.table} where not list_contains(?, delivery_id)", [sorted(still_held)]
            )


def rewrite(path: Path) -> None:
    """Write a closed history file anew: deleting only marks rows as deleted, their bytes would stay in the file."""
    part = path.with_suffix(".new")
    with open_database(attaches=[path]) as connection:
        for file, name in ((path, "old"), (part, "new")):
            attach(connection, file, name, read_only=False)
        connection.execute("copy from database old to new")
        connection.execute("checkpoint new")
        connection.execute("detach old; detach new")
    os.replace(part, path)
