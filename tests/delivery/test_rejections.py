"""A delivery that cannot be used: its reason, a sentence that says where and what to do, and the others go on.

One fixture for each way of deserving each reason that one delivery alone can deserve; what depends on other deliveries
is in test_decisions.py.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pipelines.notices import AGAIN
from tests.delivery.nights import ANNA, BEA, CARL, SOURCES, Nights, deliver, sound
from tests.model.world import FAULTS, Extract

WAYS = [(reason, way) for reason, ways in FAULTS.items() for way in ways]

ENTRY_FIELDS = ("dataset", "fil", "rader", "sha256", "teckenkodning")

#: What the sentence must say where, beside the reason: words for each way.
WORDS: dict[str, tuple[str, ...]] = {
    "no schemaversion": ("fältet schemaversion", "1.0"),
    "no filer": ("fältet filer", "lista"),
    **{f"no {field}": (f"fältet {field}", "saknas") for field in ("kalla", "kommunkod", "uttagsdatum", "revision", "skapad")},
    **{f"no {field}": (f"fältet {field}", "saknas", "post 2") for field in ENTRY_FIELDS},
    "major 2": ("schemaversion 2.0", "version 1"),
    "major 0": ("schemaversion 0.9", "version 1"),
    "major 2 and nothing else": ("schemaversion 2.0", "version 1"),
    "not json": ("leverans.json", "JSON"),
    "not an object": ("leverans.json", "JSON-objekt"),
    "unknown source": ("kalla", "ber, enkat"),
    "unknown encoding": ("teckenkodning", "utf-8", "iso-8859-1", "post 2"),
    "no such date": ("uttagsdatum", "ÅÅÅÅ-MM-DD"),
    "before the first day": ("uttagsdatum 2005-06-30", "före 2005-07-01"),
    "the year 1": ("uttagsdatum 0001-01-01", "före 2005-07-01"),
    "revision 0": ("revision", "heltal"),
    "revision as text": ("revision", "heltal"),
    "revision true": ("revision", "heltal"),
    "revision 1.5": ("revision", "heltal"),
    "created without offset": ("skapad", "tidszon"),
    "created is no time": ("skapad", "ISO 8601"),
    "files no list": ("filer", "lista"),
    "rows negative": ("rader", "heltal", "post 2"),
    "rows as text": ("rader", "heltal", "post 2"),
    "sha256 too short": ("sha256", "64", "post 2"),
    "dataset twice": ("datamängden kontakter", "två gånger"),
    "file in a path": ("fältet fil", "filnamn", "post 2"),
    "file above": ("fältet fil", "filnamn", "post 2"),
    "file linked from outside": ("fältet fil", "länk", "post 2"),
    "another": ("kommunkod", "0180"),
    "far away": ("Uttagsdatum 2999-01-01",),
    "not named": ("datamängden kontakter",),
    "not there": ("kontakter.csv", "saknas"),
    "a folder": ("kontakter.csv",),
    "another sum": ("kontakter.csv", "sha256"),
    "bad bytes": ("kontakter.csv", "rad 4", "utf-8"),
    "no gzip": ("kontakter.csv.gz", "gzip"),
    "half a gzip": ("kontakter.csv.gz", "gzip"),
    "no bytes": ("kontakter.csv.gz", "gzip"),
    "field too many": ("kontakter.csv rad 4", "fält", "(9)"),
    "field too few": ("kontakter.csv rad 4", "fält", "(9)"),
    "column twice": ("kontakter.csv rad 1", "kolumnen kontakt_id", "två gånger"),
    "unclosed quote": ("kontakter.csv rad 4", "citattecken"),
    "text after quote": ("kontakter.csv rad 4", "citattecknen"),
    "quote inside": ("kontakter.csv rad 4", "citattecken"),
    "empty file": ("kontakter.csv rad 1", "rubrikraden saknas"),
    "last": ("kontakter.csv", "kolumnen makulerad"),
    "first": ("kontakter.csv", "kolumnen kontakt_id"),
    "one more": ("kontakter.csv", "2 datarader", "anger 3"),
    "one less": ("kontakter.csv", "2 datarader", "anger 1"),
    "twenty": ("Datamängden kontakter", "20 felaktiga rader av 22", "5 procent", "missing_value",
               "kolumnen kontakt_id", "rad 4 i kontakter.csv"),
}  # fmt: skip

FIRST_DAY = date(2023, 1, 2)
FAULTY_DATASET = "kontakter"  # neither the first nor the last of its source, so that its place is told apart


def _faulty(place: int, reason: str, way: str) -> Extract:
    extract = Extract("ber", FIRST_DAY + timedelta(days=place), folder=f"{reason} {way}").registered(ANNA)
    extract.contact("k1", BEA).contact("k2", CARL)
    return extract.with_fault(reason, way, FAULTY_DATASET)


def _pairs() -> Iterator[tuple[str, str]]:
    """Each reason with the one after it in the list."""
    yield from pairwise(FAULTS)


def _doubly_faulty(place: int, first: str, second: str) -> Extract:
    """The later reason stands at an earlier dataset, so that only the list's order can decide."""
    extract = Extract("ber", FIRST_DAY + timedelta(days=place), folder=f"{first} before {second}").contact("k1", ANNA)
    # A text that is no JSON would hide every other fault; a manifest without a field does not.
    way = "no skapad" if "bad_manifest" in (first, second) else None
    extract.with_fault(second, way if second == "bad_manifest" else None, "register")
    return extract.with_fault(first, way if first == "bad_manifest" else None, FAULTY_DATASET)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """One night with every fault, and sound deliveries of every source before, between and after them."""
    nights = Nights(tmp_path_factory.mktemp("rejections"))
    for place, (reason, way) in enumerate(WAYS):
        _faulty(place, reason, way).write(nights.drop)
    for place, (first, second) in enumerate(_pairs(), start=len(WAYS)):
        _doubly_faulty(place, first, second).write(nights.drop)
    for day in ("2023-01-01", "2023-01-20", "2023-11-30"):
        for source in SOURCES:
            extract = sound(source, day)
            extract.folder = f"sound {day}"
            # The same date as a faulty one in the middle: its identity is free.
            extract.write(nights.drop)
    nights.run()
    return nights


