"""How the last nightly went, for the page ”Underlag och kontroller”: readable by who is no programmer.

What came in, what was rejected, held or quarantined, which checks warn, how far this night's figures are from other nights',
what has changed afterwards, and what a person has to do about it. Only wording and counting: the verdicts are the nightly's.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from dashboards.content.report import MISSING_LABEL
from dashboards.published import ALL, MISSING, Changed, connect, read_changed, read_failed_parts, read_publication, rows
from dashboards.wording import numbers

#: So many lines of a list are shown at once, the others on request; more than LIMIT are for the commands.
SHOWN = 8
LIMIT = 200

SOURCES = {
    "folkbokforing": "Folkbokföring",
    "skolregister": "Skolregister",
    "beda": "Betygsdatabasen (BEDA)",
    "ber": "Barn- och elevregistret (BER)",
    "enkat": "Enkät",
    "nyckeltal": "Verksamheternas nyckeltal",
}

DATASETS = {
    "personer": "Folkbokförda ungdomar",
    "studieperioder": "Studieperioder",
    "bevis": "Examina och bevis",
    "register": "Registret",
    "kontakter": "Kontakter",
    "sysselsattningar": "Sysselsättningar",
    "inskrivningar": "Inskrivningar",
    "insatser": "Insatser",
    "bosattningskontroller": "Bosättningskontroller",
    "svar": "Enkätsvar",
    "nyckeltal": "Nyckeltal",
}

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
}

SEVERITIES = {"error": "Fel", "warning": "Varning"}

CHANGES = {
    "revised": "Källan skickade en rättad leverans",
    "released": "Leveransen väntade på beslut och släpptes",
    "late": "Leveransen kom in sent",
}


def source_title(name: str | None) -> str:
    """A source as readers know it; a delivery whose manifest could not be read has none."""
    return SOURCES.get(name, name) if name else "Okänd källa"


def dataset_title(name: str | None) -> str:
    """A dataset as readers know it."""
    return DATASETS.get(name, name) if name else ""


def counted(count: int, one: str, many: str) -> str:
    """``1 leverans``, ``3 leveranser``."""
    return f"{numbers.number(count)}{numbers.BLANK}{one if count == 1 else many}"


def listed(parts: list[str]) -> str:
    """``a``, ``a och b``, ``a, b och c``."""
    return " och ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


@dataclass(frozen=True)
class Task:
    """Something that a person should do, and where on the page it says more, if anywhere."""

    text: str
    section: str | None


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
class SourceLine:
    """A source's deliveries by status, or those of all of them."""

    source: str
    counts: tuple[int, ...]
    rows: int
    quarantined: int
    last: date | None
    is_total: bool = False


@dataclass(frozen=True)
class SourceTable:
    """Deliveries by source, and of all in the last line. ``statuses``: those that any has, as headings of the counts."""

    statuses: tuple[str, ...]
    lines: tuple[SourceLine, ...]


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
    """Everything on the page. Of two lists that differ in ``_before``, the first is of the newest nightly; to ``rejected``
    belong the older ones too that nobody has mended."""

    came_in: str
    tasks: tuple[Task, ...]
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
    changes: tuple[Change, ...]
    purges: tuple[Purge, ...]
    left_out: int
    #: So many lines of a list are seen without asking for the others.
    shown: int = SHOWN

    @property
    def large_jumps(self) -> tuple[Jump, ...]:
        return tuple(jump for jump in self.jumps or () if jump.is_warning)


# --- deliveries ---------------------------------------------------------------------------------------------------------


def _sources(deliveries: list[dict[str, Any]], last: dict[str, date]) -> SourceTable | None:
    by_source: dict[str | None, list[dict[str, Any]]] = {}
    for row in deliveries:
        by_source.setdefault(row["source"], []).append(row)
    order = [*SOURCES, *sorted(name for name in by_source if name and name not in SOURCES), None]
    found = {row["status"] for row in deliveries}
    statuses = [status for status in STATUSES if status in found or status == "accepted"]
    lines = [
        _source_line(source_title(name), by_source[name], statuses, last.get(name or ""))
        for name in order
        if name in by_source
    ]
    if not lines:
        return None
    lines.append(_source_line("Totalt", deliveries, statuses, None, is_total=True))
    return SourceTable(tuple(STATUSES[status] for status in statuses), tuple(lines))


