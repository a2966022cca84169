"""`kaa check-delivery`: everything that is wrong with a delivery, as the receiver judges it, and nothing written anywhere.

That the verdict is the receiver's own is asked of the receiver: the same folder goes through a nightly.
"""

import json
from pathlib import Path

import pytest

from pipelines.runtime import clock
from pipelines.runtime.errors import UsageError
from pipelines.sending.check import DeliveryCheck, check_delivery
from tests.cli.conftest import Kaa
from tests.delivery.nights import ANNA, BEA, CARL, SOURCES, Nights, deliver, sound
from tests.model.world import ENTRY_WAYS, FAULTS, TEXT_WAYS, Extract, Fault, FileFormat

WAYS = [(reason, way) for reason, ways in FAULTS.items() for way in ways]

REGISTER = "personnummer;registrerad_datum;registreringsorsak;kategori;kategori_fran;stadsdelsomrade"
CERTIFICATES = "personnummer;bevis;datum"


def _checked(extract: Extract, drop: Path) -> DeliveryCheck:
    extract.write(drop)
    return check_delivery(drop / extract.path, "stockholm")


def _certificates(drop: Path, *rows: str, header: str = CERTIFICATES, **changes: object) -> Path:
    content = "".join(f"{line}\n" for line in (header, *rows)).encode()
    return drop / deliver(drop, "beda/natten", "2023-11-30", {"bevis": ("bevis.csv", content)}, **changes)


@pytest.mark.parametrize(("reason", "way"), WAYS)
def test_the_verdict_is_the_receivers(tmp_path: Path, reason: str, way: str) -> None:
    nights = Nights(tmp_path)
    extract = sound("ber", "2023-11-30")
    if reason == "too_many_bad_rows":
        for place in range(30):
            extract.registered(f"20050304000{place % 10}{place}")
    extract.faults = (Fault(reason, way),)
    with clock.running(lambda: nights.now):  # the hour decides whether a file that is missing may still come
        checked = _checked(extract, nights.drop)
    nights.run()
    (line,) = nights.deliveries()
    assert (checked.status, checked.reason) == (line["status"], line["reason"]) == ("rejected", reason)
    assert (checked.source, checked.extract_date, checked.revision) == (
        line["source"], line["extract_date"], line["revision"],
    )  # fmt: skip
    assert line["message"].startswith(checked.faults[0].sentence)


@pytest.mark.parametrize("source", SOURCES)
def test_a_sound_delivery_is_clean(tmp_path: Path, source: str) -> None:
    checked = _checked(sound(source, "2023-11-30"), tmp_path)
    assert checked.is_clean
    assert (checked.status, checked.reason) == ("accepted", None)


@pytest.mark.parametrize("way", [way for way in FAULTS["bad_manifest"] if way not in (*ENTRY_WAYS, *TEXT_WAYS)])
def test_a_bad_manifest_hides_nothing_of_the_files(tmp_path: Path, way: str) -> None:
    """Beside one flaw of the manifest a second one is told, and the rows where the source is known."""
    extract = sound("ber", "2023-11-30").registered("200503042180")
    extract.faults = (Fault("bad_manifest", way), Fault("checksum_mismatch", "another sum", "kontakter"))
    checked = _checked(extract, tmp_path)
    assert checked.reason == "bad_manifest"
    codes = [one.code for one in checked.faults]
    if way not in ("no kalla", "unknown source", "no filer", "files no list"):
        assert "checksum_other" in codes
        assert [(one.column, one.reason, one.rows) for one in checked.faults_in_rows] == [
            ("personnummer", "bad_personnummer", 1)
        ]


def test_all_that_is_wrong_with_a_manifest_is_told(tmp_path: Path) -> None:
    path = _certificates(
        tmp_path, revision=0, skapad="i natt", uttagsdatum="30 november", filer={"sha256": "kort", "rader": -1}
    )
    said = " ".join(one.sentence for one in check_delivery(path, "stockholm").faults)
    for word in ("revision", "skapad", "uttagsdatum", "sha256", "rader"):
        assert f"fältet {word}" in said


