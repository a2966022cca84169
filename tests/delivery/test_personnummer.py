"""No personnummer in clear after a delivery is taken in, wherever the sender wrote it (the published zone: tests/cli)."""

import re
import traceback
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.delivery import take_in as taking_in
from pipelines.delivery.pseudonym import HIDDEN, Pseudonymiser, mask
from pipelines.errors import NightlyFailed
from tests.delivery import canaries
from tests.delivery.nights import ANNA, Nights, sound
from tests.model.world import Extract, personnummer, samordningsnummer

TODAY = date(2026, 1, 1)
KEY = b"a key of these tests"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Nights, canaries.Canaries]:
    nights = Nights(tmp_path_factory.mktemp("canaries"))
    told = canaries.write(nights.drop)
    nights.run()
    return nights, told


Night = tuple[Nights, canaries.Canaries]


def test_no_number_is_left_in_any_file_table_or_name(night: Night) -> None:
    nights, told = night
    assert len(told.numbers) > 50
    assert not canaries.search(nights.home.path, told.patterns)


def test_the_search_sees_what_is_stored(night: Night) -> None:
    nights, _ = night
    seen = canaries.search(nights.home.path, {"allowed": re.compile(canaries.ALLOWED.encode())})
    assert any("main.enkat_svar" in where for _, where in seen)


def test_the_deliveries_with_numbers_had_the_fates_they_were_written_for(night: Night) -> None:
    nights, _ = night
    lines = nights.deliveries()
    assert {line["status"] for line in lines} == {"accepted", "held", "rejected"}
    assert {line["reason"] for line in lines} == {
        None, "volume_drop", "unsupported_schema_version", "bad_manifest", "wrong_municipality", "missing_dataset",
        "missing_file", "checksum_mismatch", "undecodable", "malformed_csv", "missing_column", "too_many_bad_rows",
        "conflict",
    }  # fmt: skip
    assert {"bad_personnummer", "bad_code", "duplicate_key", "unknown_reference", "missing_value"} == {
        entry["reason"] for entry in nights.quarantine()
    }


def test_a_name_is_masked_and_the_delivery_can_still_be_found_by_its_id(night: Night) -> None:
    nights, _ = night
    line = nights.of(f"ber/natt {HIDDEN}")
    assert line["status"] == "accepted"
    assert f"kontakter_{HIDDEN}.csv är i karantän" in line["message"]
    held = nights.of(f"enkat/{HIDDEN}")
    assert held["message"].endswith(f"{held['delivery_id']}.")
    assert f"kontakter_{HIDDEN}.csv" in {entry["file"] for entry in nights.quarantine()}


def test_records_whose_id_is_a_number_stay_apart_and_keep_their_links(night: Night) -> None:
    nights, _ = night
    contacts = nights.query(f"select kontakt_id from ber_kontakter where kontakt_id like '%{HIDDEN}-%'")
    assert len(set(contacts)) == 2
    linked = nights.query(
        f"select m.insats_id from ber_insatser m join ber_inskrivningar using (inskrivning_id) "
        f"where inskrivning_id like '{HIDDEN}%'"
    )
    assert len(linked) == 1
    assert {entry["line"] for entry in nights.quarantine() if entry["reason"] == "duplicate_key"} == {6, 7}


def test_an_id_is_the_same_every_night(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    for day in ("2023-11-28", "2023-11-29", "2023-11-30"):
        nights.night(Extract("ber", day).contact(ANNA, ANNA))
    assert nights.query("select first_extract_date, last_extract_date from ber_kontakter") == [
        (date(2023, 11, 28), None)
    ]


# --- what is a number -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        ANNA,
        f"{ANNA[:8]}-{ANNA[8:]}",
        f"{ANNA[:8]} {ANNA[8:]}",
        f"{ANNA[2:8]}-{ANNA[8:]}",
        f"{personnummer('1921-05-05', 101)[2:8]}+{ANNA[8:]}",
        samordningsnummer("2005-03-04", 101),
        personnummer("2016-01-01", 101),
        ANNA[:-1] + str((int(ANNA[-1]) + 1) % 10),
    ],
)
def test_a_number_is_masked_however_it_is_written(text: str) -> None:
    assert mask(text, TODAY) == HIDDEN
    assert mask(f"register_{text}.csv", TODAY) == f"register_{HIDDEN}.csv"


