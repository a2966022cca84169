"""A row that breaks its contract: reason, column, physical line and what was expected, for every dataset and column.

The layouts are the oracle's, which has them from deliveries.md section 4 and not from the contracts.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.nights import Nights
from tests.model.oracle import CODES, DATASETS, EXIT_DATES, Column, Row
from tests.model.world import Extract, make_row, personnummer, samordningsnummer

pytestmark = pytest.mark.long

PERSON = personnummer("2005-03-04", 218)

#: What is wrong for a kind of column, and words of what was expected instead.
WRONG: dict[str, tuple[str, list[str], str]] = {
    "personnummer": (
        "bad_personnummer",
        [
            PERSON[:-1] + str((int(PERSON[-1]) + 1) % 10),  # another check digit
            personnummer("2005-03-04", 0),
            personnummer("2005-02-28", 218).replace("20050228", "20050230"),
            samordningsnummer("2005-03-04", 218).replace("20050364", "20050392"),
            PERSON[2:],
            f"{PERSON[:8]}-{PERSON[8:]}",
            PERSON + "0",
        ],
        "tolv siffror",
    ),
    "date": ("bad_type", ["2023-02-29", "20230201", "2023-2-1", "0000-01-01", "2023-01-01T00:00"], "ÅÅÅÅ-MM-DD"),
    "yes_no": ("bad_type", ["j", "Ja", "1"], "J eller N"),
    "digits8": ("bad_type", ["1234567", "123456789", "1234567a"], "[0-9]{8}"),
    "count": ("bad_type", ["0", "-1", "1.0", "två", "9223372036854775808"], "heltal från 1"),
    "grade": ("bad_type", ["0", "6", "4.0", "bra"], "heltal från 1 till 5"),
    "year": ("bad_type", ["1999", "2100", "+2023", "2023.0", "-2023", "23", "i år"], "heltal från 2000 till 2099"),
    "amount": ("bad_type", ["-1", "+1", "1.0", "-0", "1e3", "sju"], "heltal från 0"),
    "decimal": ("bad_type", ["1,5", "1 000", "1.", ".5", "+1", "1e3"], "decimalpunkt"),
    "district": ("bad_code", ["14", "1", "SAKNAS"], "22"),
    "job_centre": ("bad_code", ["SAKNAS", "globen", "05"], "GLOBEN"),
}
CODE_WRONG = ["finns_inte", "FINNS INTE"]

#: Bad rows in one file of these tests: nineteen are borne whatever the file's size.
MOST = 19


@dataclass(frozen=True)
class Case:
    """One bad row: the column that is at fault, its value, and what is to be said of it."""

    source: str
    dataset: str
    column: str
    value: str
    reason: str
    expected: str

    def row(self, name: str) -> Row:
        values = {self.column: self.value}
        if self.column == "avslutsorsak":  # else it would be there without its date
            values |= {EXIT_DATES[self.dataset]: "2023-10-01"}
        return good_row(self.dataset, name, **values)

    def __str__(self) -> str:
        return f"{self.dataset}.{self.column} {self.value.strip() or ('blanks' if self.value else 'empty')}"


def good_row(dataset: str, name: str, **values: str) -> Row:
    """A sound row whose key no other row has; ``name`` is text that tells it from the others."""
    number = int(name) if name.isdigit() else 0
    own = {
        "personnummer": personnummer(date(2004, 1, 1) + timedelta(days=number), 100 + number),
        "inskrivning_id": "sound",  # of the enrolment that every delivery here holds
        "verksamhet": f"verksamhet {name}",
    }
    if dataset == "antal":
        own = {"period_fran": (date(2018, 1, 1) + timedelta(days=number)).isoformat(), "period_till": "2023-12-31"}
    key = next(column.name for column in DATASETS_BY_NAME[dataset] if column.key)
    if key.endswith("_id"):
        own[key] = f"{dataset}-{name}"
    row = make_row(dataset)
    return row | {column: value for column, value in own.items() if column in row} | values


DATASETS_BY_NAME: dict[str, list[Column]] = {
    dataset: columns for datasets in DATASETS.values() for dataset, columns in datasets.items()
}


def _cases_of(source: str, dataset: str, column: Column) -> list[Case]:
    cases = []
    if column.kind in CODES:
        reason, values, expected = "bad_code", [*CODE_WRONG, CODES[column.kind][0].lower()], CODES[column.kind][-1]
    else:
        reason, values, expected = WRONG.get(column.kind, ("", [], "text"))
    if column.required:
        blanks = ("",) if column.key else ("", " \t ")  # two rows without a key would be one row twice
        cases += [Case(source, dataset, column.name, blank, "missing_value", expected) for blank in blanks]
    return cases + [Case(source, dataset, column.name, value, reason, expected) for value in values]


CASES = [
    case
    for source, datasets in DATASETS.items()
    for dataset, columns in datasets.items()
    for column in columns
    for case in _cases_of(source, dataset, column)
]


def _nights_of_cases() -> list[list[Case]]:
    """The cases dealt out so that no file holds too many bad rows."""
    nights: list[list[Case]] = []
    for dataset in DATASETS_BY_NAME:
        own = [case for case in CASES if case.dataset == dataset]
        for night, start in enumerate(range(0, len(own), MOST)):
            while len(nights) <= night:
                nights.append([])
            nights[night] += own[start : start + MOST]
    return nights


def _with_sound_enrolment(source: str, day: date) -> Extract:
    extract = Extract(source, day)
    if source == "ber":
        extract.enrolment("sound", PERSON)
    return extract


Found = dict[Case, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What the quarantine says of the line on which each case was written."""
    nights = Nights(tmp_path_factory.mktemp("quarantine"))
    written: dict[tuple[str, str, int], Case] = {}
    for night, cases in enumerate(_nights_of_cases()):
        for source, datasets in DATASETS.items():
            extract = _with_sound_enrolment(source, date(2023, 11, 1) + timedelta(days=night))
            for dataset in datasets:
                rows = extract.tables.setdefault(dataset, [])
                rows.append(good_row(dataset, "90"))
                for number, case in enumerate(case for case in cases if case.dataset == dataset):
                    rows.append(case.row(str(number)))
                    written[extract.path, dataset, len(rows) + 1] = case
            extract.write(nights.drop)
    nights.run()
    assert not [line["message"] for line in nights.deliveries() if line["status"] != "accepted"]
    result: Found = {case: [] for case in CASES}
    for entry in nights.quarantine():
        case = written.get((entry["folder"], entry["dataset"], entry["line"]))
        assert case, f"a sound row is in quarantine: {entry}"
        result[case].append(entry)
    return result


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_value_is_quarantined_with_column_reason_line_and_what_was_expected(found: Found, case: Case) -> None:
    (entry,) = found[case]
    assert (entry["column"], entry["reason"]) == (case.column, case.reason)
    assert entry["file"] == f"{case.dataset}.csv"
    assert case.expected in entry["expected"]
    assert len(case.value.strip()) < 3 or case.value not in entry["expected"]


