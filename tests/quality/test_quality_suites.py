"""The suites follow the contracts, find what is wrong, and tell nothing about anybody."""

import shutil
import socket
import subprocess
import sys
import time
import warnings
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.configuration.contract import CONTRACTS, Column, Dataset, load_sources
from pipelines.delivery.values import history_schema
from pipelines.quality import CheckResult, Promised, validate, validate_dataset
from pipelines.quality.checks import ContentCheck, content_checks, extract_checks
from pipelines.runtime.errors import NightlyFailed

SOURCES = load_sources({"stadsdelsomrade": ["01", "02"], "jobbtorg": ["GLOBEN", "KISTA"]})
DATASETS = {
    f"{source.name}.{dataset.name}": dataset for source in SOURCES.values() for dataset in source.datasets.values()
}

# A made-up number with a wrong check digit: nobody's.
NUMBER = "200501011233"


def _value(column: Column, row: int) -> Any:
    match column.type:
        case "personnummer":
            return f"{row:032x}"
        case "date":
            return date(2023, 1, 1)
        case "yes_no":
            return True
        case "code":
            return sorted(set((column.codes or {}).values()))[0]
        case "integer":
            return column.minimum
        case "decimal":
            return Decimal("-1.5")
        case "digits":
            return "12345678"
        case _:
            return f"text {row}"


def _is_given(column: Column, row: int) -> bool:
    """Whether a sound row has a value there; every row of ``sound_rows`` has the same codes."""
    return column.required or row == 0 or any(rule.kind == "present_exactly_when" for rule in column.rules)


def sound_rows(dataset: Dataset, rows: int = 3) -> pl.DataFrame:
    """Rows that keep every promise: the first is full, in the others the columns that may be empty are."""
    data = {
        column.history_name: [_value(column, row) if _is_given(column, row) else None for row in range(rows)]
        for column in dataset.columns
    }
    return pl.DataFrame(data, schema=history_schema(dataset))


def one_extract(**counts: Any) -> pl.DataFrame:
    usual = {
        "extract_date": date(2023, 1, 2),
        "data_rows": 1000,
        "distinct_rows": 1000,
        "distinct_keys": 1000,
        "quarantined_rows": 0,
        "repeated_rows": 0,
        "previous_rows": 1000,
    }
    return pl.DataFrame([{**usual, **counts}], schema_overrides=dict.fromkeys(list(usual)[1:], pl.Int64))


def failed(results: list[CheckResult]) -> set[str]:
    return {result.check_name for result in results if not result.success}


def _with(frame: pl.DataFrame, **values: Any) -> pl.DataFrame:
    """The frame with other values in its first row."""
    first = frame.head(1).with_columns(pl.lit(value, frame.schema[name]).alias(name) for name, value in values.items())
    return pl.concat([first, frame.tail(-1)])


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_sound_rows_keep_every_promise(dataset: Dataset) -> None:
    results = validate_dataset(dataset, sound_rows(dataset), one_extract())
    assert failed(results) == set()
    assert {(result.source, result.dataset) for result in results} == {(dataset.source, dataset.name)}
    assert len({result.check_name for result in results}) == len(results)