@pytest.mark.parametrize(("reason", "way"), WAYS)
def test_an_unusable_delivery_gets_its_reason_and_a_sentence_of_where_and_what_to_do(
    night: Nights, reason: str, way: str
) -> None:
    line = night.of(f"ber/{reason} {way}")
    assert (line["status"], line["reason"]) == ("rejected", reason)
    for word in WORDS[way]:
        assert word in line["message"]
    assert "be avsändaren" in line["message"].lower()


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """A night with every fault; then each sender does what the sentence says, in the same folder, and another night."""
    nights = Nights(tmp_path_factory.mktemp("mended"))
    wrong = [_faulty(place, reason, way) for place, (reason, way) in enumerate(WAYS)]
    for extract in wrong:
        extract.write(nights.drop)
        file = nights.drop / "ber" / f"{extract.folder}.utanfor"
        file.unlink(missing_ok=True)
    nights.run()
    assert {line["status"] for line in nights.deliveries()} == {"rejected"}
    for extract in wrong:
        manifest = (nights.drop / extract.path / "leverans.json").read_bytes()
        extract.faults = ()
        extract.created = "2026-01-01T03:00:00+01:00"
        extract.write(nights.drop)
        assert (nights.drop / extract.path / "leverans.json").read_bytes() != manifest
    nights.run()
    return nights


@pytest.mark.parametrize(("reason", "way"), WAYS)
def test_who_does_what_the_sentence_says_is_judged_anew(mended: Nights, reason: str, way: str) -> None:
    lines = [one for one in mended.deliveries() if one["folder"] == f"ber/{reason} {way}"]
    assert {(one["status"], one["reason"]) for one in lines} == {("rejected", reason), ("accepted", None)}
    (message,) = [one["message"] for one in lines if one["status"] == "rejected"]
    # A manifest that must be corrected is another one by that; else it must be said.
    corrects_the_manifest = reason in ("bad_manifest", "wrong_municipality")
    assert ("leverera igen" if corrects_the_manifest else AGAIN) in message


@pytest.mark.parametrize("reason", ["missing_file", "checksum_mismatch"])
def test_a_file_that_is_mended_under_the_same_manifest_is_not_looked_at_again(tmp_path: Path, reason: str) -> None:
    """That is why the sentences ask for a new manifest."""
    nights = Nights(tmp_path)
    extract = sound("enkat", "2023-11-30").with_fault(reason)
    nights.night(extract)
    manifest = (nights.drop / extract.path / "leverans.json").read_bytes()
    extract.faults = ()
    extract.write(nights.drop)
    (nights.drop / extract.path / "leverans.json").write_bytes(manifest)
    nights.run()
    assert [(one["status"], one["reason"]) for one in nights.deliveries()] == [("rejected", reason)]