def _source_line(
    title: str, deliveries: list[dict[str, Any]], statuses: list[str], last: date | None, is_total: bool = False
) -> SourceLine:
    loaded = [row for row in deliveries if row["status"] == "accepted"]
    quarantined = sum(row["quarantined_rows"] for row in loaded)
    return SourceLine(
        source=title,
        counts=tuple(sum(row["status"] == status for row in deliveries) for status in statuses),
        rows=sum(row["rows"] for row in loaded) - quarantined,
        quarantined=quarantined,
        last=last,
        is_total=is_total,
    )


@dataclass(frozen=True)
class Remark:
    """One thing that the nightly said of a delivery. ``is_command``: it names commands, which the page gives by themselves."""

    code: str
    is_warning: bool
    is_command: bool
    sentence: str


#: Remarks by delivery; a delivery that was loaded and nothing more has none.
Remarks = dict[str, list[Remark]]

#: Rows in quarantine have a list of their own.
QUARANTINED = "rows_quarantined"
#: Of a delivery that an older program judged there is only a text, warnings and all.
AS_TOLD = "as_told"


def _read_remarks(connection: duckdb.DuckDBPyConnection) -> Remarks:
    found: Remarks = {}
    for row in rows(connection, "select * from delivery_remark order by delivery_id, position"):
        found.setdefault(row["delivery_id"], []).append(
            Remark(row["code"], row["is_warning"], row["is_command"], row["sentence"])
        )
    return found


def _said(row: dict[str, Any], said: Remarks) -> str:
    """What is said of a delivery, without the commands."""
    remarks = said.get(row["delivery_id"], [])
    return " ".join(one.sentence for one in remarks if not one.is_command) or row["message"] or ""


def _state(
    row: dict[str, Any], is_new: bool, revisions: dict[tuple[str, date], int], last: dict[str, date]
) -> tuple[str, bool]:
    """What has become of an extract whose delivery was not loaded, and whether nobody need do anything any more."""
    source, day, revision = row["source"], row["extract_date"], row["revision"]
    loaded = revisions.get((source, day))
    if row["decided"] == "reject":
        return "Avvisad av en handläggare", True
    if loaded is not None:
        # Of two deliveries that contradict each other the first stays: only a higher revision tells which is right.
        is_settled = revision is None or loaded > revision or (loaded == revision and row["reason"] != "conflict")
        return ("Löst: uttaget är inläst", True) if is_settled else (f"Kvarstår: revision {loaded} används", False)
    if day and source in last and last[source] > day:
        return "Dagen saknas, men ett senare uttag är inläst", not is_new
    return "Kvarstår", False


def _not_loaded(row: dict[str, Any], said: Remarks, is_new: bool, state: str, is_settled: bool) -> Delivery:
    return Delivery(
        source=source_title(row["source"]),
        day=row["extract_date"],
        revision=row["revision"],
        message=_said(row, said),
        delivery_id=row["delivery_id"],
        folder=row["folder"],
        is_new=is_new,
        state=state,
        is_settled=is_settled,
    )


def _grouped(deliveries: list[tuple[dict[str, Any], str]]) -> tuple[Message, ...]:
    """Deliveries of a source with the same words are one line, the newest first."""
    groups: dict[tuple[str | None, str, str], list[date | None]] = {}
    for row, message in deliveries:
        groups.setdefault((row["source"], row["status"], message), []).append(row["extract_date"])
    lines = [
        Message(
            source=source_title(source),
            status=STATUSES.get(status, status),
            status_id=status,
            message=message,
            deliveries=len(days),
            first=min((day for day in days if day), default=None),
            last=max((day for day in days if day), default=None),
        )
        for (source, status, message), days in groups.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-(line.last or date.min).toordinal(), line.source, line.message)))


