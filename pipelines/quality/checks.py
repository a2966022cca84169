"""What a dataset's contract promises, as a list of checks; a changed contract gives other checks.

Checks are plain data, so that they can be read and tested without Great Expectations. Judging them belongs in
``engine``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl
from open_data_contract_standard.model import DataQuality

from pipelines.configuration.contract import Column, Dataset, Rule
from pipelines.personnummer import Masked, masking_of

Severity = Literal["error", "warning"]

#: Name in Great Expectations and in Swedish of a column type; the others are text.
_TYPE = {
    "date": ("date", "datum"),
    "yes_no": ("bool", "ja eller nej"),
    "integer": ("int", "heltal"),
    "decimal": ("Decimal", "decimaltal"),
}

_PSEUDONYM = r"^[0-9a-f]{32}$"

_SHOULD_HAVE_BEEN_STOPPED = "Sådana rader skulle ha stoppats vid inläsningen: anmäl felet till systemförvaltaren."
_ASK_THE_SOURCE = "Be källan ta bort uppgiften och leverera igen."

#: Dataset rules that hold or reject a whole delivery; they have been judged before anything comes here.
_JUDGED_ON_ARRIVAL = ("volume_drop", "too_many_bad_rows")


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check. ``detail`` is in Swedish and never holds a value from the data."""

    source: str
    dataset: str
    check_name: str
    severity: Severity
    success: bool
    detail: str


@dataclass(frozen=True)
class Where:
    """Limits an expectation to the rows where a column is present, missing, equal to a value or another than it."""

    column: str
    operator: Literal["present", "missing", "equal", "unequal"]
    value: str | None = None


