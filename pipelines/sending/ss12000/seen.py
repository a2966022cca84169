"""Which enrolments were seen on which night: the state file beside a mapping.

A server that gives no dates says only who is enrolled tonight; and one that gives dates may drop an enrolment without ever
having said when it ended, while the receiver takes what it has heard of once as going on (figures.md, "the current version of
a record"). So what was seen is remembered until it has been over for as long as the register holds it.

The file is JSON that a person can read. Ids are keyed, personnummer are encrypted (Fernet), both with the key in a file of its
own beside it; both files are for their owner alone. What is delivered of it belongs in ``register``.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write, write_new
from pipelines.runtime.os_errors import sentence
from pipelines.sending.ss12000.authorization import read_secret

_ABOUT = (
    "Vilka inskrivningar SS 12000-servern har visat natt för natt. Skrivs av kaa deliver; ändra den inte. "
    "Personnumren är krypterade med nyckeln i filen .seen.key."
)
_OWNER_ALONE = 0o600


class Seen(BaseModel):
    """An enrolment that was seen. ``start`` and ``end`` are what the server said; ``first`` and ``last`` the nights on which
    it was there. ``enrolment`` knows it again, ``place`` knows what else the person has at the same school."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enrolment: str
    place: str
    number: str
    unit_code: str
    school_form: str
    study_path: str
    end_code: str
    start: date | None
    end: date | None
    first: date
    last: date


class Night(BaseModel):
    """What is known after a night: enrolments by the id of their studieperiod."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    night: date
    enrolments: dict[str, Seen]


class _State(BaseModel):
    """The newest night, and the one before it, from which the newest is made again when it is run again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str = _ABOUT
    newest: Night
    before: Night | None = None


@dataclass(frozen=True)
class Key:
    """Makes ids that say nothing, and hides numbers."""

    text: str

    def fingerprint(self, *parts: str) -> str:
        """An id that is the same for the same parts, and of which nobody without the key finds the parts. It has few digits in a
        row, so that it never looks like a personnummer."""
        message = json.dumps(parts, ensure_ascii=True).encode()
        digest = hmac.new(self.text.encode(), b"id:" + message, hashlib.sha256).digest()
        return base64.b32encode(digest)[:26].decode().lower()

    def hide(self, number: str) -> str:
        """A text that only the key makes readable."""
        return Fernet(self.text).encrypt(number.encode()).decode()

    def show(self, hidden: str) -> str:
        """The number that was hidden. Raises InvalidToken where it was with another key."""
        return Fernet(self.text).decrypt(hidden.encode()).decode()


class Memory:
    """The two files of one mapping, as they were when this was made. Raises UsageError where they cannot be used."""

    def __init__(self, mapping_path: Path):
        self._file = mapping_path.with_name(f"{mapping_path.stem}.seen.json")
        self._key_file = mapping_path.with_name(f"{mapping_path.stem}.seen.key")
        self._state = self._read_state()
        self.key = self._read_key()
        self._check_key()

    def before(self, night: date) -> Night | None:
        """What was known before a night. Raises UsageError for a night before the newest."""
        if self._state is None:
            return None
        newest = self._state.newest
        if night < newest.night:
            raise UsageError(
                f"The enrolments of {newest.night} have been read already ({self._file}), and the server tells only of today: "
                f"give --date {newest.night} or a later day."
            )
        return self._state.before if night == newest.night else newest

    def keep(self, newest: Night, before: Night | None) -> None:
        """Remember a night; whoever reads meanwhile finds the old file or the new one."""
        state = _State(newest=newest, before=before)
        try:
            if not self._key_file.exists():
                write_new(self._key_file, self.key.text, _OWNER_ALONE)
            atomic_write(self._file, state.model_dump_json(indent=1) + "\n", _OWNER_ALONE)
        except OSError as error:
            raise UsageError(f"What was seen tonight cannot be remembered. {sentence(error)}") from None

    def _read_state(self) -> _State | None:
        try:
            return _State.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"The file of the enrolments that were seen cannot be read. {sentence(error)}") from None
        except ValidationError:
            raise UsageError(
                f"The file {self._file} of the enrolments that were seen is damaged: put back a copy of it. (Moved away, with "
                f"{self._key_file.name}, all enrolments without dates would begin tonight.)"
            ) from None

    def _read_key(self) -> Key:
        if not self._key_file.exists():
            if self._state is not None:
                raise self._wrong_key("is missing")
            return Key(Fernet.generate_key().decode())
        text = read_secret(self._key_file, "enrolments that were seen")
        try:
            Fernet(text)
        except ValueError:
            raise self._wrong_key("is damaged") from None
        return Key(text)

    def _check_key(self) -> None:
        one = next(iter(self._state.newest.enrolments.values()), None) if self._state else None
        try:
            if one is not None:
                self.key.show(one.number)
        except InvalidToken:
            raise self._wrong_key("is another one's") from None

    def _wrong_key(self, what: str) -> UsageError:
        return UsageError(f"The key {self._key_file} of {self._file.name} {what}: put back the one that belongs to it.")
