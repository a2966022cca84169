"""What the figures stand on and how the last nightly went: for readers (”Underlag och kontroller”) and for who looks after the
program (”Drift”).

What came in, what was rejected, held or quarantined, which checks warn, how far this night's figures are from other nights',
what has changed afterwards, and what a person has to do about it. Only wording and counting: the verdicts are the nightly's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

from dashboards.content.operations import Operations, Trouble, published_trouble
from dashboards.content.tables import MISSING_LABEL
from dashboards.published.file import ALL, MISSING
from dashboards.published.status import ChangedExtract, NightlyStatus, Remark, Row, read_status
from dashboards.wording import numbers
from dashboards.wording.letters import capital
from pipelines.configuration.contract import Source, load_sources

#: So many rows of a list are shown at once, the others on request; more than LIMIT are for the commands.
SHOWN = 8
LIMIT = 200
LISTS = (
    "held", "rejected", "rejected_before", "others", "quarantine", "quarantine_before", "remarks", "remarks_before",
    "failed_checks", "changes", "purges",
)  # fmt: skip

STATUSES = {
    "accepted": "Inläst",
    "held": "Väntar på beslut",
    "rejected": "Avvisad",
    "duplicate": "Upprepad",
    "superseded": "Ersatt av nyare",
}

#: What each status means to a reader; shown below the table of deliveries.
MEANINGS = {
    "accepted": "hela leveransen används",
    "held": "leveransen är hel men ser misstänkt ut, och används först när en person har släppt den",
    "rejected": "leveransen gick inte att använda, och inget av den används",
    "duplicate": "samma leverans hade redan kommit in, och inget ändras",
    "superseded": "källan har skickat en rättad leverans för samma dag, och den används i stället",
}

FAULTS = {
    "missing_value": "Ett obligatoriskt värde saknas",
    "bad_type": "Värdet är inte av rätt slag",
    "bad_code": "Koden finns inte i kodlistan",
    "bad_personnummer": "Personnumret är inte giltigt",
    "end_before_start": "Slutet ligger före början",
    "inconsistent": "Uppgifterna på raden säger emot varandra",
    "unknown_reference": "Raden hör till en inskrivning som inte finns",
    "duplicate_key": "Flera rader med samma nyckel men olika innehåll",
    "no_consent": "Insatsen började innan samtycket gavs",
}

SEVERITIES = {"error": "Fel", "warning": "Varning"}

FRESHNESS = {
    "fresh": "Aktuell",
    "late": "Sen",
    "silent": "Tyst",
    "closed": "Stängd",
    "not_expected": "Väntas inte",
}

#: How a state looks: as the status of a delivery that is as good or bad.
FRESHNESS_LOOKS = {"fresh": "accepted", "late": "held", "silent": "rejected"}

CHANGES = {
    "revised": "Källan skickade en rättad leverans",
    "released": "Leveransen väntade på beslut och släpptes",
    "late": "Leveransen kom in sent",
}


def _words(words: Mapping[str, str], code: str) -> str:
    """What a code is called; one that the program does not know yet is shown as it is."""
    return words.get(code, code)


def source_title(name: str | None) -> str:
    """A source as its contract calls it in short; a delivery whose manifest could not be read has none."""
    if name is None:
        return "Okänd källa"
    source = _contracts().get(name)
    return source.short_title if source else name


def dataset_title(source: str | None, name: str | None) -> str:
    """A dataset of a source as its contract calls it."""
    found = _contracts().get(source or "")
    dataset = found.datasets.get(name or "") if found else None
    return dataset.title if dataset else name or ""


@cache
def _contracts() -> dict[str, Source]:
    return load_sources()


@dataclass(frozen=True)
class Task:
    """Something that a person should do, and the section that says more, if any does: of the page for readers, or of the
    operator's own."""

    text: str
    section: str | None
    is_for_readers: bool = False


@dataclass(frozen=True)
class Delivery:
    """A delivery that was not loaded. ``state``: what has become of its extract since."""

    source: str
    day: date | None
    revision: int | None
    message: str
    delivery_id: str
    folder: str
    is_new: bool
    state: str
    is_settled: bool


@dataclass(frozen=True)
class Message:
    """The same words about one or more deliveries of a source."""

    source: str
    status: str
    status_id: str
    message: str
    deliveries: int
    first: date | None
    last: date | None


@dataclass(frozen=True)
class SourceRow:
    """A source's deliveries by status, or those of all of them."""

    source: str
    counts: tuple[int, ...]
    rows: int
    quarantined: int
    last: date | None
    is_total: bool = False


