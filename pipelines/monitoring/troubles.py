"""Which troubles there are: asked of the last run, its notices, and what it published. What was known of them before is in
``known``, how they are worded in ``words``.

A trouble is something that a person should see to and that lasts: a night that failed, a source that is silent, a delivery
that waits, a check that warns. Its id is the same for as long as it is the same trouble."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb

from pipelines.configuration.contract import Source, load_sources
from pipelines.notices import Notice, NoticeCode, kept_notice, trouble_id
from pipelines.personnummer import mask_name
from pipelines.runtime.database import open_database
from pipelines.state.last_backup import LastBackup
from pipelines.state.last_run import LastRun, RunResult


class TroubleCode(StrEnum):
    """Troubles besides those that a notice tells of, which have the notice's code."""

    NIGHT_FAILED = "night_failed"
    NIGHT_KILLED = "night_killed"
    NIGHT_HUNG = "night_hung"
    NIGHT_MISSED = "night_missed"
    NOTHING_PUBLISHED = "nothing_published"
    DELIVERY_HELD = "delivery_held"
    DELIVERY_REJECTED = "delivery_rejected"
    CHECK_WARNS = "check_warns"
    FIGURE_JUMPED = "figure_jumped"
    BACKUP_OLD = "backup_old"


#: What a run that published nothing is told of as. One of them at a time: the latest.
OF_A_RUN = {
    RunResult.FAILED: TroubleCode.NIGHT_FAILED,
    RunResult.KILLED: TroubleCode.NIGHT_KILLED,
    RunResult.HUNG: TroubleCode.NIGHT_HUNG,
    RunResult.MISSED: TroubleCode.NIGHT_MISSED,
}

#: A backup is taken every night; over a weekend with a holiday none may be.
BACKUP_IS_OLD = timedelta(days=3)

#: Those that no published file knows of.
OF_NO_PUBLICATION = (*OF_A_RUN.values(), TroubleCode.NOTHING_PUBLISHED, TroubleCode.BACKUP_OLD)

#: Runs after which the published state is that of the night.
GOOD = (RunResult.PUBLISHED, RunResult.NOTHING_NEW)


@dataclass(frozen=True)
class Trouble:
    """A trouble: its id, its code, and one Swedish sentence on what it is; ``about`` holds what is needed to do something about
    it. No personnummer and no value from the data stands in it."""

    id: str
    code: str
    sentence: str
    about: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What a look at a run found. A trouble that is not found is over when it was looked for: where ``looked_for`` has its
    code, or its id."""

    troubles: tuple[Trouble, ...]
    looked_for: frozenset[str]

    def has(self, trouble: str) -> bool:
        """Whether it is there, by its id."""
        return any(one.id == trouble for one in self.troubles)

    def is_over(self, trouble: str, code: str) -> bool:
        """Whether a trouble that was known before is over."""
        return not self.has(trouble) and (code in self.looked_for or trouble in self.looked_for)


@dataclass(frozen=True)
class Seen:
    """What is looked at: the last run; the published file, where there is one; when a run last published or found nothing new;
    the last backup; and the time, by the municipality's clocks."""

    run: LastRun
    published: Path | None
    last_published: datetime | None
    backup: LastBackup
    now: datetime


def troubles_of(seen: Seen, nights: int) -> Found:
    """What is wrong after a run. ``nights``: so many expected nights without a publication are a trouble."""
    run, last_published = seen.run, seen.last_published
    troubles: list[Trouble] = []
    looked_for: set[str] = set()
    if run.result is not RunResult.RUNNING:
        looked_for |= set(OF_A_RUN.values())
    if code := OF_A_RUN.get(run.result):
        troubles.append(_failed_night(code, run))
    if last_published:
        looked_for.add(TroubleCode.NOTHING_PUBLISHED)
        if (missed := expected_nights(last_published, seen.now)) >= nights:
            troubles.append(_nothing_published(last_published, missed))
    looked_for.add(TroubleCode.BACKUP_OLD)
    troubles += _old_backup(seen.backup, seen.now)
    if run.result in GOOD and seen.published:
        found = standing(seen.published, [_kept(one) for one in run.notices if one["waits_for_a_person"]])
        troubles += found.troubles
        looked_for |= found.looked_for
    return Found(tuple(troubles), frozenset(looked_for))


def of_notices(notices: Iterable[Notice]) -> list[Trouble]:
    """The troubles that notices tell of."""
    return [Trouble(one.trouble, one.code, mask_name(one.sentence)) for one in notices if one.waits_for_a_person]


