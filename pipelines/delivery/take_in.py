"""Takes in every delivery that has not been seen: checks, archives, reads, types, judges and loads it, in that order.

Deliveries go through in batches of one source, by date; memory follows the batch's size, not the backlog's. One bad
delivery never stops the others. The rules themselves are in the modules that this one calls.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from pipelines.contract import Dataset, Source
from pipelines.delivery.archive import Archive
from pipelines.delivery.faults import Fault, first_fault
from pipelines.delivery.find import Found, find_deliveries
from pipelines.delivery.judging import ACCEPTED, HELD, REJECTED, SUPERSEDED, Checked, Judged, Ledger, Loaded
from pipelines.delivery.manifest import MANIFEST_NAME, Manifest, ReadManifest, read_manifest
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.reading import FileRecords, ReadFile, read_file
from pipelines.delivery.rows import BatchRows, refer_to, type_rows
from pipelines.history.store import History
from pipelines.home import Home

#: Bytes of files in one batch: large enough that a backlog's nights share their work, small enough for a small machine.
BATCH_BYTES = 64 * 1024**2

Progress = Callable[[str], None]
#: Called with each dataset's rows of a batch and the batch's dates by ord: where the contracts' promises are checked.
OnBatch = Callable[[BatchRows, dict[int, date]], None]


@dataclass
class TakenIn:
    """What one run did: the lines of the ledger that it wrote, by status."""

    judged: list[Judged] = field(default_factory=list)
    still_held: list[Judged] = field(default_factory=list)

    @property
    def rejected(self) -> list[Judged]:
        return [entry for entry in self.judged if entry.status == REJECTED and entry.decided is None]


@dataclass
class _Candidate:
    """A delivery on its way through: what was found, what could be read, and its faults so far."""

    found: Found
    read: ReadManifest
    files: dict[str, ReadFile] = field(default_factory=dict)

    @property
    def manifest(self) -> Manifest:
        assert self.read.manifest is not None
        return self.read.manifest

    @property
    def rows(self) -> int:
        return sum(file.records.records.height for file in self.files.values() if file.records)


def take_in(
    home: Home,
    sources: dict[str, Source],
    history: History,
    version: int,
    on_batch: OnBatch,
    progress: Progress = lambda text: None,
    now: datetime | None = None,
) -> TakenIn:
    """Take in what is new in the drop folder and carry out what people decided about held deliveries.

    ``now`` is the moment that `future_date` is judged by (default: the machine's clock).
    """
    run = _Run(home, sources, history, on_batch, progress)
    run.carry_out_decisions()
    today = (now or datetime.now(ZoneInfo(home.municipality.timezone))).date()
    seen = run.ledger.judged
    fresh = [found for found in find_deliveries(home.drop) if found.delivery_id not in seen]
    candidates = []
    for found in fresh:
        candidate = _Candidate(found, read_manifest(found.manifest, found.path, sources))
        fault = candidate.read.fault or _manifest_fault(candidate.manifest, home.municipality.code, today, sources)
        if fault:
            run.archive_as_received(candidate)
            run.reject(candidate, fault)
        else:
            candidates.append(candidate)
    candidates.sort(key=_order)
    for name in sources:
        own = [candidate for candidate in candidates if candidate.manifest.source == name]
        done = 0
        for batch in _batches(own):
            run.take_in_batch(sources[name], batch)
            for candidate in batch:
                candidate.files.clear()  # the records of nights that are loaded are not needed any more
            done += len(batch)
            progress(f"{name}: {done} of {len(own)} deliveries taken in")
    return run.finish(version)


def _order(candidate: _Candidate) -> tuple[date, str, int, datetime, str]:
    manifest = candidate.manifest
    return manifest.extract_date, manifest.source, manifest.revision, manifest.created, candidate.found.folder


def _manifest_fault(manifest: Manifest, code: str, today: date, sources: dict[str, Source]) -> Fault | None:
    """Reasons 3 to 5: what can be said without opening a file."""
    if manifest.municipality_code != code:
        return Fault(
            "wrong_municipality",
            f"Leveransen gäller en annan kommun än {code}. Be avsändaren rätta kommunkod eller leverera till rätt kommun.",
        )
    if manifest.extract_date > today + timedelta(days=1):
        return Fault(
            "future_date",
            f"Uttagsdatum {manifest.extract_date} ligger i framtiden. Be avsändaren rätta datumet och leverera igen.",
        )
    named = {file.dataset for file in manifest.files}
    missing = [name for name in sources[manifest.source].datasets if name not in named]
    if missing:
        return Fault(
            "missing_dataset",
            f"Leveransen saknar datamängden {missing[0]}. Be avsändaren leverera källans alla datamängder.",
        )
    return None


def _batches(candidates: list[_Candidate]) -> Iterator[list[_Candidate]]:
    batch: list[_Candidate] = []
    size = 0
    for candidate in candidates:
        batch.append(candidate)
        size += sum(_size(candidate, file.name) for file in candidate.manifest.files)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(candidate: _Candidate, name: str) -> int:
    try:
        return (candidate.found.path / name).stat().st_size * (10 if name.endswith(".gz") else 1)
    except OSError:
        return 0


class _Run:
    """The state of one run: the ledger and what has been written to it."""

    def __init__(
        self, home: Home, sources: dict[str, Source], history: History, on_batch: OnBatch, progress: Progress
    ) -> None:
        self.home = home
        self.sources = sources
        self.history = history
        self.on_batch = on_batch
        self.progress = progress
        self.ledger: Ledger = history.ledger(home.municipality.thresholds)
        self._before = dict(self.ledger.judged)
        self._archive = Archive(home.path / "archive", home.archive_public_key)
        self._pseudonymiser = Pseudonymiser(home.pseudonym_key)

    # --- one batch -----------------------------------------------------------------------------------------------------

    def take_in_batch(self, source: Source, candidates: list[_Candidate]) -> None:
        """Read, type, judge and load deliveries of one source; they are in the order of judging."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            usable = [item for item in pool.map(lambda one: self._read(source, one), candidates) if item]
        if not usable:
            return
        batch = self._type(source, usable)
        dates = {ord_: candidate.manifest.extract_date for ord_, candidate in enumerate(usable)}
        judged: dict[int, Judged] = {}
        for ord_, candidate in enumerate(usable):
            judged[ord_] = self.ledger.judge(_checked(candidate, ord_, batch))
        for ord_ in judged:  # a later one of the batch may have superseded it
            judged[ord_] = self.ledger.judged[usable[ord_].found.delivery_id]
        extracts = self.ledger.extracts[source.name]
        counting = {
            ord_: extracts[dates[ord_]]
            for ord_, entry in judged.items()
            if entry.status == ACCEPTED and extracts[dates[ord_]].delivery_id == entry.delivery_id
        }
        self.history.load(source.name, batch, counting, dates)
        held = {ord_: entry.delivery_id for ord_, entry in judged.items() if entry.status == HELD}
        if held:
            self.history.hold(batch, held)
        self._keep_quarantine(batch, judged, usable)
        loaded_dates = {ord_: dates[ord_] for ord_ in counting}
        for rows in batch.values():
            self.on_batch(rows, loaded_dates)

    def _read(self, source: Source, candidate: _Candidate) -> _Candidate | None:
        """Read and archive a delivery's files; None when it is rejected for them."""
        for file in candidate.manifest.files:
            read = read_file(candidate.found.path, file, source.datasets[file.dataset])
            candidate.files[file.dataset] = read
            if read.content is not None:
                self._archive.store(candidate.found.delivery_id, file.name, read.content)
                read.content = None
        self._archive.store(candidate.found.delivery_id, MANIFEST_NAME, candidate.found.manifest)
        fault = first_fault([read.fault for read in candidate.files.values() if read.fault])
        if fault:
            self.reject(candidate, fault)
            return None
        return candidate

    def _type(self, source: Source, usable: list[_Candidate]) -> dict[str, BatchRows]:
        """Type the batch's rows, a dataset that others refer to before them."""
        typed: dict[str, BatchRows] = {}
        waiting = list(source.datasets.values())
        while waiting:
            dataset = next(item for item in waiting if all(name in typed for name in _refers_to(item)))
            waiting.remove(dataset)
            files: dict[int, FileRecords] = {}
            for ord_, candidate in enumerate(usable):
                read = candidate.files[dataset.name].records
                assert read is not None
                files[ord_] = read
            referenced = {
                column.reference: refer_to(typed[column.reference[0]], column.reference[1])
                for column in dataset.columns
                if column.reference
            }
            typed[dataset.name] = type_rows(dataset, files, self._pseudonymiser, referenced)
        return {name: typed[name] for name in source.datasets}

    def _keep_quarantine(
        self, batch: dict[str, BatchRows], judged: dict[int, Judged], usable: list[_Candidate]
    ) -> None:
        """Quarantine is kept of what was or may be loaded, and of what a higher revision replaced."""
        kept = {
            ord_: entry.delivery_id for ord_, entry in judged.items() if entry.status in (ACCEPTED, HELD, SUPERSEDED)
        }
        for dataset, rows in batch.items():
            if rows.quarantine.is_empty() or not kept:
                continue
            names = pl.DataFrame(
                [(ord_, delivery_id, usable[ord_].files[dataset].file.name) for ord_, delivery_id in kept.items()],
                schema={"ord": pl.UInt32, "delivery_id": pl.String, "file": pl.String},
                orient="row",
            )
            self.history.add_quarantine(rows.quarantine.join(names, on="ord").with_columns(dataset=pl.lit(dataset)))

    # --- verdicts and the rest -----------------------------------------------------------------------------------------

    def reject(self, candidate: _Candidate, fault: Fault) -> None:
        """Write a rejection for a fault found in the delivery itself."""
        read = candidate.read
        self.ledger.remember(
            Judged(
                delivery_id=candidate.found.delivery_id,
                folder=candidate.found.folder,
                source=read.source,
                extract_date=read.extract_date,
                revision=read.revision,
                status=REJECTED,
                reason=fault.reason,
                message=fault.message,
                rows=candidate.rows,
                quarantined_rows=0,
                content=read.manifest.content if read.manifest else None,
            )
        )

    def archive_as_received(self, candidate: _Candidate) -> None:
        """A delivery that is rejected unopened is still evidence: its manifest is kept."""
        self._archive.store(candidate.found.delivery_id, MANIFEST_NAME, candidate.found.manifest)

    def carry_out_decisions(self) -> None:
        """Release or reject held deliveries as people have decided since the last nightly."""
        for delivery_id, decision in self.home.decisions().items():
            entry = self.ledger.judged.get(delivery_id)
            if entry is None or entry.status != HELD:
                continue
            if decision == "reject":
                self.ledger.reject(delivery_id)
                continue
            assert entry.source and entry.extract_date
            batch, counts = self.history.held_rows(self.sources[entry.source], delivery_id)
            released = self.ledger.release(delivery_id, counts)
            if released.status == ACCEPTED:
                loaded = Loaded(delivery_id, entry.revision or 0, counts)
                self.history.load(entry.source, batch, {0: loaded}, {0: entry.extract_date})

    def finish(self, version: int) -> TakenIn:
        """Write the ledger; what is no longer held is no longer put aside."""
        judged = self.ledger.judged
        changed = [delivery_id for delivery_id, entry in judged.items() if self._before.get(delivery_id) != entry]
        self.history.write_ledger(self.ledger, changed, version)
        still_held = [entry for entry in judged.values() if entry.status == HELD]
        self.history.forget_held({entry.delivery_id for entry in still_held})
        return TakenIn([judged[delivery_id] for delivery_id in changed], still_held)


def _refers_to(dataset: Dataset) -> set[str]:
    return {column.reference[0] for column in dataset.columns if column.reference}


def _checked(candidate: _Candidate, ord_: int, batch: dict[str, BatchRows]) -> Checked:
    manifest = candidate.manifest
    counts = {name: rows.counts.row(by_predicate=pl.col("ord") == ord_, named=True) for name, rows in batch.items()}
    return Checked(
        delivery_id=candidate.found.delivery_id,
        folder=candidate.found.folder,
        source=manifest.source,
        extract_date=manifest.extract_date,
        revision=manifest.revision,
        content=manifest.content,
        rows={name: count["data_rows"] for name, count in counts.items()},
        quarantined={name: count["quarantined"] for name, count in counts.items()},
        warnings=_warnings(candidate, counts),
    )


def _warnings(candidate: _Candidate, counts: dict[str, dict[str, int]]) -> list[str]:
    warnings = []
    for name, count in counts.items():
        file = candidate.files[name]
        if count["repeated"]:
            warnings.append(f"Varning: {file.file.name} upprepar {count['repeated']} rader; de räknas en gång.")
        if file.records and file.records.unknown_columns:
            warnings.append(
                f"Varning: {file.file.name} har {file.records.unknown_columns} kolumner utanför kontraktet; de sparas inte."
            )
        if count["quarantined"]:
            warnings.append(f"Varning: {count['quarantined']} rader i {file.file.name} är i karantän.")
    if candidate.manifest.unknown_datasets:
        number = len(candidate.manifest.unknown_datasets)
        warnings.append(f"Varning: {number} datamängder som källan inte har enligt kontraktet lästes inte.")
    return warnings
