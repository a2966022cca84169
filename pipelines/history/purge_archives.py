"""Gallring of the archive: deliveries as received leave it when their source's contract says so (`archiveRetention`).

The clock is the data's, as in ``purge``. A file cannot be unlinked and a version published in one step: the nightly notes
what is to go, and removes it once the version that says so is published.
"""

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.configuration.contract import Source
from pipelines.delivery.archive import SUFFIX
from pipelines.history.purge import Removal, data_year, due_removals, write_protocol
from pipelines.history.store import KNOWN_BEFORE
from pipelines.state.databases import open_for_reading
from pipelines.state.night_records import NightRecords

#: Why archived files were removed, as the protocol says it.
OUTLIVED = "arkivets gallringstid har gått ut"


def purge_archives(
    connection: duckdb.DuckDBPyConnection, sources: dict[str, Source], archive: Path, version: int
) -> Removal | None:
    """Note the archived deliveries whose time is over, and write the protocol; nothing is removed yet."""
    year = data_year(connection)
    if year is None:
        return None
    folders, removal = due_archives(connection, sources, archive, year)
    if removal:
        names = [folder.name for folder in folders]
        note_removal(connection, version, year, names, removal)
        NightRecords(archive).note_purged(version, names, removal.archives)
    return removal


def note_removal(
    connection: duckdb.DuckDBPyConnection, version: int, year: int, deliveries: list[str], removal: Removal
) -> None:
    """Write the protocol of archived deliveries that go, and which ones these are."""
    write_protocol(connection, version, year, removal)
    connection.executemany("insert into purged_archive values (?)", [(name,) for name in deliveries])


def due_archives(
    connection: duckdb.DuckDBPyConnection, sources: dict[str, Source], archive: Path, year: int
) -> tuple[list[Path], Removal | None]:
    """The folders that go by the data's clock of a year, and what that comes to."""
    noted = {row[0] for row in connection.execute("select delivery_id from purged_archive").fetchall()}
    ages = _last_years(connection, sources)
    # A folder that no list knows was left by a nightly that never finished; it is no older than its time stamp says.
    unknown = _longest(sources)
    folders = [
        folder
        for folder in _folders(archive)
        if folder.name not in noted and ages.get(folder.name, _year_of(folder) + unknown) < year
    ]
    files = sum(1 for folder in folders for _ in folder.glob(f"*{SUFFIX}"))
    return folders, Removal(OUTLIVED, archives=files) if folders else None


def planned_removals(history: Path, sources: dict[str, Source], archive: Path, year: int) -> list[Removal]:
    """What the next nightly would remove if its latest extract were of this year: persons and archived files."""
    datasets = [dataset for source in sources.values() for dataset in source.datasets.values()]
    with open_for_reading(history) as connection:
        year = max(year, data_year(connection) or year)
        connection.execute(KNOWN_BEFORE)
        _, archived = due_archives(connection, sources, archive, year)
        return [*due_removals(connection, datasets, year), *([archived] if archived else [])]


def remove_archives(history: Path, archive: Path) -> None:
    """Remove what the published version's history notes as purged; what is left of an earlier time too."""
    with open_for_reading(history) as connection:
        noted = {row[0] for row in connection.execute("select delivery_id from purged_archive").fetchall()}
    for folder in _folders(archive):
        if folder.name in noted:
            shutil.rmtree(folder, ignore_errors=True)


def _last_years(connection: duckdb.DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, int]:
    """The last year of the data's clock in which each delivery is kept.

    A delivery without a usable date is as old as the data was when it was judged.
    """
    rows = connection.execute(
        """
        select d.delivery_id, d.source, coalesce(
            case when d.reason is distinct from 'future_date' then year(d.extract_date) end,
            (select max(year(e.extract_date)) from delivery e where e.status = 'accepted' and e.judged_in <= d.judged_in),
            (select min(year(e.extract_date)) from extract e)
        )
        from delivery d
        """
    ).fetchall()
    forever = 9999
    years = {name: source.archive_years for name, source in sources.items()}
    unknown = _longest(sources)
    kept = ((delivery_id, year, years.get(source, unknown)) for delivery_id, source, year in rows)
    return {delivery_id: forever if more is None else year + more for delivery_id, year, more in kept}


def _longest(sources: dict[str, Source]) -> int:
    return max(source.archive_years or 0 for source in sources.values())


def _folders(archive: Path) -> Iterator[Path]:
    return (folder for folder in archive.glob("[!.]*") if folder.is_dir())


def _year_of(folder: Path) -> int:
    return datetime.fromtimestamp(folder.stat().st_mtime).year
