"""Decides what becomes of a delivery that has been read: its status, reason and sentence (deliveries.md section 2).

The decisions that need to know what came before are made here, one delivery at a time in the order of deliveries.md;
what can be said of one delivery alone is found in ``manifest``, ``parsing`` and ``rows``. Nothing is loaded here.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

from pipelines.configuration.municipality import Thresholds
from pipelines.delivery.faults import Fault, Rejection, fault
from pipelines.notices import Remark, RemarkCode, as_json, kept, message, remark

ACCEPTED, DUPLICATE, SUPERSEDED, HELD, REJECTED = "accepted", "duplicate", "superseded", "held", "rejected"


@dataclass(frozen=True)
class Judged:
    """One line of the list of deliveries. ``content`` is the fingerprint of its files; ``decided`` what a person decided;
    ``remarks`` what ``message`` says, as data (JSON; none where an older program judged it)."""

    delivery_id: str
    folder: str
    source: str | None
    extract_date: date | None
    revision: int | None
    status: str
    reason: str | None
    message: str
    rows: int
    quarantined_rows: int
    content: str | None
    decided: str | None = None  # release | reject
    remarks: str | None = None

    def saying(self, *remarks: Remark) -> "Judged":
        """The line with these remarks, worded."""
        return replace(self, message=message(remarks), remarks=as_json(remarks))

    @property
    def lasting_remarks(self) -> tuple[Remark, ...]:
        """What is still to be said of it when a person has decided: all but the commands to run."""
        return tuple(one for one in kept(self.remarks, self.message) if not one.is_command)

    @property
    def counts(self) -> bool:
        """Whether a later delivery with this identity is compared with it."""
        return self.status in (ACCEPTED, SUPERSEDED, HELD) or self.decided == "reject"


@dataclass(frozen=True)
class Checked:
    """A usable delivery before the decision: identity, counts and what to warn of."""

    delivery_id: str
    folder: str
    source: str
    extract_date: date
    revision: int
    content: str
    rows: dict[str, int]
    quarantined: dict[str, int]
    commonest_fault: dict[str, Remark] = field(default_factory=dict)
    warnings: list[Remark] = field(default_factory=list)


@dataclass(frozen=True)
class Loaded:
    """The extract that counts for a source and date."""

    delivery_id: str
    revision: int
    rows: dict[str, int]


class Ledger:
    """All deliveries seen and the extracts that count; grows while a run judges."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self.judged: dict[str, Judged] = {}
        self.extracts: dict[str, dict[date, Loaded]] = defaultdict(dict)
        self._by_identity: dict[tuple[str, date, int], list[str]] = defaultdict(list)
        self._held: dict[tuple[str, date], list[str]] = defaultdict(list)

    def remember(self, entry: Judged) -> Judged:
        """Add or replace a line of the list."""
        known = entry.delivery_id in self.judged
        self.judged[entry.delivery_id] = entry
        if entry.source and entry.extract_date and entry.revision:
            if not known:
                self._by_identity[entry.source, entry.extract_date, entry.revision].append(entry.delivery_id)
            held = self._held[entry.source, entry.extract_date]
            if entry.status == HELD:
                held.append(entry.delivery_id)
            elif entry.delivery_id in held:
                held.remove(entry.delivery_id)
        return entry

    def judge(self, delivery: Checked) -> Judged:
        """Decide on one delivery and remember it; an accepted one counts from now on."""
        entry = Judged(
            delivery_id=delivery.delivery_id,
            folder=delivery.folder,
            source=delivery.source,
            extract_date=delivery.extract_date,
            revision=delivery.revision,
            status=ACCEPTED,
            reason=None,
            message="",
            rows=sum(delivery.rows.values()),
            quarantined_rows=sum(delivery.quarantined.values()),
            content=delivery.content,
        ).saying(remark(RemarkCode.LOADED), *delivery.warnings)
        too_bad = self._too_many_bad_rows(delivery)
        if too_bad:
            return self.remember(_rejected(entry, too_bad))
        identity = (delivery.source, delivery.extract_date, delivery.revision)
        earlier = [self.judged[known] for known in self._by_identity[identity]]
        earlier = [one for one in earlier if one.counts]
        if any(one.content == delivery.content for one in earlier):
            repeated = replace(entry, status=DUPLICATE, quarantined_rows=0)
            return self.remember(repeated.saying(remark(RemarkCode.DUPLICATE)))
        other = next((one for one in earlier if one.decided != "reject"), None)
        if other:
            conflict = fault(Rejection.CONFLICT, RemarkCode.CONTENT_OTHER, folder=other.folder)
            return self.remember(_rejected(entry, conflict))
        loaded = self.extracts[delivery.source].get(delivery.extract_date)
        if loaded and loaded.revision > delivery.revision:
            return self.remember(_superseded(entry, loaded.revision))
        drop = self._volume_drop(delivery)
        if drop:
            advice = remark(RemarkCode.DECIDE, delivery_id=delivery.delivery_id)
            return self.remember(replace(entry, status=HELD, reason="volume_drop").saying(drop, advice))
        return self._accept(entry, delivery.rows)

    def release(self, delivery_id: str, rows: dict[str, int]) -> Judged:
        """A person lets a held delivery in."""
        entry = replace(self.judged[delivery_id], decided="release")
        assert entry.source and entry.extract_date and entry.revision
        loaded = self.extracts[entry.source].get(entry.extract_date)
        if loaded and loaded.revision > entry.revision:
            return self.remember(_superseded(entry, loaded.revision))
        released = replace(entry, status=ACCEPTED, reason=None)
        return self._accept(released.saying(*entry.lasting_remarks, remark(RemarkCode.RELEASED)), rows)

    def reject(self, delivery_id: str) -> Judged:
        """A person turns a held delivery away; the reason it was held stays in the list."""
        entry = self.judged[delivery_id]
        turned_away = replace(entry, status=REJECTED, decided="reject")
        return self.remember(turned_away.saying(*entry.lasting_remarks, remark(RemarkCode.TURNED_AWAY)))

    def _accept(self, entry: Judged, rows: dict[str, int]) -> Judged:
        assert entry.source and entry.extract_date and entry.revision
        replaced = self.extracts[entry.source].get(entry.extract_date)
        lower = [self.judged[known] for known in self._held[entry.source, entry.extract_date]]
        if replaced:
            lower.append(self.judged[replaced.delivery_id])
        for other in lower:
            if other.delivery_id != entry.delivery_id and other.revision and other.revision < entry.revision:
                self.remember(_superseded(other, entry.revision))
        self.extracts[entry.source][entry.extract_date] = Loaded(entry.delivery_id, entry.revision, rows)
        return self.remember(entry)

    def _too_many_bad_rows(self, delivery: Checked) -> Fault | None:
        limit = self._thresholds
        for dataset, rows in delivery.rows.items():
            bad = delivery.quarantined.get(dataset, 0)
            if bad >= limit.bad_row_min and bad * 100 > rows * limit.bad_row_share:
                counts = {"bad": bad, "rows": rows, "share": limit.bad_row_share}
                commonest = delivery.commonest_fault.get(dataset)
                found = remark(RemarkCode.ROWS_BAD, dataset=dataset, **counts)
                remarks = (found, *([commonest] if commonest else []), remark(RemarkCode.EXPORT_BROKEN))
                return Fault(Rejection.TOO_MANY_BAD_ROWS, remarks)
        return None

    def _volume_drop(self, delivery: Checked) -> Remark | None:
        limit = self._thresholds
        earlier = [day for day in self.extracts[delivery.source] if day < delivery.extract_date]
        if not earlier:
            return None
        before = self.extracts[delivery.source][max(earlier)].rows
        for dataset, rows in delivery.rows.items():
            least = before.get(dataset, 0)
            if least >= limit.volume_drop_min_rows and rows * 100 < least * limit.volume_drop_share:
                counts = {"rows": rows, "before": least}
                return remark(RemarkCode.VOLUME_DROP, dataset=dataset, **counts, day=max(earlier))
        return None


def _rejected(entry: Judged, fault: Fault) -> Judged:
    rejected = replace(entry, status=REJECTED, reason=fault.reason, quarantined_rows=0)
    return rejected.saying(*fault.remarks)


def _superseded(entry: Judged, revision: int) -> Judged:
    return replace(entry, status=SUPERSEDED, reason=None).saying(remark(RemarkCode.SUPERSEDED, revision=revision))
