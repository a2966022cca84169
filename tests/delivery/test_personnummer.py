"""No personnummer in clear after a delivery is taken in, wherever the sender wrote it (the published zone: tests/cli)."""

import errno
import os
import re
import tempfile
import time
import traceback
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.delivery import source_rows
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.intake import evidence, read_batches, take_in
from pipelines.notices import NoticeCode
from pipelines.personnummer import HIDDEN, Masked, holds_a_number, mask_name
from pipelines.runtime.errors import NightlyFailed
from tests.canaries import world
from tests.canaries.search import search
from tests.canaries.spellings import SPELLINGS
from tests.delivery.nights import ANNA, Nights, sound
from tests.model.oracle import luhn_sum
from tests.model.world import Extract, personnummer, samordningsnummer

pytestmark = pytest.mark.long

KEY = b"a key of these tests"


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Nights, world.Canaries]:
    nights = Nights(tmp_path_factory.mktemp("canaries"))
    told = world.write(nights.drop)
    nights.run()
    return nights, told


Night = tuple[Nights, world.Canaries]


def test_no_number_is_left_in_any_file_table_or_name(night: Night) -> None:
    nights, told = night
    assert len(told.numbers) > 250 and len(told.values) >= 10
    assert not search(nights.home.path, told.marks)


def test_the_search_sees_what_is_stored(night: Night) -> None:
    nights, _ = night
    seen = search(nights.home.path, {"allowed": world.ALLOWED})
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

ANNAS_TEN = f"{ANNA[2:8]}-{ANNA[8:]}"
MISTYPED = ANNA[:-1] + str((int(ANNA[-1]) + 1) % 10)


def _with_check_digit(eleven: str) -> str:
    """Twelve digits, the last made to fit; for dates that no calendar has."""
    return f"{eleven}{-luhn_sum(eleven[2:] + '0') % 10}"


#: Numbers of every kind.
KINDS = {
    "personnummer": ANNA,
    "samordningsnummer": samordningsnummer("2005-03-04", 101),
    "unknown day": _with_check_digit("20050360218"),
    "unknown day and month": _with_check_digit("20050060218"),
    "unknown month": _with_check_digit("20050004218"),
    "of somebody very old": personnummer("1899-05-05", 101),
    "of a child": personnummer("2018-05-05", 101),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_number_is_hidden_however_it_is_written(kind: str) -> None:
    for spelling, write in SPELLINGS.items():
        written = write(KINDS[kind][:8], KINDS[kind][8:])
        assert mask_name(written) == HIDDEN, spelling
        assert mask_name(f"register_{written}.csv") == f"register_{HIDDEN}.csv", spelling
        (text,) = Pseudonymiser(KEY).mask_all(pl.Series([f"Vem är {written}, då?"]), Masked.TEXT)
        assert re.fullmatch(f"Vem är {re.escape(HIDDEN)}-[0-9a-f]{{12}}, då\\?", text), spelling
        assert not holds_a_number(text, Masked.TEXT), spelling


def test_a_mistyped_number_is_hidden_in_a_text_and_not_in_a_name() -> None:
    assert HIDDEN in Pseudonymiser(KEY).mask_all(pl.Series([f"Ring {MISTYPED}"]), Masked.TEXT)[0]
    assert mask_name(f"{MISTYPED}.csv") == f"{MISTYPED}.csv"


@pytest.mark.parametrize("kind", ["personnummer", "samordningsnummer", "unknown day", "unknown day and month"])
def test_a_number_in_an_id_is_hidden_and_the_id_stays_unique(kind: str) -> None:
    for spelling, write in SPELLINGS.items():
        written = write(KINDS[kind][:8], KINDS[kind][8:])
        ids = pl.Series([written, f"K{written}", f"K{written}x"])
        masked = Pseudonymiser(KEY).mask_all(ids, Masked.ID)
        for text, pattern in zip(masked, ("{}", "K{}", "K{}x"), strict=True):
            assert re.fullmatch(pattern.format(re.escape(HIDDEN) + "-[0-9a-f]{12}"), text), spelling


def test_ids_that_hold_one_number_in_two_spellings_stay_two_ids() -> None:
    masked = Pseudonymiser(KEY).mask_all(pl.Series([ANNA, ANNAS_TEN, f"{ANNA[:8]}-{ANNA[8:]}"]), Masked.ID)
    assert masked.n_unique() == 3


@pytest.mark.parametrize(
    "text",
    [
        MISTYPED,  # the check digit is not right: a day and a serial
        personnummer("2018-01-01", 101),  # no youth of the register: the day on which a record was made
        "K-202311300402",
        "K0000123",
        "1000010009",  # the serial of a long table
        _with_check_digit("20050004218")[2:],
        "6f1ed002-ab55-9dcb-8c3f-0123456789ab",
    ],
)
def test_an_id_that_is_no_youths_number_is_left_as_it_is(text: str) -> None:
    assert Pseudonymiser(KEY).mask_all(pl.Series([text]), Masked.ID).to_list() == [text]


def test_long_serials_stay_apart_and_keep_their_order_but_for_a_few() -> None:
    ids = pl.Series([f"{number}" for number in range(2_100_000_000, 2_100_020_000)])
    masked = Pseudonymiser(KEY).mask_all(ids, Masked.ID)
    assert masked.n_unique() == len(ids)
    assert (masked == ids).all()


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-30_1",
        "202311300402",  # a day and a time of recent years, whose last digit is no check digit
        "20231130-0402",
        "231130-0001",
        "20231130T040211",
        "200513041234",
        f"1{ANNA}",
        f"{ANNA}1",
        "0123456789abcdef",
        "212000-0142",  # an organisation's number
        "register.csv",
        "",
    ],
)
def test_what_is_no_number_is_left_as_it_is_in_names(text: str) -> None:
    assert mask_name(text) == text