def test_every_column_has_a_case() -> None:
    without = {
        (dataset, column.name)
        for dataset, columns in DATASETS_BY_NAME.items()
        for column in columns
        if not any((case.dataset, case.column) == (dataset, column.name) for case in CASES)
    }
    assert without == {("sysselsattningar", "kontakt_id")}  # a text that may be empty: whatever it is, it is no fault


# --- rules about more than one value ------------------------------------------------------------------------------------


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def _entries(nights: Nights, extract: Extract) -> set[tuple[str, int, str, str]]:
    nights.night(extract)
    assert nights.verdict(extract) == ("accepted", None)
    entries = nights.quarantine()
    assert nights.of(extract.path)["quarantined_rows"] == len(entries)
    return {(entry["dataset"], entry["line"], entry["column"], entry["reason"]) for entry in entries}


def test_an_end_before_its_start_is_quarantined_and_the_same_day_is_not(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").enrolment("i1", PERSON)
    exit_ = {"avslutsorsak": "ARBETE", "inskriven_datum": "2023-01-02"}
    ber.enrolment("i2", PERSON, avslutad_datum="2023-01-02", **exit_)
    ber.enrolment("i3", PERSON, avslutad_datum="2023-01-01", **exit_)
    exit_ = {"avslutsorsak": "ARBETE", "startdatum": "2023-01-02"}
    ber.measure("m1", "i1", slutdatum="2023-01-02", **exit_).measure("m2", "i1", slutdatum="2023-01-01", **exit_)
    school = Extract("skolregister", "2023-11-30").study("s1", PERSON, startdatum="2023-01-02", slutdatum="2023-01-01")
    school.study("s2", PERSON, startdatum="2023-01-02", slutdatum="2023-01-02")
    numbers = Extract("nyckeltal", "2023-11-30").key_number(period_fran="2023-01-02", period_till="2023-01-01")
    numbers.key_number(period_fran="2023-01-02", period_till="2023-01-02")
    for extract in (school, numbers):
        extract.write(nights.drop)
    nights.night(ber)
    found = {(one["dataset"], one["line"], one["column"], one["reason"]) for one in nights.quarantine()}
    assert found == {
        ("inskrivningar", 4, "avslutad_datum", "end_before_start"),
        ("insatser", 3, "slutdatum", "end_before_start"),
        ("studieperioder", 2, "slutdatum", "end_before_start"),
        ("nyckeltal", 2, "period_till", "end_before_start"),
    }
    assert all("samma dag" in one["expected"] for one in nights.quarantine())


def test_an_exit_without_its_date_or_a_date_without_it_is_inconsistent(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").enrolment("i1", PERSON)
    ber.enrolment("i2", PERSON, avslutad_datum="2023-10-01").enrolment("i3", PERSON, avslutsorsak="ARBETE")
    ber.measure("m1", "i1", slutdatum="2023-10-01").measure("m2", "i1", avslutsorsak="ARBETE")
    assert _entries(nights, ber) == {
        (dataset, line, "avslutsorsak", "inconsistent")
        for dataset, line in [("inskrivningar", 3), ("inskrivningar", 4), ("insatser", 2), ("insatser", 3)]
    }
    assert all("Avslutsorsak" in entry["expected"] for entry in nights.quarantine())


def test_a_contact_from_the_youth_that_nobody_answered_is_inconsistent(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").contact("k1", PERSON, riktning="IN", besvarad="N")
    ber.contact("k2", PERSON, riktning="IN", besvarad="J").contact("k3", PERSON, riktning="UT", besvarad="N")
    assert _entries(nights, ber) == {("kontakter", 2, "besvarad", "inconsistent")}


def test_a_measure_of_an_enrolment_that_is_missing_or_quarantined_is_an_unknown_reference(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").enrolment("i1", PERSON).enrolment("i2", PERSON, forvaltning="SKOLA")
    ber.measure("m1", "i1").measure("m2", "i2").measure("m3", "i9").measure("m4", "I1")
    assert _entries(nights, ber) == {
        ("inskrivningar", 3, "forvaltning", "bad_code"),
        *{("insatser", line, "inskrivning_id", "unknown_reference") for line in (3, 4, 5)},
    }
    assert "inskrivningar.inskrivning_id" in nights.quarantine()[-1]["expected"] + nights.quarantine()[1]["expected"]


def test_all_rows_that_share_a_key_are_quarantined_also_one_with_another_fault(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").contact("k1", PERSON).contact("k1", PERSON, kanal="SMS")
    ber.contact("k1", PERSON, datum="i fjol").contact("k2", PERSON)
    ber.registered(PERSON).registered(PERSON, kategori="INSKRIVEN")
    assert _entries(nights, ber) == {
        *{("kontakter", line, "kontakt_id", "duplicate_key") for line in (2, 3, 4)},
        *{("register", line, "personnummer", "duplicate_key") for line in (2, 3)},
    }
    assert any("kontakt_id" in entry["expected"] for entry in nights.quarantine())


def test_a_key_of_several_columns_is_compared_whole(nights: Nights) -> None:
    beda = Extract("beda", "2023-11-30").certificate(PERSON, "STUDIEBEVIS").certificate(PERSON, "GYMNASIEEXAMEN")
    beda.certificate(PERSON, "GYMNASIEEXAMEN", datum="2020-06-11")
    assert _entries(nights, beda) == {("bevis", line, "personnummer", "duplicate_key") for line in (3, 4)}


def test_a_row_without_a_usable_key_shares_it_with_nobody(nights: Nights) -> None:
    """Each has a fault in its key, so none of them is a duplicate of another."""
    ber = Extract("ber", "2023-11-30").contact("", PERSON).contact("", PERSON, kanal="SMS")
    ber.registered("200501011234", kategori="NY").registered("200501011234", kategori="INSKRIVEN")
    numbers = Extract("nyckeltal", "2023-11-30")
    for value in ("1", "2"):
        numbers.key_number(period_fran="2023-01-02", period_till="2023-01-01", verksamhet="", varde=value)
    numbers.write(nights.drop)
    nights.night(ber)
    found = {(one["dataset"], one["line"], one["column"], one["reason"]) for one in nights.quarantine()}
    assert found == {
        *{("kontakter", line, "kontakt_id", "missing_value") for line in (2, 3)},
        *{("register", line, "personnummer", "bad_personnummer") for line in (2, 3)},
        *{("nyckeltal", line, "period_till", "end_before_start") for line in (2, 3)},
    }


def test_of_several_faults_the_first_in_column_order_is_given_whatever_the_order_of_the_file(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").written_as("kontakter", rotated=5)
    ber.contact("k1", "nobody", datum="i fjol", kanal="BREVDUVA", makulerad="")
    ber.contact("k2", PERSON, riktning="IN", besvarad="N", besvarad_av="GRANNE")
    ber.contact("k3", PERSON, riktning="", besvarad="", makulerad="kanske")
    ber.enrolment("i1", PERSON, avslutad_datum="2019-01-01")  # before its start, and without an exit
    ber.measure("m1", "i9", insats="KURS")
    assert _entries(nights, ber) == {
        ("kontakter", 2, "personnummer", "bad_personnummer"),
        ("kontakter", 3, "besvarad", "inconsistent"),
        ("kontakter", 4, "riktning", "missing_value"),
        ("inskrivningar", 2, "avslutad_datum", "end_before_start"),
        ("insatser", 2, "inskrivning_id", "unknown_reference"),
    }


def test_what_deliveries_md_calls_no_fault_is_loaded(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").contact("k1", PERSON, besvarad="N", besvarad_av="UNGDOM", antal_personal="2")
    ber.occupation("o1", PERSON, kontakt_id="nobody has it")
    ber.registered(samordningsnummer("2005-03-04", 219), stadsdelsomrade="01")  # a code of the earlier division
    ber.write(nights.drop)
    school = Extract("skolregister", "2023-11-30").study("s1", PERSON, avslut="AVBROTT", skolform="GYSAR")
    assert _entries(nights, school) == set()
    assert nights.verdict(ber) == ("accepted", None)
    assert nights.query("select skolform from skolregister_studieperioder") == [("ANPGY",)]
    assert nights.query("select count(*) from ber_kontakter") == [(1,)]


def test_any_district_is_a_bad_code_in_a_municipality_without_districts(tmp_path: Path) -> None:
    nights = Nights(tmp_path, "nacka")
    extract = Extract("folkbokforing", "2023-11-30", municipality="0182").resident(PERSON, stadsdelsomrade="01")
    extract.resident(personnummer("2005-05-05", 101))
    assert _entries(nights, extract) == {("personer", 2, "stadsdelsomrade", "bad_code")}
    assert "inga koder" in nights.quarantine()[0]["expected"]


def test_rows_that_repeat_exactly_count_once_with_a_warning(nights: Nights) -> None:
    ber = Extract("ber", "2023-11-30").contact("k1", PERSON).contact("k2", PERSON, kanal="")
    ber.contact(" k1", PERSON, datum="2020-10-01 ").contact("k2", PERSON, kanal="").contact("k1", PERSON)
    assert _entries(nights, ber) == {("kontakter", 3, "kanal", "missing_value")}  # its first line
    line = nights.of(ber.path)
    assert (line["rows"], line["quarantined_rows"]) == (5, 1)
    assert "kontakter.csv upprepar 3 rader" in line["message"]
    assert "1 rader i kontakter.csv är i karantän" in line["message"]
    assert nights.query("select kontakt_id from ber_kontakter") == [("k1",)]


def test_a_quarantined_row_counts_as_not_delivered_that_night(nights: Nights) -> None:
    nights.night(*[
        Extract("beda", day).certificate(PERSON, "STUDIEBEVIS", datum=when)
        for day, when in [("2023-11-28", "2020-06-10"), ("2023-11-29", "i fjol"), ("2023-11-30", "2020-06-10")]
    ])  # fmt: skip
    days = nights.query("select first_extract_date, last_extract_date from beda_bevis order by 1")
    assert days == [(date(2023, 11, 28), date(2023, 11, 28)), (date(2023, 11, 30), None)]