def test_no_rows_break_no_promise() -> None:
    dataset = DATASETS["ber.insatser"]
    assert failed(validate_dataset(dataset, sound_rows(dataset).clear(), one_extract().clear())) == set()


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("ber.kontakter", {"kanal": "FAX"}, {"codes_kanal"}),
        ("ber.register", {"kategori": None}, {"required_kategori"}),
        ("ber.register", {"stadsdelsomrade": "99"}, {"codes_stadsdelsomrade"}),
        ("ber.kontakter", {"antal_personal": 0}, {"range_antal_personal"}),
        ("enkat.svar", {"svar": 6}, {"range_svar"}),
        ("skolregister.studieperioder", {"skolenhetskod": "1234567"}, {"pattern_skolenhetskod"}),
        ("skolregister.studieperioder", {"slutdatum": date(2022, 12, 31)}, {"not_before_slutdatum"}),
        ("ber.inskrivningar", {"avslutsorsak": None}, {"present_exactly_with_avslutsorsak"}),
        ("ber.insatser", {"slutdatum": None}, {"present_exactly_with_avslutsorsak"}),
        ("ber.kontakter", {"riktning": "IN", "besvarad": False}, {"value_when_besvarad"}),
        (
            "flai.deltaganden",
            {"samtycke_fran": date(2023, 1, 2)},
            {"not_after_samtycke_fran", "not_before_samtycke_till"},
        ),
        ("flai.deltaganden", {"startdatum": date(2022, 12, 31)}, {"not_after_samtycke_fran"}),
        ("jobbtorg_unga.antal", {"matt": "KONTAKT"}, {"present_exactly_when_orsak"}),
        ("jobbtorg_unga.antal", {"orsak": None}, {"present_exactly_when_orsak"}),
        ("jobbtorg_unga.antal", {"jobbtorg": "SAKNAS"}, {"codes_jobbtorg"}),
        ("antagning.antagningar", {"antagningsar": 1999}, {"range_antagningsar"}),
        ("beda.bevis", {"pseudonym": NUMBER}, {"pseudonymised_personnummer"}),
        ("folkbokforing.personer", {"earlier_pseudonym": NUMBER}, {"pseudonymised_tidigare_personnummer"}),
        ("ber.kontakter", {"kontakt_id": NUMBER}, {"no_personnummer_kontakt_id"}),
        ("nyckeltal.nyckeltal", {"uppgiftslamnare": "se 20050161-1230."}, {"no_personnummer_uppgiftslamnare"}),
    ],
)
def test_a_bad_value_fails_its_check_and_no_other(name: str, values: dict[str, Any], expected: set[str]) -> None:
    dataset = DATASETS[name]
    results = validate_dataset(dataset, _with(sound_rows(dataset), **values), one_extract())
    assert failed(results) == expected


@pytest.mark.parametrize(
    "values",
    [
        {"riktning": "UT", "besvarad": False},
        {"kontakt_id": "202301010001"},
        {"kontakt_id": "1200501011230"},
    ],
)
def test_what_is_allowed_fails_nothing(values: dict[str, Any]) -> None:
    dataset = DATASETS["ber.kontakter"]
    assert failed(validate_dataset(dataset, _with(sound_rows(dataset), **values), one_extract())) == set()


def test_a_bad_frame_fails_where_it_is_bad() -> None:
    dataset = DATASETS["skolregister.studieperioder"]
    rows = sound_rows(dataset)
    extra = rows.with_columns(namn=pl.lit("x"))
    assert failed(validate_dataset(dataset, extra, one_extract())) == {"columns"}
    missing = rows.drop("avslut")
    assert failed(validate_dataset(dataset, missing, one_extract())) == {"columns", "type_avslut", "codes_avslut"}
    text = rows.with_columns(pl.col("slutdatum").cast(pl.String))
    assert failed(validate_dataset(dataset, text, one_extract())) == {"type_slutdatum", "not_before_slutdatum"}


@pytest.mark.parametrize("type_", ["date", "yes_no", "integer", "decimal", "text"])
def test_each_type_is_told_from_every_other(type_: str) -> None:
    frames: dict[str, Any] = {
        "date": pl.Date,
        "yes_no": pl.Boolean,
        "integer": pl.Int32,
        "decimal": pl.Decimal(38, 18),
        "text": pl.String,
    }
    dataset = next(item for item in DATASETS.values() if any(column.type == type_ for column in item.columns))
    column = next(column for column in dataset.columns if column.type == type_)
    for delivered, polars_type in frames.items():
        rows = sound_rows(dataset).with_columns(pl.lit(None, polars_type).alias(column.history_name))
        found = f"type_{column.name}" in failed(validate_dataset(dataset, rows, one_extract()))
        assert found == (delivered != type_), delivered


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"distinct_keys": 999}, {"keys_unique"}),
        ({"data_rows": 1001}, {"rows_add_up"}),
        ({"data_rows": 1001, "quarantined_rows": 1}, {"no_quarantine"}),
        ({"data_rows": 1001, "repeated_rows": 1}, {"no_repeats"}),
        ({"data_rows": 0, "distinct_rows": 0, "distinct_keys": 0}, {"rows_present"}),
        ({"previous_rows": 667}, set()),
        ({"previous_rows": 666}, {"growth"}),
        ({"previous_rows": 99}, set()),
        ({"previous_rows": None}, set()),
    ],
)
def test_each_extract_is_judged(counts: dict[str, int | None], expected: set[str]) -> None:
    dataset = DATASETS["ber.register"]
    assert failed(validate_dataset(dataset, sound_rows(dataset), one_extract(**counts))) == expected