def test_all_that_is_wrong_with_a_delivery_is_told_at_once(tmp_path: Path) -> None:
    """Another municipality, of the future, a dataset and a file missing, sums, encoding, lines, columns, counts: one of each."""
    register = f"{REGISTER}\n{ANNA};2023-01-01;AVBROTT;NY;2023-01-01;01\n{BEA};2023-01-01;AVBROTT\n".encode()
    contacts = f"kontakt_id;datum;anmärkning\nk1;igår;åä\nk2;{ANNA};\nk3;2023-01-02\n".encode("latin-1")
    path = tmp_path / deliver(
        tmp_path, "ber/natten", "2023-11-30",
        {"register": ("register.csv", register), "kontakter": ("kontakter.csv", contacts), "insatser": ("i.csv", b"x\n")},
        kommunkod="0182", uttagsdatum="2999-11-30",
    )  # fmt: skip
    (path / "i.csv").unlink()
    manifest = json.loads((path / "leverans.json").read_text())
    manifest["filer"][0] |= {"sha256": "0" * 64, "rader": 7}
    (path / "leverans.json").write_text(json.dumps(manifest))
    checked = check_delivery(path, "stockholm")
    assert checked.reason == "wrong_municipality"
    told = [(one.code.value, dict(one.about).get("column") or dict(one.about).get("dataset")) for one in checked.faults]
    missing = ("sysselsattningar", "inskrivningar", "bosattningskontroller")
    columns = ("personnummer", "riktning", "kanal", "besvarad", "besvarad_av", "antal_personal", "makulerad")
    assert told == [
        ("municipality_other", None), ("date_ahead", None), *[("dataset_missing", name) for name in missing],
        ("file_missing", None), ("checksum_other", None), ("encoding_other", None), ("csv_malformed", None),
        ("csv_malformed", None), *[("column_missing", name) for name in columns], ("row_count_other", None),
    ]  # fmt: skip
    assert [(one.dataset, one.column, one.reason, one.rows, one.lines) for one in checked.faults_in_rows] == [
        ("kontakter", "datum", "bad_type", 2, (2, 3))
    ]
    assert [(one.dataset, one.rows, one.quarantined, one.unknown_columns) for one in checked.files] == [
        ("register", 1, 0, ()), ("kontakter", 2, 2, (3,)), ("insatser", None, None, ()),
    ]  # fmt: skip


def test_lines_with_one_fault_are_counted_in_one_sentence(tmp_path: Path) -> None:
    lines = [f"{ANNA};GYMNASIEEXAMEN;2023-06-0{day};för mycket" for day in range(1, 5)]
    checked = check_delivery(_certificates(tmp_path, f"{BEA};GYMNASIEEXAMEN;2023-06-01", *lines))
    (told,) = checked.faults
    assert "bevis.csv rad 3 och 4 rader i allt" in told.to_the_sender
    assert told.to_the_sender.endswith("Rätta exporten och leverera igen med nytt manifest (ny tid i skapad).")


def test_each_fault_has_the_number_of_its_rows_and_of_those_that_it_keeps_out(tmp_path: Path) -> None:
    """Counted by hand: line 2 has two faults, 3 and 4 share a key, 5 and 6 are one row twice, 7 is sound."""
    path = _certificates(
        tmp_path,
        "199999999999;EXAMEN;igår",
        f"{ANNA};GYMNASIEEXAMEN;2023-06-01",
        f"{ANNA};GYMNASIEEXAMEN;2023-06-02",
        f"{BEA};BETYG;2023-06-01",
        f"{BEA};BETYG;2023-06-01",
        f"{CARL};MOTSVARANDE;2023-06-01",
    )
    checked = check_delivery(path)
    assert [(one.column, one.reason, one.rows, one.first_in, one.lines) for one in checked.faults_in_rows] == [
        ("personnummer", "duplicate_key", 2, 2, (3, 4)),
        ("personnummer", "bad_personnummer", 1, 1, (2,)),
        ("bevis", "bad_code", 2, 1, (2, 5)),
        ("datum", "bad_type", 1, 0, (2,)),
    ]
    (file,) = checked.files
    assert (file.rows, file.quarantined, file.repeated) == (6, 4, 1)
    assert checked.status == "accepted"
    assert [one.code.value for one in checked.warnings] == ["rows_repeated"]
    nights = Nights(tmp_path / "home")
    deliver(nights.drop, "beda/natten", "2023-11-30", {"bevis": ("bevis.csv", (path / "bevis.csv").read_bytes())})
    nights.run()
    kept = [(one["column"], one["reason"]) for one in nights.quarantine()]
    assert sorted(kept) == sorted(
        (one.column, one.reason) for one in checked.faults_in_rows for _ in range(one.first_in)
    )