def test_every_number_of_a_text_is_masked_and_different_numbers_stay_different() -> None:
    other = personnummer("2004-01-01", 101)
    assert mask_name(f"{ANNA}, {other}") == f"{HIDDEN}, {HIDDEN}"
    assert mask_name(f"5 {ANNA} 7 {ANNAS_TEN} 8") == f"5 {HIDDEN} 7 {HIDDEN} 8"
    pseudonymiser = Pseudonymiser(KEY)
    texts = pl.Series([f"x {ANNA}", None, "x", f"x {ANNA}", f"x {other}"])
    masked = pseudonymiser.mask_all(texts, Masked.TEXT)
    assert masked[0] == masked[3] != masked[4]
    assert masked.to_list()[1:3] == [None, "x"]
    assert masked[0] != Pseudonymiser(b"another key").mask_all(texts, Masked.TEXT)[0]
    assert pseudonymiser.name(f"{ANNA}.csv") != pseudonymiser.name(f"{other}.csv")


@settings(max_examples=12, deadline=None)
@given(
    number=st.builds(
        lambda birth, serial, is_coordinated: (samordningsnummer if is_coordinated else personnummer)(birth, serial),
        st.dates(date(1990, 1, 1), date(2012, 12, 31)), st.integers(1, 999), st.booleans(),
    ),
    spelling=st.sampled_from(sorted(SPELLINGS)),
    before=st.sampled_from(["", "x ", "K", "1 - ", "åäö "]),
)  # fmt: skip
def test_nothing_of_a_number_is_left_in_what_is_stored_or_said(number: str, spelling: str, before: str) -> None:
    """Wherever it may stand: ids and texts, names of folders and files, verdicts and notices."""
    written = before + SPELLINGS[spelling](number[:8], number[8:])
    name = written.replace("/", "\u2215")
    with tempfile.TemporaryDirectory() as folder:
        nights = Nights(Path(folder))
        answers = Extract("enkat", "2023-11-29", folder=f"natt {name}").answer(written, fraga=f"Vem är {written}?")
        answers.file_names = {"svar": f"svar {name}"}
        answers.answer("svar2", svar="9").written_as("svar", quoted=True).write(nights.drop)
        missing = Extract("enkat", "2023-11-30", folder=f"brist {name}").answer("a").with_fault("missing_file")
        missing.file_names = {"svar": f"svar {name}"}
        missing.write(nights.drop)
        waiting = Extract("enkat", "2023-11-28", folder=f"ny {name}").answer("a").with_fault("missing_file")
        waiting.file_names = {"svar": f"svar {name}"}
        waiting.write(nights.drop)
        minute = nights.now.timestamp() - 60
        os.utime(nights.drop / waiting.path / "leverans.json", (minute, minute))
        taken = nights.run()
        assert {(one["status"], one["reason"]) for one in nights.deliveries()} == {
            ("accepted", None), ("rejected", "missing_file"),
        }  # fmt: skip
        assert len(taken.notices) == 1
        said = [repr(line) for line in [*nights.deliveries(), *nights.quarantine(), *taken.notices]]
        said += [one.sentence for one in taken.notices] + [path.name for path in nights.home.archive.rglob("*")]
        stored = nights.query("select svar_id, fraga from enkat_svar")
        said += [value for row in stored for value in row]
    assert len(stored) == 1
    for text in said:
        digits = "".join(str(unicodedata.decimal(sign, "")) for sign in unicodedata.normalize("NFKC", text))
        assert number[2:] not in digits, text
        assert number[8:] not in text or not re.search(f"(?<![0-9a-f]){number[8:]}(?![0-9a-f])", text), text


