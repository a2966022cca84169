"""Lets Great Expectations judge the checks of a dataset.

It runs on pandas frames and in memory only: no files, no Data Docs. Results are asked for as BOOLEAN_ONLY,
because any other format copies values from the data into them. What is checked belongs in ``checks``.
"""

import importlib
from functools import cache
from typing import Any

import polars as pl

from pipelines.configuration.contract import Dataset
from pipelines.personnummer import holds_a_number
from pipelines.quality.checks import (
    CheckResult,
    ContentCheck,
    Expectation,
    ExtractCheck,
    TextCheck,
    Where,
    content_checks,
    extract_checks,
    text_checks,
)

#: At most so many extract dates are named in a detail.
_DATES_SHOWN = 3


def load_library() -> None:
    """Load Great Expectations, which takes seconds and which most commands of the program never need."""
    importlib.import_module("great_expectations.expectations")


def validate_dataset(
    dataset: Dataset, contents: pl.DataFrame, extracts: pl.DataFrame, earlier: pl.DataFrame | None = None
) -> list[CheckResult]:
    """Check one dataset of a batch of extracts against its contract.

    ``contents``: the distinct accepted rows of the batch, columns named and typed as in the history.
    ``extracts``: one row per extract: `extract_date`, `data_rows` (as received), `distinct_rows` (accepted,
    repeats counted once), `distinct_keys` (among those), `quarantined_rows`, `repeated_rows` and
    `previous_rows` (data rows of the extract before, null where there is none).
    ``earlier``: rows of the batch that have kept this contract before, which are not in ``contents``. Only texts are looked at in
    them again, for what is found there does not stop a night and is told each time.
    """
    everything = contents if earlier is None else pl.concat([contents, earlier])
    found: list[tuple[ContentCheck | TextCheck | ExtractCheck, bool, str]] = [
        *_validate_contents(content_checks(dataset), contents),
        *[(check, _holds_no_number(check, everything), "") for check in text_checks(dataset)],
        *_validate_extracts(extract_checks(dataset), extracts),
    ]
    return [
        CheckResult(dataset.source, dataset.name, check.name, check.severity, success, _detail(check, success, where))
        for check, success, where in found
    ]


def _validate_contents(checks: list[ContentCheck], contents: pl.DataFrame) -> list[tuple[ContentCheck, bool, str]]:
    outcomes = iter(_judge(contents, [expectation for check in checks for expectation in check.expectations]))
    return [(check, all([next(outcomes) for _ in check.expectations]), "") for check in checks]


def _holds_no_number(check: TextCheck, contents: pl.DataFrame) -> bool:
    if check.column not in contents.columns:  # the check of the columns tells
        return False
    texts = contents[check.column].drop_nulls().unique()
    return not any(holds_a_number(text, check.masked_as) for text in texts)


def _validate_extracts(checks: list[ExtractCheck], extracts: pl.DataFrame) -> list[tuple[ExtractCheck, bool, str]]:
    measures = extracts.select(check.measure.alias(check.name) for check in checks)
    outcomes = _judge(measures, [_between(check) for check in checks])
    return [
        (check, success, "" if success else _days_outside(check, extracts))
        for check, success in zip(checks, outcomes, strict=True)
    ]


def _between(check: ExtractCheck) -> Expectation:
    limits = {"column": check.name, "min_value": check.minimum, "max_value": check.maximum}
    return Expectation("ExpectColumnValuesToBeBetween", limits)


def _days_outside(check: ExtractCheck, extracts: pl.DataFrame) -> str:
    """Which extracts broke the promise; dates and counts of extracts are nobody's data."""
    below = [] if check.minimum is None else [check.measure < check.minimum]
    above = [] if check.maximum is None else [check.measure > check.maximum]
    days = extracts.filter(pl.any_horizontal(*below, *above))["extract_date"].sort()
    more = f" och {len(days) - _DATES_SHOWN} till" if len(days) > _DATES_SHOWN else ""
    return f"Gäller uttag {', '.join(str(day) for day in days[:_DATES_SHOWN])}{more}."


def _detail(check: ContentCheck | TextCheck | ExtractCheck, success: bool, where: str) -> str:
    if success:
        return check.promise
    return " ".join(part for part in ("Inte uppfyllt:", check.promise, check.advice, where) if part)


def _judge(frame: pl.DataFrame, expectations: list[Expectation]) -> list[bool]:
    """Whether each expectation holds; one that cannot be judged, for want of its column, does not hold."""
    import great_expectations as gx

    # Arrow columns keep their exact types in pandas, also where values are missing.
    batch = _any_frame().get_batch(batch_parameters={"dataframe": frame.to_pandas(use_pyarrow_extension_array=True)})
    built = [_build(expectation, place) for place, expectation in enumerate(expectations)]
    suite = gx.ExpectationSuite(name="contract", expectations=built)
    # Results do not come in the suite's order: those that could not be judged are put first.
    outcomes: dict[int, bool] = {}
    for result in batch.validate(suite, result_format="BOOLEAN_ONLY").results:
        assert result.expectation_config and result.expectation_config.meta
        outcomes[result.expectation_config.meta["place"]] = bool(result.success)
    return [outcomes[place] for place in range(len(expectations))]


@cache
def _any_frame() -> Any:
    """A batch definition that takes any frame. What surrounds it takes a tenth of a second to make, so it is made once."""
    # Imported here because it takes seconds, and most commands of the program never validate.
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("dataset")
    return asset.add_batch_definition_whole_dataframe("batch")


def _build(expectation: Expectation, place: int) -> Any:
    import great_expectations.expectations as gxe

    arguments: dict[str, Any] = {**expectation.arguments, "meta": {"place": place}}
    if expectation.where:
        arguments["row_condition"] = _condition(expectation.where)
    return getattr(gxe, expectation.name)(**arguments)


def _condition(where: Where) -> Any:
    from great_expectations.expectations.row_conditions import Column

    column = Column(where.column)
    match where.operator:
        case "present":
            return column.is_not_null()
        case "missing":
            return column.is_null()
        case "equal":
            return column == where.value
        case "unequal":
            return column != where.value