@dataclass(frozen=True)
class SourceTable:
    """Deliveries by source, and of all in the last row. ``statuses``: those that any has, as headings of the counts."""

    statuses: tuple[str, ...]
    rows: tuple[SourceRow, ...]


@dataclass(frozen=True)
class Quarantined:
    source: str
    dataset: str
    column: str
    reason: str
    expected: str
    rows: int
    deliveries: int


@dataclass(frozen=True)
class Check:
    source: str
    dataset: str
    name: str
    severity: str
    detail: str


@dataclass(frozen=True)
class Jump:
    """The latest night against another one."""

    title: str
    group: str
    compared_with: str
    value: int
    compared_value: int
    change: str
    threshold: str
    is_warning: bool
    reason: str
    decided_on: date


@dataclass(frozen=True)
class Change:
    """An extract that came in or was replaced when later days were published already."""

    source: str
    day: date
    revision: int
    kind: str
    version: int | None


@dataclass(frozen=True)
class FreshnessRow:
    """Whether a source has delivered what it should. ``next_expected``: the last day for the next extract."""

    source: str
    state: str
    state_id: str
    last: date | None
    missing: int
    next_expected: date | None
    to_do: str


@dataclass(frozen=True)
class Purge:
    """A line of the protocol of gallring."""

    version: int
    year: int
    reason: str
    persons: int
    rows: int
    archives: int


@dataclass(frozen=True)
class Status:
    """Everything on the two pages. Of two lists that differ in ``_before``, the first is of the newest nightly; to ``rejected``
    belong the older ones too that nobody has mended."""

    came_in: str
    tasks: tuple[Task, ...]
    #: Sentences on deliveries that are not in the figures, for readers.
    not_used: tuple[str, ...]
    #: A status in words, and what it means.
    meanings: tuple[tuple[str, str], ...]
    held: tuple[Delivery, ...]
    #: None where nothing came in.
    sources: SourceTable | None
    all_sources: SourceTable | None
    rejected: tuple[Delivery, ...]
    rejected_before: tuple[Delivery, ...]
    others: tuple[Message, ...]
    remarks: tuple[Message, ...]
    remarks_before: tuple[Message, ...]
    quarantine: tuple[Quarantined, ...]
    quarantine_before: tuple[Quarantined, ...]
    failed_checks: tuple[Check, ...]
    passed_checks: int
    #: None where they could not be compared.
    jumps: tuple[Jump, ...] | None
    #: What else there is to tell of the night and waits for nobody: sentences.
    notices: tuple[str, ...]
    freshness: tuple[FreshnessRow, ...]
    #: All that lasts until a person has seen to it, also what somebody has acknowledged, which is no task.
    troubles: tuple[Trouble, ...]
    #: The moment at which sources were judged by the calendar; None where none was.
    freshness_at: datetime | None
    changes: tuple[Change, ...]
    purges: tuple[Purge, ...]
    #: So many rows of the lists are not on the page.
    left_out: int = 0
    #: So many rows of a list are seen without asking for the others.
    shown: int = SHOWN

    @property
    def known(self) -> tuple[Trouble, ...]:
        """The troubles that somebody has acknowledged."""
        return tuple(one for one in self.troubles if one.acknowledged)

    @property
    def large_jumps(self) -> tuple[Jump, ...]:
        return tuple(jump for jump in self.jumps or () if jump.is_warning)


# --- deliveries ---------------------------------------------------------------------------------------------------------

#: Source and day of the extracts that are used -> their revision.
Loaded = dict[tuple[str, date], int]


def _sources(deliveries: list[Row], loaded: Loaded) -> SourceTable | None:
    by_source: dict[str | None, list[Row]] = {}
    for row in deliveries:
        by_source.setdefault(row["source"], []).append(row)
    order = [*_contracts(), *sorted(name for name in by_source if name and name not in _contracts()), None]
    found = {row["status"] for row in deliveries}
    statuses = [status for status in STATUSES if status in found or status == "accepted"]
    table = [
        _source_row(source_title(name), by_source[name], statuses, _last_day(loaded, name))
        for name in order
        if name in by_source
    ]
    if not table:
        return None
    table.append(_source_row("Totalt", deliveries, statuses, None, is_total=True))
    return SourceTable(tuple(STATUSES[status] for status in statuses), tuple(table))


