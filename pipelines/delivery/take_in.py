"""Takes in every delivery that has not been seen: checks, archives, reads, types, judges and loads it, in that order.

Deliveries go through in batches of one source, by date; memory follows what the nights of a batch do not have in common,
not the backlog's size. One bad delivery never stops the others. The rules themselves are in the modules that this one calls.
"""

import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from pipelines.contract import Dataset, Source
from pipelines.delivery.archive import Archive, Received, RunRecord, archived_name, write_run
from pipelines.delivery.faults import Fault, first_fault
from pipelines.delivery.find import Found, find_deliveries
from pipelines.delivery.judging import ACCEPTED, HELD, REJECTED, SUPERSEDED, Checked, Judged, Ledger, Loaded
from pipelines.delivery.lines import Lines
from pipelines.delivery.manifest import MANIFEST_NAME, Manifest, ReadManifest, read_manifest
from pipelines.delivery.owner import check_owner, owner
from pipelines.delivery.pseudonym import Pseudonymiser, mask
from pipelines.delivery.reading import FileRecords, ReadFile, read_file
from pipelines.delivery.rows import BatchRows, refer_to, type_rows
from pipelines.errors import NightlyFailed
from pipelines.history.store import History
from pipelines.home import Home, run_record
from pipelines.notices import Notice

#: Bytes of a batch's records, those that nights repeat counted once: large enough that a backlog's nights share their work,
#: small enough for a small machine.
BATCH_BYTES = 96 * 1024**2

#: Deliveries that wait to be read, so that no reader waits; a batch that is found full still takes these.
_AT_ONCE = 8

#: Batches that are read while one is typed and loaded.
_AHEAD = 2

Progress = Callable[[str], None]
#: Called with each dataset's rows of a batch and the batch's dates by ord: where the contracts' promises are checked.
OnBatch = Callable[[BatchRows, dict[int, date]], None]


@dataclass
class TakenIn:
    """What one run did: the lines of the ledger that it wrote, by status, and what it has to tell besides."""

    judged: list[Judged] = field(default_factory=list)
    still_held: list[Judged] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: Ids of the deliveries that lie in the drop folder, known and new.
    found: set[str] = field(default_factory=set)

    @property
    def rejected(self) -> list[Judged]:
        return [entry for entry in self.judged if entry.status == REJECTED and entry.decided is None]


@dataclass
class _Batch:
    """Deliveries of one source that have been read, in the order of judging, and the records of each of its datasets."""

    candidates: list["_Candidate"]
    lines: dict[str, Lines]

    @property
    def size(self) -> int:
        return sum(lines.size for lines in self.lines.values())


@dataclass
class _Candidate:
    """A delivery on its way through: what was found, what could be read, and its faults so far."""

    found: Found
    read: ReadManifest
    files: dict[str, ReadFile] = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def manifest(self) -> Manifest:
        assert self.read.manifest is not None
        return self.read.manifest

    @property
    def rows(self) -> int:
        return sum(file.records.count for file in self.files.values() if file.records)


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
    moment = now or datetime.now(ZoneInfo(home.municipality.timezone))
    today = moment.date()
    everything = [] if home.is_being_restored else find_deliveries(home.drop)
    check_owner(home, history, sources, everything)
    run = _Run(home, sources, history, on_batch, today)
    run.carry_out_decisions()
    seen = run.ledger.judged
    fresh = [found for found in everything if found.delivery_id not in seen]
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
    done = 0
    for batch in run.read_ahead([[one for one in candidates if one.manifest.source == name] for name in sources]):
        run.take_in_batch(batch)
        done += len(batch.candidates)
        progress(f"{batch.candidates[0].manifest.source}: {done} of {len(candidates)} deliveries taken in")
        for candidate in batch.candidates:
            candidate.files.clear()  # the records of nights that are loaded are not needed any more
    taken_in = run.finish(version)
    taken_in.found = {found.delivery_id for found in everything}
    run.note(version, moment, {found.delivery_id for found in fresh})
    return taken_in


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


