"""A run of the nightly from its beginning to its end, whoever starts it: its lock, its record, its longest time, who is told.

`kaa nightly` is one run around the job; the job that Dagster's daemon starts is one by itself (``NightlyResource``). What a
killed or a hung run has left is put in order here, by whoever comes next. What a run does belongs in ``assets``.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib.metadata import version as package_version
from pathlib import Path

from pipelines.monitoring.after_run import after_run
from pipelines.orchestration.failures import failure_of
from pipelines.orchestration.late import judged_deliveries, seen_deliveries, without
from pipelines.orchestration.outcome import Outcome, published_number, read_outcome
from pipelines.orchestration.patience import AT_ONCE, is_temporary, patiently
from pipelines.orchestration.watchdog import to_say_so, watched
from pipelines.runtime import clock, os_errors, processes
from pipelines.runtime.errors import AnotherRuns, DropFolderMissing, NightlyFailed, UsageError
from pipelines.runtime.log import Event, event
from pipelines.state.home import Home
from pipelines.state.last_run import LastRun, RunResult, read_last_run, write_last_run
from pipelines.state.nightly_lock import RUN, Holder, Lock, holder

_EX_USAGE = 64

_STOPPED = "It was told to stop; what was published before is untouched."

#: How a run ends that cannot say so itself.
_CUT_OFF = (RunResult.KILLED, RunResult.HUNG)


@dataclass
class Run:
    """A run that goes on. ``failure``: why it failed, as its steps found; ``outcome``: what it came to, where that is known
    already; ``seconds``: how long each step took; ``seen``: what lay in the drop folder when it began."""

    home: Home
    lock: Lock
    record: LastRun
    seen: dict[str, bool]
    failure: UsageError | NightlyFailed | None = None
    outcome: Outcome | None = None
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def has_published(self) -> bool:
        """Whether the pointer has moved since it began: what fails after that takes nothing back."""
        return published_number(self.home) > self.record.version


_GOING: dict[Path, Run] = {}


def going(home: Path) -> Run | None:
    """The run of this process on a KAA_HOME."""
    return _GOING.get(home)


@contextmanager
def a_run(
    home: Home, started_by: str = "command", waits: tuple[float, ...] = AT_ONCE, dagster_run: str | None = None
) -> Iterator[Run]:
    """The run around all that is done here; within one that goes on in this process, that one.

    ``waits``: how long to wait before each further try to begin, where nobody watches; ``dagster_run``: under which id Dagster
    knows it, where it has started it. Raises AnotherRuns when another run or command holds the lock, NightlyFailed when one that
    hangs cannot be ended. An error that comes out of what is done here is written down as the run's and goes on; so is
    ``Run.failure``.
    """
    if found := going(home.path):
        yield found
        return
    with ExitStack() as stack:
        lock = patiently(lambda: _lock(stack, home), waits, lambda error, seconds: note_retry(home, error, seconds))
        if dagster_run:
            lock.name_dagster_run(dagster_run)
        run = _begin(home, lock, started_by)
        _GOING[home.path] = run
        try:
            with watched(home.path, longest(home).total_seconds(), lambda: _hangs(run)):
                yield run
        except BaseException as error:
            _end(run, run.failure or error)
            raise
        else:
            _end(run, run.failure)
        finally:
            del _GOING[home.path]


def longest(home: Home) -> timedelta:
    """How long a run may take."""
    return timedelta(hours=home.settings.longest_night_hours)


def note_retry(home: Home, error: Exception, seconds: float) -> None:
    """Write down that something is tried again after so many seconds."""
    event(home.path, Event.RUN_RETRIED, seconds=seconds, why=type(error).__name__)


def assert_ready(home: Home) -> None:
    """Look at what a run cannot begin without. Raises UsageError for what a person must mend, DropFolderMissing among it,
    NightlyFailed when the state below KAA_HOME disagrees with itself."""
    if home.is_being_rebuilt:
        return
    if not home.drop.is_dir():
        raise DropFolderMissing(
            f"The drop folder {home.drop} is missing: mount it, or correct `drop` in {home.path / 'settings.toml'}."
        )
    home.check_state()
    home.check_keys()


# --- beginning and end -------------------------------------------------------------------------------------------------


def _lock(stack: ExitStack, home: Home) -> Lock:
    try:
        lock: Lock = stack.enter_context(home.nightly_lock(RUN))
    except AnotherRuns:
        if not end_hung_run(home):
            event(home.path, Event.RUN_REFUSED, why="another_runs")
            raise
        lock = stack.enter_context(home.nightly_lock(RUN))
        settle(home, RunResult.HUNG)
    return lock


def _begin(home: Home, lock: Lock, started_by: str) -> Run:
    settle(home)
    now = _now(home)
    try:
        seen = seen_deliveries(home, now)
    except (UsageError, OSError):
        seen = {}  # the run itself will say so
    before = read_last_run(home.path)
    # A run that was cut off is tried again once by day; one that is cut off a second time waits for the night.
    cut_off = before is not None and before.result in _CUT_OFF
    record = LastRun(
        started_at=now.isoformat(timespec="seconds"),
        process=processes.this_process().number,
        result=RunResult.RUNNING,
        version=published_number(home),
        left_alone=_left_alone(home, seen) if cut_off else {},
    )
    _write(home, record)
    program = package_version("kaa-warehouse")
    event(home.path, Event.RUN_STARTED, process=record.process, started_by=started_by, program=program)
    return Run(home, lock, record, seen)


def _end(run: Run, error: BaseException | None) -> None:
    """Write down what came of it, and tell who is to be told."""
    home = run.home
    failure = None if run.has_published else error
    record = _failed(home, run.record, failure) if failure else _published(home, run.record, run.outcome)
    _close(home, replace(record, left_alone=_left_alone(home, run.seen), seconds=run.seconds))


def _published(home: Home, record: LastRun, outcome: Outcome | None) -> LastRun:
    try:
        outcome = outcome or read_outcome(home)
    except NightlyFailed as unreadable:
        return _failed(home, record, unreadable)
    return replace(
        record,
        result=RunResult.NOTHING_NEW if outcome.nothing_new else RunResult.PUBLISHED,
        ended_at=_moment(home),
        version=outcome.version,
        exit_code=outcome.exit_code,
        by_status=outcome.by_status,
        held=outcome.held,
        notices=list(outcome.notices),
    )


def _failed(home: Home, record: LastRun, error: BaseException) -> LastRun:
    stopped = not isinstance(error, Exception)
    return replace(
        record,
        result=RunResult.KILLED if stopped else RunResult.FAILED,
        ended_at=_moment(home),
        version=published_number(home),
        exit_code=_EX_USAGE if isinstance(error, UsageError) else 1,
        failure=_STOPPED if stopped else _sentence(home, error),
        temporary=is_temporary(error),
    )


def _sentence(home: Home, error: BaseException) -> str:
    if isinstance(error, OSError):
        return os_errors.sentence(error)
    return str(failure_of(home, error))


def _left_alone(home: Home, seen: dict[str, bool]) -> dict[str, bool]:
    try:
        return without(seen, judged_deliveries(home))
    except NightlyFailed:
        return seen


def _close(home: Home, record: LastRun) -> None:
    _write(home, record)
    began, ended = (
        datetime.fromisoformat(moment or record.started_at) for moment in (record.started_at, record.ended_at)
    )
    event(
        home.path,
        Event.RUN_ENDED,
        result=record.result.value,
        exit_code=record.exit_code,
        version=record.version,
        seconds=(ended - began).total_seconds(),
        steps=record.seconds,
        by_status=record.by_status,
        held=record.held,
        notices=len(record.notices),
        failure=record.failure,
    )
    after_run(home, record)


def _write(home: Home, record: LastRun) -> None:
    with suppress(OSError):  # a full disk: the run says so itself, and is told of all the same
        write_last_run(home.path, record)


def _now(home: Home) -> datetime:
    return clock.now(home.municipality.timezone)


def _moment(home: Home) -> str:
    return _now(home).isoformat(timespec="seconds")


# --- runs that were cut off --------------------------------------------------------------------------------------------


def settle(home: Home, result: RunResult = RunResult.KILLED) -> LastRun | None:
    """Write down, and tell, how a run ended that could not do so itself; None where there was none. Only the holder of the lock
    may do that, before a run of its own. ``result``: killed or hung."""
    last = read_last_run(home.path)
    if last is None or last.result is not RunResult.RUNNING or going(home.path):
        return None
    has_published = published_number(home) > last.version
    record = _published(home, last, None) if has_published else _cut_off(home, last, result)
    _close(home, record)
    return record


def clear(home: Home) -> Holder | None:
    """Put in order what a killed or hung run has left, if any, without beginning another. Returns who was killed while holding
    the lock. Raises NightlyFailed when a run that hangs cannot be ended."""
    hung = end_hung_run(home)
    if not hung and not _something_is_left(home):
        return None  # whoever begins just now finds the lock free
    result = RunResult.HUNG if hung else RunResult.KILLED
    try:
        with home.nightly_lock() as lock:
            settle(home, result)
            return lock.left_by
    except AnotherRuns:
        return None


def _something_is_left(home: Home) -> bool:
    who, last = holder(home.path), read_last_run(home.path)
    if who is not None:
        return not who.is_alive
    return last is not None and last.result is RunResult.RUNNING


def end_hung_run(home: Home) -> bool:
    """End a run that has held the lock for longer than a run may, with all its processes; returns whether there was one.

    Raises NightlyFailed when it cannot be ended.
    """
    who = holder(home.path)
    allowed = longest(home).total_seconds()
    if who is None or who.purpose != RUN or who.seconds < allowed + to_say_so(allowed) or not who.is_alive:
        return False
    number = who.process.number
    if not processes.is_ours(who.process):
        raise NightlyFailed(
            f"The nightly of process {number} has been running for longer than a night may ({_hours(home)}), and it is another "
            f"user's: have it ended (kill -9 {number}), then run kaa nightly again."
        )
    if not processes.end(who.process):
        raise NightlyFailed(
            f"The nightly of process {number} hangs and cannot be ended, for it waits for a disk or a mount that does not "
            "answer: mend the mount or start the machine anew, then run kaa nightly again."
        )
    return True


def _cut_off(home: Home, record: LastRun, result: RunResult) -> LastRun:
    """The record of a run that could not end by itself, which the log is told of."""
    name = Event.RUN_FOUND_HUNG if result is RunResult.HUNG else Event.RUN_FOUND_KILLED
    event(home.path, name, process=record.process, started_at=record.started_at)
    hung = f"It took longer than a night may ({_hours(home)}, `longest_night_hours` in settings.toml) and was ended"
    why = (
        hung if result is RunResult.HUNG else "It was killed before it had published: by a restart of the machine, say"
    )
    return replace(
        record,
        result=result,
        ended_at=_moment(home),
        exit_code=1,
        failure=f"{why}; what was published before is untouched. The next run takes in what it has missed.",
    )


def _hours(home: Home) -> str:
    return f"{home.settings.longest_night_hours:g} hours"


def _hangs(run: Run) -> None:
    """Called by the watchdog, while the main thread waits for something."""
    record = _cut_off(run.home, run.record, RunResult.HUNG)
    terminal = sys.__stderr__  # the main thread may have put another one in its place
    with suppress(OSError):
        print(record.failure, file=terminal)
    _close(run.home, record)