def _source_row(
    title: str, deliveries: list[Row], statuses: list[str], last: date | None, is_total: bool = False
) -> SourceRow:
    loaded = [row for row in deliveries if row["status"] == "accepted"]
    quarantined = sum(row["quarantined_rows"] for row in loaded)
    return SourceRow(
        source=title,
        counts=tuple(sum(row["status"] == status for row in deliveries) for status in statuses),
        rows=sum(row["rows"] for row in loaded) - quarantined,
        quarantined=quarantined,
        last=last,
        is_total=is_total,
    )


#: Rows in quarantine have a list of their own.
QUARANTINED = "rows_quarantined"
#: Of a delivery that an older program judged there is only a text, warnings and all.
AS_TOLD = "as_told"


def _sentences(row: Row, remarks: dict[str, list[Remark]]) -> str:
    """What is said of a delivery, without the commands."""
    said = remarks.get(row["delivery_id"], [])
    return " ".join(one.sentence for one in said if not one.is_command) or row["message"] or ""


def _loaded(deliveries: list[Row]) -> Loaded:
    return {(row["source"], row["extract_date"]): row["revision"] for row in deliveries if row["status"] == "accepted"}


def _last_day(loaded: Loaded, source: str | None) -> date | None:
    """The day of the latest extract of a source that is used."""
    return max((day for name, day in loaded if name == source), default=None)


def _state(row: Row, is_new: bool, loaded: Loaded) -> tuple[str, bool]:
    """What has become of an extract whose delivery was not loaded, and whether nobody need do anything any more."""
    source, day, revision = row["source"], row["extract_date"], row["revision"]
    used, last = loaded.get((source, day)), _last_day(loaded, source)
    if row["decided"] == "reject":
        return "Avvisad av en handläggare", True
    if used is not None:
        # Of two deliveries that contradict each other the first stays: only a higher revision tells which is right.
        is_settled = revision is None or used > revision or (used == revision and row["reason"] != "conflict")
        return ("Löst: uttaget är inläst", True) if is_settled else (f"Kvarstår: revision {used} används", False)
    if day and last and last > day:
        return "Dagen saknas, men ett senare uttag är inläst", not is_new
    return "Kvarstår", False


def _not_loaded(status: str, found: NightlyStatus, loaded: Loaded) -> tuple[Delivery, ...]:
    """Deliveries of a status: the newest nightly's first, then what nobody has mended, then by day."""
    deliveries = [_delivery(row, found, loaded) for row in found.deliveries if row["status"] == status]
    return tuple(sorted(deliveries, key=lambda one: (not one.is_new, one.is_settled)))


def _delivery(row: Row, found: NightlyStatus, loaded: Loaded) -> Delivery:
    is_new = row["judged_in"] == found.version
    state, is_settled = _state(row, is_new, loaded)
    return Delivery(
        source=source_title(row["source"]),
        day=row["extract_date"],
        revision=row["revision"],
        message=_sentences(row, found.remarks),
        delivery_id=row["delivery_id"],
        folder=row["folder"],
        is_new=is_new,
        state=state,
        is_settled=is_settled,
    )


def _grouped(deliveries: list[tuple[Row, str]]) -> tuple[Message, ...]:
    """Deliveries of a source with the same words are one line, the newest first."""
    groups: dict[tuple[str | None, str, str], list[date | None]] = {}
    for row, message in deliveries:
        groups.setdefault((row["source"], row["status"], message), []).append(row["extract_date"])
    lines = [
        Message(
            source=source_title(source),
            status=_words(STATUSES, status),
            status_id=status,
            message=message,
            deliveries=len(days),
            first=min((day for day in days if day), default=None),
            last=max((day for day in days if day), default=None),
        )
        for (source, status, message), days in groups.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-(line.last or date.min).toordinal(), line.source, line.message)))


def _remarks(deliveries: list[Row], remarks: dict[str, list[Remark]]) -> tuple[Message, ...]:
    """What was remarked on loaded deliveries; rows in quarantine have a list of their own."""
    return _grouped([
        (row, capital(one.sentence))
        for row in deliveries
        if row["status"] == "accepted"
        for one in remarks.get(row["delivery_id"], [])
        if (one.is_warning and one.code != QUARANTINED) or one.code == AS_TOLD
    ])  # fmt: skip


