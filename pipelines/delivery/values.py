"""What a delivered value is: its type, and what it must be (deliveries.md sections 1 and 4). Rules between values: ``rows``."""

import polars as pl

from pipelines.configuration.contract import Column, Dataset

#: Sum and scale of an exact decimal; a longer number is a bad_type, and so is an integer that does not fit 64 bits.
DECIMAL = pl.Decimal(38, 18)

_POLARS_TYPE: dict[str, pl.DataType | type[pl.DataType]] = {
    "date": pl.Date,
    "yes_no": pl.Boolean,
    "integer": pl.Int64,
    "decimal": DECIMAL,
}


def history_schema(dataset: Dataset) -> dict[str, pl.DataType | type[pl.DataType]]:
    """Column names and types of a dataset from here on."""
    return {column.history_name: _POLARS_TYPE.get(column.type, pl.String) for column in dataset.columns}


def typed_value(column: Column, text: pl.Series, numbers: pl.DataFrame) -> pl.Series:
    """The typed value; null where it is missing or wrong. ``numbers``: what is known of each delivered personnummer."""
    if column.type == "personnummer":
        return text.to_frame("number").join(numbers, on="number", how="left", maintain_order="left")["pseudonym"]
    return text.to_frame("text").select(_typed(column, pl.col("text")).alias("value"))["value"]


def _typed(column: Column, text: pl.Expr) -> pl.Expr:
    if column.type == "date":
        shaped = pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$") & ~text.str.starts_with("0000")).then(text)
        return shaped.str.to_date("%Y-%m-%d", strict=False)
    if column.type == "yes_no":
        return pl.when(text == "J").then(True).when(text == "N").then(False)
    if column.type == "code":
        codes = column.codes or {}
        return text.replace_strict(list(codes), list(codes.values()), default=None, return_dtype=pl.String)
    if column.type == "integer":
        value = pl.when(text.str.contains(r"^[0-9]+$")).then(text).cast(pl.Int64, strict=False)
        lowest = column.minimum if column.minimum is not None else 0
        inside = (value >= lowest) & (value <= column.maximum if column.maximum is not None else pl.lit(True))
        return pl.when(inside).then(value)
    if column.type == "decimal":
        return pl.when(text.str.contains(r"^-?[0-9]{1,20}(\.[0-9]{1,18})?$")).then(text).cast(DECIMAL, strict=False)
    if column.type == "digits":
        return pl.when(text.str.contains(column.pattern or r"^[0-9]+$")).then(text)
    return text


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