def test_looking_for_numbers_takes_no_noticeable_time() -> None:
    """A backlog has a million ids, and many systems' ids are long."""
    ids = pl.Series([f"{202311300000 + number}" for number in range(100_000)])
    began = time.process_time()
    Pseudonymiser(KEY).mask_all(ids, Masked.ID)
    assert time.process_time() - began < 3


# --- errors that nobody foresaw ---------------------------------------------------------------------------------------

#: The steps that fail below, and the modules that take them.
STEPS = {"read_file": read_batches, "type_rows": source_rows, "read_manifest": take_in}


def _file(step: str) -> str:
    return STEPS[step].__name__.replace(".", "/") + ".py"


@pytest.mark.parametrize("step", ["read_file", "type_rows", "read_manifest"])
@pytest.mark.parametrize("kind", [ValueError, pl.exceptions.PanicException, RecursionError])
def test_what_nobody_foresaw_is_one_deliverys_affair_and_told_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, kind: type[BaseException]
) -> None:
    if step == "read_manifest" and kind is pl.exceptions.PanicException:
        pytest.skip("no Polars there")
    real = getattr(STEPS[step], step)
    bad = Extract("ber", "2023-11-29", folder="sämst").registered(ANNA).registered(ANNA)
    nights = Nights(tmp_path)
    bad.write(nights.drop)

    def fails(*arguments: Any) -> Any:
        what = arguments[0] if step == "read_file" else arguments[1]
        is_bad = {
            "read_file": lambda: what.name == "sämst",
            "type_rows": lambda: any(file.count == 2 for file in what.values()),
            "read_manifest": lambda: what.name == "sämst",
        }[step]()
        if is_bad:
            raise kind(f"conversion failed for {ANNA}")
        return real(*arguments)

    for day in ("2023-11-27", "2023-11-28", "2023-11-30"):
        Extract("ber", day, folder=f"natten till {day}").registered(ANNA).write(nights.drop)
    sound("beda", "2023-11-30").write(nights.drop)
    monkeypatch.setattr(STEPS[step], step, fails)
    taken = nights.run()
    assert nights.counting() == {("ber", f"2023-11-{day}", 1) for day in (27, 28, 30)} | {("beda", "2023-11-30", 1)}
    assert {one["status"] for one in nights.deliveries()} == {"accepted"}
    (told,) = taken.notices
    assert told.code == NoticeCode.DELIVERY_UNEXPLAINED
    assert told.waits_for_a_person
    assert ANNA not in repr(told)
    for word in ("ber/sämst", kind.__name__, f"{_file(step)} rad "):
        assert word in told.sentence
    assert len(list(nights.home.archive.glob("[!.]*"))) == 4  # nothing is kept of it
    monkeypatch.undo()
    assert not nights.run().notices
    assert nights.verdict(bad) == ("accepted", None)
    assert nights.query("select first_extract_date, last_extract_date from ber_register") == [
        (date(2023, 11, 27), None)
    ]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("read_file", MemoryError(f"no room for {ANNA}")),
        ("type_rows", MemoryError(f"no room for {ANNA}")),
        ("read_file", OSError(errno.EMFILE, "Too many open files", f"/tmp/{ANNA}.csv")),
        ("type_rows", RuntimeError(f"cannot spill {ANNA}: No space left on device")),
    ],
)
def test_what_is_not_one_deliverys_affair_ends_the_night_and_is_told_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    """Dagster stores an error with its causes; a plain one would bring the number into its log."""
    stored = pytest.importorskip("dagster._utils.error").serializable_error_info_from_exc_info

    def fails(*arguments: object) -> None:
        raise error

    nights = Nights(tmp_path)
    sound("ber", "2023-11-30").write(nights.drop)
    monkeypatch.setattr(STEPS[step], step, fails)
    with pytest.raises(NightlyFailed) as failure:
        nights.run()
    for word in (
        type(error).__name__,
        f"{_file(step)} line ",
        "ber" if step == "type_rows" else "Delivery ",
    ):
        assert word in str(failure.value)
    assert ANNA not in "".join(traceback.format_exception(failure.value))
    assert ANNA not in str(stored((type(failure.value), failure.value, failure.value.__traceback__)))