def test_a_reference_to_a_dataset_that_cannot_be_read_is_no_fault_of_the_row(tmp_path: Path) -> None:
    extract = sound("ber", "2023-11-30").measure("m2", "i9")
    assert [one.reason for one in _checked(extract, tmp_path / "a").faults_in_rows] == ["unknown_reference"]
    extract.faults = (Fault("missing_file", "not there", "inskrivningar"),)
    checked = _checked(extract, tmp_path / "b")
    assert checked.faults_in_rows == ()
    assert [one.code.value for one in checked.faults] == ["file_missing"]


def test_the_municipality_is_the_manifests_and_its_codes_count(tmp_path: Path) -> None:
    extract = Extract("folkbokforing", "2023-11-30", municipality="0182").resident(ANNA, stadsdelsomrade="01")
    extract.write(tmp_path)
    checked = check_delivery(tmp_path / extract.path)
    assert checked.municipality is not None
    assert checked.municipality.name == "Nacka"
    assert [(one.column, one.reason) for one in checked.faults_in_rows] == [("stadsdelsomrade", "bad_code")]
    other = check_delivery(tmp_path / extract.path, "stockholm")
    assert (other.reason, other.faults_in_rows) == ("wrong_municipality", ())


def test_of_which_municipality_nobody_can_tell_the_manifest_alone_is_judged(tmp_path: Path) -> None:
    path = _certificates(tmp_path, "1;2;3", kommunkod=182)
    checked = check_delivery(path)
    assert (checked.municipality, checked.reason, checked.files) == (None, "bad_manifest", ())
    assert "fältet kommunkod" in checked.faults[0].sentence


# --- the command ---------------------------------------------------------------------------------------------------------


def _everything_below(path: Path) -> dict[str, tuple[int, bytes | None]]:
    return {
        str(one.relative_to(path)): (one.stat().st_mtime_ns, one.read_bytes() if one.is_file() else None)
        for one in path.rglob("*")
    }


