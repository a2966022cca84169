"""Decides what becomes of a delivery that has been read: its status, reason and sentence (deliveries.md section 2).

The decisions that need to know what came before are made here, one delivery at a time in the order of deliveries.md;
what can be said of one delivery alone is found in ``manifest``, ``reading`` and ``rows``. Nothing is loaded here.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

from pipelines.delivery.faults import AGAIN, Fault
from pipelines.municipality import Thresholds

ACCEPTED, DUPLICATE, SUPERSEDED, HELD, REJECTED = "accepted", "duplicate", "superseded", "held", "rejected"


@dataclass(frozen=True)
class Judged:
    """One line of the list of deliveries. ``content`` is the fingerprint of its files; ``decided`` what a person decided."""

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
    commonest_fault: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


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
            message=" ".join(["Inläst.", *delivery.warnings]),
            rows=sum(delivery.rows.values()),
            quarantined_rows=sum(delivery.quarantined.values()),
            content=delivery.content,
        )
        too_bad = self._too_many_bad_rows(delivery)
        if too_bad:
            return self.remember(_rejected(entry, too_bad))
        identity = (delivery.source, delivery.extract_date, delivery.revision)
        earlier = [self.judged[known] for known in self._by_identity[identity]]
        earlier = [one for one in earlier if one.counts]
        if any(one.content == delivery.content for one in earlier):
            message = "Samma leverans har redan tagits emot: inget ändras och inget behöver göras."
            return self.remember(replace(entry, status=DUPLICATE, message=message, quarantined_rows=0))
        other = next((one for one in earlier if one.decided != "reject"), None)
        if other:
            return self.remember(_rejected(entry, _conflict(other.folder)))
        loaded = self.extracts[delivery.source].get(delivery.extract_date)
        if loaded and loaded.revision > delivery.revision:
            return self.remember(_superseded(entry, loaded.revision))
        drop = self._volume_drop(delivery)
        if drop:
            return self.remember(replace(entry, status=HELD, reason="volume_drop", message=drop))
        return self._accept(entry, delivery.rows)

    def release(self, delivery_id: str, rows: dict[str, int]) -> Judged:
        """A person lets a held delivery in."""
        entry = replace(self.judged[delivery_id], decided="release")
        assert entry.source and entry.extract_date and entry.revision
        loaded = self.extracts[entry.source].get(entry.extract_date)
        if loaded and loaded.revision > entry.revision:
            return self.remember(_superseded(entry, loaded.revision))
        message = entry.message.split(_HELD_ADVICE)[0].strip() + " Frisläppt av en handläggare och inläst."
        return self._accept(replace(entry, status=ACCEPTED, reason=None, message=message), rows)

    def reject(self, delivery_id: str) -> Judged:
        """A person turns a held delivery away; the reason it was held stays in the list."""
        entry = self.judged[delivery_id]
        message = entry.message.split(_HELD_ADVICE)[0].strip() + " Avvisad av en handläggare: inget av den är inläst."
        message += " Ska den ändå in: be avsändaren leverera igen med högre revision."
        return self.remember(replace(entry, status=REJECTED, message=message, decided="reject"))

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
                return Fault(
                    "too_many_bad_rows",
                    f"Datamängden {dataset} har {bad} felaktiga rader av {rows}, mer än {limit.bad_row_share} procent: "
                    f"exporten är troligen trasig. {delivery.commonest_fault.get(dataset, '')} "
                    f"Be avsändaren rätta den och {AGAIN}.",
                )
        return None

    def _volume_drop(self, delivery: Checked) -> str | None:
        limit = self._thresholds
        earlier = [day for day in self.extracts[delivery.source] if day < delivery.extract_date]
        if not earlier:
            return None
        before = self.extracts[delivery.source][max(earlier)].rows
        for dataset, rows in delivery.rows.items():
            least = before.get(dataset, 0)
            if least >= limit.volume_drop_min_rows and rows * 100 < least * limit.volume_drop_share:
                return (
                    f"Datamängden {dataset} har {rows} rader mot {least} i uttaget {max(earlier)}: leveransen kan vara "
                    f"halvskriven och väntar. {_HELD_ADVICE} {delivery.delivery_id}."
                )
        return None


_HELD_ADVICE = "Kontrollera med avsändaren och kör sedan kaa deliveries release eller reject"


def _conflict(folder: str) -> Fault:
    return Fault(
        "conflict",
        f"En leverans från samma källa med samma datum och revision men annat innehåll finns redan ({folder}). Be "
        "avsändaren leverera rättelsen med högre revision.",
    )


def _rejected(entry: Judged, fault: Fault) -> Judged:
    return replace(entry, status=REJECTED, reason=fault.reason, message=fault.message, quarantined_rows=0)


def _superseded(entry: Judged, revision: int) -> Judged:
    message = f"Revision {revision} av samma uttag är inläst och gäller i stället: inget behöver göras."
    return replace(entry, status=SUPERSEDED, reason=None, message=message)
