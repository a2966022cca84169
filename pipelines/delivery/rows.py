"""Judges the rows of many extracts at once by their contract (deliveries.md section 3).

Nights are alike: each distinct content is typed and judged once, however many extracts repeat it. What comes out holds
pseudonyms instead of personnummer, and for each content the unbroken runs of extracts in which it was seen (``runs``).
Whether a delivery as a whole is usable is decided in ``judging``.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from pipelines.configuration.contract import Column, Dataset, Rule
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.parsing import BLANKS, FileRecords, split_record
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.runs import (
    BOUNDS,
    count_by_extract,
    each_extract,
    meetings,
    merged,
    runs_of_records,
    uncovered,
    without,
)
from pipelines.delivery.values import expected_value, typed_value
from pipelines.personnummer import masking_of

#: Order of the checks of one column: its value, its rules, then what depends on other rows.
_MISSING, _WRONG, _FIRST_RULE, _DUPLICATE_KEY, _UNKNOWN_REFERENCE = 0, 1, 2, 90, 91

#: What is said of a fault to people.
_EXPLAINED = ("column_name", "reason", "expected")


@dataclass
class BatchRows:
    """A dataset's rows in a batch of extracts; `extract` is an extract's position in it.

    ``contents``: distinct sound contents (history columns) with `content`, a number; ``runs``: `content, first_extract,
    last_extract`, unbroken within the batch; ``quarantine``: `extract, line, column_name, reason, expected, pseudonyms` (whom
    the row is about, as far as that can be told), `consent` (by what its record is known when a consent on which it rests is
    withdrawn); ``counts``: per extract `data_rows, loaded, quarantined, repeated`;
    ``numbers``: pseudonyms with birth date and gender of all sound rows; ``delivered``: runs with `pseudonym` and the key as
    text of all rows, quarantined ones too.
    """

    dataset: Dataset
    contents: pl.DataFrame
    runs: pl.DataFrame
    quarantine: pl.DataFrame
    counts: pl.DataFrame
    numbers: pl.DataFrame
    delivered: pl.DataFrame


@dataclass(frozen=True)
class Referenced:
    """A column that another dataset refers to: ``sound`` holds `value` and the runs of the rows that are not quarantined,
    ``owners`` holds `value, pseudonym` and the runs of all."""

    sound: pl.DataFrame
    owners: pl.DataFrame


def type_rows(
    dataset: Dataset,
    files: dict[int, FileRecords],
    records: DistinctRecords,
    pseudonymiser: Pseudonymiser,
    referenced: dict[tuple[str, str], Referenced],
) -> BatchRows:
    """Type and judge a dataset's records.

    ``files``: the records of each extract, with their ids in ``records``. ``referenced``: each (dataset, column) that this
    dataset refers to.
    """
    texts, content_of = _distinct_contents(dataset, records)
    runs = _runs_of_contents(files, records, content_of)
    texts = texts.join(runs, on="content", how="semi", maintain_order="left")
    for column in dataset.columns:
        if column.type == "text":  # from here on no personnummer is in it, so keys and references still fit together
            texts = texts.with_columns(pseudonymiser.mask_all(texts[column.name], masking_of(column.name)))
    numbers = pseudonymiser.look_up(_all_numbers(dataset, texts))
    typed = _typed(dataset, texts, numbers)
    faulty_contents = _faults_within_the_row(dataset, typed)
    faults = pl.concat(
        [
            each_extract(runs.join(faulty_contents, on="content")).select("content", "extract", "place", "check"),
            _duplicate_keys(dataset, texts, runs, typed),
            *[_unknown_references(dataset, column, texts, runs, referenced) for column in dataset.columns],
        ]
    )
    bad = faults.sort("place", "check").group_by("content", "extract").agg(pl.col("place", "check").first())
    sound = without(runs, bad)
    bad_lines = _first_lines(files, records, content_of, bad)
    return BatchRows(
        dataset=dataset,
        contents=_history_columns(dataset, typed, sound),
        runs=sound,
        quarantine=_quarantine(
            dataset, texts, typed, bad.join(bad_lines, on=["content", "extract"]), referenced, pseudonymiser
        ),
        counts=_counts(files, runs, sound, bad),
        numbers=_sound_numbers(dataset, typed, sound, numbers),
        delivered=texts.select("content", *[column.name for column in dataset.key])
        .join(typed.select("content", pseudonym=_owner(dataset)), on="content")
        .join(runs, on="content"),
    )


def every_fault(
    dataset: Dataset,
    file: FileRecords,
    records: DistinctRecords,
    pseudonymiser: Pseudonymiser,
    referenced: dict[tuple[str, str], Referenced],
) -> pl.DataFrame:
    """Each fault of each row of one file, also those after a row's first: `line, column_name, reason, expected`, by line and in
    the order of the checks. Rows that repeat another exactly are one.

    ``records`` holds this file's records and no others; ``referenced``: as for ``type_rows``.
    """
    texts, content_of = _distinct_contents(dataset, records)
    runs = _runs_of_contents({0: file}, records, content_of)
    for column in dataset.columns:
        if column.type == "text":
            texts = texts.with_columns(pseudonymiser.mask_all(texts[column.name], masking_of(column.name)))
    typed = _typed(dataset, texts, pseudonymiser.look_up(_all_numbers(dataset, texts)))
    within = [
        typed.filter(check.is_fault).select("content", *_fault(place, check.number))
        for place, column in enumerate(dataset.columns)
        for check in _checks(column)
    ]
    between = [
        _duplicate_keys(dataset, texts, runs, typed),
        *[_unknown_references(dataset, column, texts, runs, referenced) for column in dataset.columns],
    ]
    faults = pl.concat([*within, *[each.select("content", "place", "check") for each in between]])
    lines = _first_lines(
        {0: file}, records, content_of, faults.select("content", extract=pl.lit(0, pl.UInt32)).unique()
    )
    explained = _explained(dataset, faults)
    found = faults.join(explained, on=["place", "check"]).join(lines, on="content").sort("line", "place", "check")
    return found.select("line", "column_name", "reason", "expected")


def lines_of(
    file: FileRecords, records: DistinctRecords, pseudonymiser: Pseudonymiser, wanted: pl.DataFrame
) -> pl.Series:
    """Where rows stand in one file: for each row of ``wanted`` (history columns) the physical line on which a row with exactly
    that content begins, of rows that repeat exactly the first; null where there is none.

    ``records`` holds this file's records and no others.
    """
    dataset = file.dataset
    texts, content_of = _distinct_contents(dataset, records)
    for column in dataset.columns:
        if column.type == "text":
            texts = texts.with_columns(pseudonymiser.mask_all(texts[column.name], masking_of(column.name)))
    typed = _typed(dataset, texts, pseudonymiser.look_up(_all_numbers(dataset, texts)))
    places = np.arange(file.count)
    lines = pl.DataFrame({"record_id": file.record_ids, "line": file.lines_at(places)}).join(content_of, on="record_id")
    first = lines.group_by("content").agg(pl.col("line").min())
    names = [column.history_name for column in dataset.columns]
    found = typed.join(first, on="content").group_by(names).agg(pl.col("line").min())
    return wanted.select(names).join(found, on=names, how="left", nulls_equal=True, maintain_order="left")["line"]


def numbers_in(dataset: Dataset, records: DistinctRecords) -> pl.Series:
    """What stands in the columns of these records that hold a personnummer."""
    return _all_numbers(dataset, _distinct_contents(dataset, records)[0])


# --- distinct contents -------------------------------------------------------------------------------------------------


def _distinct_contents(dataset: Dataset, records: DistinctRecords) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`content` with the contracted columns as trimmed text; and the `content` of each `record_id`.

    Rows that repeat another exactly are one content, and so removed.
    """
    names = [column.name for column in dataset.columns]
    parts = [_split(names, header, frame) for header, frame in records.texts().items()]
    empty = pl.DataFrame(schema={**dict.fromkeys(names, pl.String), "record_id": pl.UInt32})
    grouped = pl.concat([empty, *parts]).group_by(names).agg("record_id").with_row_index("content")
    return grouped.drop("record_id"), grouped.select("content", "record_id").explode("record_id")


