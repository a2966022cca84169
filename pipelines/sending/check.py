"""Judges a delivery before it is sent: all that is wrong with it, and what the receiver would say. Nothing is written anywhere.

The faults are found by what the receiver judges with (``pipelines.delivery``). Where that ends at the first, this goes on: a file
with a wrong checksum, encoding or line is judged as far as it can be, one without a column by the columns that it has. What
depends on what the receiver already has (a repeat, a volume drop) cannot be said here.
"""

import secrets
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.configuration.contract import Dataset, Source, load_sources
from pipelines.configuration.municipality import Municipality, load_municipality, load_receiver, receivers
from pipelines.delivery.checked import checked
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.faults import Fault, Rejection, first_fault
from pipelines.delivery.find import Closed, Found, delivery_at
from pipelines.delivery.judging import REJECTED, Judged, Ledger
from pipelines.delivery.manifest import MANIFEST_NAME, LookedThrough, declared_municipality, look_through, not_for_here
from pipelines.delivery.parsing import ReadFile, read_file
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import BatchRows, every_fault, refer_to
from pipelines.delivery.source_rows import type_source
from pipelines.notices import Remark, RemarkCode, kept
from pipelines.personnummer import mask_name
from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError

#: So many of the lines that have a fault are named.
_LINES_NAMED = 3


@dataclass(frozen=True)
class FaultInRows:
    """One fault of a dataset's rows. ``rows``: how many have it, among others or alone; ``first_in``: for how many of them it is
    the first, the one that the receiver's quarantine gives; ``lines``: where the first of them begin."""

    dataset: str
    file: str
    column: str
    reason: str
    expected: str
    rows: int
    first_in: int
    lines: tuple[int, ...]


@dataclass(frozen=True)
class CheckedFile:
    """A dataset's file. ``rows``: data rows; ``quarantined``: those with a fault; ``repeated``: those that repeat another;
    ``unknown_columns``: the places in the file (from 1) of columns that the contract does not name. None where that cannot be
    said before the file can be read."""

    dataset: str
    file: str
    rows: int | None = None
    quarantined: int | None = None
    repeated: int | None = None
    unknown_columns: tuple[int, ...] = ()


