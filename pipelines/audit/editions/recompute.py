"""Counts an edition again from the archive: its own deliveries alone, with its own contracts, profile and SQL.

What has come in since then (late deliveries, revisions, purges, withdrawn consents) is not among them, so every cell must be the
same. What the archive has purged by law is gone: it is named, and so is what could not be counted again because of that. The
deliveries lie in clear text, a month of them at a time, in a folder of KAA_HOME that is removed at the end or by the next
nightly.
"""

import csv
import io
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path

import duckdb

from pipelines.audit.editions.cells import CHANGED_ON_PURPOSE, ChangedCell, cell_name, recounted
from pipelines.audit.editions.folder import CONTRACTS, DELIVERIES, FIGURES, MODELS, PROFILE, Edition, Fault, hash_of
from pipelines.audit.editions.verify import Verdict
from pipelines.configuration.contract import Source, load_sources
from pipelines.configuration.disclosure import CellKey, Disclosure
from pipelines.configuration.municipality import Municipality, load_municipality
from pipelines.history.store import History
from pipelines.intake.from_archive import ArchiveDamaged, ArchivedDeliveries, HomeInTheMaking, LaidOut, cleared, rename
from pipelines.intake.take_in import Progress, take_in
from pipelines.runtime.errors import UsageError
from pipelines.runtime.program import program_version
from pipelines.state.home import REBUILT_HISTORY, Home
from pipelines.state.keys import read_private_key
from pipelines.state.night_records import NightRecords, read_record
from pipelines.warehouse.compiled import kept_models, needed_models


@dataclass(frozen=True)
class Listed:
    """A delivery as an edition lists it; ``hashes``: of its files, as they were received."""

    source: str
    extract_date: date
    delivery_id: str
    status: str
    hashes: frozenset[str]

    @property
    def place(self) -> str:
        return f"archive/{self.delivery_id}"

    def __str__(self) -> str:
        return f"{self.source} {self.extract_date}"


def recompute(path: Path, edition: Edition, home: Home, key: Path, progress: Progress = lambda text: None) -> Verdict:
    """Count an edition, whose folder proves itself, again from the home's archive.

    Raises UsageError when the key does not open the archive, or the edition is not this municipality's or was made by a program
    whose SQL does not fit any more; NightlyFailed when something of the machine's own keeps it from being counted.
    """
    if edition.municipality != home.municipality.code:
        raise UsageError(
            f"The edition is of municipality {edition.municipality}, but {home.path} is set up for {home.municipality.title} "
            f"({home.municipality.code}): set KAA_HOME to the one that made it."
        )
    with home.nightly_lock():
        try:
            with cleared(home.recomputing, "kaa edition verify"):
                return _Recomputation(path, edition, home, key).verdict(progress)
        finally:
            shutil.rmtree(home.recomputing, ignore_errors=True)


