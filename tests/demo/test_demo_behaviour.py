"""The synthetic youths behave as the action plan and the annual report describe, as the delivered files show."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from demo.synthetic_city.delivery import City
from demo.synthetic_city.timeline import BER_NIGHTS, NIGHTS, as_date, day
from tests.demo.reckoning import birth_date, read

LAST_NIGHT = "2023-11-30"


@pytest.fixture(scope="module")
def ber(sample: Path) -> dict[str, pl.DataFrame]:
    """The datasets of the last night: all records are kept, so they hold the whole outreach log."""
    folder = sample / "ber" / LAST_NIGHT
    return {path.stem: read(path) for path in folder.glob("*.csv")}


@pytest.fixture(scope="module")
def register(city: City) -> pl.DataFrame:
    """All rows that ever stood in the register, with the mornings (day numbers) from and to which they did."""
    return city.datasets["ber"]["register"]


@pytest.fixture(scope="module")
def outgoing(ber: dict[str, pl.DataFrame], same_person: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """Each person's attempts that count, in the order of the log."""
    attempts: dict[str, list[dict[str, str]]] = {}
    rows = ber["kontakter"].filter((pl.col("makulerad") == "N") & (pl.col("riktning") == "UT"))
    for row in rows.sort("datum", "kontakt_id").iter_rows(named=True):
        number = row["personnummer"]
        attempts.setdefault(same_person.get(number, number), []).append(row)
    return attempts


@pytest.fixture(scope="module")
def same_person(city: City) -> dict[str, str]:
    """Earlier number → later number."""
    people = city.datasets["folkbokforing"]["personer"].filter(pl.col("tidigare_personnummer").is_not_null())
    return dict(people.select("tidigare_personnummer", "personnummer").iter_rows())


def turns_20(number: str) -> int:
    born = birth_date(number)
    try:
        return born.replace(year=born.year + 20).toordinal()
    except ValueError:
        return date(born.year + 20, 3, 1).toordinal()


def test_nobody_is_in_the_register_on_or_after_the_20th_birthday(register: pl.DataFrame) -> None:
    last_night = BER_NIGHTS[-1]
    for number, valid_to in register.select("personnummer", "valid_to").iter_rows():
        assert min(valid_to - 1, last_night) < turns_20(number)


def test_many_are_gone_the_very_night_they_turn_20(register: pl.DataFrame) -> None:
    left_on_birthday = sum(
        1
        for number, valid_to in register.select("personnummer", "valid_to").iter_rows()
        if valid_to == turns_20(number)
    )
    assert left_on_birthday > 500


@pytest.mark.parametrize("dataset", ["register", "kontakter", "sysselsattningar", "inskrivningar"])
def test_nobody_in_ber_was_born_in_2001_or_earlier(city: City, dataset: str) -> None:
    numbers = city.datasets["ber"][dataset]["personnummer"].unique().to_list()
    assert min(birth_date(number).year for number in numbers) == 2002


def test_nobody_is_registered_before_compulsory_school_is_over(register: pl.DataFrame) -> None:
    for number, since in register.select("personnummer", "registrerad_datum").iter_rows():
        assert since >= date(birth_date(number).year + 16, 7, 1)


def test_a_youth_has_one_row_a_night(register: pl.DataFrame, same_person: dict[str, str]) -> None:
    for night in (NIGHTS[0], day("2022-09-14"), NIGHTS[-1]):
        rows = register.filter((pl.col("valid_from") <= night) & (pl.col("valid_to") > night))
        persons = [same_person.get(number, number) for number in rows["personnummer"].to_list()]
        assert len(persons) == len(set(persons)) > 2000


def test_categories_follow_the_routine(register: pl.DataFrame) -> None:
    stays: dict[tuple[str, date], list[tuple[int, str, date]]] = {}
    columns = ("personnummer", "registrerad_datum", "valid_from", "kategori", "kategori_fran")
    for number, since, valid_from, category, category_since in register.select(columns).sort(columns).iter_rows():
        stays.setdefault((number, since), []).append((valid_from, category, category_since))
    kinds = set()
    for (_, since), steps in stays.items():
        categories = [category for _, category, _ in steps]
        kinds.update(categories)
        assert "NY" not in categories[categories.count("NY") :], "NY comes first or not at all"
        for valid_from, category, category_since in steps:
            assert since <= category_since <= as_date(valid_from)
            if category == "UNDER_UPPSOK":
                assert category_since == since + timedelta(days=14)
    assert kinds == {"NY", "UNDER_UPPSOK", "UNDER_BEVAKNING", "INSKRIVEN"}


def test_the_city_waits_two_weeks_before_it_seeks_a_youth(
    register: pl.DataFrame, outgoing: dict[str, list[dict[str, str]]], same_person: dict[str, str]
) -> None:
    stays: dict[str, set[tuple[int, int]]] = {}
    last = register.group_by("personnummer", "registrerad_datum").agg(pl.col("valid_to").max())
    for number, since, until in last.iter_rows():
        stays.setdefault(same_person.get(number, number), set()).add((since.toordinal(), until))
    checked = 0
    for person, attempts in outgoing.items():
        for attempt in attempts:
            when = date.fromisoformat(attempt["datum"]).toordinal()
            if when >= NIGHTS[0]:
                assert any(since + 14 <= when < until for since, until in stays[person])
                checked += 1
    assert checked == 17500 + 19628


