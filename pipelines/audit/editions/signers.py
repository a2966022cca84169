"""Who may sign: KAA_HOME's file ``signers``, an OpenSSH allowed_signers file that ``ssh-keygen -Y verify -f`` reads too.

A signer that is removed stays in it with the moment until which the key was one. What somebody has signed belongs in ``folder``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from pipelines.audit.editions.signatures import (
    KEY_TYPE,
    NAMESPACE,
    fingerprint,
    fingerprint_of_file,
    read_public_key,
    write_public_key,
)
from pipelines.personnummer import mask_name
from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import atomic_write, sync

FILE = "signers"

#: A name is a part of a file's name, and one word of the file of signers.
_NAME = re.compile(r"[\w][\w.@-]{0,63}")
_LINE = re.compile(
    rf'(?P<names>"[^"]+"|[^\s"]+)\s+(?:(?P<options>(?:[^\s"]|"[^"]*")+)\s+)?(?P<key>{KEY_TYPE}\s+[A-Za-z0-9+/=]+)(?:\s.*)?'
)
_OPTION = re.compile(r'(?P<name>[a-z-]+)(?:="(?P<value>[^"]*)")?,?', re.IGNORECASE)
_TIME_FORMATS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


@dataclass(frozen=True)
class Signer:
    """A key that may sign under a name (in a file from elsewhere: a pattern of names), from a moment and until another."""

    name: str
    key: bytes
    since: datetime | None = None
    until: datetime | None = None

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.key)

    @property
    def line(self) -> str:
        """As OpenSSH reads it; times are UTC."""
        times = (("valid-after", self.since), ("valid-before", self.until))
        options = [f'namespaces="{NAMESPACE}"', *(f'{name}="{at:%Y%m%d%H%M%SZ}"' for name, at in times if at)]
        return f"{self.name} {','.join(options)} {write_public_key(self.key)}"

    def is_called(self, name: str) -> bool:
        """Whether the name is the signer's."""
        return any(fnmatchcase(name, pattern) for pattern in self.name.split(","))

    def was_one(self, after: datetime, before: datetime) -> bool:
        """Whether the key was a signer's at any moment between these two."""
        return (self.since is None or self.since <= before) and (self.until is None or self.until >= after)


def now() -> datetime:
    """This second."""
    return clock.now("UTC").replace(microsecond=0)


def read_signers(path: Path) -> list[Signer]:
    """All Ed25519 signers of a file, removed ones too; none where there is no file. Raises UsageError when it cannot be used."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read ({type(error).__name__}): give an OpenSSH allowed_signers file."
        ) from error
    return [one for line in lines if (one := _read_line(path, line.strip()))]


def _read_line(path: Path, line: str) -> Signer | None:
    """None for a comment, and for what signs otherwise: another kind of key, an authority, another purpose."""
    match = None if line.startswith("#") else _LINE.fullmatch(line)
    key = read_public_key(match["key"]) if match else None
    if match is None or key is None:
        return None
    options = {one["name"].lower(): one["value"] or "" for one in _OPTION.finditer(match["options"] or "")}
    purposes = options.get("namespaces", NAMESPACE).split(",")
    if "cert-authority" in options or not any(fnmatchcase(NAMESPACE, purpose) for purpose in purposes):
        return None
    since, until = (_time(path, options.get(name)) for name in ("valid-after", "valid-before"))
    return Signer(match["names"].strip('"'), key, since, until)


def _time(path: Path, text: str | None) -> datetime | None:
    if text is None:
        return None
    digits = text.removesuffix("Z")
    try:
        return datetime.strptime(digits, _TIME_FORMATS[len(digits)]).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        raise UsageError(f"{path} has a time {text!r} that is none: write it as YYYYMMDDHHMMSSZ.") from None


def add_signer(path: Path, name: str, public_key: Path) -> Signer:
    """Let a key sign under a name from now on. Raises UsageError when it cannot: each name has one key, each key one name."""
    if not _NAME.fullmatch(name) or mask_name(name) != name:
        raise UsageError(
            f"{mask_name(name)!r} cannot be a signer's name: use up to 64 letters, digits, dots, hyphens, @ and _, "
            "and no personnummer."
        )
    key = _read_key_file(public_key)
    signers = read_signers(path)
    if any(one.is_called(name) for one in _present(signers)):
        raise UsageError(f"{name} is a signer already: run kaa signer remove {name} before you add another key.")
    if other := next((one for one in signers if one.key == key and one.name != name), None):
        raise UsageError(
            f"{public_key} is the key of {other.name}: two signers are two people, each with a key of their own."
        )
    signer = Signer(name, key, now())
    _write(path, [*signers, signer])
    return signer


def remove_signer(path: Path, name: str) -> Signer:
    """From now on the signer signs nothing more. Raises UsageError when there is no such signer."""
    signers = read_signers(path)
    present = next((one for one in _present(signers) if one.name == name), None)
    if present is None:
        raise UsageError(f"There is no signer {name!r}: kaa signer list names them.")
    removed = replace(present, until=now())
    _write(path, [removed if one == present else one for one in signers])
    return removed


def signer_of(path: Path, key: Path) -> Signer:
    """Whose a key file is. Raises UsageError when it is no present signer's."""
    found = fingerprint_of_file(key)
    for one in _present(read_signers(path)):
        if one.fingerprint == found:
            return one
    raise UsageError(f"{key} is no signer's key: kaa signer list names those who may sign, kaa signer add adds one.")


def _present(signers: Sequence[Signer]) -> Iterator[Signer]:
    return (one for one in signers if one.until is None)


def _read_key_file(path: Path) -> bytes:
    try:
        key = read_public_key(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        key = None
    if key is None:
        raise UsageError(
            f"{path} is not an Ed25519 public key of OpenSSH: make a pair with ssh-keygen -t ed25519, and give the file "
            "that ends in .pub."
        )
    return key


def _write(path: Path, signers: Sequence[Signer]) -> None:
    atomic_write(path, "".join(f"{one.line}\n" for one in signers))
    sync(path)
    sync(path.parent)
