"""Makes the history again from the archive, night by night, by the steps that take deliveries in."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipelines.configuration.contract import Source, load_sources
from pipelines.delivery.judging import DUPLICATE, REJECTED, Judged
from pipelines.history.purge import Removal, data_year
from pipelines.history.purge_archives import OUTLIVED, note_removal
from pipelines.history.store import History
from pipelines.intake.from_archive import ArchivedDeliveries, HomeInTheMaking, rename
from pipelines.intake.take_in import Progress, take_in
from pipelines.state.home import REBUILT_HISTORY, Home
from pipelines.state.keys import Keys
from pipelines.state.night_records import NightRecord


class RestoredHistory:
    """The history as it is made again in a folder below KAA_HOME: a small home of its own, with a drop folder that holds one
    night's deliveries in clear text for as long as that night is made."""

    def __init__(self, home: Home, folder: Path, archive: Path, keys: Keys) -> None:
        self._history = folder / REBUILT_HISTORY
        self._sources: dict[str, Source] = load_sources(home.municipality.own_codes)
        self._archived = ArchivedDeliveries(home, archive, self._sources, keys)
        self._home = HomeInTheMaking(folder, home.municipality, keys)
        self._gone: list[dict[str, Any]] = []
        self._judged_otherwise: list[str] = []
        self.deliveries = 0

    def rebuild(self, nights: list[NightRecord], progress: Progress) -> None:
        """Make every night again."""
        for number, night in enumerate(nights, start=1):
            try:
                self._make_again(night)
            finally:
                self._home.clear()
            progress(f"{number} of {len(nights)} nightlies rebuilt")

    def notes(self) -> list[str]:
        """What could not be rebuilt, and what is judged otherwise today."""
        notes = []
        if self._gone:
            named = ", ".join(f"{entry.get('source')} {entry.get('extract_date')}" for entry in self._gone[:5])
            more = f" and {len(self._gone) - 5} more" if len(self._gone) > 5 else ""
            notes.append(
                f"{len(self._gone)} deliveries are not in the archive any more (gallring, or lost): what only they held could "
                f"not be rebuilt: {named}{more}."
            )
        if self._judged_otherwise:
            notes.append(
                f"{len(self._judged_otherwise)} deliveries are judged otherwise than then, because the program, the contracts or "
                f"the profile have changed since or others are gone: {', '.join(self._judged_otherwise[:5])}."
            )
        return notes

    def _make_again(self, night: NightRecord) -> None:
        self._home.lay_empty()
        there = [delivery for entry in night.judged if self._archived.holds(delivery := str(entry["delivery_id"]))]
        laid_out = [self._archived.lay_out(delivery, self._home.drop) for delivery in there]
        for delivery, decision in night.decided.items():
            self._home.decide(delivery, decision)
        with History(self._history, self._sources) as history:
            take_in(self._home, self._sources, history, night.version, lambda rows, dates: None, now=night.moment)
            rename(history.connection, laid_out)
            history.purge(night.version)
            _note_purged_archives(history.connection, night)
            self._list_what_is_gone(history, night)
            self._compare_verdicts(history.connection, night)
        self.deliveries += len(laid_out)

    def _list_what_is_gone(self, history: History, night: NightRecord) -> None:
        """What is gone stands in the list as it did, but for what was loaded: nothing of that is there any more."""
        gone = [entry for entry in night.judged if not self._archived.holds(str(entry["delivery_id"]))]
        self._gone += gone
        never_loaded = [entry for entry in gone if entry.get("status") in (REJECTED, DUPLICATE)]
        if not never_loaded:
            return
        ledger = history.ledger(self._home.municipality.thresholds)
        for entry in never_loaded:
            day = entry["extract_date"]
            ledger.remember(Judged(**entry | {"extract_date": date.fromisoformat(day) if day else None}))
        history.write_ledger(ledger, [entry["delivery_id"] for entry in never_loaded], night.version)

    def _compare_verdicts(self, connection: duckdb.DuckDBPyConnection, night: NightRecord) -> None:
        rows = connection.execute("select delivery_id, status, reason from delivery").fetchall()
        verdicts = {delivery: verdict for delivery, *verdict in rows}
        for entry in night.judged:
            verdict = verdicts.get(entry["delivery_id"])
            if verdict and "status" in entry and verdict != [entry["status"], entry["reason"]]:
                self._judged_otherwise.append(entry["delivery_id"])


def _note_purged_archives(connection: duckdb.DuckDBPyConnection, night: NightRecord) -> None:
    year = data_year(connection)
    if night.purged and year:
        removal = Removal(OUTLIVED, archives=night.purged_files)
        note_removal(connection, night.version, year, night.purged, removal)