def test_three_telephone_calls_come_before_a_knackakort_and_that_before_a_home_visit(
    outgoing: dict[str, list[dict[str, str]]],
) -> None:
    cards = visits = 0
    for attempts in outgoing.values():
        for attempt in attempts:
            before = [a["kanal"] for a in attempts if a["datum"] < attempt["datum"]]
            if attempt["kanal"] == "KNACKAKORT":
                assert before.count("TELEFON") >= 3
                cards += 1
            elif attempt["kanal"] == "HEMBESOK":
                assert "KNACKAKORT" in before
                visits += 1
    assert cards > visits > 200


def test_home_visits_are_made_by_at_least_two(ber: dict[str, pl.DataFrame]) -> None:
    staff = ber["kontakter"].filter(pl.col("kanal") == "HEMBESOK")["antal_personal"].cast(pl.Int64)
    assert (staff >= 2).all()
    assert ber["kontakter"].filter(pl.col("kanal") != "HEMBESOK")["antal_personal"].unique().to_list() == [""]


def test_the_big_mailing_comes_after_15_september(ber: dict[str, pl.DataFrame]) -> None:
    letters = ber["kontakter"].filter((pl.col("kanal") == "BREV") & (pl.col("makulerad") == "N"))["datum"]
    for year in ("2022", "2023"):
        in_september = letters.filter(letters.str.starts_with(f"{year}-09"))
        assert in_september.min() is not None
        assert str(in_september.min()) > f"{year}-09-15"
        spring = letters.filter(letters.str.starts_with(f"{year}-04"))
        assert len(in_september) > 3 * len(spring)


def test_the_register_peaks_in_summer(register: pl.DataFrame) -> None:
    def size(night: str) -> int:
        ordinal = day(night)
        return register.filter((pl.col("valid_from") <= ordinal) & (pl.col("valid_to") > ordinal)).height

    for year in (2022, 2023):
        assert size(f"{year}-08-09") > 1.25 * size(f"{year}-04-05")
        assert size(f"{year}-08-09") > 1.25 * size(f"{year}-11-15")


def test_many_stays_are_short(register: pl.DataFrame) -> None:
    stays = register.filter(pl.col("registrerad_datum") >= pl.lit(as_date(NIGHTS[0])))
    lengths = stays.group_by("personnummer", "registrerad_datum").agg(
        pl.col("valid_to").max() - pl.col("valid_from").min()
    )["valid_to"]
    assert 0.1 < (lengths <= 21).sum() / len(lengths) < 0.5


def test_the_reform_is_in_the_rows_from_its_first_day(register: pl.DataFrame) -> None:
    reform = day("2023-07-01")
    before = register.filter(pl.col("valid_from") < reform)["stadsdelsomrade"].drop_nulls().unique().to_list()
    after = register.filter(pl.col("valid_to") > reform)
    after_codes = after.filter(pl.col("valid_from") >= reform)["stadsdelsomrade"].drop_nulls().unique().to_list()
    assert sorted(before) == [f"{code:02d}" for code in range(1, 14)]
    assert sorted(after_codes) == ["03", "04", "05", "08", "09", "10", "11", "12", "13", "21", "22"]
    # No row reaches over the reform with a code that it ended.
    straddling = after.filter(
        (pl.col("valid_from") < reform) & pl.col("stadsdelsomrade").is_in(["01", "02", "06", "07"])
    )
    assert straddling.is_empty()


def test_newcomers_get_a_personnummer_later(city: City) -> None:
    people = city.datasets["folkbokforing"]["personer"]
    earlier = people["tidigare_personnummer"].drop_nulls().unique().to_list()
    coordination = [number for number in earlier if int(number[6:8]) > 60]
    assert len(coordination) >= 20
    assert len(earlier) > len(coordination)
    in_register = set(city.datasets["ber"]["register"]["personnummer"].to_list())
    assert set(coordination) & in_register


def test_mistakes_are_marked_some_mornings_later(city: City) -> None:
    contacts = city.datasets["ber"]["kontakter"]
    void = contacts.filter(pl.col("makulerad") == "J")["kontakt_id"].to_list()
    first = contacts.filter(pl.col("kontakt_id").is_in(void) & (pl.col("makulerad") == "N"))
    assert len(void) == first.height > 100


def test_a_record_is_not_delivered_before_its_day(city: City) -> None:
    ber = city.datasets["ber"]
    columns = {
        "kontakter": ("datum",),
        "sysselsattningar": ("datum",),
        "inskrivningar": ("inskriven_datum", "avslutad_datum"),
        "insatser": ("startdatum", "slutdatum"),
        "bosattningskontroller": ("anmald_datum",),
    }
    for dataset, dates in columns.items():
        for column in dates:
            seen = ber[dataset].filter(pl.col(column).is_not_null())
            known_on = (seen["valid_from"] - date(1970, 1, 1).toordinal()).cast(pl.Int32).cast(pl.Date)
            assert (seen[column] < known_on).all()
