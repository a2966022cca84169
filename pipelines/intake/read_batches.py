"""Reads and archives the files of a night's deliveries, in batches of one source; the next batches are read while one is loaded.

A delivery's own fault is noted; one that cannot be read for another reason, or is still arriving, is left alone tonight.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from pipelines.configuration.contract import Source
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.faults import Rejection, first_fault
from pipelines.delivery.parsing import read_file
from pipelines.intake.candidate import Batch, Candidate
from pipelines.intake.clock import Clock
from pipelines.intake.evidence import Evidence
from pipelines.intake.progress import NOBODY, Watch, rows_promised
from pipelines.intake.unforeseen import is_of_its_content, night_ends, unexplained
from pipelines.notices import NoticeCode, notice
from pipelines.personnummer import mask_name

#: Bytes of a batch's records, those that nights repeat counted once: large enough that a backlog's nights share their work,
#: small enough for a small machine.
BATCH_BYTES = 96 * 1024**2

#: Deliveries that wait to be read, so that no reader waits; a batch that is found full still takes these.
_AT_ONCE = 8

#: Batches that are read while one is typed and loaded.
_AHEAD = 2


class BatchReader:
    """Reads deliveries; a manifest that is older than ``settle_minutes`` has all its files beside it."""

    def __init__(
        self,
        sources: dict[str, Source],
        evidence: Evidence,
        clock: Clock,
        settle_minutes: int,
        watch: Watch = NOBODY,
    ) -> None:
        self._sources = sources
        self._evidence = evidence
        self._clock = clock
        self._settle_minutes = settle_minutes
        self._watch = watch
        self._is_over = False

    def read(self, candidates: list[Candidate]) -> Iterator[Batch]:
        """The batches of deliveries that are in the order of judging, source by source."""
        by_source = (deque(one for one in candidates if one.manifest.source == name) for name in self._sources)
        waiting = deque(deliveries for deliveries in by_source if deliveries)
        with ThreadPoolExecutor(max_workers=2) as readers, ThreadPoolExecutor(max_workers=1) as ahead:
            following = deque(ahead.submit(self._read_batch, waiting, readers) for _ in range(_AHEAD))
            try:
                while batch := following.popleft().result():
                    following.append(ahead.submit(self._read_batch, waiting, readers))
                    yield batch
            finally:
                self._is_over = True  # what is being read ahead need not be read to its end

    def _read_batch(self, waiting: deque[deque[Candidate]], readers: ThreadPoolExecutor) -> Batch | None:
        """Read the next deliveries of one source, as many as fit in a batch; None when nothing waits any more."""
        if not waiting:
            return None
        source = self._sources[waiting[0][0].manifest.source]
        batch = Batch([], {name: DistinctRecords() for name in source.datasets})
        under_way: deque[Future[None]] = deque()
        while under_way or (waiting[0] and batch.size < BATCH_BYTES and not self._is_over):
            while waiting[0] and len(under_way) < _AT_ONCE and batch.size < BATCH_BYTES and not self._is_over:
                batch.candidates.append(waiting[0].popleft())
                under_way.append(readers.submit(self._read_delivery, batch.candidates[-1], batch.records))
            under_way.popleft().result()
        if not waiting[0]:
            waiting.popleft()
        return batch

    def _read_delivery(self, candidate: Candidate, records: dict[str, DistinctRecords]) -> None:
        """Read and archive a delivery's files, or find its fault."""
        try:
            self._evidence.keep_place(candidate)
            if self._read_files(candidate, records):
                self._evidence.keep_manifest(candidate)
                self._note_fault(candidate)
            self._watch.read(rows_promised(candidate))
        except Exception as error:
            raise night_ends(error, f"Delivery {candidate.found.delivery_id} cannot be read") from None

    def _read_files(self, candidate: Candidate, records: dict[str, DistinctRecords]) -> bool:
        """Whether the files were read, with or without faults; if not, the delivery is left alone."""
        datasets = self._sources[candidate.manifest.source].datasets
        for file in candidate.manifest.files:
            try:
                read = read_file(candidate.found.path, file, datasets[file.dataset], records[file.dataset])
            except BaseException as error:
                if not is_of_its_content(error):
                    raise
                self._evidence.leave_alone(candidate, unexplained(candidate.found, error))
                return False
            candidate.files[file.dataset] = read
            if read.content is not None:
                self._evidence.keep_file(candidate, file.name, read.content)
                read.content = None
        return True

    def _note_fault(self, candidate: Candidate) -> None:
        """Note a delivery's fault, unless it is not the sender's, or not yet."""
        files = candidate.files.values()
        troubled = next((read for read in files if read.trouble), None)
        fault = first_fault([read.fault for read in files if read.fault])
        folder = mask_name(candidate.found.folder)
        if troubled and troubled.trouble:
            why = {"problem": troubled.trouble.problem, "owner": troubled.trouble.owner}
            file = mask_name(troubled.file.name)
            self._evidence.leave_alone(
                candidate, notice(NoticeCode.DELIVERY_UNREADABLE, folder=folder, file=file, **why)
            )
        elif fault and not candidate.found.is_unchanged:
            # Taken away or written anew while it was read, or the drop folder is gone: judged when it stands there whole.
            self._evidence.leave_alone(candidate, None)
        elif fault and fault.reason is Rejection.MISSING_FILE and self._may_still_arrive(candidate):
            file = mask_name(next(read.file.name for read in files if read.fault == fault))
            minutes = self._settle_minutes
            self._evidence.leave_alone(
                candidate, notice(NoticeCode.DELIVERY_SETTLING, folder=folder, file=file, minutes=minutes)
            )
        else:
            candidate.fault = fault

    def _may_still_arrive(self, candidate: Candidate) -> bool:
        """Whether the manifest is so new that its files may still be on their way; only a right clock can tell how old it is.

        A file time that lies further ahead than that is some other machine's wrong clock, and waiting would not end.
        """
        age = abs(self._clock.now.timestamp() - candidate.found.written)
        return self._clock.is_behind or age < self._settle_minutes * 60