def _came_in(deliveries: list[Row]) -> str:
    """One sentence on the newest nightly's deliveries."""
    if not deliveries:
        return "Inga nya leveranser hade kommit in, så siffrorna bygger på samma underlag som förra gången."
    words = {
        "accepted": ("lästes in", "lästes in"),
        "held": ("väntar på beslut", "väntar på beslut"),
        "rejected": ("avvisades", "avvisades"),
        "duplicate": ("var upprepad", "var upprepade"),
        "superseded": ("var ersatt av en nyare", "var ersatta av nyare"),
    }
    counts = {status: sum(row["status"] == status for row in deliveries) for status in STATUSES}
    found = {status: count for status, count in counts.items() if count}
    total = numbers.counted(len(deliveries), "ny leverans", "nya leveranser")
    if list(found) == ["accepted"]:
        verdict = "och den lästes in" if len(deliveries) == 1 else "och alla lästes in"
        return f"{total} hade kommit in, {verdict}."
    parts = [f"{numbers.number(count)}{numbers.BLANK}{words[status][count != 1]}" for status, count in found.items()]
    return f"{total} hade kommit in: {numbers.listed(parts)}."


# --- rows, checks, jumps ---------------------------------------------------------------------------------------------------


def _quarantined(row: Row) -> Quarantined:
    return Quarantined(
        source=source_title(row["source"]),
        dataset=dataset_title(row["source"], row["dataset"]),
        column=row["column_name"] or "",
        reason=_words(FAULTS, row["reason"]),
        expected=row["expected"] or "",
        rows=row["found"],
        deliveries=row["deliveries"],
    )


#: Groups of a comparison besides the job-centres.
GROUPS = {ALL: "Hela kommunen", "kvinna": "Kvinnor", "man": "Män", MISSING: MISSING_LABEL}

COMPARED = {"last_night": "uttaget före", "year_ago": "ett år tidigare"}


def _jump(row: Row, job_centres: dict[str, str]) -> Jump:
    percent = row["jump_percent"]
    sign = "+" if (percent or 0) > 0 else ""
    compared_with = _words(COMPARED, row["compared_with"])
    return Jump(
        title=row["title"],
        group=_words(job_centres | GROUPS, row["group_code"]),
        compared_with=f"{compared_with}, {row['compared_date']}",
        value=row["value"],
        compared_value=row["compared_value"],
        change=numbers.NOT_AVAILABLE if percent is None else f"{sign}{numbers.number(percent)}{numbers.BLANK}%",
        threshold=f"{row['threshold_percent']}{numbers.BLANK}%, minst {row['minimum_count']}",
        is_warning=row["is_warning"],
        reason=row["reason"],
        decided_on=row["decided_on"],
    )


# --- the page -------------------------------------------------------------------------------------------------------------


def _tasks(
    notices: list[Row],
    held: tuple[Delivery, ...],
    rejected: tuple[Delivery, ...],
    quarantine: tuple[Quarantined, ...],
    failed: int,
    jumps: int,
) -> Iterator[Task]:
    for row in notices:
        if row["waits_for_a_person"]:
            yield Task(row["sentence"], "kallor" if row["code"] == "source_silent" else None)
    if held:
        yield Task(
            f"{numbers.counted(len(held), 'leverans', 'leveranser')} väntar på beslut: släpp eller avvisa.", "beslut"
        )
    if count := sum(not one.is_settled for one in rejected):
        deliveries = numbers.counted(count, "avvisad leverans", "avvisade leveranser")
        text = f"{deliveries} har inte kommit in på nytt: be avsändaren rätta och leverera igen."
        yield Task(text, "avvisade")
    if quarantine:
        lines = numbers.counted(sum(one.rows for one in quarantine), "rad", "rader")
        yield Task(f"{lines} räknas inte, för de är i karantän: be källan rätta dem.", "karantan", True)
    if failed:
        yield Task(f"{numbers.counted(failed, 'kontroll', 'kontroller')} varnar: läs varför.", "kontroller", True)
    if jumps:
        figures = numbers.counted(jumps, "siffra", "siffror")
        yield Task(f"{figures} har ändrats mer än väntat: kontrollera att det stämmer.", "hopp", True)


def _not_used(held: tuple[Delivery, ...], rejected: tuple[Delivery, ...]) -> Iterator[str]:
    """What came in and is in no figure, without who should do what."""
    if held:
        deliveries = numbers.counted(len(held), "leverans", "leveranser")
        yield f"{deliveries} ser misstänkt ut och är inte med förrän en person har godtagit den."
    if count := sum(not one.is_settled for one in rejected):
        yield f"{numbers.counted(count, 'leverans', 'leveranser')} gick inte att använda, och källan har inte lämnat någon ny."


def read(path: Path, now: Operations | None = None) -> Status:
    """The state of the published file's deliveries and checks; of each list as much as a page shows. ``now``: what is known of
    runs and troubles since, where that is asked."""
    whole = _whole(read_status(path), now)
    lists = {name: getattr(whole, name) for name in LISTS}
    shown = {name: found[:LIMIT] for name, found in lists.items()}
    left_out = sum(len(found) for found in lists.values()) - sum(len(found) for found in shown.values())
    return replace(whole, left_out=left_out, **shown)


