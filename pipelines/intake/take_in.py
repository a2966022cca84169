"""Takes in every delivery that has not been seen: checks, archives, reads, types, judges and loads it, in that order.

Deliveries go through in batches of one source, by date; memory follows what the nights of a batch do not have in common,
not the backlog's size. One bad delivery never stops the others. The rules themselves are in the modules that this one calls.
"""

import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from pipelines.configuration.contract import Dataset, Source
from pipelines.delivery.archive import Archive, Received, RunRecord, archived_name, write_run
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.faults import Fault, Rejection, fault, first_fault
from pipelines.delivery.find import Closed, Found, find_deliveries
from pipelines.delivery.judging import ACCEPTED, HELD, REJECTED, SUPERSEDED, Checked, Judged, Ledger, Loaded
from pipelines.delivery.manifest import MANIFEST_NAME, Manifest, ReadManifest, read_manifest
from pipelines.delivery.parsing import FileRecords, ReadFile, read_file
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import BatchRows, refer_to, type_rows
from pipelines.history.store import History
from pipelines.intake.clock import latest_publication
from pipelines.intake.owner import check_owner, owner
from pipelines.notices import Notice, NoticeCode, Remark, RemarkCode, as_json, from_json, notice, remark
from pipelines.personnummer import mask_name
from pipelines.runtime.errors import NightlyFailed, UsageError, tells_of_full_disk
from pipelines.state.home import Home, run_record

#: Bytes of a batch's records, those that nights repeat counted once: large enough that a backlog's nights share their work,
#: small enough for a small machine.
BATCH_BYTES = 96 * 1024**2

#: Deliveries that wait to be read, so that no reader waits; a batch that is found full still takes these.
_AT_ONCE = 8

#: Batches that are read while one is typed and loaded.
_AHEAD = 2

Progress = Callable[[str], None]
#: Called with each dataset's rows of a batch and the batch's dates by extract: where the contracts' promises are checked.
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
    records: dict[str, DistinctRecords]

    @property
    def size(self) -> int:
        return sum(records.size for records in self.records.values())