@pytest.mark.parametrize("kind", [ValueError, pl.exceptions.PanicException, KeyError])
@pytest.mark.parametrize(
    "place", ["take_in.checked", "take_in.find_deliveries", "evidence.Evidence.keep_place", "take_in._without_numbers"]
)
def test_an_error_between_the_deliveries_ends_the_night_and_is_told_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, kind: type[BaseException]
) -> None:
    stored = pytest.importorskip("dagster._utils.error").serializable_error_info_from_exc_info

    def fails(*arguments: object, **named: object) -> None:
        raise kind(f"conversion failed for {ANNA}")

    nights = Nights(tmp_path)
    sound("ber", "2023-11-30").write(nights.drop)
    Extract("ber", "2023-11-29").registered(ANNA).with_fault("bad_manifest").write(nights.drop)
    monkeypatch.setattr(f"pipelines.intake.{place}", fails)
    with pytest.raises(NightlyFailed, match=f"{kind.__name__} at pipelines/intake/.*nothing is published") as failure:
        nights.run()
    assert ANNA not in "".join(traceback.format_exception(failure.value))
    assert ANNA not in str(stored((type(failure.value), failure.value, failure.value.__traceback__)))


@pytest.mark.parametrize("step", ["read_manifest", "type_rows"])
def test_who_stops_the_program_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fails(*arguments: object) -> None:
        raise KeyboardInterrupt

    nights = Nights(tmp_path)
    sound("ber", "2023-11-30").write(nights.drop)
    monkeypatch.setattr(STEPS[step], step, fails)
    with pytest.raises(KeyboardInterrupt):
        nights.run()


def test_a_full_disk_is_told_in_the_operating_systems_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise OSError(28, "No space left on device", f"/tmp/{ANNA}.csv")

    nights = Nights(tmp_path)
    sound("ber", "2023-11-30").write(nights.drop)
    monkeypatch.setattr(evidence.Archive, "store", fails)
    with pytest.raises(NightlyFailed, match="No space left on device") as failure:
        nights.run()
    assert ANNA not in "".join(traceback.format_exception(failure.value))
