"""OpenSSH signatures with Ed25519 keys: made by ``ssh-keygen``, which asks for passphrases and knows ssh-agent, and checked here.

A signature has one form, the one that ``ssh-keygen -Y sign`` writes. ``ssh-keygen -Y verify`` ignores white space and spare
bits; whoever changes these changes a file of an edition, and that is found.
"""

import base64
import binascii
import hashlib
import os
import struct
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipelines.runtime.errors import UsageError
from pipelines.runtime.surroundings import for_own_process

#: What a signature is for; one that was made for something else proves nothing.
NAMESPACE = "kaa-edition"

KEY_TYPE = "ssh-ed25519"

_FIRST, _LAST = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_WIDTH = 70


def _string(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


#: Before and after the 32 bytes of the key; the 64 bytes of the signature are last (OpenSSH's PROTOCOL.sshsig).
_KEY_BEFORE = _string(KEY_TYPE.encode()) + struct.pack(">I", 32)
_BEFORE = b"SSHSIG" + struct.pack(">I", 1) + struct.pack(">I", len(_KEY_BEFORE) + 32) + _KEY_BEFORE
_PURPOSE = _string(NAMESPACE.encode()) + _string(b"") + _string(b"sha512")


@dataclass(frozen=True)
class Signature:
    """The 32 bytes of the public key that it says it is by, and its own 64 bytes."""

    key: bytes
    value: bytes

    def fits(self, message: bytes) -> bool:
        """Whether the key's owner has signed exactly these bytes."""
        signed = b"SSHSIG" + _PURPOSE + _string(hashlib.sha512(message).digest())
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(self.value, signed)
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def armored(self) -> bytes:
        """The bytes of its file."""
        body = _BEFORE + self.key + _PURPOSE + _string(_string(KEY_TYPE.encode()) + _string(self.value))
        lines = textwrap.wrap(base64.b64encode(body).decode(), _WIDTH)
        return "\n".join([_FIRST, *lines, _LAST, ""]).encode()


def read_signature(armored: bytes) -> Signature | None:
    """The signature in a file; None when it is not in the one form that it can have."""
    try:
        body = base64.b64decode(b"".join(armored.splitlines()[1:-1]), validate=True)
    except binascii.Error:
        return None
    found = Signature(body[len(_BEFORE) : len(_BEFORE) + 32], body[-64:])
    return found if found.armored == armored else None


def read_public_key(line: str) -> bytes | None:
    """The 32 bytes of a line ``ssh-ed25519 AAAA… comment``; None when it is no such key."""
    words = line.split()
    if len(words) < 2 or words[0] != KEY_TYPE:
        return None
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (binascii.Error, ValueError):
        return None
    return blob[len(_KEY_BEFORE) :] if blob.startswith(_KEY_BEFORE) and len(blob) == len(_KEY_BEFORE) + 32 else None


def write_public_key(key: bytes) -> str:
    """``ssh-ed25519 AAAA…``"""
    return f"{KEY_TYPE} {base64.b64encode(_KEY_BEFORE + key).decode()}"


def fingerprint(key: bytes) -> str:
    """As ``ssh-keygen -l`` writes it."""
    return f"SHA256:{base64.b64encode(hashlib.sha256(_KEY_BEFORE + key).digest()).decode().rstrip('=')}"


def fingerprint_of_file(path: Path) -> str:
    """Which key a file holds, private or public; nothing is asked for. Raises UsageError when it holds none."""
    done = _ssh_keygen("-l", "-f", str(path))
    words = done.stdout.decode(errors="replace").split()
    if done.returncode or len(words) < 2:
        raise UsageError(
            f"{path} is not an OpenSSH key: give your Ed25519 private key with --key, or the public one when ssh-agent holds it."
        )
    return words[1]


def sign(message: bytes, key: Path) -> bytes:
    """The signature's file. A passphrase is asked for on the terminal; with the public key ssh-agent signs.

    Raises UsageError when the key cannot sign.
    """
    done = _ssh_keygen("-Y", "sign", "-n", NAMESPACE, "-f", str(key), message=message)
    if done.returncode or read_signature(done.stdout) is None:
        why = (done.stderr.decode(errors="replace").strip().splitlines() or ["no Ed25519 signature"])[-1]
        raise UsageError(
            f"Nothing was signed with {key} ({why.removeprefix('Enter passphrase: ')}): give an Ed25519 private key that only "
            "you may read, and its passphrase on the terminal; or its public key when ssh-agent holds it."
        )
    return done.stdout


def _ssh_keygen(*arguments: str, message: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    agent = {"SSH_AUTH_SOCK": os.environ["SSH_AUTH_SOCK"]} if "SSH_AUTH_SOCK" in os.environ else {}
    # It asks on the terminal itself; never in a window.
    environment = for_own_process() | agent | {"SSH_ASKPASS_REQUIRE": "never"}
    try:
        return subprocess.run(  # noqa: S603 - a fixed program
            ["ssh-keygen", *arguments],  # noqa: S607 - wherever the system has it
            input=message,
            env=environment,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise UsageError(
            "The program ssh-keygen, which signs editions, is missing: install OpenSSH's client (openssh-client in Debian), then "
            "run the command again."
        ) from None