@pytest.mark.parametrize(
    "text",
    [ANNA, f"{ANNA[:8]}-{ANNA[8:]}", f"K{ANNA[2:8]}-{ANNA[8:]}", samordningsnummer("2005-03-04", 101)],
)
def test_a_number_in_an_id_is_hidden_and_the_id_stays_unique(text: str) -> None:
    assert re.fullmatch("K?" + re.escape(HIDDEN) + "-[0-9a-f]{12}", Pseudonymiser(KEY).mask(text))


@pytest.mark.parametrize(
    "text",
    [
        ANNA[:-1] + str((int(ANNA[-1]) + 1) % 10),  # the check digit is not right: a day and a serial
        personnummer("2018-01-01", 101),  # no youth of the register: the day on which a record was made
        "K-202311300402",
    ],
)
def test_an_id_made_of_a_day_and_a_serial_is_left_as_it_is(text: str) -> None:
    assert Pseudonymiser(KEY).mask(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-30_1",
        "202311300402",  # a day and a time of recent years
        "20231130-0402",
        "231130-0001",
        "20231130T040211",
        "200502301234",  # no such day
        "200513041234",
        f"1{ANNA}",
        f"{ANNA}1",
        "0123456789abcdef",
        "212000-0142",  # an organisation's number
        "register.csv",
        "",
    ],
)
def test_what_is_no_number_of_anybody_in_the_sources_is_left_as_it_is(text: str) -> None:
    assert mask(text, TODAY) == text


def test_every_number_of_a_text_is_masked_and_different_numbers_stay_different() -> None:
    other = personnummer("2004-01-01", 101)
    assert mask(f"{ANNA}, {other}", TODAY) == f"{HIDDEN}, {HIDDEN}"
    pseudonymiser = Pseudonymiser(KEY)
    assert pseudonymiser.mask(ANNA) != pseudonymiser.mask(other)
    assert pseudonymiser.mask(ANNA) != Pseudonymiser(b"another key").mask(ANNA)
    texts = pl.Series([f"x {ANNA}", None, "x", f"x {ANNA}"])
    assert pseudonymiser.mask_all(texts).to_list() == [
        f"x {pseudonymiser.mask(ANNA)}", None, "x", f"x {pseudonymiser.mask(ANNA)}",
    ]  # fmt: skip


# --- errors that nobody foresaw ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["read_file", "type_rows"])
def test_an_unforeseen_error_tells_its_kind_and_place_and_not_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fails(*arguments: object) -> None:
        raise ValueError(f"conversion failed for {ANNA}")

    nights = Nights(tmp_path)
    sound("ber", "2023-11-30").write(nights.drop)
    monkeypatch.setattr(taking_in, step, fails)
    with pytest.raises(NightlyFailed) as failure:
        nights.run()
    for word in ("ValueError", "pipelines/delivery/take_in.py line ", "ber" if step == "type_rows" else "Delivery "):
        assert word in str(failure.value)
    assert ANNA not in "".join(traceback.format_exception(failure.value))


def test_what_dagster_writes_of_an_unforeseen_error_holds_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster stores an error with its causes; a plain one would bring the number into its log."""
    error_module = pytest.importorskip("dagster._utils.error")

    def stored(error: BaseException) -> str:
        return str(error_module.serializable_error_info_from_exc_info((type(error), error, error.__traceback__)))

    def fails(*arguments: object) -> None:
        raise ValueError(f"conversion failed for {ANNA}")

    nights = Nights(tmp_path)
    sound("ber", "2023-11-30").write(nights.drop)
    monkeypatch.setattr(taking_in, "type_rows", fails)
    with pytest.raises(NightlyFailed) as failure:
        nights.run()
    assert "cannot be typed" in stored(failure.value)
    assert ANNA not in stored(failure.value)
    with pytest.raises(ValueError, match="conversion") as plain:
        fails()
    assert ANNA in stored(plain.value)


def test_a_full_disk_is_told_in_the_operating_systems_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise OSError(28, "No space left on device", f"/tmp/{ANNA}.csv")

    nights = Nights(tmp_path)
    sound("ber", "2023-11-30").write(nights.drop)
    monkeypatch.setattr(taking_in.Archive, "store", fails)
    with pytest.raises(NightlyFailed, match="No space left on device") as failure:
        nights.run()
    assert ANNA not in "".join(traceback.format_exception(failure.value))
