"""Types the records of many extracts at once and judges each row by its contract (deliveries.md section 3).

Nights are alike: each distinct content is typed and judged once, however many extracts repeat it. What comes out holds
pseudonyms instead of personnummer, and for each content the unbroken runs of extracts in which it was seen. Whether a
delivery as a whole is usable is decided in ``judging``.

Throughout, `ord` is the position of an extract in the batch (0, 1, … by date and revision), and a run `ord_from, ord_to`
is every extract from the one to the other. Only what is at fault is ever written out extract by extract.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.configuration.contract import Column, Dataset
from pipelines.delivery.lines import Lines, Numbers
from pipelines.delivery.parsing import BLANKS, FileRecords, split_record
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.personnummer import masking_of

#: Sum and scale of an exact decimal; a longer number is a bad_type.
DECIMAL = pl.Decimal(38, 18)

_POLARS_TYPE: dict[str, pl.DataType | type[pl.DataType]] = {
    "date": pl.Date,
    "yes_no": pl.Boolean,
    "integer": pl.Int32,
    "decimal": DECIMAL,
}

#: Order of the checks of one column; the row rules of a column come after its own value.
_KEY_CONFLICT, _REFERENCE = 90, 91


def history_schema(dataset: Dataset) -> dict[str, pl.DataType | type[pl.DataType]]:
    """Column names and types of a dataset from here on."""
    return {column.history_name: _POLARS_TYPE.get(column.type, pl.String) for column in dataset.columns}


@dataclass
class BatchRows:
    """A dataset's rows in a batch of extracts.

    ``contents``: distinct sound contents (history columns) with `content`, a number; ``runs``: `content, ord_from,
    ord_to`, unbroken within the batch; ``quarantine``: `ord, line, column_name, reason, expected, pseudonyms` (whom the
    row is about, as far as that can be told); ``counts``: per ord `data_rows, loaded, quarantined, repeated`;
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
    lines: Lines,
    pseudonymiser: Pseudonymiser,
    referenced: dict[tuple[str, str], Referenced],
) -> BatchRows:
    """Type and judge a dataset's records.

    ``files``: the records by ord, numbered in ``lines``. ``referenced``: each (dataset, column) that this dataset refers to.
    """
    seen, numbered = _distinct_contents(dataset, lines)
    presence = _presence(files, lines, numbered)
    seen = seen.join(presence, on="content", how="semi", maintain_order="left")
    for column in dataset.columns:
        if column.type == "text":  # from here on no personnummer is in it, so keys and references still fit together
            seen = seen.with_columns(pseudonymiser.mask_all(seen[column.name], masking_of(column.name)))
    numbers = pseudonymiser.look_up(_all_numbers(dataset, seen))
    typed = _typed(dataset, seen, numbers)
    intrinsic = _intrinsic_faults(dataset, typed)
    faults = pl.concat(
        [
            _each_ord(presence.join(intrinsic, on="content")).select("content", "ord", "place", "check"),
            _key_conflicts(dataset, seen, presence, intrinsic),
            *[_missing_references(dataset, column, seen, presence, referenced) for column in dataset.columns],
        ]
    )
    bad = faults.sort("place", "check").group_by("content", "ord").agg(pl.col("place").first(), pl.col("check").first())
    good = _without(presence, bad)
    first_lines = _first_lines(files, lines, numbered, bad)
    return BatchRows(
        dataset=dataset,
        contents=_history_columns(dataset, typed, good),
        runs=good,
        quarantine=_quarantine(dataset, seen, typed, bad.join(first_lines, on=["content", "ord"]), referenced),
        counts=_counts(files, presence, good, bad),
        numbers=_sound_numbers(dataset, typed, good, numbers),
        delivered=seen.select("content", *[column.name for column in dataset.key])
        .join(typed.select("content", pseudonym=_owner(dataset)), on="content")
        .join(presence, on="content"),
    )


# --- runs --------------------------------------------------------------------------------------------------------------


def _united(runs: pl.DataFrame, by: str) -> pl.DataFrame:
    """`by, ord_from, ord_to`: runs of one ``by`` that overlap or touch are one."""
    several = pl.col(by).is_duplicated()
    apart = runs.filter(several).sort(by, "ord_from")
    reached = pl.col("ord_to").cum_max().shift(1).over(by)
    united = (
        apart.with_columns(island=(pl.col("ord_from") > reached + 1).fill_null(True).cum_sum())
        .group_by(by, "island")
        .agg(pl.col("ord_from").min(), pl.col("ord_to").max())
    )
    return pl.concat([frame.select(by, "ord_from", "ord_to") for frame in (runs.filter(~several), united)])