def _whole(found: NightlyStatus, now: Operations | None) -> Status:
    troubles = now.troubles if now else tuple(published_trouble(row) for row in found.troubles)
    known = {one.id for one in troubles if one.acknowledged}
    new = [row for row in found.deliveries if row["judged_in"] == found.version]
    old = [row for row in found.deliveries if row["judged_in"] != found.version]
    others = [row for row in found.deliveries if row["status"] in ("duplicate", "superseded")]
    loaded = _loaded(found.deliveries)
    held, rejected = _not_loaded("held", found, loaded), _not_loaded("rejected", found, loaded)
    failed = [row for row in found.checks if not row["success"]]
    quarantine = tuple(_quarantined(row) for row in found.quarantine if row["is_new"])
    jumps = tuple(_jump(row, found.job_centres) for row in found.jumps or ())
    of_runs = [one for one in troubles if one.is_of_a_run and one.id not in known]
    return Status(
        came_in=_came_in(new),
        tasks=(
            *(Task(one.sentence, None) for one in of_runs),
            *_tasks(
                [row for row in found.notices if row.get("trouble") not in known],
                held,
                tuple(one for one in rejected if f"delivery_rejected:{one.delivery_id}" not in known),
                quarantine,
                sum(_warning(row) not in known for row in failed),
                sum(
                    row["is_warning"] and f"figure_jumped:{row['check_name']}" not in known for row in found.jumps or ()
                ),
            ),
        ),
        not_used=tuple(_not_used(held, rejected)),
        meanings=tuple((title, MEANINGS[status]) for status, title in STATUSES.items()),
        held=held,
        sources=_sources(new, loaded),
        all_sources=_sources(found.deliveries, loaded),
        rejected=tuple(one for one in rejected if one.is_new or not one.is_settled),
        rejected_before=tuple(one for one in rejected if not one.is_new and one.is_settled),
        others=_grouped([(row, row["message"] or "") for row in others]),
        remarks=_remarks(new, found.remarks),
        remarks_before=_remarks(old, found.remarks),
        quarantine=quarantine,
        quarantine_before=tuple(_quarantined(row) for row in found.quarantine if not row["is_new"]),
        failed_checks=tuple(_check(row) for row in failed),
        passed_checks=len(found.checks) - len(failed),
        jumps=None if found.jumps is None else jumps,
        notices=tuple(row["sentence"] for row in found.notices if not row["waits_for_a_person"]),
        troubles=troubles,
        freshness=tuple(_freshness(row) for row in found.freshness),
        freshness_at=max((row["judged_at"] for row in found.freshness), default=None),
        changes=tuple(_change(one) for one in found.changed_extracts),
        purges=tuple(_purge(row) for row in found.purge_protocol),
    )


def _warning(row: Row) -> str:
    """The trouble that a check warns of."""
    return f"check_warns:{row['source']}/{row['dataset']}/{row['check_name']}"


def _check(row: Row) -> Check:
    return Check(
        source_title(row["source"]),
        dataset_title(row["source"], row["dataset"]),
        row["check_name"],
        _words(SEVERITIES, row["severity"]),
        row["detail"] or "",
    )


def _freshness(row: Row) -> FreshnessRow:
    return FreshnessRow(
        source=source_title(row["source"]),
        state=_words(FRESHNESS, row["state"]),
        state_id=FRESHNESS_LOOKS.get(row["state"], ""),
        last=row["last_extract_date"],
        missing=row["missing"],
        next_expected=row["next_expected_date"],
        to_do=_what_a_source_needs(row),
    )


def _what_a_source_needs(row: Row) -> str:
    if row["state"] == "silent":
        since = numbers.long_date(row["missing_since"])
        return f"Fråga avsändaren. Det första väntade uttaget som saknas skulle ha kommit {since}."
    if row["state"] != "late":
        return "Inget" if row["last_extract_date"] else "Inget: källan har aldrig levererat"
    source = _contracts().get(row["source"])
    most = source.calendar.silent_after if source else None
    return f"Inget än. Fråga avsändaren om {most} väntade uttag i rad saknas." if most and most > 1 else "Inget än"


def _purge(row: Row) -> Purge:
    return Purge(row["version"], row["data_year"], row["reason"], row["persons"], row["rows"], row["archives"])


def _change(one: ChangedExtract) -> Change:
    return Change(source_title(one.source), one.extract_date, one.revision, CHANGES[one.kind], one.version)