@dataclass
class _Candidate:
    """A delivery on its way through: what was found, what could be read, and its faults so far; or why it is left alone
    tonight, as if it had not been seen."""

    found: Found
    read: ReadManifest
    files: dict[str, ReadFile] = field(default_factory=dict)
    fault: Fault | None = None
    left: Notice | None = None
    was_archived: bool = False

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

    ``now`` is what the machine's clock shows (default: its clock). Raises UsageError when the drop folder cannot be listed,
    NightlyFailed for what is not one delivery's own affair: a full disk, a lack of memory.
    """
    now = now or datetime.now(ZoneInfo(home.municipality.timezone))
    found, closed = ([], []) if home.is_being_restored else find_deliveries(home.drop)
    check_owner(home, history, sources, found)
    run = _Run(home, sources, history, on_batch, now)
    run.carry_out_decisions()
    run.tell_of_closed(closed)
    candidates = run.worth_opening(found)
    candidates.sort(key=_order)
    done = 0
    for batch in run.read_ahead([[one for one in candidates if one.manifest.source == name] for name in sources]):
        run.take_in_batch(batch)
        done += len(batch.candidates)
        progress(f"{batch.candidates[0].manifest.source}: {done} of {len(candidates)} deliveries taken in")
        for candidate in batch.candidates:
            candidate.files.clear()  # the records of nights that are loaded are not needed any more
    taken_in = run.finish(version)
    taken_in.found = {one.delivery_id for one in found}
    run.note(version, taken_in.found)
    return taken_in


def _order(candidate: _Candidate) -> tuple[date, str, int, datetime, str]:
    manifest = candidate.manifest
    return manifest.extract_date, manifest.source, manifest.revision, manifest.created, candidate.found.folder


def _manifest_fault(manifest: Manifest, code: str, today: date, sources: dict[str, Source]) -> Fault | None:
    """Reasons 3 to 5: what can be said without opening a file."""
    if manifest.municipality_code != code:
        return fault(Rejection.WRONG_MUNICIPALITY, RemarkCode.MUNICIPALITY_OTHER, municipality=code)
    if manifest.extract_date - timedelta(days=1) > today:
        return fault(Rejection.FUTURE_DATE, RemarkCode.DATE_AHEAD, day=manifest.extract_date, today=today)
    named = {file.dataset for file in manifest.files}
    missing = [name for name in sources[manifest.source].datasets if name not in named]
    if missing:
        return fault(Rejection.MISSING_DATASET, RemarkCode.DATASET_MISSING, dataset=missing[0])
    return None


class _Run:
    """The state of one run: the ledger and what has been written to it."""

    def __init__(
        self, home: Home, sources: dict[str, Source], history: History, on_batch: OnBatch, now: datetime
    ) -> None:
        self.home = home
        self.sources = sources
        self.history = history
        self.on_batch = on_batch
        self.notices: list[Notice] = []
        self._now = now
        published = latest_publication(home, History.nights(history.connection))
        self._published_later = published if published and published > now else None
        self.ledger: Ledger = history.ledger(home.municipality.thresholds)
        self._before = dict(self.ledger.judged)
        self._archive = Archive(home.archive, home.archive_public_key)
        self._pseudonymiser = Pseudonymiser(home.pseudonym_key)
        self._decided: dict[str, str] = {}

    # --- before a file is opened ---------------------------------------------------------------------------------------

    def worth_opening(self, found: list[Found]) -> list[_Candidate]:
        """The deliveries that have not been seen and whose manifest has no fault; the others are rejected or left alone."""
        today = self._now.astimezone(ZoneInfo(self.home.municipality.timezone)).date()
        candidates = []
        ahead = 0
        for one in found:
            if one.delivery_id in self.ledger.judged:
                continue
            candidate = self._opened(one)
            if candidate is None:
                continue
            fault = candidate.read.fault or _manifest_fault(
                candidate.manifest, self.home.municipality.code, today, self.sources
            )
            if fault is None:
                candidates.append(candidate)
            elif fault.reason is Rejection.FUTURE_DATE and self._published_later:
                ahead += 1
            else:
                self.archive_as_received(candidate)
                self.reject(candidate, fault)
        if self._published_later:
            zone = ZoneInfo(self.home.municipality.timezone)
            clock, published = _shown(self._now, zone), _shown(self._published_later, zone)
            self.notices.append(notice(NoticeCode.CLOCK_BEHIND, clock=clock, published=published, deliveries=ahead))
        return candidates

    def _opened(self, found: Found) -> _Candidate | None:
        try:
            first_day = self.home.municipality.first_day
            return _Candidate(found, read_manifest(found.manifest, found.path, self.sources, first_day))
        except Exception as error:
            if not _is_of_its_content(error):
                raise
            self.notices.append(_unexplained(found, error))
            return None

    def tell_of_closed(self, closed: list[Closed]) -> None:
        """What the drop folder holds that cannot be read here; what is known to hold deliveries waits for a person."""
        deliveries = {entry.folder for entry in self.ledger.judged.values()}
        sources = {folder.split("/")[0] for folder in deliveries} | self.sources.keys()
        for one in closed:
            folder = mask_name(one.folder)
            about = {"folder": folder, "problem": one.trouble.problem, "owner": one.trouble.owner}
            if one.has_manifest or folder in deliveries:
                self.notices.append(notice(NoticeCode.DELIVERY_UNREADABLE, file=MANIFEST_NAME, **about))
            else:
                code = NoticeCode.SOURCE_UNREADABLE if folder in sources else NoticeCode.FOLDER_UNREADABLE
                self.notices.append(notice(code, **about))

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
        batch = _Batch([], {name: DistinctRecords() for name in source.datasets})
        under_way: deque[Future[None]] = deque()
        while under_way or (waiting[0] and batch.size < BATCH_BYTES):
            while waiting[0] and len(under_way) < _AT_ONCE and batch.size < BATCH_BYTES:
                batch.candidates.append(waiting[0].popleft())
                under_way.append(readers.submit(self._read_safely, batch.candidates[-1], batch.records))
            under_way.popleft().result()
        if not waiting[0]:
            waiting.popleft()
        return batch

    def take_in_batch(self, read: _Batch) -> None:
        """Type, judge and load a batch."""
        usable = []
        for candidate in read.candidates:
            if candidate.left:
                self.notices.append(candidate.left)
            elif candidate.fault:
                self.reject(candidate, candidate.fault)
            elif candidate.files:
                usable.append(candidate)
        if usable:
            source = self.sources[usable[0].manifest.source]
            for typable, batch in self._typed(source, usable, read.records):
                self._load(source, typable, batch)

    def _load(self, source: Source, usable: list[_Candidate], batch: dict[str, BatchRows]) -> None:
        """Judge typed deliveries and load those that count."""
        dates = {extract: candidate.manifest.extract_date for extract, candidate in enumerate(usable)}
        limit = self.home.municipality.thresholds.bad_row_min
        counts = {name: rows.counts.rows_by_key("extract", named=True, unique=True) for name, rows in batch.items()}
        judged: dict[int, Judged] = {}
        for extract, candidate in enumerate(usable):
            own = {name: by_extract[extract] for name, by_extract in counts.items()}
            judged[extract] = self.ledger.judge(_checked(candidate, extract, own, batch, many=limit))
        for extract in judged:  # a later one of the batch may have superseded it
            judged[extract] = self.ledger.judged[usable[extract].found.delivery_id]
        extracts = self.ledger.extracts[source.name]
        counting = {
            extract: extracts[dates[extract]]
            for extract, entry in judged.items()
            if entry.status == ACCEPTED and extracts[dates[extract]].delivery_id == entry.delivery_id
        }
        self.history.load(source.name, batch, counting, dates)
        held = {extract: entry.delivery_id for extract, entry in judged.items() if entry.status == HELD}
        if held:
            self.history.hold(batch, held)
        self._keep_quarantine(batch, judged, usable)
        self._remember_files(usable)
        loaded_dates = {extract: dates[extract] for extract in counting}
        for rows in batch.values():
            self.on_batch(rows, loaded_dates)

    def _read_safely(self, candidate: _Candidate, records: dict[str, DistinctRecords]) -> None:
        try:
            self._read(candidate, records)
        except Exception as error:
            raise _not_its_own(error, f"Delivery {candidate.found.delivery_id} cannot be read") from None

    def _typed(
        self, source: Source, usable: list[_Candidate], records: dict[str, DistinctRecords]
    ) -> Iterator[tuple[list[_Candidate], dict[str, BatchRows]]]:
        """The deliveries with their rows, typed together; around one that cannot be typed, in parts, and it is left alone."""
        try:
            batch = self._type(source, usable, records)
        except BaseException as error:
            days = f"{usable[0].manifest.extract_date} to {usable[-1].manifest.extract_date}"
            if not _is_of_its_content(error):
                raise _not_its_own(error, f"The deliveries of {source.name} from {days} cannot be typed") from None
            if len(usable) == 1:
                self._leave(usable[0], _unexplained(usable[0].found, error))
                self.notices.append(_unexplained(usable[0].found, error))
                return
        else:
            yield usable, batch
            return
        half = len(usable) // 2
        for part in (usable[:half], usable[half:]):
            yield from self._typed(source, part, _records_of(part, records))

    def _read(self, candidate: _Candidate, records: dict[str, DistinctRecords]) -> None:
        """Read and archive a delivery's files, or find its fault; a delivery that is not there any more is left without."""
        datasets = self.sources[candidate.manifest.source].datasets
        candidate.was_archived = self._archive.holds(candidate.found.delivery_id)
        self._archive_record(candidate)
        for file in candidate.manifest.files:
            try:
                read = read_file(candidate.found.path, file, datasets[file.dataset], records[file.dataset])
            except BaseException as error:
                if not _is_of_its_content(error):
                    raise
                self._leave(candidate, _unexplained(candidate.found, error))
                return
            candidate.files[file.dataset] = read
            if read.content is not None:
                self._archive.store(candidate.found.delivery_id, self._masked(file.name), read.content)
                read.content = None
        self._archive.store(candidate.found.delivery_id, MANIFEST_NAME, candidate.found.manifest)
        self._judge_what_was_read(candidate)

    def _judge_what_was_read(self, candidate: _Candidate) -> None:
        """Take note of a delivery's fault, unless it is not the sender's, or not yet."""
        files = candidate.files.values()
        troubled = next((read for read in files if read.trouble), None)
        fault = first_fault([read.fault for read in files if read.fault])
        folder = mask_name(candidate.found.folder)
        if troubled and troubled.trouble:
            about = {"problem": troubled.trouble.problem, "owner": troubled.trouble.owner}
            file = mask_name(troubled.file.name)
            self._leave(candidate, notice(NoticeCode.DELIVERY_UNREADABLE, folder=folder, file=file, **about))
        elif fault and not candidate.found.is_unchanged:
            # Taken away or written anew while it was read, or the drop folder is gone: judged when it stands there whole.
            self._leave(candidate, None)
        elif fault and fault.reason is Rejection.MISSING_FILE and not self._is_settled(candidate.found):
            file = mask_name(next(read.file.name for read in files if read.fault == fault))
            minutes = self.home.municipality.settle_minutes
            self._leave(candidate, notice(NoticeCode.DELIVERY_SETTLING, folder=folder, file=file, minutes=minutes))
        else:
            candidate.fault = fault

    def _is_settled(self, found: Found) -> bool:
        """Whether the manifest is so old that its files would be there; how old it is, only a right clock can tell.

        A file time that lies further ahead than that is some other machine's wrong clock, and waiting would not end.
        """
        age = abs(self._now.timestamp() - found.written)
        return not self._published_later and age >= self.home.municipality.settle_minutes * 60

    def _leave(self, candidate: _Candidate, why: Notice | None) -> None:
        """Forget a delivery as if it had not been seen; what the archive held of it before this run stays."""
        if not candidate.was_archived:
            self._archive.forget(candidate.found.delivery_id)
        candidate.files.clear()
        candidate.left = why

    def _type(
        self, source: Source, usable: list[_Candidate], records: dict[str, DistinctRecords]
    ) -> dict[str, BatchRows]:
        """Type the batch's rows, a dataset that others refer to before them."""
        typed: dict[str, BatchRows] = {}
        waiting = list(source.datasets.values())
        while waiting:
            dataset = next(item for item in waiting if all(name in typed for name in _refers_to(item)))
            waiting.remove(dataset)
            files: dict[int, FileRecords] = {}
            for extract, candidate in enumerate(usable):
                read = candidate.files[dataset.name].records
                assert read is not None
                files[extract] = read
            referenced = {
                column.reference: refer_to(typed[column.reference[0]], column.reference[1])
                for column in dataset.columns
                if column.reference
            }
            typed[dataset.name] = type_rows(dataset, files, records[dataset.name], self._pseudonymiser, referenced)
        return {name: typed[name] for name in source.datasets}

    def _keep_quarantine(
        self, batch: dict[str, BatchRows], judged: dict[int, Judged], usable: list[_Candidate]
    ) -> None:
        """Quarantine is kept of what was or may be loaded, and of what a higher revision replaced."""
        kept = {
            extract: entry.delivery_id
            for extract, entry in judged.items()
            if entry.status in (ACCEPTED, HELD, SUPERSEDED)
        }
        for dataset, rows in batch.items():
            if rows.quarantine.is_empty() or not kept:
                continue
            names = pl.DataFrame(
                [
                    (extract, delivery_id, mask_name(usable[extract].files[dataset].file.name))
                    for extract, delivery_id in kept.items()
                ],
                schema={"extract": pl.UInt32, "delivery_id": pl.String, "file": pl.String},
                orient="row",
            )
            entries = rows.quarantine.join(names, on="extract").with_columns(dataset=pl.lit(dataset))
            self.history.add_quarantine(entries, self._pseudonymiser.known)

    def _remember_files(self, usable: list[_Candidate]) -> None:
        """A number is traced to files by what they were called and their sha256."""
        files = [
            (
                candidate.found.delivery_id,
                dataset,
                mask_name(read.file.name),
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
                message="",
                rows=candidate.rows,
                quarantined_rows=0,
                content=read.manifest.content if read.manifest else None,
            ).saying(*fault.remarks)
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
        return self._pseudonymiser.name(name)

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
        self.history.remember_night(version, self._now)
        return TakenIn([judged[delivery_id] for delivery_id in changed], still_held, self.notices)

    def note(self, version: int, found: set[str]) -> None:
        """Leave in the archive what this run judged; it counts when the run is published."""
        judged = self.ledger.judged
        entries = [judged[one] for one in sorted((found & judged.keys()) - self._before.keys())]
        lines = [asdict(entry) | {"extract_date": _iso(entry.extract_date)} for entry in entries]
        run = RunRecord(version, self._now.isoformat(), owner(self.home), lines, self._decided)
        write_run(run_record(self.home.archive, version, published=False), run)

    def _without_numbers(self, entry: Judged) -> Judged:
        """The line as it is stored and shown: folders and files may be named after somebody; the id stays as it is."""
        message = entry.delivery_id.join(mask_name(part) for part in entry.message.split(entry.delivery_id))
        remarks = as_json(map(_without_numbers, from_json(entry.remarks))) if entry.remarks else None
        return replace(entry, folder=mask_name(entry.folder), message=message, remarks=remarks)


def _without_numbers(one: Remark) -> Remark:
    return replace(
        one, about=tuple((name, text if name == "delivery_id" else mask_name(text)) for name, text in one.about)
    )


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


def _shown(time: datetime, zone: tzinfo) -> str:
    return f"{time.astimezone(zone):%Y-%m-%d %H:%M}"


def _records_of(candidates: list[_Candidate], records: dict[str, DistinctRecords]) -> dict[str, DistinctRecords]:
    """The records of these deliveries and no others; the deliveries get the ids that their records have there."""
    fewer = {}
    for name, all_of_them in records.items():
        fewer[name] = DistinctRecords()
        texts = all_of_them.texts()
        for candidate in candidates:
            file = candidate.files[name].records
            assert file is not None
            ids = pl.DataFrame({"record_id": file.record_ids})
            wanted = ids.join(texts[file.header], on="record_id", maintain_order="left")["record"]
            found = fewer[name].recognise(file.header, wanted)
            candidate.files[name].records = replace(file, record_ids=fewer[name].remember(found))
    return fewer


def _is_of_its_content(error: BaseException) -> bool:
    """Whether an error that nobody foresaw came of what a delivery holds, and not of the disk, the memory, the database or a
    person who stops the program. (A Polars panic is no ``Exception``.)"""
    others = (OSError, MemoryError, duckdb.Error, NightlyFailed, UsageError)
    is_a_fault = isinstance(error, (Exception, pl.exceptions.PanicException))
    return is_a_fault and not isinstance(error, others) and not tells_of_full_disk(str(error))


def _place(error: BaseException) -> tuple[str, int]:
    """Where in the program an error came up: file and line."""
    package = Path(__file__).parent.parent
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(package)
    ]
    return Path(frames[-1].filename).relative_to(package.parent).as_posix(), frames[-1].lineno or 0


