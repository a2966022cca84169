"""Takes in every delivery that has not been seen: checks, archives, reads, types, judges and loads it, in that order.

Deliveries go through in batches of one source, by date; memory follows what the nights of a batch do not have in common,
not the backlog's size. One bad delivery never stops the others. The rules themselves are in the modules that this one calls.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime

import polars as pl

from pipelines.configuration.contract import Source
from pipelines.delivery.checked import checked
from pipelines.delivery.faults import Fault, Rejection, first_fault
from pipelines.delivery.find import Closed, Found, find_deliveries
from pipelines.delivery.judging import ACCEPTED, HELD, REJECTED, SUPERSEDED, Judged, Loaded
from pipelines.delivery.manifest import MANIFEST_NAME, not_for_here, read_manifest
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import BatchRows
from pipelines.history.store import History
from pipelines.intake.backlog import Backlog, Extracts, SoFar, Stop, stoppable
from pipelines.intake.candidate import Batch, Candidate
from pipelines.intake.clock import night_clock
from pipelines.intake.evidence import Evidence
from pipelines.intake.owner import check_owner, owner
from pipelines.intake.progress import NOBODY, Watch, rows_promised
from pipelines.intake.read_batches import BatchReader
from pipelines.intake.type_batches import typed_parts
from pipelines.intake.unforeseen import is_of_its_content, night_ends, unexplained
from pipelines.intake.withdrawals import Withdrawals
from pipelines.notices import Notice, NoticeCode, Remark, as_json, from_json, notice
from pipelines.personnummer import mask_name
from pipelines.runtime import clock
from pipelines.runtime.errors import NightlyFailed
from pipelines.runtime.log import Event, event
from pipelines.state.home import Home
from pipelines.state.night_records import NightRecord

Progress = Callable[[str], None]
#: Called with each dataset's rows of a batch and the batch's dates by ord: where the contracts' promises are checked.
OnBatch = Callable[[BatchRows, dict[int, date]], None]


@dataclass
class TakenIn:
    """What one night did: the entries of the ledger that it wrote, and what it has to tell besides."""

    judged: list[Judged] = field(default_factory=list)
    still_held: list[Judged] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    #: Ids of the deliveries that lie in the drop folder, known and new.
    found: set[str] = field(default_factory=set)
    #: Of each dataset's table the extracts that were taken in tonight.
    extracts: Extracts = field(default_factory=dict)

    @property
    def rejected(self) -> list[Judged]:
        return [entry for entry in self.judged if entry.status == REJECTED and entry.decided is None]


def take_in(
    home: Home,
    sources: dict[str, Source],
    history: History,
    version: int,
    on_batch: OnBatch = lambda rows, dates: None,
    progress: Progress = lambda text: None,
    now: datetime | None = None,
    backlog: Backlog | None = None,
    watch: Watch = NOBODY,
) -> TakenIn:
    """Take in what is new in the drop folder and carry out what people decided about held deliveries.

    ``now`` is what the machine's clock shows (default: its clock); ``backlog`` keeps what is taken in, and may know of a part
    that the history holds already; ``watch`` is told how far it has come. Raises UsageError when the drop folder cannot be
    listed, NightlyFailed for what is not one delivery's own affair: a full disk, a lack of memory, a fault of the program, or
    somebody who stops it.
    """
    now = now or clock.now(home.municipality.timezone)
    try:
        found, unreadable = ([], []) if home.is_being_rebuilt else find_deliveries(home.drop)
        check_owner(home, history, sources, found)
        night = _Night(home, sources, history, version, on_batch, now, backlog)
        night.report_migrations()
        night.carry_out_decisions()
        night.report_unreadable(unreadable)
        with stoppable() as stop:
            night.take_in(night.worth_opening(found), progress, watch, stop)
        return night.finish({one.delivery_id for one in found})
    except BaseException as error:
        if not is_of_its_content(error):
            raise
        # Nobody knows which delivery it came of; its text may quote any of them, and Dagster would keep it.
        raise night_ends(error, "The deliveries cannot be taken in") from None


class _Night:
    """A night's way from what was found to the ledger and the history."""

    def __init__(
        self,
        home: Home,
        sources: dict[str, Source],
        history: History,
        version: int,
        on_batch: OnBatch,
        now: datetime,
        backlog: Backlog | None,
    ) -> None:
        self._home = home
        self._sources = sources
        self._history = history
        self._version = version
        self._on_batch = on_batch
        self._clock = night_clock(home, history.connection, now)
        self._ledger = history.ledger(home.municipality.thresholds)
        self._backlog = backlog
        earlier = (backlog and backlog.so_far) or SoFar()
        self._judged_before = {name: one for name, one in self._ledger.judged.items() if name not in earlier.changed}
        self._known_before = self._ledger.judged.keys() - earlier.new
        self._extracts = {table: [counts] for table, counts in earlier.extracts.items()}
        self._pseudonymiser = Pseudonymiser(home.pseudonym_key)
        self._evidence = Evidence(home, self._pseudonymiser)
        self._withdrawals = Withdrawals(history, self._pseudonymiser.consents)
        self._notices: list[Notice] = []
        self._carried_out = dict(earlier.carried_out)

    def report_migrations(self) -> None:
        """That the history was written by an earlier program and is not any more."""
        if not (done := self._history.migrated):
            return
        for migration in done:
            event(self._home.path, Event.MIGRATED, number=migration.number, what=migration.what)
        before, now = str(done[0].number - 1), str(done[-1].number)
        self._notices.append(notice(NoticeCode.STATE_MIGRATED, before=before, now=now))

    # --- before a file is opened ---------------------------------------------------------------------------------------

    def carry_out_decisions(self) -> None:
        """Release or reject held deliveries as people have decided since the last nightly."""
        for delivery_id, decision in self._home.decisions().items():
            entry = self._ledger.judged.get(delivery_id)
            if entry is None or entry.status != HELD:
                continue
            self._carried_out[delivery_id] = decision
            if decision == "reject":
                self._ledger.reject(delivery_id)
            else:
                self._release(entry)

    def _release(self, entry: Judged) -> None:
        assert entry.source and entry.extract_date
        batch, counts = self._history.held_rows(self._sources[entry.source], entry.delivery_id)
        if self._ledger.release(entry.delivery_id, counts).status == ACCEPTED:
            loaded = Loaded(entry.delivery_id, entry.revision or 0, counts)
            self._history.load(entry.source, batch, {0: loaded}, {0: entry.extract_date})

    def report_unreadable(self, unreadable: list[Closed]) -> None:
        """What the drop folder holds that cannot be read here; what is known to hold deliveries waits for a person."""
        deliveries = {entry.folder for entry in self._ledger.judged.values()}
        sources = {folder.split("/")[0] for folder in deliveries} | self._sources.keys()
        for one in unreadable:
            folder = mask_name(one.folder)
            named = {"folder": folder, "problem": one.trouble.problem, "owner": one.trouble.owner}
            if one.has_manifest or folder in deliveries:
                self._notices.append(notice(NoticeCode.DELIVERY_UNREADABLE, file=MANIFEST_NAME, **named))
            else:
                code = NoticeCode.SOURCE_UNREADABLE if folder in sources else NoticeCode.FOLDER_UNREADABLE
                self._notices.append(notice(code, **named))

    def worth_opening(self, found: list[Found]) -> list[Candidate]:
        """The deliveries that have not been seen and whose manifest has no fault, in the order of judging; the others are
        rejected or left alone."""
        candidates = []
        ahead = 0
        for candidate in map(self._new_candidate, found):
            if candidate is None:
                continue
            fault = candidate.read.fault or first_fault(
                not_for_here(candidate.manifest, self._home.municipality.code, self._clock.today)
            )
            if fault is None:
                candidates.append(candidate)
            elif fault.reason is Rejection.FUTURE_DATE and self._clock.is_behind:
                ahead += 1
            else:
                self._evidence.keep_place(candidate)
                self._evidence.keep_manifest(candidate)
                self._reject(candidate, fault)
        if self._clock.is_behind:
            self._notices.append(self._clock.notice(ahead))
        return sorted(candidates, key=lambda one: one.judging_order)

    def _new_candidate(self, found: Found) -> Candidate | None:
        if found.delivery_id in self._ledger.judged:
            return None
        try:
            first_day = self._home.municipality.first_day
            return Candidate(found, read_manifest(found.manifest, found.path, self._sources, first_day))
        except Exception as error:
            if not is_of_its_content(error):
                raise
            self._notices.append(unexplained(found, error))
            return None

    # --- batch by batch ------------------------------------------------------------------------------------------------

    def take_in(self, candidates: list[Candidate], progress: Progress, watch: Watch, stop: Stop) -> None:
        """Read, type, judge and load deliveries; a batch that is loaded may be kept."""
        reader = BatchReader(self._sources, self._evidence, self._clock, self._home.municipality.settle_minutes, watch)
        watch.begins(len(candidates), sum(rows_promised(one) for one in candidates))
        done = 0
        for batch in reader.read(candidates):
            self._take_in_batch(batch)
            done += len(batch.candidates)
            progress(f"{batch.candidates[0].manifest.source}: {done} of {len(candidates)} deliveries taken in")
            watch.loaded(len(batch.candidates), sum(rows_promised(one) for one in batch.candidates))
            for candidate in batch.candidates:
                candidate.files.clear()  # the records of nights that are loaded are not needed any more
            if stop.is_wanted:
                raise self._stopped(done, len(candidates))
            if self._backlog and self._backlog.is_due and done < len(candidates):
                self._keep(done, len(candidates))

    def _stopped(self, done: int, waiting: int) -> NightlyFailed:
        kept = self._keep(done, waiting)
        return NightlyFailed(
            f"Stopped when {done} of {waiting} deliveries were taken in; nothing is published. Run kaa nightly to "
            f"{'go on from there' if kept else 'begin again'}."
        )

    def _keep(self, done: int, waiting: int) -> bool:
        """Keep what is taken in; whether there was room for it."""
        if self._backlog is None:
            return False
        changed = self._changed()
        self._write_ledger(changed)
        so_far = SoFar(sorted(set(changed) - self._known_before), changed, self._carried_out, self._all_extracts())
        kept = self._backlog.keep(self._history.connection, so_far)
        if kept:
            event(self._home.path, Event.BACKLOG_KEPT, deliveries=done, waiting=waiting)
        return kept

    def _take_in_batch(self, read: Batch) -> None:
        usable = []
        for candidate in read.candidates:
            if candidate.left_alone:
                self._notices.append(candidate.left_alone)
            elif candidate.fault:
                self._reject(candidate, candidate.fault)
            elif candidate.files:
                usable.append(candidate)
        if usable:
            source = self._sources[usable[0].manifest.source]
            for part, rows in typed_parts(source, usable, read.records, self._pseudonymiser, self._leave_alone):
                self._load(source, part, rows)

    def _leave_alone(self, candidate: Candidate, why: Notice) -> None:
        self._evidence.leave_alone(candidate, why)
        self._notices.append(why)

    def _load(self, source: Source, candidates: list[Candidate], batch: dict[str, BatchRows]) -> None:
        """Judge typed deliveries and load those that count."""
        dates = {extract: candidate.manifest.extract_date for extract, candidate in enumerate(candidates)}
        judged = self._judge(candidates, batch)
        extracts = self._ledger.extracts[source.name]
        counting = {
            extract: extracts[dates[extract]]
            for extract, entry in judged.items()
            if entry.status == ACCEPTED and extracts[dates[extract]].delivery_id == entry.delivery_id
        }
        self._history.load(source.name, batch, counting, dates)
        held = {extract: entry.delivery_id for extract, entry in judged.items() if entry.status == HELD}
        if held:
            self._history.hold(batch, held)
        self._withdrawals.of_batch(batch, judged)
        self._keep_quarantine(batch, judged, candidates)
        self._remember_files(candidates, batch)
        loaded_dates = {extract: dates[extract] for extract in counting}
        self._remember_extracts(batch, loaded_dates)
        for rows in batch.values():
            self._on_batch(rows, loaded_dates)

    def _remember_extracts(self, batch: dict[str, BatchRows], dates: dict[int, date]) -> None:
        """What was counted of the extracts that are loaded: the contracts promise things about it."""
        schema = {"extract": pl.UInt32, "extract_date": pl.Date}
        loaded = pl.DataFrame(list(dates.items()), schema=schema, orient="row")
        for rows in batch.values():
            counts = rows.counts.join(loaded, on="extract").drop("extract")
            self._extracts.setdefault(rows.dataset.table, []).append(counts)

    def _all_extracts(self) -> Extracts:
        joined = ((table, pl.concat(parts)) for table, parts in self._extracts.items())
        return {table: counts for table, counts in joined if not counts.is_empty()}

    def _judge(self, candidates: list[Candidate], batch: dict[str, BatchRows]) -> dict[int, Judged]:
        """The verdict on each delivery of a batch once all are judged: a later one may have superseded an earlier."""
        limit = self._home.municipality.thresholds.bad_row_min
        counts = {name: rows.counts.rows_by_key("extract", named=True, unique=True) for name, rows in batch.items()}
        for extract, one in enumerate(candidates):
            counted = {name: by_extract[extract] for name, by_extract in counts.items()}
            self._ledger.judge(checked(one.found, one.manifest, one.files, extract, counted, batch, many=limit))
        return {
            extract: self._ledger.judged[candidate.found.delivery_id] for extract, candidate in enumerate(candidates)
        }

    def _keep_quarantine(
        self, batch: dict[str, BatchRows], judged: dict[int, Judged], candidates: list[Candidate]
    ) -> None:
        """Quarantine is kept of what was or may be loaded, and of what a higher revision replaced."""
        kept = [extract for extract, entry in judged.items() if entry.status in (ACCEPTED, HELD, SUPERSEDED)]
        for dataset, rows in batch.items():
            if rows.quarantine.is_empty() or not kept:
                continue
            files = [
                (extract, judged[extract].delivery_id, mask_name(candidates[extract].files[dataset].file.name))
                for extract in kept
            ]
            schema = {"extract": pl.UInt32, "delivery_id": pl.String, "file": pl.String}
            entries = rows.quarantine.join(pl.DataFrame(files, schema=schema, orient="row"), on="extract")
            self._history.add_quarantine(entries.with_columns(dataset=pl.lit(dataset)), self._pseudonymiser.known)

    def _remember_files(self, candidates: list[Candidate], batch: dict[str, BatchRows]) -> None:
        """A number is traced to files by what they were called and their sha256, and each of their rows is accounted for."""
        repeated = {name: dict(rows.counts.select("extract", "repeated").iter_rows()) for name, rows in batch.items()}
        files = [
            {
                "delivery_id": candidate.found.delivery_id,
                "dataset": dataset,
                "file": mask_name(read.file.name),
                "sha256": read.file.sha256,
                "rows": read.records.count if read.records else 0,
                "repeated": repeated[dataset][extract],
            }
            for extract, candidate in enumerate(candidates)
            for dataset, read in candidate.files.items()
        ]
        self._history.write_files(pl.DataFrame(files))

    def _reject(self, candidate: Candidate, fault: Fault) -> None:
        """Write a rejection for a fault found in the delivery itself."""
        read = candidate.read
        self._ledger.remember(
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

    # --- what the night leaves -----------------------------------------------------------------------------------------

    def finish(self, found: set[str]) -> TakenIn:
        """Write the ledger and the archive's record of the night; what is no longer held is no longer put aside."""
        judged = self._ledger.judged
        changed = self._changed()
        self._write_ledger(changed)
        still_held = [entry for entry in judged.values() if entry.status == HELD]
        self._withdrawals.of_held(judged.values())
        self._withdrawals.mark_records()
        self._history.forget_held({entry.delivery_id for entry in still_held})
        self._history.remember_night(self._version, self._clock.now)
        self._write_record(found)
        told = [judged[delivery_id] for delivery_id in changed]
        return TakenIn(told, still_held, self._notices, found, self._all_extracts())

    def _changed(self) -> list[str]:
        """The deliveries that were judged tonight, or judged anew."""
        judged = self._ledger.judged
        return [delivery_id for delivery_id, entry in judged.items() if self._judged_before.get(delivery_id) != entry]

    def _write_ledger(self, changed: list[str]) -> None:
        judged = self._ledger.judged
        for delivery_id in changed:
            judged[delivery_id] = _without_numbers(judged[delivery_id])
        self._history.write_ledger(self._ledger, changed, self._version)

    def _write_record(self, found: set[str]) -> None:
        """Leave in the archive what this night judged; it counts when the night is published."""
        judged = self._ledger.judged
        entries = [asdict(judged[one]) for one in sorted((found & judged.keys()) - self._known_before)]
        for entry in entries:
            entry["extract_date"] = entry["extract_date"] and entry["extract_date"].isoformat()
        record = NightRecord(self._version, self._clock.now.isoformat(), owner(self._home), entries, self._carried_out)
        self._home.night_records.write(record)


def _without_numbers(entry: Judged) -> Judged:
    """The entry as it is stored and shown: folders and files may be named after somebody; the id stays as it is."""
    message = entry.delivery_id.join(mask_name(part) for part in entry.message.split(entry.delivery_id))
    remarks = as_json(map(_remark_without_numbers, from_json(entry.remarks))) if entry.remarks else None
    return replace(entry, folder=mask_name(entry.folder), message=message, remarks=remarks)


def _remark_without_numbers(one: Remark) -> Remark:
    return replace(
        one, about=tuple((name, text if name == "delivery_id" else mask_name(text)) for name, text in one.about)
    )
