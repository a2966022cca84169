"""Where editions lie: KAA_HOME/editions/<id>/, each as it is exported, and what bridges need of it in <id>.private/.

An edition is proposed when it lies there with one signature and approved when it has two. Each names the one that was approved
before it, so that all of them are one chain; nothing but the folders says which is the last.
"""

import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pipelines.audit.editions.folder import EDITION, SIGNATURE, Edition, Previous, read_edition, sha256
from pipelines.audit.editions.signers import FILE
from pipelines.runtime.errors import NightlyFailed, UsageError
from pipelines.runtime.files import sync, sync_tree
from pipelines.state import decision_log
from pipelines.state.home import Home

FOLDER = "editions"
PRIVATE = ".private"

_ID = re.compile(r"[a-z0-9-]+\.[1-9][0-9]*")
_UNFINISHED = ".part"

#: What is recorded of an edition: what was decided about it, by whom and when.
PROPOSED, APPROVED = "propose-edition", "approve-edition"

State = Literal["proposed", "approved", "outdated"]


@dataclass(frozen=True)
class Kept:
    """An edition that lies in KAA_HOME."""

    path: Path

    @cached_property
    def content(self) -> bytes:
        return (self.path / EDITION).read_bytes()

    @cached_property
    def edition(self) -> Edition:
        """Raises NightlyFailed when edition.json is damaged."""
        if (edition := read_edition(self.content)) is None or edition.id != self.path.name:
            raise NightlyFailed(
                f"{self.path / EDITION} is damaged: put it back from a backup or from an exported copy of the edition."
            )
        return edition

    @property
    def signed_by(self) -> list[str]:
        """Who proposed it first."""
        names = [path.name.removeprefix(SIGNATURE) for path in self.path.glob(f"{SIGNATURE}*")]
        return sorted(names, key=lambda name: (name != self.edition.proposed_by, name))

    @property
    def is_approved(self) -> bool:
        return len(self.signed_by) > 1

    @property
    def as_previous(self) -> Previous:
        """How the next edition names it."""
        return Previous(id=self.edition.id, sha256=sha256(self.content))


class Editions:
    """The editions of a KAA_HOME."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.folder = home.path / FOLDER
        self.signers = home.path / FILE

    def all(self) -> list[Kept]:
        """In the order in which they were proposed. Raises NightlyFailed when one is damaged."""
        found = [Kept(path) for path in self.folder.glob("*") if _ID.fullmatch(path.name)]
        return sorted(found, key=lambda kept: (kept.edition.created, _number(kept.path.name)))

    def get(self, edition_id: str) -> Kept:
        """Raises UsageError when there is no such edition."""
        path = self.folder / edition_id
        if not _ID.fullmatch(edition_id) or not path.is_dir():
            raise UsageError(f"There is no edition {edition_id!r}: kaa edition list names them.")
        return Kept(path)

    @staticmethod
    def names(text: str) -> bool:
        """Whether a text is written as an edition's id, and not as a period's."""
        return bool(_ID.fullmatch(text))

    def private(self, edition_id: str) -> Path:
        """What is kept beside an edition."""
        return self.folder / f"{edition_id}{PRIVATE}"

    def last_approved(self) -> Previous | None:
        """The end of the chain: the approved edition that no other approved one follows.

        Raises NightlyFailed when an approved edition is gone, or several are the last.
        """
        approved = [kept for kept in self.all() if kept.is_approved]
        recorded = {line["edition"] for line in decision_log.decisions(self._home, APPROVED)}
        followed = {kept.edition.previous for kept in approved}
        ends = [kept.as_previous for kept in approved if kept.as_previous not in followed]
        if gone := sorted(recorded - {kept.edition.id for kept in approved}):
            raise self._broken(f"{gone[0]}, which was approved, is not there as it was")
        if len(ends) > 1:
            raise self._broken(f"{' and '.join(end.id for end in ends)} are both the last")
        return ends[0] if ends else None

    def _broken(self, found: str) -> NightlyFailed:
        return NightlyFailed(
            f"The chain of editions below {self.folder} is broken: {found}. Put back what was removed or changed, from a "
            "backup or an exported copy."
        )

    def state_of(self, kept: Kept) -> State:
        """An outdated proposal can no more be approved: another edition has been since."""
        if kept.is_approved:
            return "approved"
        return "proposed" if kept.edition.previous == self.last_approved() else "outdated"

    def next_id(self, period_id: str) -> str:
        """`<period>.<n>`; no number is given twice, whatever became of it."""
        there = [path.name for path in self.folder.glob("*") if _ID.fullmatch(path.name)]
        recorded = [line["edition"] for line in decision_log.decisions(self._home, PROPOSED)]
        numbers = [_number(name) for name in (*there, *recorded) if name.startswith(f"{period_id}.")]
        return f"{period_id}.{max(numbers, default=0) + 1}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time proposes, approves or changes the signers; what a killed one left is swept away."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / ".lock").open("w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for path in self.folder.glob(f".*{_UNFINISHED}"):
                shutil.rmtree(path)
            for path in self.folder.glob(f"*{PRIVATE}"):
                if not path.with_name(path.name.removesuffix(PRIVATE)).exists():
                    shutil.rmtree(path)
            yield

    @contextmanager
    def unfinished(self) -> Iterator[Path]:
        """A folder beside the others in which an edition is made."""
        path = self.folder / f".{secrets.token_hex(8)}{_UNFINISHED}"
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def put_in_place(self, made: Path, private: Path, edition_id: str) -> None:
        """Give a finished edition and what is kept beside it their names: the edition last, so that none is without."""
        sync_tree(made)
        sync_tree(private)
        os.replace(private, self.folder / f"{edition_id}{PRIVATE}")
        os.replace(made, self.folder / edition_id)
        sync(self.folder)

    def add_signature(self, kept: Kept, name: str, signature: bytes) -> None:
        """In one step: from then on the edition is approved."""
        with self.unfinished() as folder:
            part = folder / name
            part.write_bytes(signature)
            sync(part)
            os.replace(part, kept.path / f"{SIGNATURE}{name}")
        sync(kept.path)


def _number(edition_id: str) -> int:
    """The n-th edition of its period."""
    return int(edition_id.rpartition(".")[2])