def _unexplained(found: Found, error: BaseException) -> Notice:
    """What is told of a delivery that the program fails on: never the error's own text, which may quote the data."""
    file, line = _place(error)
    place = f"{type(error).__name__}, {file} rad {line}"
    return notice(NoticeCode.DELIVERY_UNEXPLAINED, folder=mask_name(found.folder), place=place)


def _not_its_own(error: BaseException, what: str) -> BaseException:
    """What ends the night, told without the error's own text: that may quote the data, and logs are read by many."""
    if not isinstance(error, Exception):  # somebody stops the program
        return error
    file, line = _place(error)
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        kind += f", {error.strerror}"  # the operating system's words: disk full, no permission
    return NightlyFailed(
        f"{what} ({kind} at {file} line {line}); nothing is published. Mend what this line says of the machine (room on the "
        "disk, memory, rights) and run kaa nightly again; if that does not help, report the line to those who look after the "
        "program."
    )


def _refers_to(dataset: Dataset) -> set[str]:
    return {column.reference[0] for column in dataset.columns if column.reference}


def _checked(
    candidate: _Candidate, extract: int, counts: dict[str, dict[str, int]], batch: dict[str, BatchRows], many: int
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
            name: _commonest_fault(batch[name].quarantine.filter(pl.col("extract") == extract), candidate.files[name])
            for name, count in counts.items()
            if count["quarantined"] >= many
        },
        warnings=[*_warnings(candidate, counts), *_too_many_values(candidate, extract, batch)],
    )


