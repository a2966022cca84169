"""What is known of troubles from one run to the next: `troubles.json` in KAA_HOME. Since when each is there, when it was
over, and whom it has been told to. Which there are is asked in ``troubles``; telling belongs in ``telling``."""

import errno
import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.monitoring.troubles import OF_A_RUN, Found, Trouble
from pipelines.runtime.files import atomic_write

FILE = "troubles.json"
_LOCK = "troubles.lock"

#: What is kept is followed by blanks, so that a night on a full disk has room to add what it has to tell.
_BLOCK, _ROOM = 4096, 4 * 4096

#: Days for which a trouble that is over is still shown.
KEEP_DAYS = 30


@dataclass
class Told:
    """What a channel has been told of a trouble (ISO 8601). ``tried``: it was to be told that it has begun; ``message``: by which
    message it was, where the channel gives messages names."""

    tried: str
    begun: str | None = None
    over: str | None = None
    message: str | None = None


@dataclass
class Known:
    """A trouble and its life, times as ISO 8601 with offset. ``acknowledged``: whether somebody had acknowledged it when it
    was last looked at."""

    id: str
    code: str
    sentence: str
    begun_at: str
    seen_at: str
    about: dict[str, str] = field(default_factory=dict)
    over_at: str | None = None
    acknowledged: bool = False
    told: dict[str, Told] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        return self.over_at is None

    @property
    def began(self) -> datetime:
        return datetime.fromisoformat(self.begun_at)


@dataclass
class Sending:
    """How the last message to a channel went (ISO 8601; ``why`` it was not told)."""

    at: str
    why: str | None = None


@dataclass
class KnownTroubles:
    """All troubles by id; when a run last published or found nothing new; the last version and the last
    run that are in the log; and how
    each channel was last told."""

    troubles: dict[str, Known] = field(default_factory=dict)
    last_published: str | None = None
    logged_version: int = 0
    logged_run: str | None = None
    sendings: dict[str, Sending] = field(default_factory=dict)

    @property
    def open(self) -> list[Known]:
        """Those that are not over, the oldest first."""
        return sorted((one for one in self.troubles.values() if one.is_open), key=lambda one: (one.begun_at, one.id))

    def look_at(self, found: Found, now: datetime, acknowledged: Collection[str]) -> tuple[list[Known], list[Known]]:
        """Take in what a run was found to be like; returns what has begun and what is over by it."""
        at = now.isoformat(timespec="seconds")
        begun = [self._see(one, at) for one in found.troubles]
        over = [one for one in self.troubles.values() if one.is_open and found.is_over(one.id, one.code)]
        for one in over:
            one.over_at = at
        is_run_failed = any(one.code in OF_A_RUN.values() for one in found.troubles)
        for one in over:
            if is_run_failed and one.code in OF_A_RUN.values():
                one.told = {}  # the next night failed otherwise: that is told instead
        for one in self.troubles.values():
            is_acknowledged = one.id in acknowledged
            if one.is_open and one.acknowledged and not is_acknowledged:
                one.told = {}  # it is known to nobody any more
            one.acknowledged = is_acknowledged
        oldest = (now - timedelta(days=KEEP_DAYS)).isoformat(timespec="seconds")
        self.troubles = {
            one.id: one
            for one in self.troubles.values()
            if one.over_at is None or datetime.fromisoformat(one.over_at) >= datetime.fromisoformat(oldest)
        }
        return [one for one in begun if one], over

    def _see(self, trouble: Trouble, at: str) -> Known | None:
        """Note that a trouble is there; returns it when it was not before."""
        before = self.troubles.get(trouble.id)
        if before and before.is_open:
            before.seen_at, before.sentence, before.about = at, trouble.sentence, trouble.about
            return None
        # Who has not heard yet that it was over need not hear that it has begun again.
        told = {channel: one for channel, one in before.told.items() if not one.over} if before else {}
        known = Known(trouble.id, trouble.code, trouble.sentence, at, at, trouble.about, told=told)
        self.troubles[trouble.id] = known
        return known

    def to_tell(self, channel: str) -> tuple[list[Known], list[Known]]:
        """What a channel is still to be told: what has begun, unless somebody knows of it, and what is over of that which it
        was told or was to be told."""
        begun = [
            one
            for one in self.open
            if not one.acknowledged and (channel not in one.told or not one.told[channel].begun)
        ]
        over = [
            one
            for one in self.troubles.values()
            if not one.is_open and channel in one.told and not one.told[channel].over
        ]
        return begun, sorted(over, key=lambda one: (one.begun_at, one.id))


def read_known(home: Path) -> KnownTroubles:
    """What is known; nothing where there is no file, or none that can be read (then what is wrong is told anew)."""
    try:
        content = json.loads((home / FILE).read_text(encoding="utf-8"))
        troubles = {
            name: Known(**one | {"told": {channel: Told(**told) for channel, told in one["told"].items()}})
            for name, one in content["troubles"].items()
        }
        sendings = {channel: Sending(**one) for channel, one in content["sendings"].items()}
        return KnownTroubles(**content | {"troubles": troubles, "sendings": sendings})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return KnownTroubles()


def write_known(home: Path, known: KnownTroubles) -> None:
    """Put it in place in one step; on a full disk, whose trouble is told once as any other, over what is there. Raises OSError
    when it cannot be written."""
    content: dict[str, Any] = asdict(known)
    text = json.dumps(content, ensure_ascii=False, indent=1).encode()
    kept = text.ljust(len(text) // _BLOCK * _BLOCK + _ROOM)
    try:
        atomic_write(home / FILE, kept, 0o640)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not (home / FILE).is_file():
            raise
        _write_over(home / FILE, text)


def _write_over(path: Path, text: bytes) -> None:
    """Write into the blocks that a file has. Who is killed at it leaves one that cannot be read: what is wrong is told anew."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        file.write(text.ljust(size))
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One at a time looks at the troubles and tells of them: a run that ends, and who watches, may do so at once."""
    with (home / _LOCK).open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