def _kept(notice: Mapping[str, Any]) -> Trouble:
    """The trouble that a notice tells of, as a run's record keeps it."""
    kept = kept_notice(notice["code"], notice["about"])
    return Trouble(kept.trouble, kept.code, mask_name(notice["sentence"]))


def standing(published: Path, noticed: Iterable[Trouble]) -> Found:
    """What a night that could publish has found wrong: what its notices tell of, and what stands in its published file."""
    troubles = list({one.id: one for one in noticed}.values())
    looked_for: set[str] = {code.value for code in NoticeCode}
    with open_database(published, read_only=True) as connection:
        troubles += [*_held(connection), *_rejected(connection)]
        looked_for |= {TroubleCode.DELIVERY_HELD, TroubleCode.DELIVERY_REJECTED}
        warned, passed = _checks(connection)
        troubles += warned
        looked_for |= passed
        if _has_jumps(connection):
            troubles += _jumps(connection)
            looked_for.add(TroubleCode.FIGURE_JUMPED)
    return Found(tuple(troubles), frozenset(looked_for))


def expected_nights(after: datetime, now: datetime) -> int:
    """The weekday nights that should have published since ``after`` and have not: that of today once it is noon. Both times
    are by the municipality's clocks."""
    last = now.date() if now.hour >= 12 else now.date() - timedelta(days=1)
    days = (after.date() + timedelta(days=number) for number in range(1, (last - after.date()).days + 1))
    return sum(day.weekday() < 5 for day in days)


def _failed_night(code: TroubleCode, run: LastRun) -> Trouble:
    started = datetime.fromisoformat(run.started_at)
    when = f"{started:%Y-%m-%d} kl. {started:%H.%M}"
    if code is TroubleCode.NIGHT_KILLED:
        return Trouble(code, code, f"Nattkörningen som började {when} avbröts innan den var klar.")
    if code is TroubleCode.NIGHT_MISSED:
        return Trouble(code, code, f"Nattkörningen som skulle ha börjat {when} startade aldrig.")
    if code is TroubleCode.NIGHT_HUNG:
        return Trouble(code, code, f"Nattkörningen som började {when} blev inte klar i tid och avbröts.")
    why = mask_name(run.failure or "It does not say why.")
    sentence = f"Nattkörningen som började {when} misslyckades. Programmet säger: {why}"
    # The same reason is the same trouble, also where its days and counts are other ones than the night before.
    reason = "".join("#" if sign.isdigit() else sign for sign in why)
    return Trouble(trouble_id(code, sha256(reason.encode()).hexdigest()[:8]), code, sentence)


def _nothing_published(last: datetime, missed: int) -> Trouble:
    code = TroubleCode.NOTHING_PUBLISHED
    nights = "väntad natt" if missed == 1 else "väntade nätter"
    return Trouble(
        code, code, f"Inget har publicerats sedan {last:%Y-%m-%d} kl. {last:%H.%M}: {missed} {nights} har gått."
    )


def _old_backup(backup: LastBackup, now: datetime) -> Iterable[Trouble]:
    """Whether backups that are taken have stopped being taken; where none ever was, it is not done by this program."""
    code = TroubleCode.BACKUP_OLD
    taken = datetime.fromisoformat(backup.taken_at).astimezone(now.tzinfo) if backup.taken_at else None
    last = f"Den senaste hela är från {taken:%Y-%m-%d} kl. {taken:%H.%M}." if taken else "Det finns ingen hel."
    if backup.failed_at:
        failed = datetime.fromisoformat(backup.failed_at).astimezone(now.tzinfo)
        yield Trouble(code, code, f"Säkerhetskopieringen {failed:%Y-%m-%d} kl. {failed:%H.%M} misslyckades. {last}")
    elif taken and now - taken > BACKUP_IS_OLD:
        yield Trouble(code, code, f"Ingen säkerhetskopia har tagits på mer än {BACKUP_IS_OLD.days} dagar. {last}")


# --- deliveries --------------------------------------------------------------------------------------------------------------

_HELD = "select delivery_id, source, extract_date, folder from delivery where status = 'held' order by all"

