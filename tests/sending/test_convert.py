"""The steps that a value goes through (interface.md, `kaa deliver`)."""

from datetime import date
from typing import Any

import pytest

from pipelines.configuration.contract import Column, load_sources
from pipelines.configuration.municipality import load_municipality
from pipelines.runtime.errors import UsageError
from pipelines.sending.convert import convert_column
from pipelines.sending.mapping import ColumnMapping
from tests.delivery.nights import ANNA
from tests.model.world import personnummer

SOURCES = load_sources(load_municipality("stockholm").own_codes)
ON = date(2023, 11, 30)


def _column(dataset: str, name: str) -> Column:
    (found,) = [one for source in SOURCES.values() for one in source.datasets.values() if one.name == dataset]
    return next(column for column in found.columns if column.name == name)


def _converted(value: str, dataset: str, name: str, on: date = ON, **steps: Any) -> str:
    how = ColumnMapping.model_validate({"from": "X"} | steps)
    return convert_column(_column(dataset, name), how, [value], [2], on, "x.csv").values[0]


@pytest.mark.parametrize(("value", "formats", "day"), [
    ("2023-01-05", ["%Y-%m-%d"], "2023-01-05"), ("050123", ["%d%m%y"], "2023-01-05"), ("230105", ["%y%m%d"], "2023-01-05"),
    ("5/1 2023", ["%-d/%-m %Y"], "2023-01-05"), ("05.01.2023 04:15", ["%d.%m.%Y %H:%M"], "2023-01-05"),
    ("2023-01-05", ["%d%m%y"], "2023-01-05"), ("2023-01-05 00:00:00", ["%d%m%y"], "2023-01-05"),
    ("990105", ["%y%m%d"], "1999-01-05"), ("430105", ["%y%m%d"], "2043-01-05"), ("440105", ["%y%m%d"], "1944-01-05"),
    ("111111", ["%y%m%d", "%d%m%y"], "2011-11-11"), ("300223", ["%d%m%y"], "300223"), ("i mars", ["%d%m%y"], "i mars"),
    ("5123", ["%d%m%y"], "5123"), ("20230105", ["%d%m%y"], "20230105"), ("", ["%d%m%y"], ""), ("٠٥٠١٢٣", ["%d%m%y"], "٠٥٠١٢٣"),
])  # fmt: skip
def test_a_day(value: str, formats: list[str], day: str) -> None:
    assert _converted(value, "bevis", "datum", date=formats) == day


def test_a_day_that_excel_has_stripped_a_zero_from_is_named() -> None:
    with pytest.raises(UsageError, match="Excel has stripped the zeros"):
        _converted("50123", "bevis", "datum", date=["%d%m%y"])


def test_a_day_without_its_step_stays() -> None:
    assert _converted("5/1 2023", "bevis", "datum") == "5/1 2023"


@pytest.mark.parametrize("on", [date(2023, 11, 30), date(2005, 3, 4)])
def test_a_number(on: date) -> None:
    for written in (ANNA, ANNA[2:], f"{ANNA[2:8]}-{ANNA[8:]}", f"{ANNA[:8]}-{ANNA[8:]}", f"{ANNA[:8]} {ANNA[8:]}"):
        assert _converted(written, "bevis", "personnummer", on, personnummer=True) == ANNA
    assert _converted(f"{ANNA[2:8]}+{ANNA[8:]}", "bevis", "personnummer", on, personnummer=True)[:2] == "19"
    assert _converted("okänt", "bevis", "personnummer", on, personnummer=True) == "okänt"


def test_a_number_of_somebody_born_after_the_extract_is_a_century_older() -> None:
    number = personnummer("2005-03-05", 218)
    assert _converted(number[2:], "bevis", "personnummer", date(2005, 3, 4), personnummer=True) == f"19{number[2:]}"


@pytest.mark.parametrize(("value", "number"), [
    ("1 234,5", "1234.5"), ("1\u00a0234\u00a0567", "1234567"), ("1\u202f234", "1234"), ("−3,25", "-3.25"), ("12.5", "12.5"),
    ("0", "0"), ("1.234,5", "1.234.5"), ("12 34", "12 34"), ("12 %", "12 %"), ("", ""),
])  # fmt: skip
def test_a_decimal(value: str, number: str) -> None:
    assert _converted(value, "nyckeltal", "varde", decimal=True) == number


@pytest.mark.parametrize(("value", "words", "answer"), [
    ("Ja", True, "J"), ("NEJ", True, "N"), ("x", True, "J"), ("kanske", True, "kanske"), ("", True, ""),
    ("", {"J": ["Ja"], "N": ["", "Nej"]}, "N"), ("sant", {"J": ["Ja"], "N": ["Nej"]}, "sant"),
])  # fmt: skip
def test_yes_and_no(value: str, words: Any, answer: str) -> None:
    assert _converted(value, "kontakter", "besvarad", yes_no=words) == answer


def test_codes() -> None:
    table = {"code": {"Avbrott": "AVBROTT", "": "OVRIGT"}}
    assert _converted(" Avbrott\u00a0", "register", "registreringsorsak", **table) == "AVBROTT"
    assert _converted("", "register", "registreringsorsak", **table) == "OVRIGT"
    assert _converted("avbrott", "register", "registreringsorsak", upper=True) == "AVBROTT"
    with pytest.raises(UsageError, match="the local code 'avbrott' is not in the mapping's table"):
        _converted("avbrott", "register", "registreringsorsak", **table)


def test_what_means_nothing_is_empty_before_and_after_the_other_steps() -> None:
    assert _converted(" - ", "bevis", "datum", date=["%d%m%y"], empty_when="-") == ""
    assert _converted("010100", "bevis", "datum", date=["%d%m%y"], empty_when=["2000-01-01"]) == ""
    assert (
        _converted("Saknas", "register", "registreringsorsak", code={"Avbrott": "AVBROTT"}, empty_when=["Saknas"]) == ""
    )


def test_a_code_that_has_lost_its_zero_is_named() -> None:
    with pytest.raises(UsageError, match="Excel has stripped the zeros"):
        _converted("1", "register", "stadsdelsomrade")
    assert _converted("1", "register", "stadsdelsomrade", code={"1": "01"}) == "01"
    assert _converted("77", "register", "stadsdelsomrade") == "77"  # the receiver's business


def test_blanks_stay_where_they_are_not_to_be_trimmed() -> None:
    assert _converted(" a ", "svar", "fraga", trim=False) == " a "