@dataclass(frozen=True)
class DeliveryCheck:
    """What a delivery is worth. ``municipality``: whose, None where its manifest does not say; ``status`` and ``reason``: what
    the receiver would give, if it has nothing of this date; ``faults``: why it is not usable, the receiver's first."""

    municipality: Municipality | None
    source: str | None
    extract_date: date | None
    revision: int | None
    status: str
    reason: str | None
    faults: tuple[Remark, ...]
    files: tuple[CheckedFile, ...] = ()
    faults_in_rows: tuple[FaultInRows, ...] = ()
    warnings: tuple[Remark, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to mend or to look at."""
        return not (self.faults or self.faults_in_rows or self.warnings)


@dataclass
class _Read:
    """What could be read of a delivery's files, by dataset, and the contract as far as the files keep it."""

    files: dict[str, ReadFile] = field(default_factory=dict)
    records: dict[str, DistinctRecords] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def usable(self) -> dict[str, ReadFile]:
        return {name: read for name, read in self.files.items() if read.records}


def check_delivery(folder: Path, municipality: str | None = None) -> DeliveryCheck:
    """Judge the delivery in a folder. ``municipality``: name or path of the receiver's profile; by default the one of those that
    come with the program that has the manifest's kommunkod.

    Raises UsageError where there is no delivery in the folder, it cannot be read here, or its municipality is not known.
    """
    found = _found(folder)
    profile = load_receiver(municipality) if municipality else _declared(found)
    if profile is None:
        manifest = look_through(
            found.manifest, found.path, load_sources(), Municipality.model_fields["first_day"].default
        )
        return _told(None, manifest, [*manifest.faults])
    sources = load_sources(profile.own_codes)
    manifest = look_through(found.manifest, found.path, sources, profile.first_day)
    today = clock.today(profile.timezone)
    faults = [*manifest.faults]
    if manifest.read.manifest:
        faults += not_for_here(manifest.read.manifest, profile.code, today)
    source = sources.get(manifest.read.source or "")
    if source is None:
        return _told(profile, manifest, faults)
    read = _read_files(found.path, source, manifest)
    kept_part = _kept_part(source, read)
    pseudonymiser = Pseudonymiser(secrets.token_bytes(32))  # nothing is kept under these pseudonyms
    batch = _typed(kept_part, read, pseudonymiser)
    in_rows = [one for name in batch for one in _faults_in_rows(name, batch, kept_part, read, pseudonymiser)]
    judged = _judged(found, profile, manifest, read, batch)
    faults += read.faults
    files = tuple(_checked_file(name, one, batch.get(name)) for name, one in read.files.items())
    return _told(profile, manifest, faults, judged, files, tuple(in_rows))


def _told(
    profile: Municipality | None,
    manifest: LookedThrough,
    faults: list[Fault],
    judged: Judged | None = None,
    files: tuple[CheckedFile, ...] = (),
    in_rows: tuple[FaultInRows, ...] = (),
) -> DeliveryCheck:
    """The check's result; ``judged``: what the receiver would say of a delivery whose files have no fault."""
    first = first_fault(faults)
    in_order = sorted(faults, key=lambda one: one.rank)
    said = [one for found in in_order for one in found.remarks]
    remarks = kept(judged.remarks, judged.message) if judged else ()
    if judged and judged.status == REJECTED:
        said += [one for one in remarks if one.code is not RemarkCode.EXPORT_BROKEN]
    reason = first.reason if first else judged.reason if judged else None
    read = manifest.read
    return DeliveryCheck(
        municipality=profile,
        source=read.source,
        extract_date=read.extract_date,
        revision=read.revision,
        status=REJECTED if first or judged is None else judged.status,
        reason=reason,
        faults=tuple(dict.fromkeys(map(_without_numbers, said))),
        files=files,
        faults_in_rows=in_rows,
        warnings=tuple(
            _without_numbers(one)
            for one in remarks
            if one.is_warning and one.code is not RemarkCode.ROWS_QUARANTINED  # that is told fault by fault
        ),
    )


def _without_numbers(one: Remark) -> Remark:
    """A file may be named after somebody."""
    return replace(one, about=tuple((name, mask_name(text)) for name, text in one.about))


# --- what there is ---------------------------------------------------------------------------------------------------------


def _found(folder: Path) -> Found:
    closed: list[Closed] = []
    try:
        path = folder.resolve()
        found = delivery_at(path, path.parent, closed)
    except OSError as error:
        raise UsageError(f"The delivery in {mask_name(str(folder))} cannot be read: {error.strerror}.") from error
    if closed:
        raise UsageError(
            f"{MANIFEST_NAME} in {mask_name(str(folder))} cannot be read by this user: get the right to read it, or copy the "
            "delivery to a folder of your own."
        )
    if found is None:
        raise UsageError(
            f"There is no {MANIFEST_NAME} in {mask_name(str(folder))}: give the folder of one delivery, in which it lies beside "
            "the files that it names."
        )
    return found


def _declared(found: Found) -> Municipality | None:
    """The profile of the municipality that the manifest names; None where it names none."""
    code = declared_municipality(found.manifest)
    if code is None:
        return None
    for name in receivers():
        profile = load_municipality(name)
        if profile.code == code:
            return profile
    raise UsageError(
        f"The manifest's kommunkod {mask_name(code[:20])!r} is of no profile that comes with the program "
        f"({', '.join(receivers())}): correct it, or give the receiver's profile with --municipality."
    )


def _read_files(folder: Path, source: Source, manifest: LookedThrough) -> _Read:
    read = _Read()
    for file in manifest.entries:
        dataset = source.datasets.get(file.dataset)
        if dataset is None or file.dataset in read.files:
            continue
        read.records[file.dataset] = DistinctRecords()
        faults: list[Fault] = []
        try:
            one = read_file(folder, file, dataset, read.records[file.dataset], faults.append)
        except OSError as error:
            raise UsageError(f"The delivery cannot be read: {error.strerror}.") from error
        if one.trouble:
            raise UsageError(
                f"{mask_name(file.name)} cannot be read by this user: get the right to read it, or copy the delivery to a folder "
                "of your own."
            )
        read.files[file.dataset] = replace(one, content=None)
        read.faults += _once_a_kind([*faults, *([one.fault] if one.fault else [])])
    return read


def _once_a_kind(faults: list[Fault]) -> list[Fault]:
    """A file's faults; of lines with the same fault the first, and how many there are."""
    kinds: dict[object, list[Fault]] = {}
    for one in faults:
        about = dict(one.remarks[0].about)
        kind = (one.reason, about.get("what")) if one.reason is Rejection.MALFORMED_CSV else one
        kinds.setdefault(kind, []).append(one)
    return [_with_number(alike[0], len(alike)) for alike in kinds.values()]


def _with_number(first: Fault, number: int) -> Fault:
    if number == 1:
        return first
    (said,) = first.remarks
    counted = Remark(RemarkCode.CSV_MALFORMED_OFTEN, (*said.about, ("lines", str(number))))
    return replace(first, remarks=(counted,))


# --- the contract as far as the files keep it ------------------------------------------------------------------------------


def _kept_part(source: Source, read: _Read) -> Source:
    """The source with the datasets and columns that can be read: what is missing has been told, and is not told again of each
    row."""
    headers = {name: one.records.header for name, one in read.usable.items() if one.records}
    datasets = {
        name: _with_columns(source.datasets[name], headers)
        for name in source.datasets
        if name in headers and any(column.name in headers[name] for column in source.datasets[name].columns)
    }
    return replace(source, datasets=datasets)


def _with_columns(dataset: Dataset, headers: dict[str, tuple[str, ...]]) -> Dataset:
    there = headers[dataset.name]
    has_key = all(column.name in there for column in dataset.key)
    history_names = {column.history_name for column in dataset.columns if column.name in there}
    columns = tuple(
        replace(
            column,
            is_key=column.is_key or not has_key,  # without its key a row is known by all that it holds
            ends_consent=column.ends_consent and has_key,  # what is withdrawn is known by its key
            rules=tuple(rule for rule in column.rules if rule.other in history_names),
            reference=column.reference
            if column.reference and column.reference[1] in headers.get(column.reference[0], ())
            else None,
        )
        for column in dataset.columns
        if column.name in there
    )
    return replace(dataset, columns=columns)


def _typed(source: Source, read: _Read, pseudonymiser: Pseudonymiser) -> dict[str, BatchRows]:
    files = {name: {0: one.records} for name, one in read.usable.items() if one.records and name in source.datasets}
    for name, by_extract in files.items():
        by_extract[0] = replace(by_extract[0], dataset=source.datasets[name])
    return type_source(source, files, read.records, pseudonymiser)


# --- what is wrong ---------------------------------------------------------------------------------------------------------


def _faults_in_rows(
    name: str, batch: dict[str, BatchRows], source: Source, read: _Read, pseudonymiser: Pseudonymiser
) -> list[FaultInRows]:
    """A dataset's faults, the commonest first in each column, in the contract's order of the columns."""
    rows = batch[name]
    if rows.quarantine.is_empty():
        return []
    dataset, file = source.datasets[name], read.files[name]
    assert file.records
    referenced = {
        column.reference: refer_to(batch[column.reference[0]], column.reference[1])
        for column in dataset.columns
        if column.reference
    }
    kinds = ["column_name", "reason", "expected"]
    found = every_fault(dataset, replace(file.records, dataset=dataset), read.records[name], pseudonymiser, referenced)
    first_in = Counter(rows.quarantine.select(kinds).iter_rows())
    counted = found.group_by(kinds).agg(pl.col("line").n_unique().alias("rows"), pl.col("line").unique().sort())
    places = {column.name: place for place, column in enumerate(dataset.columns)}
    told = [
        FaultInRows(
            dataset=name,
            file=mask_name(file.file.name),
            column=column,
            reason=reason,
            expected=expected,
            rows=number,
            first_in=first_in[column, reason, expected],
            lines=tuple(lines[:_LINES_NAMED]),
        )
        for column, reason, expected, number, lines in counted.iter_rows()
    ]
    return sorted(told, key=lambda one: (places[one.column], -one.rows, one.reason, one.expected))


def _judged(
    found: Found, profile: Municipality, manifest: LookedThrough, read: _Read, batch: dict[str, BatchRows]
) -> Judged | None:
    """What the receiver would say of what could be read; None where the manifest itself is not usable."""
    if manifest.read.manifest is None:
        return None
    counts = {name: rows.counts.row(0, named=True) for name, rows in batch.items()}
    limits = profile.thresholds
    delivery = checked(found, manifest.read.manifest, read.files, 0, counts, batch, many=limits.bad_row_min)
    return Ledger(limits).judge(delivery)


def _checked_file(name: str, one: ReadFile, rows: BatchRows | None) -> CheckedFile:
    file = mask_name(one.file.name)
    if one.records is None or rows is None:
        return CheckedFile(name, file)
    counts = rows.counts.row(0, named=True)
    known = {column.name for column in one.records.dataset.columns}
    unknown = tuple(place for place, column in enumerate(one.records.header, start=1) if column not in known)
    return CheckedFile(name, file, counts["data_rows"], counts["quarantined"], counts["repeated"], unknown)
