"""What a mapping says wrongly is told with dataset and column, and the examples that come with the program are right."""

from pathlib import Path
from typing import Any

import pytest

from pipelines.configuration.contract import CONTRACTS
from pipelines.runtime.errors import UsageError
from pipelines.sending.mapping import read_mapping
from tests.sending.dialects import write_mapping
from tests.sending.files import COLUMNS, mapping

EXAMPLES = sorted(path for path in (CONTRACTS / "mappings").glob("*/*.yaml") if "ss12000" not in path.name)


def _fault(path: Path, source: str = "beda") -> str:
    with pytest.raises(UsageError) as told:
        read_mapping(path, source)
    sentence = str(told.value)
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_example_fits_its_contract(path: Path) -> None:
    read = read_mapping(path, path.stem)
    assert read.municipality.name.lower() in path.parent.name


def test_there_is_an_example_for_every_source() -> None:
    assert {path.stem for path in EXAMPLES if path.parent.name == "stockholm"} == {
        path.name.removesuffix(".odcs.yaml") for path in CONTRACTS.glob("*.odcs.yaml")
    }


@pytest.mark.parametrize(("columns", "words"), [
    ({"datum": {"from": "Datum", "date": ["ÅÅÅÅ-MM-DD"]}}, ["bevis.columns.datum", "no date format"]),
    ({"datum": {"from": "Datum", "date": ["%Y-%m"]}}, ["bevis.columns.datum", "no date format"]),
    ({"datum": {"from": "Datum", "constant": "x"}}, ["bevis.columns.datum", "one of from, constant, join and made"]),
    ({"datum": {"date": ["%Y-%m-%d"]}}, ["bevis.columns.datum", "one of from"]),
    ({"datum": {"from": "Datum", "datum": ["%Y-%m-%d"]}}, ["bevis.columns.datum.datum", "Extra inputs"]),
    ({"datum": {"from": "Datum", "personnummer": True}}, ["bevis.datum has the step personnummer"]),
    ({"datum": {"made": ["Datum"]}}, ["bevis.datum cannot be made"]),
    ({"bevis": {"from": "Bevis", "code": {"Examen": "EXAMEN"}}}, ["bevis.bevis is given 'EXAMEN'", "GYMNASIEEXAMEN"]),
    ({"bevis": {"constant": "EXAMEN"}}, ["bevis.bevis is given 'EXAMEN'"]),
    ({"bevis": {"constant": ""}}, ["bevis.bevis must have a value"]),
    ({"betyg": {"from": "Betyg"}}, ["bevis has no column 'betyg'"]),
    ({"bevis": {"from": "Bevis", "code": {"Examen": 1}}}, ["bevis.columns.bevis.code", "string"]),
])  # fmt: skip
def test_a_columns_fault_is_told(tmp_path: Path, columns: dict[str, Any], words: list[str]) -> None:
    sentence = _fault(mapping(tmp_path, columns))
    for word in words:
        assert word in sentence


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    columns = {name: how for name, how in COLUMNS.items() if name != "datum"}
    path = write_mapping(tmp_path / "b.yaml", "beda", {"bevis": {"input": {"file": "x"}, "columns": columns}})
    assert "bevis.datum is missing" in _fault(path)


def test_a_datasets_fault_is_told(tmp_path: Path) -> None:
    place = tmp_path / "b.yaml"
    sound = {"input": {"file": "x"}, "columns": COLUMNS}
    assert "has no dataset 'examen'" in _fault(
        write_mapping(place, "beda", {"bevis": sound, "examen": {"empty": True}})
    )
    assert "the dataset 'bevis' is missing" in _fault(write_mapping(place, "beda", {}))
    assert "empty: true" in _fault(write_mapping(place, "beda", {"bevis": {}}))
    assert "both input and columns" in _fault(write_mapping(place, "beda", {"bevis": {"input": {"file": "x"}}}))
    assert "no encoding" in _fault(mapping(tmp_path, encoding="ansi-svenska"))
    assert "two different signs" in _fault(mapping(tmp_path, separator='"'))
    assert "two different signs" in _fault(mapping(tmp_path, separator="\n"))
    assert "no municipality" in _fault(write_mapping(place, "beda", {"bevis": sound}, "atlantis"))
    place.write_text("source: beda\nsource: ber\n")
    assert "stands twice" in _fault(place)
    assert "cannot be read" in _fault(tmp_path / "nowhere.yaml")


def test_codes_are_the_municipalitys_own(tmp_path: Path) -> None:
    columns = {
        "personnummer": {"from": "P"}, "tidigare_personnummer": {"constant": ""}, "stadsdelsomrade": {"constant": "21"},
        "folkbokford_fran": {"from": "F"}, "invandrad_efter_skolplikt": {"constant": "N"}, "skyddsmarkering": {"constant": ""},
    }  # fmt: skip
    datasets = {"personer": {"input": {"file": "x"}, "columns": columns}}
    assert read_mapping(write_mapping(tmp_path / "f.yaml", "folkbokforing", datasets), "folkbokforing")
    path = write_mapping(tmp_path / "f.yaml", "folkbokforing", datasets, "nacka")
    assert "stadsdelsomrade is given '21'" in _fault(path, "folkbokforing")


def test_a_profile_may_lie_beside_its_mapping(tmp_path: Path) -> None:
    (tmp_path / "kommun.yaml").write_bytes((CONTRACTS / "municipalities/nacka.yaml").read_bytes())
    dataset = {"input": {"file": "x"}, "columns": COLUMNS}
    path = write_mapping(tmp_path / "b.yaml", "beda", {"bevis": dataset}, "kommun.yaml")
    assert read_mapping(path, "beda").municipality.name == "Nacka"
