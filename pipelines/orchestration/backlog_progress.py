"""Shows on a terminal how far a night has come with its deliveries, and how long the rest of them will take.

What is counted is rows, by the manifests: deliveries of different sources have nothing in common but them. What is shown is the
taking in alone; figures and pages come after it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from pipelines.intake.progress import Watch

#: The share of a row's time that reading and archiving it takes; the rest is typing and loading, a batch at a time.
_READING = 0.75
#: Seconds over which the speed is measured: sources differ, and a batch is loaded at once.
_OVER = 60.0


class _Rows(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        """Nothing until there is a speed to tell."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed / 1e6:.2f} million rows/s" if speed else "", no_wrap=True)


class Bar(Watch):
    """The bar of one night."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("Taking in"),
            BarColumn(),
            TextColumn("{task.fields[done]} of {task.fields[deliveries]} deliveries read"),
            _Rows(),
            TimeRemainingColumn(compact=True),
            TextColumn("left, then figures and pages"),
            console=console,
            speed_estimate_period=_OVER,
            transient=True,
        )
        self._counting, self._read = Lock(), 0
        self._task = self._progress.add_task("", total=None, visible=False, done=0, deliveries=0)

    def begins(self, deliveries: int, rows: int) -> None:
        """Show the bar, when anything waits."""
        self._progress.update(self._task, total=rows, deliveries=deliveries, visible=deliveries > 0)
        self._progress.start()

    def read(self, rows: int) -> None:
        """Go on by the part that reading is."""
        with self._counting:
            self._read += 1
            self._progress.update(self._task, advance=rows * _READING, done=self._read)

    def loaded(self, deliveries: int, rows: int) -> None:
        """Go on by the rest."""
        self._progress.update(self._task, advance=rows * (1 - _READING))

    def end(self) -> None:
        """Take the bar away."""
        self._progress.stop()


@contextmanager
def bar_on(terminal: TextIO) -> Iterator[Bar]:
    """A bar while deliveries are taken in."""
    bar = Bar(Console(file=terminal))
    try:
        yield bar
    finally:
        bar.end()