def test_lost_rows_are_errors_and_odd_ones_warnings() -> None:
    severities = {check.name: check.severity for check in extract_checks(DATASETS["ber.register"])}
    assert severities == {
        "keys_unique": "error",
        "rows_add_up": "error",
        "rows_present": "warning",
        "no_quarantine": "warning",
        "no_repeats": "warning",
        "growth": "warning",
    }


def test_detail_is_a_sentence_that_names_the_extracts() -> None:
    dataset = DATASETS["ber.register"]
    days = [date(2023, 1, day) for day in (2, 3, 4, 5, 6)]
    extracts = pl.concat([one_extract(extract_date=day, data_rows=1001, repeated_rows=1) for day in days])
    extracts = pl.concat([extracts, one_extract(extract_date=date(2023, 1, 9))])
    details = {result.check_name: result.detail for result in validate_dataset(dataset, sound_rows(dataset), extracts)}
    assert details["no_repeats"].startswith("Inte uppfyllt: Inga upprepade rader.")
    assert details["no_repeats"].endswith("Gäller uttag 2023-01-02, 2023-01-03, 2023-01-04 och 2 till.")
    assert details["required_kategori"] == "Kolumnen kategori har alltid ett värde."


@pytest.mark.parametrize("name", ["folkbokforing.personer", "ber.kontakter", "nyckeltal.nyckeltal"])
def test_no_value_gets_into_the_results(name: str) -> None:
    dataset = DATASETS[name]
    rows = sound_rows(dataset)
    texts = [column.history_name for column in dataset.columns if rows.schema[column.history_name] == pl.String]
    leaky = rows.with_columns(pl.lit(f"{NUMBER} HEMLIGT").alias(column) for column in texts)
    results = validate_dataset(dataset, leaky, one_extract())
    assert len(failed(results)) >= len(texts)
    assert NUMBER not in repr(results) and "HEMLIGT" not in repr(results)


def test_of_rows_that_were_checked_before_only_the_warnings_are_told_again() -> None:
    dataset = DATASETS["ber.kontakter"]
    rows = sound_rows(dataset)
    texts = [column for column in dataset.columns if column.type == "text"]
    codes = next(column for column in dataset.columns if column.codes)
    leaky = rows.with_columns(
        pl.lit(NUMBER).alias(texts[0].history_name), pl.lit("FAX").cast(pl.String).alias(codes.history_name)
    )
    warned = {f"no_personnummer_{texts[0].name}"}
    assert failed(validate_dataset(dataset, rows, one_extract(), earlier=leaky)) == warned
    assert failed(validate_dataset(dataset, leaky, one_extract(), earlier=rows)) == {f"codes_{codes.name}"} | warned
    assert failed(validate_dataset(dataset, rows.clear(), one_extract(), earlier=rows)) == set()