def test_a_conflict_and_a_refusal_are_judged_anew_with_a_higher_revision(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    big = Extract("enkat", "2023-11-29")
    for place in range(100):
        big.answer(f"s{place}")
    small = Extract("enkat", "2023-11-30").answer("a")
    other = Extract("enkat", "2023-11-29", folder="annan").answer("b")
    nights.night(big, small, other)
    nights.decide(small.path, "reject")
    nights.run()
    for extract in (small, other):
        assert nights.of(extract.path)["status"] == "rejected"
        assert "med högre revision" in nights.of(extract.path)["message"]
        extract.revision, extract.folder = 2, f"{extract.day} igen"
    nights.night(small, other)
    assert nights.verdict(other) == ("accepted", None)
    nights.decide(small.path, "release") if nights.verdict(small)[0] == "held" else None
    nights.run()
    assert nights.verdict(small) == ("accepted", None)


def test_files_larger_than_any_extract_stop_nobody(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    large, endless = sound("enkat", "2023-11-28"), sound("enkat", "2023-11-29")
    for extract, name in ((large, "svar.csv"), (endless, "leverans.json")):
        extract.write(nights.drop)
        with (nights.drop / extract.path / name).open("r+b") as file:
            file.truncate(2**33)  # takes no room
    nights.night(sound("enkat", "2023-11-30"))
    assert nights.verdict(large) == ("rejected", "undecodable")
    assert nights.verdict(endless) == ("rejected", "bad_manifest")
    assert nights.counting() == {("enkat", "2023-11-30", 1)}


def test_times_at_the_ends_of_time_are_times(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    first, last = (
        Extract("enkat", "2023-11-30", folder=created, created=created).answer("a")
        for created in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    )
    nights.night(last, first)
    assert (nights.verdict(first)[0], nights.verdict(last)[0]) == ("accepted", "duplicate")


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "2005-06-30"])
def test_a_date_before_the_first_day_stops_nobody(tmp_path: Path, day: str) -> None:
    nights = Nights(tmp_path)
    deliver(nights.drop, "enkat/tidig", day, {"svar": ("svar.csv", b"svar_id;datum;fraga;svar\n")})
    nights.night(sound("enkat", "2023-11-30"), sound("beda", "2005-07-01"))
    line = nights.of("enkat/tidig")
    assert (line["status"], line["reason"], line["extract_date"]) == ("rejected", "bad_manifest", None)
    assert nights.counting() == {("enkat", "2023-11-30", 1), ("beda", "2005-07-01", 1)}


@pytest.mark.parametrize("day", ["2026-01-03", "2999-01-01", "9999-12-31"])
def test_the_last_day_of_all_is_a_future_date(tmp_path: Path, day: str) -> None:
    nights = Nights(tmp_path)
    nights.night(sound("enkat", day), sound("enkat", "2026-01-02"))
    line = nights.of(f"enkat/{day}_1")
    assert (line["reason"], str(line["extract_date"])) == ("future_date", day)
    assert nights.counting() == {("enkat", "2026-01-02", 1)}


@pytest.mark.parametrize(("first", "second"), list(_pairs()))
def test_of_several_faults_the_first_in_the_list_is_given(night: Nights, first: str, second: str) -> None:
    assert night.of(f"ber/{first} before {second}")["reason"] == first


def test_the_other_deliveries_of_the_night_are_loaded(night: Nights) -> None:
    days = ("2023-01-01", "2023-01-20", "2023-11-30")
    assert night.counting() == {(source, day, 1) for source in SOURCES for day in days}
    for source in SOURCES:
        for day in days:
            assert night.of(f"{source}/sound {day}")["status"] == "accepted"
    assert night.query("select first_extract_date, last_extract_date from ber_insatser") == [(date(2023, 1, 1), None)]


def test_nothing_of_a_rejected_delivery_is_loaded_or_quarantined(night: Nights) -> None:
    assert night.query("select count(*) from ber_kontakter") == [(1,)]  # the sound deliveries' own
    assert night.quarantine() == []


def test_identity_is_listed_as_far_as_the_manifest_can_be_read(night: Nights) -> None:
    line = night.of("ber/wrong_municipality another")
    assert (line["source"], line["revision"]) == ("ber", 1)
    assert line["extract_date"] is not None
    line = night.of("ber/bad_manifest not json")
    assert (line["source"], line["extract_date"], line["revision"]) == (None, None, None)


def test_a_folder_without_a_manifest_is_left_alone_until_it_has_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    nights = Nights(tmp_path_factory.mktemp("unfinished"))
    extract = sound("enkat", "2023-11-30")
    extract.write(nights.drop)
    manifest = nights.drop / extract.path / "leverans.json"
    manifest.rename(manifest.with_suffix(".json.tmp"))
    (nights.drop / "enkat" / "manifest is a folder" / "leverans.json").mkdir(parents=True)
    (nights.drop / "en fil.txt").write_text("no source folder")
    nights.run()
    assert nights.deliveries() == []
    manifest.with_suffix(".json.tmp").rename(manifest)
    nights.run()
    assert nights.verdict(extract) == ("accepted", None)


def test_what_only_a_file_system_could_dislike_stops_nobody(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Names as long as a name can be, a folder's name that is not UTF-8, and a version number without end."""
    nights = Nights(tmp_path_factory.mktemp("odd"))
    long_name = sound("enkat", "2023-11-27")
    long_name.file_names = {"svar": "å" * 125}
    odd_folder = sound("enkat", "2023-11-28")
    odd_folder.write(nights.drop)
    (nights.drop / odd_folder.path).rename(nights.drop / "enkat" / b"natt\xff".decode(errors="surrogateescape"))
    endless = Extract("enkat", "2023-11-29", schema_version="1" * 5000).answer("a")
    nights.night(long_name, endless, sound("beda", "2023-11-30"))
    assert nights.verdict(long_name) == ("accepted", None)
    assert nights.of("enkat/natt\ufffd")["status"] == "accepted"
    assert nights.verdict(endless) == ("rejected", "unsupported_schema_version")
    assert len(nights.of(endless.path)["message"]) < 300
    assert ("beda", "2023-11-30", 1) in nights.counting()
