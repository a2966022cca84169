"""Errors that nobody foresaw: which of them are one delivery's own, and what may be said of them.

An error's own text may quote the data and is never shown: its kind and its place in the program are.
"""

import traceback
from pathlib import Path

import duckdb
import polars as pl

from pipelines.delivery.find import Found
from pipelines.notices import Notice, NoticeCode, notice
from pipelines.personnummer import mask_name
from pipelines.runtime.errors import NightlyFailed, UsageError, tells_of_full_disk


def is_of_its_content(error: BaseException) -> bool:
    """Whether an error came of what a delivery holds, and not of the disk, the memory, the database or a person who stops the
    program. (A Polars panic is no ``Exception``.)"""
    others = (OSError, MemoryError, duckdb.Error, NightlyFailed, UsageError)
    is_a_fault = isinstance(error, (Exception, pl.exceptions.PanicException))
    return is_a_fault and not isinstance(error, others) and not tells_of_full_disk(str(error))


def unexplained(found: Found, error: BaseException) -> Notice:
    """The notice of a delivery that the program fails on."""
    file, line = _place(error)
    place = f"{type(error).__name__}, {file} rad {line}"
    return notice(NoticeCode.DELIVERY_UNEXPLAINED, folder=mask_name(found.folder), place=place)


def night_ends(error: BaseException, what: str) -> BaseException:
    """The error that ends the night in place of one that is no single delivery's own."""
    if not isinstance(error, (Exception, pl.exceptions.PanicException)):  # somebody stops the program
        return error
    file, line = _place(error)
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        kind += f", {error.strerror}"  # the operating system's words: disk full, no permission
    return NightlyFailed(
        f"{what} ({kind} at {file} line {line}); nothing is published. Mend what this line says of the machine (room on the "
        "disk, memory, rights) and run kaa nightly again; if that does not help, report the line to those who look after the "
        "program."
    )


def _place(error: BaseException) -> tuple[str, int]:
    """Where in the program an error came up: file and line."""
    package = Path(__file__).parent.parent
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(package)
    ]
    return Path(frames[-1].filename).relative_to(package.parent).as_posix(), frames[-1].lineno or 0
