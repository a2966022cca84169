"""Ids for records that have none in their source: the same from night to night, and nothing can be read out of them.

An id is made from what the named columns hold, with a secret key: a plain hash of a personnummer could be undone by trying all
numbers. The key lies beside the mapping and is made on first use; with another key every id is another one.
"""

import hmac
import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from pipelines.runtime.errors import UsageError
from pipelines.runtime.files import write_new

#: Letters in place of hex digits: digits in an id could look like somebody's personnummer, which the receiver hides.
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")

_KEY_BYTES = 32


def key_path(mapping: Path) -> Path:
    """Where the key of a mapping's ids lies."""
    return mapping.with_suffix(".key")


def read_key(mapping: Path, may_write: bool) -> bytes:
    """The key of a mapping's ids; one that is not there yet is made, and kept where ``may_write``.

    Raises UsageError when it cannot be read or written, or is no key.
    """
    path = key_path(mapping)
    try:
        if not path.exists():
            key = secrets.token_bytes(_KEY_BYTES)
            if may_write:
                write_new(path, key.hex() + "\n", 0o600)
            return key
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise UsageError(
            f"The key of made ids, {path}, cannot be read or written ({error.strerror}): keep the mapping in a "
            "folder of your own that this user may write in."
        ) from error
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise UsageError(f"{path} is no key of made ids: put back the one that was there, from a backup.")
    return key


def made_id(key: bytes, values: Iterable[str]) -> str:
    """The id of a record; empty where all the values are."""
    parts = list(values)
    if not any(parts):
        return ""
    return hmac.digest(key, json.dumps(parts).encode(), "sha256").hex()[:28].translate(_LETTERS)