def _split(names: list[str], header: tuple[str, ...], frame: pl.DataFrame) -> pl.DataFrame:
    """Records of files with one header, taken apart into the contracted columns."""
    quoted = frame["record"].str.contains('"', literal=True)
    plain = frame.filter(~quoted)
    fields = plain["record"].str.split(";")
    columns = [fields.list.get(header.index(name)).alias(name) for name in names]
    parts = [pl.DataFrame(columns).with_columns(plain["record_id"])]
    if quoted.any():
        rest = frame.filter(quoted)
        rows = [split_record(record) or [] for record in rest["record"]]
        columns = [pl.Series(name, [row[header.index(name)] for row in rows], dtype=pl.String) for name in names]
        parts.append(pl.DataFrame(columns).with_columns(rest["record_id"]))
    trimmed = pl.concat(parts).with_columns(pl.col(names).str.strip_chars(BLANKS))
    return trimmed.with_columns(pl.when(pl.col(names) != "").then(pl.col(names)))


def _runs_of_contents(
    files: dict[int, FileRecords], records: DistinctRecords, content_of: pl.DataFrame
) -> pl.DataFrame:
    """`content` and the runs of extracts that hold it."""
    runs = runs_of_records({extract: file.record_ids for extract, file in files.items()}, records.count)
    return merged(runs.join(content_of, on="record_id"), "content")


