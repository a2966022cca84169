"""Which lines of a text stood in another one, found by going through both side by side: an extract is mostly the one of the night
before, in the same order, and what is the same is seen by comparing bytes, without taking any of it apart.

What is found is the same; that something is not found only means that it has to be looked for in another way
(``distinct_records``). What a line means does not belong here.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
import polars as pl
import pyarrow as pa

Bounds = np.ndarray[tuple[int], np.dtype[np.int64]]

#: Bytes that are compared at once: about as much as two differences have between them.
_AT_ONCE = 16 * 1024
#: How far a line is looked for that does not stand where it did.
_NEAR = 64 * 1024
#: A line that has to be looked for costs as much as so many that are passed. Where that comes to more than this, and to more
#: than one for so many lines that are the same, the text or its order is another one.
_LOOKING, _EFFORT, _ONE_OF = 16, 4096, 4


@dataclass(frozen=True)
class Lines:
    """A text, where each of its lines begins, and where the last one ends; a line holds its end."""

    text: bytes
    bounds: Bounds

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def bytes_of(self, first: int, after: int) -> int:
        """How long these lines are, up to the one ``after`` them."""
        return int(self.bounds[after] - self.bounds[first])

    @cached_property
    def as_array(self) -> pa.LargeStringArray:
        """The lines; the bytes are not copied. The text must be UTF-8."""
        buffers = pa.py_buffer(self.bounds), pa.py_buffer(self.text)
        return pa.LargeStringArray.from_buffers(len(self), *buffers)

    @cached_property
    def as_series(self) -> pl.Series:
        """The lines as Polars knows them."""
        return cast(pl.Series, pl.from_arrow(self.as_array))


def lines_of(text: bytes, start: int = 0) -> Lines:
    """The lines of a text from a place in it on."""
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8)[start:] == ord("\n")) + (start + 1)
    if start < len(text) and not text.endswith(b"\n"):
        ends = np.append(ends, len(text))
    return Lines(text, np.concatenate([np.array([start], dtype=np.int64), ends]))


class Stretch(NamedTuple):
    """Lines ``first`` up to ``after`` (not included) of the text before stand, as they are, at a place of this one."""

    first: int
    after: int
    place: int


def same_stretches(before: Lines, text: bytes, start: int = 0) -> list[Stretch]:
    """The stretches of lines that stood in the text before, in the order of both. Where the order is another one, those up to
    there."""
    return _Comparison(before, text, start).stretches()


class _Comparison:
    """Two texts that are gone through side by side: line ``_line`` of the one before, and ``_place`` of this one."""

    def __init__(self, before: Lines, text: bytes, start: int) -> None:
        self._before, self._bounds = before.text, before.bounds
        self._text = text
        self._old = np.frombuffer(before.text, dtype=np.uint8)
        self._new = np.frombuffer(text, dtype=np.uint8)
        self._line, self._place = 0, start
        # A last line without its end may go on in this text.
        self._last = len(before) - (not before.text.endswith(b"\n"))

    def stretches(self) -> list[Stretch]:
        found = []
        same, effort = 0, 0
        while self._place < len(self._text) and self._line < self._last:
            first, place = self._line, self._place
            self._pass_same()
            if self._line > first:
                found.append(Stretch(first, self._line, place))
                same += self._line - first
            if effort > _EFFORT and effort * _ONE_OF > same:
                break
            if self._line < self._last and self._place < len(self._text):
                if self._pass_one():
                    effort += 1
                else:
                    effort += _LOOKING
                    self._look_near()
        return found

    def _pass_same(self) -> None:
        """Go on to the first line that differs."""
        begin = old = int(self._bounds[self._line])
        new = self._place
        while (size := min(_AT_ONCE, len(self._old) - old, len(self._new) - new)) > 0:
            differs = self._old[old : old + size] != self._new[new : new + size]
            at = int(differs.argmax())
            if differs[at]:
                old += at
                break
            old, new = old + size, new + size
        self._line = min(int(self._bounds.searchsorted(old, "right")) - 1, self._last)
        self._place += int(self._bounds[self._line]) - begin

    def _pass_one(self) -> bool:
        """Go on where one line was changed, is gone or has come, after which both go on alike."""
        here = self._bounds[self._line : self._line + 3].tolist()
        line, after = self._before[here[0] : here[1]], self._end_of_line()
        following = self._before[here[1] : here[-1]]  # nothing after the last line, which is where every text goes on
        if following and self._text.startswith(following, after):
            self._line, self._place = self._line + 1, after
        elif following and self._text.startswith(following, self._place):
            self._line += 1
        elif self._text.startswith(line, after):
            self._place = after
        else:
            return False
        return True

    def _look_near(self) -> None:
        """Go on behind several lines that are gone, or that have come; else behind one of each."""
        begin, after = self._bounds[self._line : self._line + 2].tolist()
        end = self._end_of_line()
        gone = _find_line(self._before, self._text[self._place : end], after)
        come = -1 if gone >= 0 else _find_line(self._text, self._before[begin:after], end)
        if gone >= 0:
            self._line = int(self._bounds.searchsorted(gone))
        elif come >= 0:
            self._place = come
        else:
            self._line, self._place = self._line + 1, end

    def _end_of_line(self) -> int:
        return self._text.find(b"\n", self._place) + 1 or len(self._text)


def _find_line(text: bytes, line: bytes, start: int) -> int:
    """Where a line stands near behind a place at which a line begins; -1 where it does not."""
    found = text.find(line, start, start + _NEAR)
    return found if found >= 0 and (found == start or text[found - 1] == ord("\n")) else -1