def _remarks(deliveries: list[dict[str, Any]], said: Remarks) -> tuple[Message, ...]:
    """What was remarked on loaded deliveries; rows in quarantine have a list of their own."""
    return _grouped([
        (row, one.sentence[:1].upper() + one.sentence[1:])
        for row in deliveries
        if row["status"] == "accepted"
        for one in said.get(row["delivery_id"], [])
        if (one.is_warning and one.code != QUARANTINED) or one.code == AS_TOLD
    ])  # fmt: skip


def _came_in(deliveries: list[dict[str, Any]]) -> str:
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
    total = counted(len(deliveries), "ny leverans", "nya leveranser")
    if list(found) == ["accepted"]:
        verdict = "och den lästes in" if len(deliveries) == 1 else "och alla lästes in"
        return f"{total} hade kommit in, {verdict}."
    parts = [f"{numbers.number(count)}{numbers.BLANK}{words[status][count != 1]}" for status, count in found.items()]
    return f"{total} hade kommit in: {listed(parts)}."


# --- rows, checks, jumps ---------------------------------------------------------------------------------------------------

_QUARANTINE = """
select delivery.source, quarantine.dataset, quarantine.column_name, quarantine.reason, quarantine.expected,
    coalesce(delivery.judged_in = ?, false) as is_new, count(*) as found,
    count(distinct quarantine.delivery_id) as deliveries
from quarantine left join delivery using (delivery_id)
group by all
order by found desc, delivery.source, quarantine.dataset, quarantine.column_name, quarantine.reason, quarantine.expected
"""


def _quarantined(row: dict[str, Any]) -> Quarantined:
    return Quarantined(
        source=source_title(row["source"]),
        dataset=dataset_title(row["dataset"]),
        column=row["column_name"] or "",
        reason=FAULTS.get(row["reason"], row["reason"]),
        expected=row["expected"] or "",
        rows=row["found"],
        deliveries=row["deliveries"],
    )


_JUMPS = "select * from figure_check order by is_warning desc, compared_with, title, group_code"

#: Groups of a comparison besides the job-centres.
GROUPS = {ALL: "Hela kommunen", "kvinna": "Kvinnor", "man": "Män"}

COMPARED = {"last_night": "uttaget före", "year_ago": "ett år tidigare"}


def _jump(row: dict[str, Any], job_centres: dict[str, str]) -> Jump:
    percent = row["jump_percent"]
    sign = "+" if (percent or 0) > 0 else ""
    group = row["group_code"]
    compared_with = COMPARED.get(row["compared_with"], row["compared_with"])
    return Jump(
        title=row["title"],
        group=GROUPS.get(group) or job_centres.get(group, group),
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
    held: tuple[Delivery, ...],
    rejected: tuple[Delivery, ...],
    quarantine: tuple[Quarantined, ...],
    failed: int,
    jumps: int,
    notices: list[dict[str, Any]],
) -> tuple[Task, ...]:
    tasks = [Task(row["sentence"], None) for row in notices if row["waits_for_a_person"]]
    if held:
        tasks.append(
            Task(f"{counted(len(held), 'leverans', 'leveranser')} väntar på beslut: släpp eller avvisa.", "beslut")
        )
    open_ = [one for one in rejected if not one.is_settled]
    if open_:
        tasks.append(
            Task(
                f"{counted(len(open_), 'avvisad leverans', 'avvisade leveranser')} har inte kommit in på nytt: be avsändaren "
                "rätta och leverera igen.",
                "avvisade",
            )
        )
    if quarantine:
        count = sum(line.rows for line in quarantine)
        tasks.append(
            Task(
                f"{counted(count, 'rad', 'rader')} räknas inte, för de är i karantän: be källan rätta dem.", "karantan"
            )
        )
    if failed:
        tasks.append(Task(f"{counted(failed, 'kontroll', 'kontroller')} varnar: läs varför.", "kontroller"))
    if jumps:
        tasks.append(
            Task(
                f"{counted(jumps, 'siffra', 'siffror')} har ändrats mer än väntat: kontrollera att det stämmer.", "hopp"
            )
        )
    return tuple(tasks)