@pytest.mark.parametrize("format_", ["text", "csv", "json"])
def test_nothing_is_written_and_nobodys_number_is_told(
    tmp_path: Path, home: Path, kaa: Kaa, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    """Numbers stand where they belong, in texts, codes, dates, unknown columns and the file's name; right and mistyped ones."""
    monkeypatch.chdir(tmp_path)
    mistyped = f"{ANNA[:-1]}{(int(ANNA[-1]) + 1) % 10}"
    rows = [f"{ANNA};{ANNA};{BEA};x", f"{mistyped};GYMNASIEEXAMEN;2023-06-01;x", f"{ANNA};{CARL};2023-06-01;y"]
    content = "".join(f"{line}\n" for line in (f"{CERTIFICATES};{CARL}", *rows)).encode()
    path = tmp_path / deliver(tmp_path, "beda/natten", "2023-11-30", {"bevis": (f"bevis {BEA}.csv", content)})
    (path / f"bevis {CARL}.csv").touch()
    before = _everything_below(tmp_path)
    said = kaa("check-delivery", path, "--format", format_)
    assert said.exit_code == 2
    for number in (ANNA, BEA, CARL, mistyped):
        for spelled in (number, number[2:], f"{number[:8]}-{number[8:]}", f"{number[2:8]}-{number[8:]}"):
            assert spelled not in said.out + said.err
    assert _everything_below(tmp_path) == before
    assert not home.exists()


def test_the_answer_is_for_the_sender(tmp_path: Path, home: Path, kaa: Kaa) -> None:
    path = _certificates(tmp_path, f"{ANNA};EXAMEN;2023-06-01", f"{BEA};GYMNASIEEXAMEN;2023-06-01")
    said = kaa("check-delivery", path)
    assert said.exit_code == 2
    assert "1 felaktiga rader" not in said.out
    assert "Koden finns inte i kodlistan (bad_code)" in said.out
    assert "GYMNASIEEXAMEN, STUDIEBEVIS" in said.out  # what the code must be
    assert "avsändaren" not in said.out


def test_a_clean_delivery_ends_with_0(tmp_path: Path, home: Path, kaa: Kaa) -> None:
    said = kaa("check-delivery", _certificates(tmp_path, f"{ANNA};GYMNASIEEXAMEN;2023-06-01"))
    assert said.exit_code == 0
    assert "Inget är fel" in said.out


def test_a_program_reads_what_is_wrong(tmp_path: Path, home: Path, kaa: Kaa) -> None:
    said = kaa("check-delivery", _certificates(tmp_path, f"{ANNA};EXAMEN;igår"), "--format", "json")
    found = [
        (one["column"], one["reason"], one["rows"], one["first_in"], one["first_line"]) for one in json.loads(said.out)
    ]
    assert found == [("bevis", "bad_code", 1, 1, 2), ("datum", "bad_type", 1, 0, 2)]


def test_columns_outside_the_contract_are_given_by_their_places(tmp_path: Path, home: Path, kaa: Kaa) -> None:
    path = _certificates(
        tmp_path, f"x;{ANNA};GYMNASIEEXAMEN;y;2023-06-01", header="namn;personnummer;bevis;skola;datum"
    )
    said = kaa("check-delivery", path)
    assert said.exit_code == 2
    assert "nummer 1 och 4" in said.out
    assert "namn" not in said.out


@pytest.mark.parametrize("what", ["no folder", "no manifest", "unknown municipality", "no such profile"])
def test_where_there_is_nothing_to_judge_one_sentence_says_so(tmp_path: Path, home: Path, kaa: Kaa, what: str) -> None:
    arguments: list[object] = {
        "no folder": lambda: [tmp_path / "borta"],
        "no manifest": lambda: [tmp_path],
        "unknown municipality": lambda: [_certificates(tmp_path, "1;2;3", kommunkod="9999")],
        "no such profile": lambda: [_certificates(tmp_path, "1;2;3"), "--municipality", "ankeborg"],
    }[what]()
    said = kaa("check-delivery", *arguments)
    assert (said.exit_code, said.out) == (64, "")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err


def test_what_cannot_be_read_here_is_not_the_senders_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _certificates(tmp_path, f"{ANNA};GYMNASIEEXAMEN;2023-06-01")
    real = Path.read_bytes

    def refused(self: Path) -> bytes:
        if self.name == "bevis.csv":
            raise PermissionError(13, "Permission denied")
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(UsageError, match="get the right to read it"):
        check_delivery(path)


def test_a_file_in_another_encoding_is_named_and_read(tmp_path: Path) -> None:
    extract = sound("enkat", "2023-11-30").answer("svar2", svar="9")
    extract.formats["svar"] = FileFormat(encoding="iso-8859-1")
    extract.write(tmp_path)
    manifest = tmp_path / extract.path / "leverans.json"
    manifest.write_text(manifest.read_text().replace("iso-8859-1", "utf-8"))
    checked = check_delivery(tmp_path / extract.path)
    assert [one.code.value for one in checked.faults] == ["encoding_other"]
    assert [(one.column, one.reason) for one in checked.faults_in_rows] == [("svar", "bad_type")]