class _Run:
    """The state of one run: the ledger and what has been written to it."""

    def __init__(
        self, home: Home, sources: dict[str, Source], history: History, on_batch: OnBatch, today: date
    ) -> None:
        self.home = home
        self.sources = sources
        self.history = history
        self.on_batch = on_batch
        self._today = today
        self.ledger: Ledger = history.ledger(home.municipality.thresholds)
        self._before = dict(self.ledger.judged)
        self._archive = Archive(home.archive, home.archive_public_key)
        self._pseudonymiser = Pseudonymiser(home.pseudonym_key)
        self._decided: dict[str, str] = {}

    # --- one batch -----------------------------------------------------------------------------------------------------

    def read_ahead(self, by_source: list[list[_Candidate]]) -> Iterator[_Batch]:
        """The batches, read; while one is typed and loaded the next are read, so that no core waits."""
        waiting = deque(deque(candidates) for candidates in by_source if candidates)
        with ThreadPoolExecutor(max_workers=2) as readers, ThreadPoolExecutor(max_workers=1) as ahead:
            following = deque(ahead.submit(self._read_batch, waiting, readers) for _ in range(_AHEAD))
            while batch := following.popleft().result():
                following.append(ahead.submit(self._read_batch, waiting, readers))
                yield batch

    def _read_batch(self, waiting: deque[deque[_Candidate]], readers: ThreadPoolExecutor) -> _Batch | None:
        """Read the next deliveries of one source, as many as fit in a batch; None when nothing waits any more."""
        if not waiting:
            return None
        source = self.sources[waiting[0][0].manifest.source]
        batch = _Batch([], {name: Lines() for name in source.datasets})
        under_way: deque[Future[None]] = deque()
        while under_way or (waiting[0] and batch.size < BATCH_BYTES):
            while waiting[0] and len(under_way) < _AT_ONCE and batch.size < BATCH_BYTES:
                batch.candidates.append(waiting[0].popleft())
                under_way.append(readers.submit(self._read_safely, batch.candidates[-1], batch.lines))
            under_way.popleft().result()
        if not waiting[0]:
            waiting.popleft()
        return batch

    def take_in_batch(self, read: _Batch) -> None:
        """Type, judge and load a batch."""
        usable = []
        for candidate in read.candidates:
            if candidate.fault:
                self.reject(candidate, candidate.fault)
            elif candidate.files:
                usable.append(candidate)
        if not usable:
            return
        source = self.sources[usable[0].manifest.source]
        batch = self._type_safely(source, usable, read.lines)
        dates = {ord_: candidate.manifest.extract_date for ord_, candidate in enumerate(usable)}
        limit = self.home.municipality.thresholds.bad_row_min
        counts = {name: rows.counts.rows_by_key("ord", named=True, unique=True) for name, rows in batch.items()}
        judged: dict[int, Judged] = {}
        for ord_, candidate in enumerate(usable):
            own = {name: by_ord[ord_] for name, by_ord in counts.items()}
            judged[ord_] = self.ledger.judge(_checked(candidate, ord_, own, batch, many=limit))
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
        self._remember_files(usable)
        loaded_dates = {ord_: dates[ord_] for ord_ in counting}
        for rows in batch.values():
            self.on_batch(rows, loaded_dates)

    def _read_safely(self, candidate: _Candidate, lines: dict[str, Lines]) -> None:
        try:
            self._read(candidate, lines)
        except Exception as error:
            raise _unforeseen(error, f"Delivery {candidate.found.delivery_id} cannot be read") from None

    def _type_safely(self, source: Source, usable: list[_Candidate], lines: dict[str, Lines]) -> dict[str, BatchRows]:
        days = f"{usable[0].manifest.extract_date} to {usable[-1].manifest.extract_date}"
        try:
            return self._type(source, usable, lines)
        except Exception as error:
            raise _unforeseen(error, f"The deliveries of {source.name} from {days} cannot be typed") from None

    def _read(self, candidate: _Candidate, lines: dict[str, Lines]) -> None:
        """Read and archive a delivery's files, or find its fault; a delivery that is not there any more is left without."""
        datasets = self.sources[candidate.manifest.source].datasets
        self._archive_record(candidate)
        for file in candidate.manifest.files:
            read = read_file(candidate.found.path, file, datasets[file.dataset], lines[file.dataset])
            candidate.files[file.dataset] = read
            if read.content is not None:
                self._archive.store(candidate.found.delivery_id, self._masked(file.name), read.content)
                read.content = None
        self._archive.store(candidate.found.delivery_id, MANIFEST_NAME, candidate.found.manifest)
        fault = first_fault([read.fault for read in candidate.files.values() if read.fault])
        if fault and not candidate.found.is_unchanged:
            # Taken away or written anew while it was read, or the drop folder is gone: judged when it stands there whole.
            self._archive.forget(candidate.found.delivery_id)
            candidate.files.clear()
        else:
            candidate.fault = fault

    def _type(self, source: Source, usable: list[_Candidate], lines: dict[str, Lines]) -> dict[str, BatchRows]:
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
            typed[dataset.name] = type_rows(dataset, files, lines[dataset.name], self._pseudonymiser, referenced)
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
                [
                    (ord_, delivery_id, mask(usable[ord_].files[dataset].file.name, self._today))
                    for ord_, delivery_id in kept.items()
                ],
                schema={"ord": pl.UInt32, "delivery_id": pl.String, "file": pl.String},
                orient="row",
            )
            entries = rows.quarantine.join(names, on="ord").with_columns(dataset=pl.lit(dataset))
            self.history.add_quarantine(entries, self._pseudonymiser.known)

    def _remember_files(self, usable: list[_Candidate]) -> None:
        """A number is traced to files by what they were called and their sha256."""
        files = [
            (
                candidate.found.delivery_id,
                dataset,
                mask(read.file.name, self._today),
                read.file.sha256,
                read.records.count if read.records else 0,
            )
            for candidate in usable
            for dataset, read in candidate.files.items()
        ]
        names = ["delivery_id", "dataset", "file", "sha256", "rows"]
        self.history.write_files(pl.DataFrame(files, schema=names, orient="row"))

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
        self._archive_record(candidate)
        self._archive.store(candidate.found.delivery_id, MANIFEST_NAME, candidate.found.manifest)

    def _archive_record(self, candidate: _Candidate) -> None:
        """Keep where the delivery lay: nobody could tell from what is archived of it."""
        path = candidate.found.path
        names = [file.name for file in candidate.read.manifest.files] if candidate.read.manifest else []
        files = {name: archived_name(self._masked(name)) for name in names}
        folder = path.relative_to(self.home.drop).as_posix()
        self._archive.store_record(candidate.found.delivery_id, Received(folder, files, _links_out(path)))

    def _masked(self, name: str) -> str:
        return self._pseudonymiser.mask(name, self._today)

    def carry_out_decisions(self) -> None:
        """Release or reject held deliveries as people have decided since the last nightly."""
        for delivery_id, decision in self.home.decisions().items():
            entry = self.ledger.judged.get(delivery_id)
            if entry is None or entry.status != HELD:
                continue
            self._decided[delivery_id] = decision
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
        for delivery_id in changed:
            judged[delivery_id] = self._without_numbers(judged[delivery_id])
        self.history.write_ledger(self.ledger, changed, version)
        still_held = [entry for entry in judged.values() if entry.status == HELD]
        self.history.forget_held({entry.delivery_id for entry in still_held})
        return TakenIn([judged[delivery_id] for delivery_id in changed], still_held)

    def note(self, version: int, moment: datetime, found: set[str]) -> None:
        """Leave in the archive what this run judged; it counts when the run is published."""
        judged = self.ledger.judged
        entries = [judged[one] for one in sorted(found & judged.keys())]
        lines = [asdict(entry) | {"extract_date": _iso(entry.extract_date)} for entry in entries]
        run = RunRecord(version, moment.isoformat(), owner(self.home), lines, self._decided)
        write_run(run_record(self.home.archive, version, published=False), run)

    def _without_numbers(self, entry: Judged) -> Judged:
        """The line as it is stored and shown: folders and files may be named after somebody; the id stays as it is."""
        message = entry.delivery_id.join(mask(part, self._today) for part in entry.message.split(entry.delivery_id))
        return replace(entry, folder=mask(entry.folder, self._today), message=message)


