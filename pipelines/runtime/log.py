"""The structured log: one JSON object a line in `logs/events.jsonl`, for machines that watch over machines.

A line says what happened (``Event``) and when (`at`, ISO 8601 in UTC), with facts: counts, days, seconds, codes, names of
sources. It holds no value from the data and nothing about persons; every text is masked all the same. docs/overvakning.md
tells readers what the events mean. What is worth telling to whom belongs in ``monitoring``."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from pipelines.personnummer import HIDDEN, mask_text, masking_of, replace_numbers
from pipelines.runtime import clock

FILE = "logs/events.jsonl"


class Event(StrEnum):
    """What there is to write down, and with which facts."""

    RUN_STARTED = "run_started"  # process, started_by (command, schedule, sensor), program
    RUN_ENDED = "run_ended"  # result, exit_code, version, seconds, steps (seconds), by_status, held, notices, failure
    RUN_RETRIED = "run_retried"  # attempt, seconds (waited), why
    RUN_REFUSED = "run_refused"  # why: another one goes on, say
    RUN_FOUND_KILLED = "run_found_killed"  # process, started_at
    RUN_FOUND_HUNG = "run_found_hung"  # process, started_at, seconds
    LATE_DELIVERY_SEEN = "late_delivery_seen"  # deliveries
    DELIVERY_JUDGED = "delivery_judged"  # delivery_id, source, extract_date, revision, status, reason, rows, …
    SOURCE_SILENT = "source_silent"  # source, last, days
    TROUBLE_BEGUN = "trouble_begun"  # trouble, code
    TROUBLE_OVER = "trouble_over"  # trouble, code, days
    ACKNOWLEDGED = "acknowledged"  # trouble, by, until
    ACKNOWLEDGEMENT_WITHDRAWN = "acknowledgement_withdrawn"  # trouble, by
    TOLD = "told"  # channel, begun, over (how many troubles)
    NOT_TOLD = "not_told"  # channel, why
    METRICS_NOT_WRITTEN = "metrics_not_written"  # why
    TELLING_FAILED = "telling_failed"  # kind, place: a fault of the program
    MIGRATED = "migrated"  # number, what
    QUIET_NIGHT_GIVEN_UP = "quiet_night_given_up"  # kind: why the whole night runs though there is nothing new
    BACKLOG_KEPT = "backlog_kept"  # deliveries (taken in), waiting (in all)
    BACKLOG_RESUMED = "backlog_resumed"  # deliveries (taken in already)
    BACKLOG_BEGUN_ANEW = "backlog_begun_anew"  # because
    BACKUP_MADE = "backup_made"  # files, bytes, seconds
    BACKUP_FAILED = "backup_failed"  # why
    RESTORED = "restored"  # deliveries, version
    RECORDS_PRUNED = "records_pruned"  # runs, bytes


#: As journald counts them: what a person may have to look at (4), and what goes as it should (6).
_WARNING, _INFORMATION = 4, 6
_WARNINGS = {
    Event.RUN_REFUSED, Event.RUN_FOUND_KILLED, Event.RUN_FOUND_HUNG, Event.SOURCE_SILENT, Event.TROUBLE_BEGUN, Event.NOT_TOLD,
    Event.METRICS_NOT_WRITTEN, Event.TELLING_FAILED, Event.BACKUP_FAILED,
    Event.QUIET_NIGHT_GIVEN_UP,
}  # fmt: skip

#: What a line may say besides its event and its time.
Fact = str | int | float | bool | date | None
Facts = Fact | Mapping[str, Fact] | Sequence[Fact]

#: A delivery's id is a fingerprint of our own; it names the delivery whatever its digits look like.
_FINGERPRINT = re.compile("[0-9a-f]{16}")


def event(home: Path, name: Event, **facts: Facts) -> None:
    """Add an event to the log of a KAA_HOME, and to systemd's journal where this process's messages go there.

    A log that cannot be written stops nothing. The file is opened anew for each line, so that it may be moved away at any time
    (logrotate), and each line is one write, so that lines of two processes do not mix.
    """
    line: dict[str, object] = {"at": clock.now("UTC").isoformat(timespec="milliseconds"), "event": str(name)}
    text = json.dumps(line | {key: _plain(key, fact) for key, fact in facts.items()}, ensure_ascii=False)
    with suppress(OSError):
        path = home / FILE
        path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            os.write(handle, f"{text}\n".encode(errors="backslashreplace"))
        finally:
            os.close(handle)
    if _goes_to_the_journal():
        with suppress(OSError):
            print(f"<{_WARNING if name in _WARNINGS else _INFORMATION}>{text}", file=sys.stderr, flush=True)


def _goes_to_the_journal() -> bool:
    """Whether systemd says that it takes what this process writes to standard error. On a terminal, or in a file, people read
    there, and lines for machines would be in their way."""
    device, _, number = os.environ.get("JOURNAL_STREAM", "").partition(":")
    try:
        found = os.fstat(2)
    except OSError:
        return False
    return (device, number) == (str(found.st_dev), str(found.st_ino))


def _is_moment(text: str) -> bool:
    """Whether it is a time of our own, with its zone, whose digits are no number of anybody's."""
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _plain(key: str, fact: Facts) -> object:
    """A fact as JSON knows it, without what could be a personnummer."""
    if isinstance(fact, (date, datetime)):
        return fact.isoformat()
    if isinstance(fact, str):
        if _FINGERPRINT.fullmatch(fact) or _is_moment(fact):
            return fact
        return replace_numbers(fact, masking_of(key), lambda written: HIDDEN)
    if isinstance(fact, Mapping):
        return {mask_text(name): _plain(name, one) for name, one in fact.items()}
    if isinstance(fact, Sequence):
        return [_plain(key, one) for one in fact]
    return fact