class _Recomputation:
    """The way of an edition's deliveries from the archive to its cells."""

    def __init__(self, path: Path, edition: Edition, home: Home, key: Path) -> None:
        self._path = path
        self._edition = edition
        self._municipality: Municipality = load_municipality(str(path / CONTRACTS / PROFILE))
        self._sources: dict[str, Source] = load_sources(self._municipality.own_codes, path / CONTRACTS)
        # Who is who does not hang on the pseudonyms, and these are not to fit any others.
        keys = replace(read_private_key(key), pseudonym=secrets.token_bytes(32))
        self._archived = ArchivedDeliveries(home, home.archive, self._sources, keys)
        self._home = HomeInTheMaking(home.recomputing, self._municipality, keys)
        self._history = home.recomputing / REBUILT_HISTORY
        self._purged_by_law = _purged_by_law(home.archive)
        self._deliveries = _listed(path / DELIVERIES)
        self._purged: list[Listed] = []
        self._verdict = Verdict()

    def verdict(self, progress: Progress) -> Verdict:
        """Take the deliveries in, count, and compare."""
        there = self._there()
        self._take_in(there, progress)
        if self._edition.kind == "public" and isinstance(self._disclosure(), CellKey):
            self._verdict.notes += [*self._on_purged(), CHANGED_ON_PURPOSE]
            return self._verdict
        changed = self._changed_cells()
        self._verdict.notes += [*self._on_purged(), *self._on_counting(len(there), changed)]
        gone = {one.source for one in self._purged}
        for cell in changed:
            text = f"{cell_name(cell.key)} is {cell.then} in the edition and {cell.now} from the archive"
            if gone & self._sources_of(cell.key[0]):
                self._verdict.notes.append(f"{text}: not to be counted again, because deliveries have been purged.")
            else:
                self._verdict.faults.append(Fault(FIGURES, text))
        return self._verdict

    def _there(self) -> list[Listed]:
        """The deliveries that the archive still holds. Raises UsageError when the key opens none of them."""
        there = []
        for delivery in self._deliveries:
            if self._archived.holds(delivery.delivery_id):
                there.append(delivery)
            elif delivery.delivery_id in self._purged_by_law:
                self._purged.append(delivery)
            else:
                self._fault(delivery, "is not in the archive, and no nightly has purged it")
        if there and not any(self._archived.opens(delivery.delivery_id) for delivery in there):
            raise UsageError(
                "The key opens none of the edition's deliveries in the archive: give the archive's private key with --key."
            )
        return there

    def _take_in(self, deliveries: list[Listed], progress: Progress) -> None:
        """Take deliveries in by the month of their dates. All of them were loaded then, whatever a person had to release for
        that: what is held here is released in the following round, and a last one with nothing new carries out the rest."""
        months = [
            list(month) for _, month in groupby(deliveries, lambda one: (one.extract_date.year, one.extract_date.month))
        ]
        taken: list[Listed] = []
        held: list[str] = []
        with History(self._history, self._sources) as history:
            for number, month in enumerate([*months, []], start=1):
                self._home.lay_empty()
                laid_out = {one: where for one in month if (where := self._lay_out(one))}
                for delivery in held:
                    self._home.decide(delivery, "release")
                take_in(self._home, self._sources, history, number, lambda rows, dates: None, now=self._edition.created)
                rename(history.connection, laid_out.values())
                held = _held(history.connection)
                taken += laid_out
                progress(f"{number} of {len(months) + 1} months taken in again")
            self._home.clear()
            history.purge(len(months) + 1)
            self._compare_verdicts(history.connection, taken)

    def _lay_out(self, delivery: Listed) -> LaidOut | None:
        """Lay a delivery out; None when it is another than it was."""
        try:
            laid_out = self._archived.lay_out(delivery.delivery_id, self._home.drop)
        except ArchiveDamaged as error:
            self._fault(delivery, f"cannot be opened: {error.fault}")
            return None
        files = [path for path in laid_out.path.iterdir() if path.is_file() and not path.is_symlink()]
        if not delivery.hashes <= set(map(hash_of, files)):
            self._fault(delivery, "holds another file in the archive than the one that the edition was made of")
            shutil.rmtree(laid_out.path)
            return None
        return laid_out

    def _compare_verdicts(self, connection: duckdb.DuckDBPyConnection, taken: Iterable[Listed]) -> None:
        rows = connection.execute("select delivery_id, status, reason from delivery").fetchall()
        verdicts = {delivery: (status, reason) for delivery, status, reason in rows}
        for delivery in taken:
            status, reason = verdicts.get(delivery.delivery_id, ("left alone", None))
            if status != delivery.status:
                why = f" ({reason})" if reason else ""
                self._fault(delivery, f"was {delivery.status} then and is {status}{why} now")

    def _disclosure(self) -> Disclosure:
        latest = max((one.extract_date for one in self._deliveries), default=date.max)
        return self._municipality.disclosure_on(latest)

    def _changed_cells(self) -> list[ChangedCell]:
        identities = self._disclosure().protected_identities if self._edition.kind == "public" else "as_figures"
        models, figures = self._path / MODELS, self._path / FIGURES
        try:
            return recounted(self._edition, figures, models, self._history, self._municipality, identities)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise UsageError(
                f"{self._edition.id} was made by version {self._edition.program.version} of the program, and its SQL does not "
                f"fit what version {program_version()} makes of its deliveries: verify it with the version that made it."
            ) from error

    def _sources_of(self, figure: str) -> set[str]:
        """The sources that a figure's SQL reads, itself or through other models."""
        models = kept_models(self._path / MODELS)
        names = needed_models(models, [f"figure_{figure}"])
        sql = " ".join(model.sql for model in models if model.name in names)
        datasets = [dataset for source in self._sources.values() for dataset in source.datasets.values()]
        return {dataset.source for dataset in datasets if f'"{dataset.table}"' in sql}

    def _on_purged(self) -> list[str]:
        if not self._purged:
            return []
        return [
            f"{len(self._purged)} of the edition's {len(self._deliveries)} deliveries have been purged from the archive by law "
            f"(gallring), and what only they held could not be counted again: {', '.join(map(str, self._purged))}."
        ]

    def _on_counting(self, deliveries: int, changed: list[ChangedCell]) -> list[str]:
        notes = [
            f"All figures were counted again from {deliveries} archived deliveries: {len(changed)} cells are others."
        ]
        if self._edition.kind == "public":
            notes.append("Of a public edition the numbers that it shows were compared; those that it hides were not.")
        if self._edition.program.version != program_version():
            notes.append(
                f"The deliveries were read by version {program_version()} of the program, with the edition's contracts; the "
                f"edition was made by version {self._edition.program.version}."
            )
        return notes

    def _fault(self, delivery: Listed, what: str) -> None:
        self._verdict.faults.append(Fault(delivery.place, f"{delivery} {what}"))


def _held(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0] for row in connection.execute("select delivery_id from delivery where status = 'held'").fetchall()]


def _purged_by_law(archive: Path) -> set[str]:
    """The deliveries that published nights have purged from an archive. Raises UsageError when a night's record is torn."""
    return {delivery for path in NightRecords(archive).published().values() for delivery in read_record(path).purged}


def _listed(deliveries: Path) -> list[Listed]:
    """The deliveries of an edition by date, each once."""
    rows = csv.DictReader(io.StringIO(deliveries.read_text(encoding="utf-8"), newline=""))
    by_id: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_id.setdefault(row["delivery_id"], []).append(row)
    listed = [
        Listed(
            files[0]["source"],
            date.fromisoformat(files[0]["extract_date"]),
            delivery,
            files[0]["status"],
            frozenset(row["sha256"] for row in files),
        )
        for delivery, files in by_id.items()
    ]
    return sorted(listed, key=lambda one: (one.extract_date, one.source, one.delivery_id))