def _each_ord(runs: pl.DataFrame) -> pl.DataFrame:
    """The runs extract by extract: `ord` instead of `ord_from, ord_to`."""
    ords = pl.int_ranges("ord_from", pl.col("ord_to") + 1, dtype=pl.UInt32)
    return runs.with_columns(ord=ords).drop("ord_from", "ord_to").explode("ord")


def _without(presence: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    """The runs less the faulty pairs of content and ord."""
    if bad.is_empty():
        return presence
    touched = _each_ord(presence.join(bad, on="content", how="semi")).join(bad, on=["content", "ord"], how="anti")
    rest = _united(touched.select("content", ord_from="ord", ord_to="ord"), "content")
    return pl.concat([presence.join(bad, on="content", how="anti"), rest])


# --- distinct contents -------------------------------------------------------------------------------------------------


def _distinct_contents(dataset: Dataset, lines: Lines) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`content` with the contracted columns as trimmed text; and which `number`s of records have that `content`."""
    names = [column.name for column in dataset.columns]
    parts = [_split(names, header, frame) for header, frame in lines.texts().items()]
    empty = pl.DataFrame(schema={**dict.fromkeys(names, pl.String), "number": pl.UInt32})
    grouped = pl.concat([empty, *parts]).group_by(names).agg("number").with_row_index("content")
    return grouped.drop("number"), grouped.select("content", "number").explode("number")


def _presence(files: dict[int, FileRecords], lines: Lines, numbered: pl.DataFrame) -> pl.DataFrame:
    """`content, ord_from, ord_to`: the unbroken runs of extracts that hold each content."""
    first = np.zeros(lines.count, dtype=np.uint32)
    until = np.zeros(lines.count, dtype=np.uint32)  # the ord after the last one that held the record
    ended = []
    for ord_ in sorted(files):
        numbers = files[ord_].numbers
        begins = numbers[until[numbers] < max(ord_, 1)]
        again = np.unique(begins[until[begins] > 0])
        ended.append(_runs(again, first, until))
        first[begins] = ord_
        until[numbers] = ord_ + 1
    ended.append(_runs(np.flatnonzero(until).astype(np.uint32), first, until))
    runs = pl.concat(ended).join(numbered, on="number").select("content", "ord_from", "ord_to")
    return _united(runs, "content")


def _runs(numbers: Numbers, first: Numbers, until: Numbers) -> pl.DataFrame:
    return pl.DataFrame({"number": numbers, "ord_from": first[numbers], "ord_to": until[numbers] - 1})


def _first_lines(
    files: dict[int, FileRecords], lines: Lines, numbered: pl.DataFrame, bad: pl.DataFrame
) -> pl.DataFrame:
    """`content, ord, line` of the faulty pairs: where the content stands first in that extract's file."""
    wanted = np.zeros(lines.count, dtype=np.bool_)
    wanted[numbered.join(bad, on="content", how="semi")["number"].to_numpy()] = True
    found = [pl.DataFrame(schema={"ord": pl.UInt32, "number": pl.UInt32, "line": pl.UInt32})]
    for ord_ in bad["ord"].unique():
        places = np.flatnonzero(wanted[files[ord_].numbers])
        numbers, at = files[ord_].numbers[places], files[ord_].lines_at(places)
        found.append(
            pl.DataFrame({"number": numbers, "line": at}).select(pl.lit(ord_, pl.UInt32).alias("ord"), pl.all())
        )
    return pl.concat(found).join(numbered, on="number").group_by("content", "ord").agg(pl.col("line").min())


def _split(names: list[str], header: tuple[str, ...], frame: pl.DataFrame) -> pl.DataFrame:
    """Numbered records of files with one header, taken apart into the contracted columns."""
    quoted = frame["record"].str.contains('"', literal=True)
    plain = frame.filter(~quoted)
    fields = plain["record"].str.split(";")
    columns = [fields.list.get(header.index(name)).alias(name) for name in names]
    parts = [pl.DataFrame(columns).with_columns(plain["number"])]
    if quoted.any():
        rest = frame.filter(quoted)
        rows = [split_record(record) or [] for record in rest["record"]]
        columns = [pl.Series(name, [row[header.index(name)] for row in rows], dtype=pl.String) for name in names]
        parts.append(pl.DataFrame(columns).with_columns(rest["number"]))
    trimmed = pl.concat(parts).with_columns(pl.col(names).str.strip_chars(BLANKS))
    return trimmed.with_columns(pl.when(pl.col(names) != "").then(pl.col(names)))


# --- values ------------------------------------------------------------------------------------------------------------


def _all_numbers(dataset: Dataset, seen: pl.DataFrame) -> pl.Series:
    values = [seen[column.name] for column in dataset.number_columns]
    return pl.concat(values) if values else pl.Series(dtype=pl.String)


def _typed(dataset: Dataset, seen: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """`content`, typed columns under their history names, and for each column `<name>!given`: a value was delivered."""
    result = seen.select("content")
    for column in dataset.columns:
        text = seen[column.name]
        value = _value(column, text, numbers)
        result = result.with_columns(
            value.alias(column.history_name), text.is_not_null().alias(f"{column.history_name}!given")
        )
    return result


def _value(column: Column, text: pl.Series, numbers: pl.DataFrame) -> pl.Series:
    """The typed value; null where it is missing or wrong."""
    if column.type == "personnummer":
        return text.to_frame("number").join(numbers, on="number", how="left", maintain_order="left")["pseudonym"]
    return text.to_frame("text").select(_value_expression(column, pl.col("text")).alias("value"))["value"]


def _value_expression(column: Column, text: pl.Expr) -> pl.Expr:
    if column.type == "date":
        shaped = pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$") & ~text.str.starts_with("0000")).then(text)
        return shaped.str.to_date("%Y-%m-%d", strict=False)
    if column.type == "yes_no":
        return pl.when(text == "J").then(True).when(text == "N").then(False)
    if column.type == "code":
        codes = column.codes or {}
        return text.replace_strict(list(codes), list(codes.values()), default=None, return_dtype=pl.String)
    if column.type == "integer":
        value = pl.when(text.str.contains(r"^[0-9]+$")).then(text).cast(pl.Int32, strict=False)
        lowest = column.minimum if column.minimum is not None else 0
        inside = (value >= lowest) & (value <= column.maximum if column.maximum is not None else pl.lit(True))
        return pl.when(inside).then(value)
    if column.type == "decimal":
        return pl.when(text.str.contains(r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$")).then(text).cast(DECIMAL, strict=False)
    if column.type == "digits":
        return pl.when(text.str.contains(column.pattern or r"^[0-9]+$")).then(text)
    return text


# --- faults ------------------------------------------------------------------------------------------------------------


def _checks(column: Column) -> list[tuple[int, str, pl.Expr]]:
    """The column's checks in order: number, reason, and an expression that is true where the row is at fault."""
    value, given = pl.col(column.history_name), pl.col(f"{column.history_name}!given")
    wrong = {"personnummer": "bad_personnummer", "code": "bad_code"}.get(column.type, "bad_type")
    checks = [(0, "missing_value", ~given if column.required else pl.lit(False)), (1, wrong, given & value.is_null())]
    for number, rule in enumerate(column.rules, start=2):
        other = pl.col(rule.other)
        if rule.kind == "not_before":
            fault = value < other
        elif rule.kind == "present_exactly_with":
            fault = given != pl.col(f"{rule.other}!given")
        elif rule.kind == "value_when":
            fault = (other == rule.when) & (value != (rule.value == "J" if column.type == "yes_no" else rule.value))
        else:
            raise ValueError(f"unknown rule {rule.kind} in the contract of column {column.name}")
        checks.append((number, rule.reason, fault))
    return checks


def _intrinsic_faults(dataset: Dataset, typed: pl.DataFrame) -> pl.DataFrame:
    """`content, place, check`: each content's first fault that does not depend on other rows."""
    first = pl.lit(None, dtype=pl.Struct({"place": pl.Int32, "check": pl.Int32}))
    whens = [
        pl.when(fault).then(pl.struct(pl.lit(place, pl.Int32).alias("place"), pl.lit(number, pl.Int32).alias("check")))
        for place, column in enumerate(dataset.columns)
        for number, _, fault in _checks(column)
    ]
    found = typed.select("content", fault=pl.coalesce([*whens, first]))
    return found.filter(pl.col("fault").is_not_null()).unnest("fault")


def _fault_frame(found: pl.DataFrame, place: int, check: int) -> pl.DataFrame:
    return found.select(
        "content", "ord", pl.lit(place, pl.Int32).alias("place"), pl.lit(check, pl.Int32).alias("check")
    )


def _key_conflicts(
    dataset: Dataset, seen: pl.DataFrame, presence: pl.DataFrame, intrinsic: pl.DataFrame
) -> pl.DataFrame:
    """Rows of one extract that share a usable key but not their content: all of them."""
    keys = [column.name for column in dataset.key]
    places = [place for place, column in enumerate(dataset.columns) if column.is_key]
    unusable = intrinsic.filter(pl.col("place").is_in(places) & (pl.col("check") <= 1))
    usable = seen.select("content", *keys).drop_nulls(keys).join(unusable, on="content", how="anti")
    shared = usable.filter(pl.struct(keys).is_duplicated()).join(presence, on="content").sort(*keys, "ord_from")
    reached = pl.col("ord_to").cum_max().shift(1).over(keys)
    crossing = shared.filter(pl.col("ord_from") <= reached)
    suspects = _each_ord(shared.join(crossing, on=keys, how="semi"))
    conflicting = suspects.filter(pl.struct([*keys, "ord"]).is_duplicated())
    return _fault_frame(conflicting, places[0], _KEY_CONFLICT)


def _missing_references(
    dataset: Dataset,
    column: Column,
    seen: pl.DataFrame,
    presence: pl.DataFrame,
    referenced: dict[tuple[str, str], Referenced],
) -> pl.DataFrame:
    """Rows whose reference is not among the sound rows of the same delivery."""
    place = dataset.columns.index(column)
    if column.reference is None:
        return _fault_frame(_each_ord(presence.clear()), place, _REFERENCE)
    referring = seen.select("content", value=pl.col(column.name)).drop_nulls().join(presence, on="content")
    sound = referenced[column.reference].sound
    inside = (pl.col("ord_from") >= pl.col("ord_from_right")) & (pl.col("ord_to") <= pl.col("ord_to_right"))
    found = referring.join(sound, on="value").filter(inside)
    rest = referring.join(found, on=["content", "ord_from"], how="anti")
    present = _each_ord(sound.join(rest, on="value", how="semi"))
    return _fault_frame(_each_ord(rest).join(present, on=["value", "ord"], how="anti"), place, _REFERENCE)


# --- results -----------------------------------------------------------------------------------------------------------


def _history_columns(dataset: Dataset, typed: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    columns = ["content", *[column.history_name for column in dataset.columns]]
    return typed.select(columns).join(good, on="content", how="semi")


def _expected(dataset: Dataset, place: int, check: int) -> tuple[str, str, str]:
    """Column name, reason and what was expected, in Swedish and without any delivered value."""
    column = dataset.columns[place]
    if check == _KEY_CONFLICT:
        keys = ", ".join(item.name for item in dataset.key)
        return column.name, "duplicate_key", f"bara en rad med samma nyckel ({keys}) och olika innehåll"
    if check == _REFERENCE and column.reference:
        return column.name, "unknown_reference", f"ett värde som finns i {'.'.join(column.reference)} i samma leverans"
    reason = next(reason for number, reason, _ in _checks(column) if number == check)
    if check >= 2:
        return column.name, reason, column.rules[check - 2].description
    return column.name, reason, expected_value(column)


def expected_value(column: Column) -> str:
    """What a value of the column must be, in Swedish."""
    if column.type == "code":
        return "en av koderna " + ", ".join(column.codes or {}) if column.codes else "tomt: kommunen har inga koder här"
    if column.type == "integer":
        upper = f" till {column.maximum}" if column.maximum is not None else ""
        return f"ett heltal från {column.minimum or 0}{upper}"
    return {
        "personnummer": "ett giltigt personnummer eller samordningsnummer med tolv siffror",
        "date": "ett datum ÅÅÅÅ-MM-DD",
        "yes_no": "J eller N",
        "decimal": "ett tal med decimalpunkt och utan tusentalsavgränsare",
        "digits": f"siffror enligt mönstret {column.pattern}",
        "text": "en text",
    }[column.type]


def _quarantine(
    dataset: Dataset,
    seen: pl.DataFrame,
    typed: pl.DataFrame,
    bad: pl.DataFrame,
    referenced: dict[tuple[str, str], Referenced],
) -> pl.DataFrame:
    texts = {pair: _expected(dataset, *pair) for pair in bad.select("place", "check").unique().iter_rows()}
    words = pl.DataFrame(
        [(*pair, *text) for pair, text in texts.items()],
        schema={
            "place": pl.Int32,
            "check": pl.Int32,
            "column_name": pl.String,
            "reason": pl.String,
            "expected": pl.String,
        },
        orient="row",
    )
    return (
        bad.join(words, on=["place", "check"])
        .join(_owners(dataset, seen, typed, bad, referenced), on=["content", "ord"], how="left")
        .select("ord", "line", "column_name", "reason", "expected", "pseudonyms")
        .sort("ord", "line")
    )


def _owner(dataset: Dataset) -> pl.Expr:
    """The number that a row is about; null where the dataset has none."""
    names = [column.history_name for column in dataset.number_columns]
    return pl.col(names[0]) if names else pl.lit(None, dtype=pl.String)


def _owners(
    dataset: Dataset,
    seen: pl.DataFrame,
    typed: pl.DataFrame,
    bad: pl.DataFrame,
    referenced: dict[tuple[str, str], Referenced],
) -> pl.DataFrame:
    """`content, ord, pseudonyms`: whom each quarantined row is about; purging must find quarantine entries too."""
    pairs = bad.select("content", "ord")
    references = [column for column in dataset.columns if column.reference]
    if dataset.number_columns or not references:
        owned = pairs.join(typed.select("content", pseudonym=_owner(dataset)), on="content")
    else:
        column = references[0]
        assert column.reference
        values = seen.select("content", value=pl.col(column.name))
        inside = pl.col("ord").is_between("ord_from", "ord_to")
        owned = pairs.join(values, on="content").join(referenced[column.reference].owners, on="value").filter(inside)
    return owned.group_by("content", "ord").agg(pseudonyms=pl.col("pseudonym").drop_nulls().unique())


def _per_ord(runs: pl.DataFrame, ords: pl.DataFrame) -> pl.DataFrame:
    """How many of the runs hold each ord, without taking the runs apart."""
    begins = runs.group_by(ord=pl.col("ord_from")).len("begins")
    ends = runs.group_by(ord=pl.col("ord_to") + 1).len("ends")
    everywhere = ords.sort("ord").join(begins, on="ord", how="left").join(ends, on="ord", how="left").fill_null(0)
    present = (pl.col("begins").cast(pl.Int64) - pl.col("ends").cast(pl.Int64)).cum_sum()
    return everywhere.select("ord", present.alias("present"))


def _counts(
    files: dict[int, FileRecords], presence: pl.DataFrame, good: pl.DataFrame, bad: pl.DataFrame
) -> pl.DataFrame:
    rows = [(ord_, file.count) for ord_, file in files.items()]
    data_rows = pl.DataFrame(rows, schema={"ord": pl.UInt32, "data_rows": pl.Int64}, orient="row")
    ords = data_rows.select(pl.int_range(0, pl.col("ord").max() + 1, dtype=pl.UInt32).alias("ord"))
    distinct = _per_ord(presence, ords).rename({"present": "distinct"})
    loaded = _per_ord(good, ords).rename({"present": "loaded"})
    quarantined = bad.group_by("ord").len("quarantined")
    return (
        data_rows.join(distinct, on="ord")
        .join(loaded, on="ord")
        .join(quarantined, on="ord", how="left")
        .select(
            "ord",
            "data_rows",
            "loaded",
            pl.col("quarantined").fill_null(0).cast(pl.Int64),
            repeated=pl.col("data_rows") - pl.col("distinct"),
        )
        .sort("ord")
    )


def _sound_numbers(dataset: Dataset, typed: pl.DataFrame, good: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """The numbers that sound rows hold; a number that only a quarantined row brought is not remembered."""
    names = [column.history_name for column in dataset.number_columns]
    sound = typed.join(good, on="content", how="semi")
    held = [sound.select(pseudonym=pl.col(name)).drop_nulls() for name in names]
    described = numbers.select("pseudonym", "birth_date", "gender").drop_nulls("pseudonym")
    if not held:
        return described.clear()
    return described.join(pl.concat(held), on="pseudonym", how="semi")


def refer_to(rows: BatchRows, column_name: str) -> Referenced:
    """What a dataset that refers to this column needs to know; the column is the dataset's key."""
    name = next(column.history_name for column in rows.dataset.columns if column.name == column_name)
    sound = rows.runs.join(rows.contents.select("content", value=pl.col(name)), on="content")
    return Referenced(
        sound=_united(sound, "value"),
        owners=rows.delivered.select("pseudonym", "ord_from", "ord_to", value=pl.col(column_name)),
    )