def _first_lines(
    files: dict[int, FileRecords], records: DistinctRecords, content_of: pl.DataFrame, bad: pl.DataFrame
) -> pl.DataFrame:
    """`content, extract, line` of the faulty rows: where the content stands first in that extract's file."""
    wanted = np.zeros(records.count, dtype=np.bool_)
    wanted[content_of.join(bad, on="content", how="semi")["record_id"].to_numpy()] = True
    schema = {"record_id": pl.UInt32, "line": pl.UInt32, "extract": pl.UInt32}
    found = [pl.DataFrame(schema=schema)]
    for extract in bad["extract"].unique():
        file = files[extract]
        places = np.flatnonzero(wanted[file.record_ids])
        lines = pl.DataFrame({"record_id": file.record_ids[places], "line": file.lines_at(places)})
        found.append(lines.with_columns(extract=pl.lit(extract, pl.UInt32)))
    return pl.concat(found).join(content_of, on="record_id").group_by("content", "extract").agg(pl.col("line").min())


# --- values ------------------------------------------------------------------------------------------------------------


def _all_numbers(dataset: Dataset, texts: pl.DataFrame) -> pl.Series:
    values = [texts[column.name] for column in dataset.number_columns]
    return pl.concat(values) if values else pl.Series(dtype=pl.String)