@dataclass(frozen=True)
class Expectation:
    """A Great Expectations class by name, with its arguments."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    where: Where | None = None


@dataclass(frozen=True)
class ContentCheck:
    """A promise about the distinct rows of a batch, kept when all its expectations hold."""

    name: str
    severity: Severity
    promise: str
    advice: str
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class TextCheck:
    """A promise that no value of a text column holds what ``delivery.pseudonym`` takes for a personnummer there."""

    name: str
    severity: Severity
    promise: str
    advice: str
    column: str
    masked_as: Masked


@dataclass(frozen=True)
class ExtractCheck:
    """A promise about each extract of a batch: a measure of it lies within limits, or is null."""

    name: str
    severity: Severity
    promise: str
    advice: str
    measure: pl.Expr
    minimum: int | None = None
    maximum: int | None = None


def content_checks(dataset: Dataset) -> list[ContentCheck]:
    """What the contract promises about the columns of a dataset, in contract order."""
    names = [column.history_name for column in dataset.columns]
    exact = Expectation("ExpectTableColumnsToMatchSet", {"column_set": names, "exact_match": True})
    promise = "Datasetet har precis de kolumner som kontraktet anger."
    checks = [ContentCheck("columns", "error", promise, _SHOULD_HAVE_BEEN_STOPPED, (exact,))]
    for column in dataset.columns:
        checks += _column_checks(column)
        checks += [_rule_check(dataset, column, rule) for rule in column.rules]
    return checks


def _column_checks(column: Column) -> Iterator[ContentCheck]:
    def check(kind: str, promise: str, expectation: str, **arguments: Any) -> ContentCheck:
        expectations = (Expectation(expectation, {"column": column.history_name, **arguments}),)
        sentence = f"Kolumnen {column.name} {promise}."
        return ContentCheck(f"{kind}_{column.name}", "error", sentence, _SHOULD_HAVE_BEEN_STOPPED, expectations)

    type_, in_swedish = _TYPE.get(column.type, ("str", "text"))
    yield check("type", f"har typen {in_swedish}", "ExpectColumnValuesToBeOfType", type_=type_)
    if column.required:
        yield check("required", "har alltid ett värde", "ExpectColumnValuesToNotBeNull")
    if column.type == "personnummer":
        promise = "innehåller bara pseudonymer, aldrig personnummer"
        yield check("pseudonymised", promise, "ExpectColumnValuesToMatchRegex", regex=_PSEUDONYM)
    if column.codes:
        codes = sorted(set(column.codes.values()))
        yield check("codes", "innehåller bara koder ur sin kodlista", "ExpectColumnValuesToBeInSet", value_set=codes)
    elif column.codes is not None:
        yield check("codes", "är tom, för kommunen har inga koder för den", "ExpectColumnValuesToBeNull")
    if column.pattern:
        promise = "följer kontraktets mönster"
        yield check("pattern", promise, "ExpectColumnValuesToMatchRegex", regex=column.pattern)
    if column.minimum is not None or column.maximum is not None:
        limits = {"min_value": column.minimum, "max_value": column.maximum}
        yield check("range", "ligger inom kontraktets gränser", "ExpectColumnValuesToBeBetween", **limits)


def text_checks(dataset: Dataset) -> list[TextCheck]:
    """That no number was left in a text when it was masked."""
    return [
        TextCheck(
            name=f"no_personnummer_{column.name}",
            severity="warning",
            promise=f"Kolumnen {column.name} innehåller inget som ser ut som ett personnummer.",
            advice=_ASK_THE_SOURCE,
            column=column.history_name,
            masked_as=masking_of(column.name),
        )
        for column in dataset.columns
        if column.type == "text"
    ]


def _rule_check(dataset: Dataset, column: Column, rule: Rule) -> ContentCheck:
    name = column.history_name
    other = next(item.history_name for item in dataset.columns if item.name == rule.other)
    expectations: tuple[Expectation, ...]
    match rule.kind:
        case "not_before" | "not_after":
            later, earlier = (name, other) if rule.kind == "not_before" else (other, name)
            pair = {
                "column_A": later,
                "column_B": earlier,
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            }
            expectations = (Expectation("ExpectColumnPairValuesAToBeGreaterThanB", pair),)
        case "present_exactly_with":
            expectations = (
                Expectation("ExpectColumnValuesToNotBeNull", {"column": name}, Where(other, "present")),
                Expectation("ExpectColumnValuesToBeNull", {"column": name}, Where(other, "missing")),
            )
        case "present_exactly_when":
            expectations = (
                Expectation("ExpectColumnValuesToNotBeNull", {"column": name}, Where(other, "equal", rule.when)),
                Expectation("ExpectColumnValuesToBeNull", {"column": name}, Where(other, "unequal", rule.when)),
            )
        case "value_when":
            value = rule.value == "J" if column.type == "yes_no" else rule.value
            only = {"column": name, "value_set": [value]}
            expectations = (Expectation("ExpectColumnValuesToBeInSet", only, Where(other, "equal", rule.when)),)
        case _:
            raise ValueError(f"unknown rule {rule.kind} in the contract of column {column.name}")
    check_name = f"{rule.kind}_{column.name}"
    return ContentCheck(check_name, "error", rule.description, _SHOULD_HAVE_BEEN_STOPPED, expectations)


def extract_checks(dataset: Dataset) -> list[ExtractCheck]:
    """What holds for each extract: keys are unique, rows add up, and the contract's rules for the dataset."""
    key = ", ".join(column.name for column in dataset.key)
    loaded, received = pl.col("distinct_rows"), pl.col("data_rows")
    checks = [
        ExtractCheck(
            name="keys_unique",
            severity="error",
            promise=f"Nyckeln ({key}) är unik bland de inlästa raderna.",
            advice=_SHOULD_HAVE_BEEN_STOPPED,
            measure=loaded - pl.col("distinct_keys"),
            minimum=0,
            maximum=0,
        ),
        ExtractCheck(
            name="rows_add_up",
            severity="error",
            promise="Mottagna rader är inlästa rader, rader i karantän och upprepade rader tillsammans.",
            advice="Rader har tappats eller räknats dubbelt: anmäl felet till systemförvaltaren.",
            measure=received - loaded - pl.col("quarantined_rows") - pl.col("repeated_rows"),
            minimum=0,
            maximum=0,
        ),
    ]
    return checks + [check for check in map(_dataset_check, dataset.quality) if check]


def _dataset_check(item: DataQuality) -> ExtractCheck | None:
    parameters = item.implementation if isinstance(item.implementation, dict) else {}
    rule = item.metric or parameters.get("rule")
    minimum: int | None = None
    maximum: int | None = 0
    match rule:
        case "rowCount":
            measure = pl.col("data_rows")
            minimum, maximum = int(item.mustBeGreaterThan or 0) + 1, None
        case "no_quarantine":
            measure = pl.col("quarantined_rows")
        case "no_repeats":
            measure = pl.col("repeated_rows")
        case "growth":
            before = pl.col("previous_rows")
            measure = pl.when(before >= parameters["minimum_rows"]).then(pl.col("data_rows") * 100 / before)
            maximum = parameters["maximum_percent"]
        case _ if rule in _JUDGED_ON_ARRIVAL:
            return None
        case _:
            raise ValueError(f"unknown rule {rule} in the quality of a dataset")
    return ExtractCheck(
        name=str(item.id),
        severity="warning" if item.severity == "warning" else "error",
        promise=f"{item.name}.",
        advice=(item.description or "").strip(),
        measure=measure,
        minimum=minimum,
        maximum=maximum,
    )
