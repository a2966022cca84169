"""`kaa deliver`: what lies in the drop folder afterwards, what a dry run shows, and ids that are made."""

import os
import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.sending import make, write
from pipelines.sending.check import check_delivery
from pipelines.sending.made_ids import key_path, made_id
from tests.cli.conftest import Kaa, Said
from tests.delivery.nights import ANNA, BEA, CARL, Nights
from tests.sending.dialects import records_in, write_mapping
from tests.sending.files import COLUMNS, csv_file, mapping

ROWS = ([ANNA, "Examen", "2023-06-01"], [BEA[2:], "Studiebevis", "2023-06-02"])

VISITS: dict[str, Any] = {
    "besok_id": {"made": ["Personnummer", "Datum"]},
    "personnummer": COLUMNS["personnummer"],
    "datum": {"from": "Datum", "date": ["%Y-%m-%d", "%d.%m.%Y"]},
    "besokstyp": {"constant": "VAGLEDNING"},
}


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


def _deliver(
    kaa: Kaa, drop: Path, mapped: Path, *inputs: Path, source: str = "beda", more: tuple[str, ...] = ()
) -> Said:
    usual = ["--source", source, "--mapping", mapped, "--drop", drop, "--date", "2023-11-30"]
    return kaa("deliver", *usual, *more, *inputs)


def test_a_delivery_is_taken_in_as_it_was_made(kaa: Kaa, tmp_path: Path) -> None:
    nights = Nights(tmp_path / "receiver")
    assert _deliver(kaa, nights.drop, mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *ROWS)).exit_code == 0
    nights.run()
    (line,) = nights.deliveries()
    assert (line["status"], line["folder"], line["rows"]) == ("accepted", "beda/2023-11-30-1", 2)
    assert check_delivery(nights.drop / line["folder"], "stockholm").is_clean


def test_the_same_again_changes_nothing_and_other_content_needs_a_revision(
    kaa: Kaa, tmp_path: Path, drop: Path
) -> None:
    mapped, path = mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *ROWS)
    _deliver(kaa, drop, mapped, path)
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in drop.rglob("*.*")}
    said = _deliver(kaa, drop, mapped, path)
    assert (said.exit_code, "already lies in" in said.err) == (0, True)
    csv_file(path, ROWS[0])
    said = _deliver(kaa, drop, mapped, path)
    assert said.exit_code == 64 and "give --revision 2" in said.err
    assert before == {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in drop.rglob("*.*")}
    said = _deliver(kaa, drop, mapped, path, more=("--revision", "2"))
    assert said.exit_code == 0
    assert sorted(folder.name for folder in (drop / "beda").iterdir()) == ["2023-11-30-1", "2023-11-30-2"]


def test_a_folder_that_is_there_is_left_alone(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    (drop / "beda/2023-11-30-1").mkdir(parents=True)
    (drop / "beda/2023-11-30-1/half.csv").write_text("of somebody's")
    assert _deliver(kaa, drop, mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *ROWS)).exit_code == 0
    assert [path.name for path in (drop / "beda/2023-11-30-1").iterdir()] == ["half.csv"]
    assert (drop / "beda/2023-11-30-1-2/leverans.json").is_file()