def _commonest_fault(quarantine: pl.DataFrame, file: ReadFile) -> Remark:
    faults = quarantine.group_by("column_name", "reason", "expected").agg(pl.len(), pl.col("line").min())
    column, reason, expected, _, line = faults.sort("len", "line", descending=[True, False]).row(0)
    about = {"reason": reason, "column": column, "line": line, "file": file.file.name, "expected": expected}
    return remark(RemarkCode.COMMONEST_FAULT, **about)


def _warnings(candidate: _Candidate, counts: dict[str, dict[str, int]]) -> list[Remark]:
    warnings = []
    for name, count in counts.items():
        read = candidate.files[name]
        file = read.file.name
        if count["repeated"]:
            warnings.append(remark(RemarkCode.ROWS_REPEATED, file=file, rows=count["repeated"]))
        if read.records and read.records.unknown_columns:
            warnings.append(remark(RemarkCode.COLUMNS_UNKNOWN, file=file, columns=read.records.unknown_columns))
        if read.records and read.records.garbled:
            about = {"rows": read.records.garbled, "encoding": read.file.encoding}
            warnings.append(remark(RemarkCode.ROWS_GARBLED, file=file, **about))
        if count["quarantined"]:
            warnings.append(remark(RemarkCode.ROWS_QUARANTINED, file=file, rows=count["quarantined"]))
    if candidate.manifest.unknown_datasets:
        warnings.append(remark(RemarkCode.DATASETS_UNKNOWN, datasets=candidate.manifest.unknown_datasets))
    return warnings


def _too_many_values(candidate: _Candidate, extract: int, batch: dict[str, BatchRows]) -> list[Remark]:
    """What is published as a heading and has more different values than headings have."""
    warnings = []
    for name, rows in batch.items():
        for column in rows.dataset.columns:
            if column.most_different is None or rows.contents[column.history_name].n_unique() <= column.most_different:
                continue
            inside = rows.runs.filter((pl.col("first_extract") <= extract) & (pl.col("last_extract") >= extract))
            values = rows.contents.join(inside, on="content", how="semi")[column.history_name].n_unique()
            if values > column.most_different:
                counts = {"values": values, "most": column.most_different}
                file = candidate.files[name].file.name
                warnings.append(remark(RemarkCode.MANY_VALUES, column=column.name, file=file, **counts))
    return warnings