def _links_out(folder: Path) -> list[str]:
    """The names in a delivery's folder that lead out of it: its manifest may be bad because of one."""
    try:
        links = [path for path in folder.iterdir() if path.is_symlink()]
    except OSError:
        return []
    return sorted(path.name for path in links if not _leads_inside(path))


def _leads_inside(path: Path) -> bool:
    try:
        return path.resolve().parent == path.parent.resolve()
    except (OSError, RuntimeError):
        return False


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _unforeseen(error: Exception, what: str) -> NightlyFailed:
    """A fault of the program, told without the error's own text: that may quote the data, and logs are read by many."""
    package = Path(__file__).parent.parent
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(package)
    ]
    place = Path(frames[-1].filename).relative_to(package.parent)
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        kind += f", {error.strerror}"  # the operating system's words: disk full, no permission
    return NightlyFailed(
        f"{what} ({kind} at {place} line {frames[-1].lineno}); nothing is published. Report this line to those who look "
        "after the program; without the delivery in the drop folder kaa nightly can go on."
    )


def _refers_to(dataset: Dataset) -> set[str]:
    return {column.reference[0] for column in dataset.columns if column.reference}


def _checked(
    candidate: _Candidate, ord_: int, counts: dict[str, dict[str, int]], batch: dict[str, BatchRows], many: int
) -> Checked:
    """``many``: so many bad rows may be too many, and then it is said which fault is the commonest."""
    manifest = candidate.manifest
    return Checked(
        delivery_id=candidate.found.delivery_id,
        folder=candidate.found.folder,
        source=manifest.source,
        extract_date=manifest.extract_date,
        revision=manifest.revision,
        content=manifest.content,
        rows={name: count["data_rows"] for name, count in counts.items()},
        quarantined={name: count["quarantined"] for name, count in counts.items()},
        commonest_fault={
            name: _commonest_fault(batch[name].quarantine.filter(pl.col("ord") == ord_), candidate.files[name])
            for name, count in counts.items()
            if count["quarantined"] >= many
        },
        warnings=_warnings(candidate, counts),
    )


def _commonest_fault(quarantine: pl.DataFrame, file: ReadFile) -> str:
    faults = quarantine.group_by("column_name", "reason", "expected").agg(pl.len(), pl.col("line").min())
    column, reason, expected, _, line = faults.sort("len", "line", descending=[True, False]).row(0)
    return f"Vanligast är {reason} i kolumnen {column}, först på rad {line} i {file.file.name} (ska vara: {expected})."


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