def test_nobody_sees_half_a_delivery(kaa: Kaa, tmp_path: Path, drop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is renamed there is nothing that a nightly takes for a delivery, and a failure leaves nothing at all."""
    seen = []

    def look(path: Path) -> None:
        seen.append((path.name, [found.folder for found in write.find_deliveries(drop)[0]]))
        if path.name == "leverans.json":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "sync", look)
    said = _deliver(kaa, drop, mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *ROWS))
    assert said.exit_code == 1 and said.err.count("\n") == 1
    assert seen == [("bevis.csv", []), ("leverans.json", [])]
    assert list(drop.iterdir()) == []


def test_what_a_killed_program_left_is_swept_after_a_day(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    old, new, other = drop / ".0123456789abcdef.part", drop / ".fedcba9876543210.part", drop / ".mine.part"
    for path in (old, new, other):
        path.mkdir()
        (path / "bevis.csv").write_text("x")
    for path in (old, other):
        os.utime(path, (0, 0))
    assert _deliver(kaa, drop, mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *ROWS)).exit_code == 0
    assert not old.exists() and new.is_dir() and other.is_dir()


def test_signs_of_two_parts_and_texts_as_formulas(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    columns = {"bevis": {"from": "Bevis från å", "code": {"Färdig": "GYMNASIEEXAMEN"}}}
    header = ["Personnummer", unicodedata.normalize("NFD", "Bevis  från å"), "Datum"]
    path = tmp_path / unicodedata.normalize("NFD", "bevis å.csv")
    path.write_text(f'{";".join(header)}\n="{ANNA[2:]}";{unicodedata.normalize("NFD", "Färdig")};2023-06-01\n')
    said = _deliver(kaa, drop, mapping(tmp_path, columns, file="bevis å*"), path)
    assert said.exit_code == 0, said.err
    assert records_in(drop / "beda/2023-11-30-1", "bevis") == [
        {"personnummer": ANNA, "bevis": "GYMNASIEEXAMEN", "datum": "2023-06-01"}
    ]


def test_rows_that_will_be_quarantined_are_counted_by_reason(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    bad = ["19990101", "Examen", "2023-06-01"]
    said = _deliver(
        kaa, drop, mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *ROWS, bad, [CARL, "", "förra året"])
    )
    assert said.exit_code == 2
    assert "2 rows will be quarantined" in said.err
    assert "bevis.personnummer: bad_personnummer, 1 row" in said.err and "bevis.bevis: missing_value, 1 row" in said.err
    assert len(records_in(drop / "beda/2023-11-30-1", "bevis")) == 4


def test_more_bad_rows_than_the_receiver_takes(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    rows = [[f"nr {place}", "Examen", "2023-06-01"] for place in range(20)]
    said = _deliver(kaa, drop, mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *rows))
    assert said.exit_code == 2 and "The receiver will reject the whole delivery" in said.err


def test_a_dry_run_writes_nothing_and_shows_nobody(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    columns = VISITS | {"besokstyp": {"from": "Bevis", "code": {"Examen": "OVRIGT", "Studiebevis": "VAGLEDNING"}}}
    datasets = {"besok": {"input": {"file": "b*"}, "columns": columns, "where": {"drop": {"Bevis": ["Ingen"]}}}}
    mapped = write_mapping(tmp_path / "s.yaml", "skolslussen", datasets)
    rows = [
        *ROWS,
        [f"{CARL[2:8]}-{CARL[8:]}", "Examen", "05.01.2023"],
        ["Kalle Anka", "Examen", ANNA],
        [CARL, "Ingen", ""],
    ]
    path = csv_file(tmp_path / "b.csv", *rows)
    before = sorted(tmp_path.rglob("*"))
    said = _deliver(kaa, drop, mapped, path, source="skolslussen", more=("--dry-run",))
    assert said.exit_code == 2
    assert sorted(tmp_path.rglob("*")) == before
    table = {cells[0].strip(): [cell.strip() for cell in cells[1:]] for line in said.out.splitlines()
             if len(cells := line.strip("│").split("│")) == 7}  # fmt: skip
    assert table["personnummer"] == [
        "Personnummer", "4", "0", "2", "1", "999999-9999 → 999999999999, 9999999999 → 999999999999, 999999999999",
    ]  # fmt: skip
    assert table["datum"][:5] == ["Datum", "4", "0", "1", "0"] and "05.01.2023 → 2023-01-05" in table["datum"][5]
    assert table["besok_id"][0] == "görs av Personnummer + Datum"
    assert re.search(r"besokstyp +│ Examen +│ OVRIGT +│ 3", said.out)
    assert re.search(r"personnummer +│ bad_personnummer +│ .*tolv siffror +│ 1 +│ 5", said.out)
    assert "4 rader ur b.csv." in said.out and "1 rad valdes bort" in said.out
    for secret in (*(number[2:] for number in (ANNA, BEA, CARL)), CARL[8:], "Kalle", "Anka"):
        assert secret not in said.out + said.err


def test_a_dry_run_shows_the_words_that_became_codes_and_no_others(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    columns = {
        "personnummer": COLUMNS["personnummer"], "tidigare_personnummer": {"constant": ""}, "stadsdelsomrade": {"from": "SDO"},
        "folkbokford_fran": {"from": "Datum"}, "invandrad_efter_skolplikt": {"from": "Sent", "yes_no": True},
        "skyddsmarkering": {"from": "Skydd", "code": {"S": "SEKRETESS", "": ""}},
    }  # fmt: skip
    mapped = write_mapping(
        tmp_path / "f.yaml", "folkbokforing", {"personer": {"input": {"file": "b*"}, "columns": columns}}
    )
    path = csv_file(tmp_path / "b.csv", [ANNA, "03", "2010-01-01", "Nej", "S"], [BEA, "Kalle", "2010-01-01", "Anka", ""],
                    header=["Personnummer", "SDO", "Datum", "Sent", "Skydd"])  # fmt: skip
    said = _deliver(kaa, drop, mapped, path, source="folkbokforing", more=("--dry-run",))
    for pattern in (r"stadsdelsomrade +│ 03 +│ 03 ", r"stadsdelsomrade +│ Xxxxx +│ Xxxxx ", r"skolplikt +│ Nej +│ N ",
                    r"skolplikt +│ Xxxx +│ Xxxx ", r"skyddsmarkering +│ S +│ SEKRETESS "):  # fmt: skip
        assert re.search(pattern, said.out), pattern
    assert "Kalle" not in said.out and "Anka" not in said.out


def test_made_ids_are_the_same_from_night_to_night_and_tell_nothing(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    mapped = write_mapping(tmp_path / "s.yaml", "skolslussen", {"besok": {"input": {"file": "b*"}, "columns": VISITS}})
    path = csv_file(tmp_path / "b.csv", *ROWS)
    assert _deliver(kaa, drop, mapped, path, source="skolslussen").exit_code == 0
    key = key_path(mapped)
    assert key.stat().st_mode & 0o777 == 0o600
    first = {row["personnummer"]: row["besok_id"] for row in records_in(drop / "skolslussen/2023-11-30-1", "besok")}
    # The next night the same is written in another way, in another order.
    again = [[f"{BEA[2:8]}-{BEA[8:]}", "x", "02.06.2023"], [ANNA[2:], "y", "2023-06-01"], [CARL, "z", "2023-06-01"]]
    said = _deliver(kaa, drop, mapped, csv_file(path, *again), source="skolslussen", more=("--date", "2023-12-01"))
    assert said.exit_code == 0, said.err
    second = {row["personnummer"]: row["besok_id"] for row in records_in(drop / "skolslussen/2023-12-01-1", "besok")}
    assert second | first == second and len(set(second.values())) == 3
    assert all(re.fullmatch("[a-p]{28}", one) for one in second.values())
    # Without the key nobody can try all numbers.
    assert made_id(b"", [ANNA, "2023-06-01"]) not in second.values()
    assert made_id(bytes.fromhex(key.read_text()), [ANNA, "2023-06-01"]) == first[ANNA]
    key.write_text("no key")
    said = _deliver(kaa, drop, mapped, path, source="skolslussen", more=("--date", "2023-12-02"))
    assert said.exit_code == 64 and "from a backup" in said.err


def test_only_mapped_columns_leave_the_input(kaa: Kaa, tmp_path: Path, drop: Path) -> None:
    header = ["Personnummer", "Bevis", "Datum", "Namn", "Diagnos"]
    path = csv_file(tmp_path / "bevis.csv", [*ROWS[0], "Kalle Anka", "hemlig"], header=header)
    _deliver(kaa, drop, mapping(tmp_path), path)
    assert all(b"Anka" not in file.read_bytes() and b"hemlig" not in file.read_bytes() for file in drop.rglob("*.*"))


def test_a_drop_folder_that_may_not_be_written(
    kaa: Kaa, tmp_path: Path, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, *args: Any, **named: Any) -> None:
        raise PermissionError(13, "Permission denied", os.fspath(self))

    monkeypatch.setattr(Path, "mkdir", refused)
    said = _deliver(kaa, drop, mapping(tmp_path), csv_file(tmp_path / "bevis.csv", *ROWS))
    assert said.exit_code == 1 and said.err.count("\n") == 1


def test_a_server_is_read_as_its_mapping_says(
    kaa: Kaa, tmp_path: Path, drop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a server may answer is tested in tests/ss12000; here, that its rows become a delivery."""
    mapped = tmp_path / "skola.yaml"
    mapped.write_text(
        "kind: ss12000\nsource: skolregister\nmunicipality: stockholm\n"
        "ss12000: {address: 'https://skola.example/v2', token_file: token}\n"
    )
    row = {"studieperiod_id": "s1", "personnummer": ANNA, "skolenhetskod": "12345678", "skolform": "GY", "studievag": "NA",
           "startdatum": "2023-08-15", "slutdatum": "", "avslut": ""}  # fmt: skip
    asked = []

    def read(settings: Any, on: date, path: Path, dry_run: bool = False) -> list[dict[str, str]]:
        asked.append((settings.address, on.isoformat(), path, dry_run))
        return [row]

    monkeypatch.setattr(make, "read_school_register", read)
    said = _deliver(kaa, drop, mapped, source="skolregister", more=("--dry-run",))
    assert said.exit_code == 0 and "1 rad ur https://skola.example/v2." in said.out and ANNA not in said.out + said.err
    assert _deliver(kaa, drop, mapped, source="skolregister").exit_code == 0
    assert asked == [("https://skola.example/v2", "2023-11-30", mapped, dry) for dry in (True, False)]
    assert records_in(drop / "skolregister/2023-11-30-1", "studieperioder") == [row]
    said = _deliver(kaa, drop, mapped, csv_file(tmp_path / "bevis.csv"), source="skolregister")
    assert said.exit_code == 64 and "reads a server and no files" in said.err