def test_validating_is_silent_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_network(*_: object) -> None:
        raise AssertionError("the checks reached for the network")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", no_network)
    dataset = DATASETS["ber.kontakter"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        validate_dataset(dataset, _with(sound_rows(dataset), kanal="FAX"), one_extract())
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_a_process_of_its_own_answers_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    contacts, answers = sound_rows(DATASETS["ber.kontakter"]), sound_rows(DATASETS["enkat.svar"])
    promised = [
        Promised(DATASETS["ber.kontakter"], _with(contacts, kanal="FAX"), one_extract(), contacts.clear()),
        Promised(DATASETS["enkat.svar"], answers, one_extract(data_rows=1), answers.clear()),
    ]
    answer = validate(promised)
    assert answer == [check for one in promised for check in validate_dataset(*one)]
    assert failed(answer) >= {"codes_kanal"}
    assert validate([]) == []
    assert capfd.readouterr() == ("", "")


def test_a_process_without_an_answer_is_told_in_a_sentence() -> None:
    dataset = DATASETS["ber.kontakter"]
    with pytest.raises(NightlyFailed, match=r"failed \(AttributeError in pipelines/quality/engine\.py:\d+\)") as caught:
        validate([(dataset, None, one_extract())])  # type: ignore[list-item]
    assert "Traceback" not in str(caught.value)


def test_great_expectations_is_not_loaded_until_it_is_needed() -> None:
    code = "import sys, pipelines.quality; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CONTRACTS.parent, check=False).returncode == 0


# --- a changed contract gives another suite ---------------------------------------------------------------------------


def _changed(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """A copy of the contracts in which one text, that occurs, is replaced once."""
    folder = tmp_path / "data_contracts"
    shutil.copytree(CONTRACTS, folder)
    content = (folder / file).read_text(encoding="utf-8")
    assert old in content
    (folder / file).write_text(content.replace(old, new, 1), encoding="utf-8")
    return folder


def _register(folder: Path) -> Dataset:
    return load_sources({"stadsdelsomrade": ["01"]}, folder)["ber"].datasets["register"]


def _names(checks: list[ContentCheck]) -> set[str]:
    return {check.name for check in checks}


def test_a_new_code_is_accepted(tmp_path: Path) -> None:
    new = "  - code: INSKRIVEN\n    label: Inskriven i stöd\n  - code: VILANDE\n    label: Vilande\n"
    folder = _changed(tmp_path, "code_lists/kategori.yaml", "  - code: INSKRIVEN\n    label: Inskriven i stöd\n", new)
    before, after = DATASETS["ber.register"], _register(folder)
    rows = _with(sound_rows(before), kategori="VILANDE")
    assert failed(validate_dataset(before, rows, one_extract())) == {"codes_kategori"}
    assert failed(validate_dataset(after, rows, one_extract())) == set()


def test_a_new_column_is_expected(tmp_path: Path) -> None:
    column = (
        "      - name: uppfoljning_datum\n        physicalType: date\n        logicalType: date\n"
        "        required: true\n"
        "      - name: kategori_fran\n"
    )
    folder = _changed(tmp_path, "ber.odcs.yaml", "      - name: kategori_fran\n", column)
    before, after = DATASETS["ber.register"], _register(folder)
    added = _names(content_checks(after)) - _names(content_checks(before))
    assert added == {"type_uppfoljning_datum", "required_uppfoljning_datum"}
    assert "columns" in failed(validate_dataset(after, sound_rows(before), one_extract()))
    assert failed(validate_dataset(after, sound_rows(after), one_extract())) == set()


def test_a_column_that_may_be_empty_is_no_longer_required(tmp_path: Path) -> None:
    old = "      - name: kategori_fran\n        physicalType: date\n        logicalType: date\n        required: true\n"
    folder = _changed(tmp_path, "ber.odcs.yaml", old, old.replace("true", "false"))
    lost = _names(content_checks(DATASETS["ber.register"])) - _names(content_checks(_register(folder)))
    assert lost == {"required_kategori_fran"}


def test_the_limit_for_growth_comes_from_the_contract(tmp_path: Path) -> None:
    folder = _changed(tmp_path, "ber.odcs.yaml", "maximum_percent: 150", "maximum_percent: 300")
    limits = [
        next(check.maximum for check in extract_checks(dataset) if check.name == "growth")
        for dataset in (DATASETS["ber.register"], _register(folder))
    ]
    assert limits == [150, 300]


def test_an_unknown_rule_is_not_passed_over(tmp_path: Path) -> None:
    folder = _changed(tmp_path, "ber.odcs.yaml", "{rule: no_repeats}", "{rule: no_such_rule}")
    with pytest.raises(ValueError, match="no_such_rule"):
        extract_checks(_register(folder))


@pytest.mark.slow
def test_a_full_population_is_checked_in_well_under_a_second() -> None:
    dataset = DATASETS["folkbokforing.personer"]
    rows = sound_rows(dataset, 60_000)
    validate_dataset(dataset, rows, one_extract())
    times = []
    for _ in range(3):
        start = time.perf_counter()
        validate_dataset(dataset, rows, one_extract())
        times.append(time.perf_counter() - start)
    assert min(times) < 1
