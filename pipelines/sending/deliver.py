"""Makes a delivery of what a municipality really has, and puts it into the drop folder (interface.md, `kaa deliver`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.sending.found import Section, sections
from pipelines.sending.judge import Verdict, judge
from pipelines.sending.make import make_datasets
from pipelines.sending.mapping import read_mapping
from pipelines.sending.pack import Packed, pack
from pipelines.sending.write import there_already, write_delivery


@dataclass(frozen=True)
class Delivered:
    """What came of it. ``folder``: where the delivery lies, None after a dry run; ``is_new``: it did not lie there before;
    ``account``: what a dry run found."""

    packed: Packed
    verdict: Verdict
    folder: Path | None
    is_new: bool
    account: list[Section]


def deliver(
    source: str,
    mapping_file: Path,
    drop: Path,
    inputs: Sequence[Path],
    on: date | None,
    revision: int,
    is_dry_run: bool,
) -> Delivered:
    """Make a delivery of a source from inputs; ``on``: the day of the extract, by default today where the municipality is.

    Raises UsageError with the first thing that is wrong, and has written no delivery then.
    """
    mapping = read_mapping(mapping_file, source)
    now = clock.now(mapping.municipality.timezone)
    on = on or now.date()
    if on > now.date() + timedelta(days=1):
        raise UsageError(f"The day of the extract, {on}, is later than tomorrow: correct --date.")
    made = make_datasets(mapping, inputs, on, is_dry_run)
    packed = pack(mapping, made, on, revision, now)
    verdict = judge(mapping, packed)
    if is_dry_run:
        account = list(sections(made, packed, verdict))
        return Delivered(packed, verdict, None, False, account)
    there = there_already(drop, mapping, packed)
    folder = there or write_delivery(drop, packed)
    return Delivered(packed, verdict, folder, there is None, [])