def read(path: Path) -> Status:
    """The state of the published file's deliveries and checks."""
    with connect(path) as connection:
        version = read_publication(connection).version
        deliveries = rows(
            connection, "select * from delivery order by extract_date desc nulls first, source, revision desc, folder"
        )
        said = _read_remarks(connection)
        quarantine = rows(connection, _QUARANTINE, [version])
        checks = rows(connection, "select * from contract_check order by severity, source, dataset, check_name")
        has_jumps = "jumps" not in read_failed_parts(connection)
        jumps = rows(connection, _JUMPS) if has_jumps else []
        notices = rows(connection, "select * from notice order by waits_for_a_person desc, rowid")
        job_centres = {MISSING: MISSING_LABEL} | {
            row["code"]: row["name"] for row in rows(connection, "select code, name from job_centre")
        }
        changes = read_changed(connection)
        purges = rows(connection, "select * from purge_protocol order by version desc, reason")
    revisions = {
        (row["source"], row["extract_date"]): row["revision"] for row in deliveries if row["status"] == "accepted"
    }
    loaded: dict[str, date] = {}
    for source, day in revisions:
        loaded[source] = max(day, loaded.get(source, day))
    new = [row for row in deliveries if row["judged_in"] == version]
    old = [row for row in deliveries if row["judged_in"] != version]

    def not_loaded(status: str) -> tuple[Delivery, ...]:
        """The newest nightly's first, then what nobody has mended, then by day."""
        found = (
            _not_loaded(row, said, is_new, *_state(row, is_new, revisions, loaded))
            for row in deliveries
            for is_new in [row["judged_in"] == version]
            if row["status"] == status
        )
        return tuple(sorted(found, key=lambda one: (not one.is_new, one.is_settled)))

    held, rejected = not_loaded("held"), not_loaded("rejected")
    failed = [row for row in checks if not row["success"]]
    new_quarantine = tuple(_quarantined(row) for row in quarantine if row["is_new"])
    old_quarantine = tuple(_quarantined(row) for row in quarantine if not row["is_new"])
    remarks, remarks_before = _remarks(new, said), _remarks(old, said)
    before = tuple(one for one in rejected if not one.is_new and one.is_settled)
    at_hand = tuple(one for one in rejected if one not in before)
    others = _grouped(
        [(row, row["message"] or "") for row in deliveries if row["status"] in ("duplicate", "superseded")]
    )
    lists = (
        held, at_hand, before, others, new_quarantine, old_quarantine, remarks, remarks_before, failed, changes, purges,
    )  # fmt: skip
    return Status(
        came_in=_came_in(new),
        tasks=_tasks(
            held,
            rejected,
            new_quarantine,
            len(failed),
            sum(row["is_warning"] for row in jumps),
            notices,
        ),
        meanings=tuple((title, MEANINGS[status]) for status, title in STATUSES.items()),
        held=held[:LIMIT],
        sources=_sources(new, loaded),
        all_sources=_sources(deliveries, loaded),
        rejected=at_hand[:LIMIT],
        rejected_before=before[:LIMIT],
        others=others[:LIMIT],
        remarks=remarks[:LIMIT],
        remarks_before=remarks_before[:LIMIT],
        quarantine=new_quarantine[:LIMIT],
        quarantine_before=old_quarantine[:LIMIT],
        failed_checks=tuple(
            Check(
                source=source_title(row["source"]),
                dataset=dataset_title(row["dataset"]),
                name=row["check_name"],
                severity=SEVERITIES.get(row["severity"], row["severity"]),
                detail=row["detail"] or "",
            )
            for row in failed[:LIMIT]
        ),
        passed_checks=len(checks) - len(failed),
        jumps=tuple(_jump(row, job_centres) for row in jumps) if has_jumps else None,
        notices=tuple(row["sentence"] for row in notices if not row["waits_for_a_person"]),
        changes=tuple(_change(one) for one in changes[:LIMIT]),
        purges=tuple(
            Purge(row["version"], row["data_year"], row["reason"], row["persons"], row["rows"], row["archives"])
            for row in purges[:LIMIT]
        ),
        left_out=sum(max(len(found) - LIMIT, 0) for found in lists),
    )


def _change(one: Changed) -> Change:
    return Change(source_title(one.source), one.extract_date, one.revision, CHANGES[one.kind], one.version)
