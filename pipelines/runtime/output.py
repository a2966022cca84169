"""Standard output and standard error as the program has them: UTF-8 whatever the locale, and what cannot be written is noticed.

Standard output is what other programs read: nothing of it may be lost without a word. Standard error is for people: a
nightly does not fail because nobody can read what it says. What is said belongs in ``cli``.
"""

import io
import os
import re
import sys
from typing import Any


class OutputLost(Exception):
    """Standard output could not be written; ``reason`` is empty when who read it has gone, which is no fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Read(io.FileIO):
    """Standard output."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise OutputLost("") from None
        except OSError as error:
            raise OutputLost(error.strerror or "unknown") from None


class _Said(io.FileIO):
    """Standard error."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return len(data)


def open_streams() -> None:
    """Give this process its standard output and standard error. A file name that is no text is shown with its bytes as codes."""
    sys.stdout, sys.stderr = _stream(_Read(1, "w", closefd=False)), _stream(_Said(2, "w", closefd=False))


def _stream(raw: io.FileIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw), "utf-8", "backslashreplace", newline="\n", line_buffering=raw.name == 2 or raw.isatty()
    )


def harmless(text: str) -> str:
    """A text for a terminal: signs that would steer it are written out."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", lambda sign: repr(sign[0])[1:-1], text)


def give_up() -> None:
    """Nothing more goes to standard output: Python does not try at its end what could not be written before."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
