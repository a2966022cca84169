"""Whether the machine's clock can be believed: it never stands before the time of something that was published.

Each version's history remembers at what time its night took in. Where such a time was wrong (the clock had run ahead), a
person says so, and that is kept in KAA_HOME beside the pointer. What a night does about a wrong clock is decided in
``take_in``.
"""

import json
import os
import pwd
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import duckdb

from pipelines.errors import UsageError
from pipelines.history.store import History
from pipelines.home import Home

#: The people's word, one entry each, the last one last.
_FILE = "confirmed-clock.json"


@dataclass(frozen=True)
class Confirmation:
    """Somebody has said at ``clock`` that it is right; later times of the versions up to ``version`` were wrong."""

    version: int
    clock: str
    by: str
    because: str

    def rules_out(self, version: int, time: datetime) -> bool:
        """Whether the time of a version does not count because of this."""
        return version <= self.version and time > datetime.fromisoformat(self.clock)


def latest_publication(home: Home, nights: list[tuple[int, datetime]]) -> datetime | None:
    """The latest time at which anything was published, of a history's ``nights`` (version and time); None before the first.

    Raises UsageError when what people have confirmed cannot be read.
    """
    confirmed = confirmations(home)
    times = [time for version, time in nights if not any(one.rules_out(version, time) for one in confirmed)]
    return max(times, default=None)


def confirmations(home: Home) -> list[Confirmation]:
    """What people have confirmed, oldest first; raises UsageError when the file cannot be read."""
    path = home.path / _FILE
    try:
        found = [Confirmation(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
        for one in found:
            datetime.fromisoformat(one.clock)
        return found
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{path}, which says what people have confirmed of the clock, cannot be read ({type(error).__name__}): restore it "
            "from a backup, or move it away and run kaa confirm-clock again if a night says that the clock is behind."
        ) from error


def confirm(home: Home, now: datetime, because: str) -> datetime | None:
    """Note that the clock is right now, and who says so.

    Returns the time of publication that counted until then and was later than now; where there was none, None, and nothing is
    noted.

    Raises UsageError when the history or the confirmations cannot be read, or cannot be written.
    """
    version = home.current()
    if version is None:
        return None
    try:
        with duckdb.connect(str(version.history), read_only=True) as connection:
            nights = History.nights(connection)
    except duckdb.Error as error:
        raise UsageError(
            f"{version.history} cannot be opened: close the program that has it open, then run kaa confirm-clock again."
        ) from error
    latest = latest_publication(home, nights)
    if latest is None or latest <= now:
        return None
    entry = Confirmation(version.number, now.astimezone(UTC).isoformat(), _who(), because)
    _write(home, [*confirmations(home), entry])
    return latest


def _who() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user without an entry
        return f"user {os.getuid()}"


def _write(home: Home, entries: list[Confirmation]) -> None:
    path = home.path / _FILE
    part = path.with_suffix(".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            json.dump([asdict(entry) for entry in entries], file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}): give yourself the right to, or make room."
        ) from error
