"""What of a long backlog is taken in already: kept below KAA_HOME, so that a night that is stopped or killed need not begin anew.

After a batch, at times, a copy of the history that is being made is kept in `backlog/` with what the night knows besides. In
whatever order deliveries come they make the same history, so any part of them is a sound one to go on from. It is work and
nothing else: no figure is made of it, nothing of it is published, and where it does not fit any more (another program, contract,
profile or key, another version is published, a delivery that it holds is gone or another) it is thrown away and made again.
What a night does with its deliveries is ``take_in``'s.
"""

import hashlib
import json
import os
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import polars as pl

from pipelines.configuration.contract import CONTRACTS
from pipelines.configuration.municipality import profile_path
from pipelines.delivery.find import find_deliveries
from pipelines.intake.owner import owner
from pipelines.runtime.files import atomic_write, sync, sync_all
from pipelines.runtime.log import Event, event
from pipelines.state.home import BACKLOG, Home, Version
from pipelines.state.versions import SEAL

#: Seconds of work that are lost at most, but for a batch; keeping what is there takes a hundredth of that.
EVERY = 30.0

_SEAL = "backlog.json"
_PROGRAM = Path(__file__).resolve().parent.parent

#: Of each dataset's table the extracts that were taken in: extract_date, and what ``delivery.rows`` counts of each.
Extracts = dict[str, pl.DataFrame]

#: Why what is kept does not fit, as a sentence goes on.
_MISFITS = {
    "made_with": "the program, a contract or the profile is another one since then",
    "owner": "the keys are others since then",
    "new": "a delivery that it holds is gone from the drop folder, or another one",
    "carried_out": "somebody has decided otherwise about a held delivery",
    "damaged": "it is damaged",
}