#: Rejected, and nothing has come in its place: no later extract of the source and no revision of this one (where it has no
#: day that could be compared, none that came later), and nobody has turned it away for good. A delivery whose manifest cannot
#: be read has no source: the folder in which its source delivers stands for it.
_REJECTED = """
with loaded as (from delivery where status in ('accepted', 'superseded'))

select delivery_id, source, extract_date, folder, message
from delivery as rejected
where status = 'rejected'
    and decided is distinct from 'reject'
    and not exists (
        from loaded
        where loaded.source = rejected.source
            and case
                when rejected.extract_date is null or rejected.reason = 'future_date' then loaded.judged_in > rejected.judged_in
                when loaded.extract_date = rejected.extract_date
                    then loaded.revision > rejected.revision
                        or (loaded.revision = rejected.revision and rejected.reason <> 'conflict')
                else loaded.extract_date > rejected.extract_date
            end
    )
    and not exists (
        from loaded
        where rejected.source is null
            and split_part(loaded.folder, '/', 1) = split_part(rejected.folder, '/', 1)
            and loaded.judged_in > rejected.judged_in
    )
order by all
"""


def _held(connection: duckdb.DuckDBPyConnection) -> Iterable[Trouble]:
    for delivery, source, day, folder in connection.execute(_HELD).fetchall():
        yield Trouble(
            trouble_id(TroubleCode.DELIVERY_HELD, delivery),
            TroubleCode.DELIVERY_HELD,
            f"{_title(source)}, uttag {day} (mappen {mask_name(folder)}), ser misstänkt ut och väntar på beslut.",
            {"delivery_id": delivery},
        )


def _rejected(connection: duckdb.DuckDBPyConnection) -> Iterable[Trouble]:
    for delivery, source, day, folder, message in connection.execute(_REJECTED).fetchall():
        what = ", ".join(text for text in (_title(source), f"uttag {day}" if day else "") if text)
        yield Trouble(
            trouble_id(TroubleCode.DELIVERY_REJECTED, delivery),
            TroubleCode.DELIVERY_REJECTED,
            f"{what} (mappen {mask_name(folder)}) avvisades. {mask_name(message or '')}".strip(),
            {"delivery_id": delivery},
        )


def _title(source: str | None) -> str:
    """A source as its contract calls it in short; a delivery whose manifest could not be read has none."""
    if source is None:
        return "En leverans"
    known = _sources().get(source)
    return known.short_title if known else source


@cache
def _sources() -> dict[str, Source]:
    return load_sources()


# --- checks ------------------------------------------------------------------------------------------------------------------


def _checks(connection: duckdb.DuckDBPyConnection) -> tuple[list[Trouble], set[str]]:
    """The checks that warn, and the ids of those that were made and do not: a check that was not made tonight says nothing."""
    warned, passed = [], set()
    for source, dataset, name, success, detail in connection.execute(
        "select source, dataset, check_name, success, detail from contract_check order by all"
    ).fetchall():
        found = trouble_id(TroubleCode.CHECK_WARNS, f"{source}/{dataset}/{name}")
        if success:
            passed.add(found)
        else:
            sentence = f"En kontroll av {_title(source)}, {dataset}, varnar. {mask_name(detail or '')}".strip()
            about = {"source": source, "dataset": dataset, "check": name}
            warned.append(Trouble(found, TroubleCode.CHECK_WARNS, sentence, about))
    return warned, passed


def _has_jumps(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute("select 1 from duckdb_tables() where table_name = 'figure_check'").fetchone()
    return found is not None


_JUMPS = """
select check_name, any_value(title), any_value(on_date), any_value(compared_with), any_value(compared_date), count(*)
from figure_check
where is_warning
group by check_name
order by check_name
"""

_COMPARED = {"last_night": "uttaget före", "year_ago": "ett år tidigare"}


def _jumps(connection: duckdb.DuckDBPyConnection) -> Iterable[Trouble]:
    for name, title, day, compared, before, groups in connection.execute(_JUMPS).fetchall():
        where = "i en grupp" if groups == 1 else f"i {groups} grupper"
        sentence = f"{title} har {day} ändrats mer än väntat {where}, jämfört med {_COMPARED.get(compared, compared)} ({before})."
        yield Trouble(trouble_id(TroubleCode.FIGURE_JUMPED, name), TroubleCode.FIGURE_JUMPED, sentence, {"check": name})


def published_at(published: Path) -> datetime:
    """When a version was published, by the municipality's clocks (without zone)."""
    with open_database(published, read_only=True) as connection:
        row: tuple[Any, ...] | None = connection.execute("select published_at from publication").fetchone()
    assert row
    found: datetime = row[0]
    return found
