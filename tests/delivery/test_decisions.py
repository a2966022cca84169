"""What becomes of a delivery because of the others: duplicate, conflict, superseded, held, and what people decide."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.delivery.nights import ANNA, BEA, CARL, Nights, sound
from tests.model.world import Extract

DAY = "2023-11-30"


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


def _again(extract: Extract, folder: str) -> Extract:
    """The same content in another folder, written later under other file names."""
    names = {dataset: f"{dataset}_igen" for dataset in ("register", "svar", "bevis")}
    return replace(extract, folder=folder, created=f"{extract.day}T09:30:00+01:00", file_names=names)


def _answers(number: int, day: str, **how: object) -> Extract:
    extract = Extract("enkat", day, **how)  # type: ignore[arg-type]
    for place in range(number):
        extract.answer(f"svar{place}")
    return extract


def test_the_same_content_again_is_a_duplicate_and_changes_nothing(nights: Nights) -> None:
    first = sound("ber", DAY)
    again = _again(first, "again")
    nights.night(first)
    nights.night(again, sound("enkat", DAY))
    assert nights.verdict(first) == ("accepted", None)
    assert nights.verdict(again) == ("duplicate", None)
    assert "inget behöver göras" in nights.of(again.path)["message"]
    assert nights.query("select delivery_id from extract where source = 'ber'") == [
        (nights.of(first.path)["delivery_id"],)
    ]
    assert ("enkat", DAY, 1) in nights.counting()


def test_other_content_under_the_same_identity_is_a_conflict_and_changes_nothing(nights: Nights) -> None:
    first = Extract("beda", DAY).certificate(ANNA, "STUDIEBEVIS")
    other = Extract("beda", DAY, folder="other").certificate(BEA, "STUDIEBEVIS")
    nights.night(first, other, sound("enkat", DAY))
    assert nights.verdict(first) == ("accepted", None)
    assert nights.verdict(other) == ("rejected", "conflict")
    message = nights.of(other.path)["message"]
    assert first.path in message
    assert "högre revision" in message
    assert nights.query("select count(*) from beda_bevis") == [(1,)]
    assert nights.counting() == {("beda", DAY, 1), ("enkat", DAY, 1)}


def test_too_many_bad_rows_is_given_before_conflict(nights: Nights) -> None:
    first = sound("beda", DAY)
    other = Extract("beda", DAY, folder="other").with_fault("too_many_bad_rows")
    nights.night(first, other)
    assert nights.verdict(other) == ("rejected", "too_many_bad_rows")


def test_nineteen_bad_rows_and_exactly_five_per_cent_are_borne(nights: Nights) -> None:
    nineteen = Extract("beda", "2023-11-28").certificate(ANNA, "STUDIEBEVIS")
    for _ in range(19):
        nineteen.certificate("", "STUDIEBEVIS", datum="2023-01-01")
    five_per_cent = _answers(380, "2023-11-29")
    over = _answers(379, "2023-11-30")
    for extract in (five_per_cent, over):
        for place in range(20):
            extract.answer(f"fel{place}", svar="6")
    nineteen.tables["bevis"][1:] = [row | {"datum": f"2023-01-{day:02}"} for day, row in
                                    enumerate(nineteen.tables["bevis"][1:], start=1)]  # fmt: skip
    nights.night(nineteen, five_per_cent, over)
    assert nights.verdict(nineteen) == ("accepted", None)
    assert nights.of(nineteen.path)["quarantined_rows"] == 19
    assert nights.verdict(five_per_cent) == ("accepted", None)
    assert nights.verdict(over) == ("rejected", "too_many_bad_rows")
    assert nights.of(over.path)["quarantined_rows"] == 0


@pytest.mark.parametrize("order", ["low first", "high first", "one night"])
def test_a_higher_revision_supersedes_whenever_it_comes(nights: Nights, order: str) -> None:
    low = Extract("beda", DAY).certificate(ANNA, "STUDIEBEVIS")
    high = Extract("beda", DAY, revision=2).certificate(BEA, "STUDIEBEVIS")
    batches = {"low first": [[low], [high]], "high first": [[high], [low]], "one night": [[low, high]]}[order]
    for batch in batches:
        nights.night(*batch)
    assert nights.verdict(low) == ("superseded", None)
    assert nights.verdict(high) == ("accepted", None)
    message = nights.of(low.path)["message"]
    assert "Revision 2" in message
    assert "inget behöver göras" in message
    assert nights.counting() == {("beda", DAY, 2)}
    assert nights.query("select count(*) from beda_bevis") == [(1,)]


def test_a_superseded_delivery_still_counts_for_its_identity(nights: Nights) -> None:
    low = Extract("beda", DAY).certificate(ANNA, "STUDIEBEVIS")
    high = Extract("beda", DAY, revision=2).certificate(BEA, "STUDIEBEVIS")
    other = Extract("beda", DAY, folder="other").certificate(CARL, "STUDIEBEVIS")
    nights.night(low, high)
    nights.night(other, _again(low, "again"))
    assert nights.verdict(other) == ("rejected", "conflict")
    assert nights.of("beda/again")["status"] == "duplicate"


def test_a_revision_that_is_rejected_supersedes_nothing(nights: Nights) -> None:
    low = sound("beda", DAY)
    bad = replace(sound("beda", DAY), revision=2, folder="bad").with_fault("row_count_mismatch")
    nights.night(low)
    nights.night(bad)
    assert nights.verdict(low) == ("accepted", None)
    assert nights.counting() == {("beda", DAY, 1)}


def test_a_rejected_delivery_leaves_its_identity_free(nights: Nights) -> None:
    bad = sound("beda", DAY).with_fault("checksum_mismatch")
    nights.night(bad)
    corrected = replace(sound("beda", DAY), folder="corrected")
    nights.night(corrected)
    assert nights.verdict(bad) == ("rejected", "checksum_mismatch")
    assert nights.verdict(corrected) == ("accepted", None)


def test_a_rewritten_manifest_in_the_same_folder_is_another_delivery(nights: Nights) -> None:
    bad = sound("beda", DAY).with_fault("bad_manifest", "no skapad")
    nights.night(bad)
    good = sound("beda", DAY)
    nights.night(good)
    nights.night(replace(good, created="2023-11-30T11:00:00+01:00"))
    nights.run()  # nothing new
    lines = [(one["status"], one["reason"]) for one in nights.deliveries() if one["folder"] == good.path]
    assert sorted(lines, key=str) == [("accepted", None), ("duplicate", None), ("rejected", "bad_manifest")]
    assert len({one["delivery_id"] for one in nights.deliveries()}) == 3


@pytest.fixture
def held(nights: Nights) -> Extract:
    """A held delivery: 69 rows where the night before had 100; with a bad row and a repeated one."""
    nights.night(_answers(100, "2023-11-29"))
    extract = _answers(67, DAY).answer("fel", svar="6").answer("svar0")
    nights.night(extract, sound("beda", DAY))
    return extract


def test_a_drop_in_volume_is_held_with_a_sentence_that_names_the_commands(nights: Nights, held: Extract) -> None:
    line = nights.of(held.path)
    assert (line["status"], line["reason"]) == ("held", "volume_drop")
    for word in ("Datamängden svar", "69 rader mot 100", "2023-11-29", "kaa deliveries release", "reject"):
        assert word in line["message"]
    assert line["delivery_id"] in line["message"]
    assert nights.counting() == {("enkat", "2023-11-29", 1), ("beda", DAY, 1)}


def test_seventy_per_cent_and_a_drop_from_ninety_nine_rows_are_not_held(nights: Nights) -> None:
    nights.night(_answers(99, "2023-11-27"), _answers(1, "2023-11-28"))
    nights.night(_answers(100, "2023-11-29"), _answers(70, DAY))
    assert {line["status"] for line in nights.deliveries()} == {"accepted"}


def test_a_released_delivery_is_loaded_at_the_next_nightly(nights: Nights, held: Extract) -> None:
    nights.decide(held.path, "release")
    assert nights.verdict(held) == ("held", "volume_drop")
    nights.run()
    line = nights.of(held.path)
    assert (line["status"], line["reason"], line["rows"], line["quarantined_rows"]) == ("accepted", None, 69, 1)
    assert "Frisläppt" in line["message"]
    assert "kaa deliveries" not in line["message"]
    assert ("enkat", DAY, 1) in nights.counting()
    still_given = "select count(*) from enkat_svar where last_extract_date is null"
    assert nights.query(still_given) == [(67,)]
    assert [(one["line"], one["reason"]) for one in nights.quarantine()] == [(69, "bad_type")]
    nights.night(_answers(60, "2023-12-01"))  # compared with the 69 data rows of the released one, not with the 100
    assert nights.of("enkat/2023-12-01_1")["status"] == "accepted"


def test_a_delivery_rejected_by_a_person_is_not_loaded_and_a_repeat_is_a_duplicate(
    nights: Nights, held: Extract
) -> None:
    nights.decide(held.path, "reject")
    nights.run()
    line = nights.of(held.path)
    assert (line["status"], line["reason"]) == ("rejected", "volume_drop")
    assert "Avvisad av en handläggare" in line["message"]
    repeat, other = _again(held, "again"), replace(_answers(90, DAY), folder="other")
    nights.night(repeat, other)
    assert nights.verdict(repeat) == ("duplicate", None)
    assert nights.verdict(other) == ("accepted", None)
    assert ("enkat", DAY, 1) in nights.counting()


def test_a_repeat_of_a_held_delivery_is_a_duplicate_and_other_content_a_conflict(nights: Nights, held: Extract) -> None:
    repeat, other = _again(held, "again"), replace(_answers(90, DAY), folder="other")
    nights.night(repeat, other)
    assert nights.verdict(held) == ("held", "volume_drop")
    assert nights.verdict(repeat) == ("duplicate", None)
    assert nights.verdict(other) == ("rejected", "conflict")


def test_a_held_delivery_is_superseded_by_a_higher_revision_and_a_late_release_is_no_longer_heard(
    nights: Nights, held: Extract
) -> None:
    nights.night(_answers(95, DAY, revision=2))
    assert nights.verdict(held) == ("superseded", None)
    nights.home.decide(nights.of(held.path)["delivery_id"], "release")
    nights.run()
    assert nights.verdict(held) == ("superseded", None)
    assert ("enkat", DAY, 2) in nights.counting()


def test_a_held_revision_supersedes_nothing(nights: Nights) -> None:
    nights.night(_answers(100, "2023-11-29"), _answers(100, DAY))
    low_on_rows = _answers(50, DAY, revision=2)
    nights.night(low_on_rows)
    assert nights.verdict(low_on_rows) == ("held", "volume_drop")
    assert nights.of(f"enkat/{DAY}_1")["status"] == "accepted"
    assert ("enkat", DAY, 1) in nights.counting()


def test_superseded_is_judged_before_held(nights: Nights) -> None:
    nights.night(_answers(100, "2023-11-29"), _answers(100, DAY, revision=2))
    late_and_low = _answers(10, DAY)
    nights.night(late_and_low)
    assert nights.verdict(late_and_low) == ("superseded", None)