@dataclass(frozen=True)
class SoFar:
    """What a night knows of its deliveries besides what its history holds: those that it judged (``new``) or judged anew
    (``changed``, and the new ones), the decisions that it carried out (delivery id -> release | reject), and the extracts that
    it took in."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    carried_out: dict[str, str] = field(default_factory=dict)
    extracts: Extracts = field(default_factory=dict)


class Backlog:
    """The kept part of the night that builds ``version`` after ``previous``; used by the holder of the lock alone."""

    def __init__(self, home: Home, version: Version, previous: Version | None, every: float = EVERY) -> None:
        self._home = home
        self._folder = home.path / BACKLOG
        self._version = version
        self._previous = previous
        self._every = every
        self._last = time.monotonic()
        #: What the kept history goes with; None where the night begins anew.
        self.so_far: SoFar | None = None

    @property
    def is_due(self) -> bool:
        """Whether it is time to keep what there is."""
        return time.monotonic() - self._last >= self._every

    def resume(self) -> str | None:
        """Put the kept history in place of the one from which the version begins, and remember what goes with it (``so_far``).

        What does not fit is removed; returns a sentence where that costs work, or where the night goes on from what is kept.
        Raises UsageError when the drop folder cannot be listed.
        """
        try:
            seal = json.loads((self._folder / _SEAL).read_text(encoding="utf-8"))
            misfit = self._misfit(seal)
            extracts = {table: self._read(file) for table, file in seal["extracts"].items()}
            so_far = SoFar(seal["new"], seal["changed"], seal["carried_out"], extracts)
        except FileNotFoundError:
            misfit = "version"
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError):
            misfit = "damaged"
        if misfit is None:
            shutil.copyfile(self._folder / seal["history"], self._version.history)
            self.so_far = so_far
            event(self._home.path, Event.BACKLOG_RESUMED, deliveries=len(so_far.new))
            return f"Going on with the backlog: {len(so_far.new)} deliveries are taken in already."
        self.discard()
        because = _MISFITS.get(misfit)
        if because is None:  # another version has been published since, or nothing was kept
            return None
        event(self._home.path, Event.BACKLOG_BEGUN_ANEW, because=because)
        return f"The backlog is taken in from its beginning, for {because}. Nothing is lost but time."

    def keep(self, connection: duckdb.DuckDBPyConnection, so_far: SoFar) -> bool:
        """Keep the open history, which has been written as far as ``so_far`` says; where there is no room for it, what was kept
        before stays. Returns whether it is kept."""
        connection.execute("checkpoint")
        try:
            self._keep(so_far)
        except OSError:
            self._remove_all_but(self._kept_files())
            return False
        finally:
            self._last = time.monotonic()
        return True

    def _keep(self, so_far: SoFar) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = secrets.token_hex(8)
        history = self._folder / f"{name}.duckdb"
        shutil.copyfile(self._version.history, history)
        extracts = {table: f"{name}-{table}.arrow" for table in so_far.extracts}
        for table, file in extracts.items():
            so_far.extracts[table].write_ipc(self._folder / file)
        files = [history.name, *extracts.values()]
        sync_all([*(self._folder / file for file in files), self._folder])
        self._home.write_out_archive(so_far.changed)
        about = {"new": so_far.new, "changed": so_far.changed, "carried_out": so_far.carried_out}
        seal = self._fits() | about | {"history": history.name, "sha256": _sha256(history), "extracts": extracts}
        sync(atomic_write(self._folder / _SEAL, json.dumps(seal), 0o600))
        sync(self._folder)
        self._remove_all_but(files)

    def _kept_files(self) -> list[str]:
        """The files that go with the seal; none where there is none."""
        try:
            seal = json.loads((self._folder / _SEAL).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return [seal["history"], *seal["extracts"].values()]

    def _remove_all_but(self, files: list[str]) -> None:
        for path in self._folder.iterdir():
            if path.name not in (_SEAL, *files):
                path.unlink()

    def discard(self) -> None:
        """Remove what is kept: it is published, or does not fit."""
        with suppress(OSError):
            (self._folder / _SEAL).unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _fits(self) -> dict[str, Any]:
        """What must be the same when the night goes on."""
        before = self._previous.folder("history") / SEAL if self._previous else None
        return {
            "version": self._version.number,
            "previous": before.read_text(encoding="utf-8") if before and before.exists() else None,
            "made_with": _made_with(self._home),
            "owner": owner(self._home),
        }

    def _misfit(self, seal: dict[str, Any]) -> str | None:
        """What of the kept part does not fit; None when all of it does."""
        fits = self._fits()
        misfit = next((name for name, value in fits.items() if seal[name] != value), None)
        if misfit:
            return misfit
        decided = self._home.decisions()
        if any(decided.get(delivery) != decision for delivery, decision in seal["carried_out"].items()):
            return "carried_out"
        found, _ = find_deliveries(self._home.drop)
        if set(seal["new"]) - {one.delivery_id for one in found}:
            return "new"
        return None if _sha256(self._folder / seal["history"]) == seal["sha256"] else "damaged"

    def _read(self, file: str) -> pl.DataFrame:
        with (self._folder / file).open("rb") as kept:  # of a path Polars would take some signs for a pattern
            return pl.read_ipc(kept)


def _made_with(home: Home) -> str:
    """A fingerprint of all that decides what becomes of a delivery: the program, the contracts, the profile."""
    profile = profile_path(home.settings.municipality)
    files = [*sorted(_PROGRAM.rglob("*.py")), *sorted(CONTRACTS.rglob("*.yaml")), profile]
    digest = hashlib.sha256(f"{duckdb.__version__} {pl.__version__}".encode())
    for file in files:
        digest.update(f"\0{file}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Stop:
    """Whether somebody wants the night to stop when it can."""

    def __init__(self) -> None:
        self.is_wanted = False

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.is_wanted and number == signal.SIGINT:
            raise KeyboardInterrupt  # a second time: at once
        self.is_wanted = True
        terminal = sys.__stderr__
        if number == signal.SIGINT and terminal is not None and terminal.isatty():
            os.write(
                terminal.fileno(), b"\nStopping when the deliveries at hand are taken in; Ctrl-C again stops at once.\n"
            )


@contextmanager
def stoppable() -> Iterator[Stop]:
    """While deliveries are taken in, Ctrl-C and SIGTERM let the batch at hand be finished, so that it can be kept."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop._ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