def _typed(dataset: Dataset, texts: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """`content`, typed columns under their history names, and for each column `<name>!given`: a value was delivered."""
    result = texts.select("content")
    for column in dataset.columns:
        text = texts[column.name]
        value = typed_value(column, text, numbers)
        result = result.with_columns(
            value.alias(column.history_name), text.is_not_null().alias(f"{column.history_name}!given")
        )
    return result


# --- faults: `content, place, check`, and the extract where it depends on other rows; `place` is the column's, and for a rule
# --- that comes after all others (`Rule.is_last`) that many columns on ------------------------------------------------------


class _Check(NamedTuple):
    """One check of a column: its order, the reason in the quarantine, where a row is at fault, and what is expected."""

    number: int
    reason: str
    is_fault: pl.Expr
    expected: str
    is_last: bool = False


def _checks(column: Column) -> list[_Check]:
    """The column's checks within the row, in order."""
    value, given = pl.col(column.history_name), pl.col(f"{column.history_name}!given")
    wrong = {"personnummer": "bad_personnummer", "code": "bad_code"}.get(column.type, "bad_type")
    expected = expected_value(column)
    return [
        _Check(_MISSING, "missing_value", ~given if column.required else pl.lit(False), expected),
        _Check(_WRONG, wrong, given & value.is_null(), expected),
        *[
            _Check(number, rule.reason, _is_broken(rule, column), rule.description, rule.is_last)
            for number, rule in enumerate(column.rules, start=_FIRST_RULE)
        ],
    ]


def _is_broken(rule: Rule, column: Column) -> pl.Expr:
    """Where a promise about two columns of a row is not kept."""
    value, other = pl.col(column.history_name), pl.col(rule.other)
    if rule.kind == "not_before":
        return value < other
    if rule.kind == "not_after":
        return value > other
    if rule.kind == "present_exactly_with":
        return pl.col(f"{column.history_name}!given") != pl.col(f"{rule.other}!given")
    if rule.kind == "present_exactly_when":
        return pl.col(f"{column.history_name}!given") != (other == rule.when)
    if rule.kind == "value_when":
        return (other == rule.when) & (value != (rule.value == "J" if column.type == "yes_no" else rule.value))
    raise ValueError(f"unknown rule {rule.kind} in the contract of column {column.name}")


def _faults_within_the_row(dataset: Dataset, typed: pl.DataFrame) -> pl.DataFrame:
    """Each content's first fault that does not depend on other rows."""
    none = pl.lit(None, dtype=pl.Struct({"place": pl.Int32, "check": pl.Int32}))
    last = len(dataset.columns)
    checks = [
        (place + last if check.is_last else place, check)
        for place, column in enumerate(dataset.columns)
        for check in _checks(column)
    ]
    faults = [
        pl.when(check.is_fault).then(pl.struct(*_fault(place, check.number)))
        for place, check in sorted(checks, key=lambda item: (item[0], item[1].number))
    ]
    found = typed.select("content", fault=pl.coalesce([*faults, none]))
    return found.filter(pl.col("fault").is_not_null()).unnest("fault")


def _fault(place: int, check: int) -> list[pl.Expr]:
    return [pl.lit(place, pl.Int32).alias("place"), pl.lit(check, pl.Int32).alias("check")]


def _duplicate_keys(dataset: Dataset, texts: pl.DataFrame, runs: pl.DataFrame, typed: pl.DataFrame) -> pl.DataFrame:
    """Rows of one extract that share a usable key but not their content: all of them.

    A key is usable when each of its columns is right by itself; one that may be empty has the empty value like any other.
    """
    keys = [column.name for column in dataset.key]
    unusable = typed.filter(
        pl.any_horizontal(
            check.is_fault for column in dataset.key for check in _checks(column) if check.number <= _WRONG
        )
    )
    usable = texts.select("content", *keys).join(unusable, on="content", how="anti")
    sharing = usable.filter(pl.struct(keys).is_duplicated()).join(runs, on="content")
    place = dataset.columns.index(dataset.key[0])
    return meetings(sharing, keys).select("content", "extract", *_fault(place, _DUPLICATE_KEY))


def _unknown_references(
    dataset: Dataset,
    column: Column,
    texts: pl.DataFrame,
    runs: pl.DataFrame,
    referenced: dict[tuple[str, str], Referenced],
) -> pl.DataFrame:
    """Rows whose reference is not among the sound rows of the same delivery."""
    if column.reference is None:
        unknown = each_extract(runs.clear())
    else:
        referring = texts.select("content", value=pl.col(column.name)).drop_nulls().join(runs, on="content")
        unknown = uncovered(referring, referenced[column.reference].sound, "value")
    return unknown.select("content", "extract", *_fault(dataset.columns.index(column), _UNKNOWN_REFERENCE))


# --- results -----------------------------------------------------------------------------------------------------------


def _history_columns(dataset: Dataset, typed: pl.DataFrame, sound: pl.DataFrame) -> pl.DataFrame:
    columns = ["content", *[column.history_name for column in dataset.columns]]
    return typed.select(columns).join(sound, on="content", how="semi")


def _explanation(dataset: Dataset, place: int, check: int) -> tuple[str, str, str]:
    """Column name, reason and what was expected, in Swedish and without any delivered value."""
    column = dataset.columns[place % len(dataset.columns)]
    if check == _DUPLICATE_KEY:
        keys = ", ".join(item.name for item in dataset.key)
        return column.name, "duplicate_key", f"bara en rad med samma nyckel ({keys}) och olika innehåll"
    if check == _UNKNOWN_REFERENCE and column.reference:
        return column.name, "unknown_reference", f"ett värde som finns i {'.'.join(column.reference)} i samma leverans"
    broken = _checks(column)[check]
    return column.name, broken.reason, broken.expected


def _explained(dataset: Dataset, faults: pl.DataFrame) -> pl.DataFrame:
    """Each kind of fault (`place, check`) with its column's name, its reason and what was expected."""
    kinds = faults.select("place", "check").unique()
    return pl.DataFrame(
        [(*kind, *_explanation(dataset, *kind)) for kind in kinds.iter_rows()],
        schema={**kinds.schema, **dict.fromkeys(_EXPLAINED, pl.String)},
        orient="row",
    )


def _quarantine(
    dataset: Dataset,
    texts: pl.DataFrame,
    typed: pl.DataFrame,
    bad: pl.DataFrame,
    referenced: dict[tuple[str, str], Referenced],
    pseudonymiser: Pseudonymiser,
) -> pl.DataFrame:
    return (
        bad.join(_explained(dataset, bad), on=["place", "check"])
        .join(_owners(dataset, texts, typed, bad, referenced), on=["content", "extract"], how="left")
        .join(_consents(dataset, texts.join(bad, on="content", how="semi"), pseudonymiser), on="content", how="left")
        .select("extract", "line", *_EXPLAINED, "pseudonyms", "consent")
        .sort("extract", "line")
    )


def _consents(dataset: Dataset, texts: pl.DataFrame, pseudonymiser: Pseudonymiser) -> pl.DataFrame:
    """`content, consent`: what the records of quarantined rows are known by when their consent is withdrawn, which purging must
    find in the quarantine too; nothing where rows rest on no consent, or have no key."""
    if dataset.consent_end is None:
        return pl.DataFrame(schema={"content": texts.schema["content"], "consent": pl.String})
    return texts.select("content", consent=pseudonymiser.consents.of(dataset, texts[dataset.consent_key]))


def _owner(dataset: Dataset) -> pl.Expr:
    """The number that a row is about; null where the dataset has none."""
    names = [column.history_name for column in dataset.number_columns]
    return pl.col(names[0]) if names else pl.lit(None, dtype=pl.String)


def _owners(
    dataset: Dataset,
    texts: pl.DataFrame,
    typed: pl.DataFrame,
    bad: pl.DataFrame,
    referenced: dict[tuple[str, str], Referenced],
) -> pl.DataFrame:
    """`content, extract, pseudonyms`: whom each quarantined row is about; purging must find quarantine entries too."""
    pairs = bad.select("content", "extract")
    references = [column for column in dataset.columns if column.reference]
    if dataset.number_columns or not references:
        owned = pairs.join(typed.select("content", pseudonym=_owner(dataset)), on="content")
    else:
        column = references[0]
        assert column.reference
        values = texts.select("content", value=pl.col(column.name))
        inside = pl.col("extract").is_between(*BOUNDS)
        owned = pairs.join(values, on="content").join(referenced[column.reference].owners, on="value").filter(inside)
    return owned.group_by("content", "extract").agg(pseudonyms=pl.col("pseudonym").drop_nulls().unique())


def _counts(files: dict[int, FileRecords], runs: pl.DataFrame, sound: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    rows = [(extract, file.count) for extract, file in files.items()]
    data_rows = pl.DataFrame(rows, schema={"extract": pl.UInt32, "data_rows": pl.Int64}, orient="row")
    extracts = data_rows.select(extract=pl.int_range(0, pl.col("extract").max() + 1, dtype=pl.UInt32))
    quarantined = bad.group_by("extract").agg(quarantined=pl.len().cast(pl.Int64))
    return (
        data_rows.join(count_by_extract(runs, extracts, "distinct"), on="extract")
        .join(count_by_extract(sound, extracts, "loaded"), on="extract")
        .join(quarantined, on="extract", how="left")
        .with_columns(pl.col("quarantined").fill_null(0), repeated=pl.col("data_rows") - pl.col("distinct"))
        .select("extract", "data_rows", "loaded", "quarantined", "repeated")
        .sort("extract")
    )


def _sound_numbers(dataset: Dataset, typed: pl.DataFrame, sound: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The numbers that sound rows hold; a number that only a quarantined row brought is not remembered."""
    rows = typed.join(sound, on="content", how="semi")
    held = [rows.select(pseudonym=pl.col(column.history_name)).drop_nulls() for column in dataset.number_columns]
    described = numbers.select("pseudonym", "birth_date", "gender").drop_nulls("pseudonym")
    if not held:
        return described.clear()
    return described.join(pl.concat(held), on="pseudonym", how="semi")


def refer_to(rows: BatchRows, column_name: str) -> Referenced:
    """What a dataset that refers to this column needs to know; the column is the dataset's key."""
    name = next(column.history_name for column in rows.dataset.columns if column.name == column_name)
    sound = rows.runs.join(rows.contents.select("content", value=pl.col(name)), on="content")
    return Referenced(
        sound=merged(sound, "value"),
        owners=rows.delivered.select("pseudonym", *BOUNDS, value=pl.col(column_name)),
    )
