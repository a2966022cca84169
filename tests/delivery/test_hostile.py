"""What somebody could deliver to do harm: to reach other files, to fill the memory, or to have a text run somewhere later.

Each is turned away with a reason of deliveries.md and a sentence, or is a value like any other; the other deliveries of the night
are loaded. Memory is measured in a process of its own.
"""

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.delivery import parsing
from tests.delivery.nights import Nights, deliver, sound
from tests.repository import ROOT

pytestmark = pytest.mark.long

HEADER = b"svar_id;datum;fraga;svar\n"
SECRET = b"svar_id;datum;fraga;svar\na;2023-01-01;root:x:0:0;5\n"
MEGABYTE = 1024**2
NO_ROWS = {"rader": 0}


def _answers(nights: Nights, folder: str, content: bytes, name: str = "svar.csv", **changes: Any) -> dict[str, Any]:
    """What becomes of a delivery with this file."""
    deliver(nights.drop, f"enkat/{folder}", "2023-11-30", {"svar": (name, content)}, **changes)
    nights.run()
    return nights.of(f"enkat/{folder}")


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


# --- other files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../hemlig.csv", "..", ".", "", "under/svar.csv", "under\\svar.csv", "svar.csv\0.txt", "./svar.csv",
        "file:///etc/passwd", "C:\\svar.csv", "x" * 256, "å" * 128, "svar.csv/", "\ud800.csv",
    ],
)  # fmt: skip
def test_a_file_name_that_leads_elsewhere_makes_the_manifest_bad(nights: Nights, name: str) -> None:
    (nights.drop / "enkat").mkdir()
    (nights.drop / "enkat" / "hemlig.csv").write_bytes(SECRET)
    line = _answers(nights, "a", SECRET, filer={"fil": name})
    assert (line["status"], line["reason"]) == ("rejected", "bad_manifest")
    assert "ett filnamn i leveransens egen mapp" in line["message"]


@pytest.mark.parametrize("way", ["to a file", "to a file beside", "to a device", "through a folder", "in a circle"])
def test_a_link_out_of_the_folder_makes_the_manifest_bad(nights: Nights, tmp_path: Path, way: str) -> None:
    secret = tmp_path / "hemlig.csv"
    secret.write_bytes(SECRET)
    deliver(nights.drop, "enkat/a", "2023-11-30", {"svar": ("svar.csv", SECRET)})
    deliver(nights.drop, "enkat/b", "2023-11-29", {"svar": ("svar.csv", SECRET)})
    file = nights.drop / "enkat" / "a" / "svar.csv"
    file.unlink()
    if way == "through a folder":
        (file.parent / "under").symlink_to(tmp_path)
    target = {
        "to a file": secret,
        "to a file beside": "../b/svar.csv",
        "to a device": "/dev/zero",
        "through a folder": "under/hemlig.csv",
        "in a circle": "svar.csv",
    }[way]
    file.symlink_to(target)
    nights.run()
    assert nights.of("enkat/a")["reason"] == "bad_manifest"
    assert nights.counting() == {("enkat", "2023-11-29", 1)}


def test_a_hard_link_gives_away_nothing_that_the_sender_did_not_know(nights: Nights, tmp_path: Path) -> None:
    """It is a file of this folder like any other, for copies and backups are made so: the sha256 says whether its content is
    the sender's, and nothing of it is told."""
    secret = tmp_path / "hemlig.csv"
    secret.write_bytes(SECRET)
    deliver(nights.drop, "enkat/a", "2023-11-30", {"svar": ("svar.csv", HEADER)})
    file = nights.drop / "enkat" / "a" / "svar.csv"
    file.unlink()
    os.link(secret, file)
    nights.run()
    line = nights.of("enkat/a")
    assert line["reason"] == "checksum_mismatch"
    assert "root" not in json.dumps(line, default=str)


@pytest.mark.parametrize("kind", ["a pipe", "a socket folder"])
def test_what_is_no_file_is_missing_and_nobody_waits_for_it(nights: Nights, kind: str) -> None:
    deliver(nights.drop, "enkat/a", "2023-11-30", {"svar": ("svar.csv", HEADER)})
    file = nights.drop / "enkat" / "a" / "svar.csv"
    file.unlink()
    os.mkfifo(file) if kind == "a pipe" else file.mkdir()
    hour_ago = nights.now.timestamp() - 2 * 3600
    os.utime(file.parent / "leverans.json", (hour_ago, hour_ago))
    nights.run()
    assert nights.of("enkat/a")["reason"] == "missing_file"


# --- manifests ------------------------------------------------------------------------------------------------------------


def _manifest(nights: Nights, text: str) -> dict[str, Any]:
    """What becomes of a sound delivery with this manifest."""
    deliver(nights.drop, "enkat/a", "2023-11-30", {"svar": ("svar.csv", HEADER)})
    (nights.drop / "enkat" / "a" / "leverans.json").write_text(text, encoding="utf-8")
    nights.run()
    return nights.of("enkat/a")


def _sound_manifest(revision: str = "1", rows: str = "0", more: str = "", version: str = '"1.0"') -> str:
    entry = f'"dataset": "svar", "fil": "svar.csv", "rader": {rows}, "sha256": "{hashlib.sha256(HEADER).hexdigest()}"'
    return (
        f'{{"kalla": "enkat", "kommunkod": "0180", "uttagsdatum": "2023-11-30", "revision": {revision}, '
        f'"skapad": "2023-11-30T04:02:11+01:00", "schemaversion": {version}, {more} '
        f'"filer": [{{{entry}, "teckenkodning": "utf-8"}}]}}'
    )


def test_the_manifest_that_is_spoilt_below_is_sound(nights: Nights) -> None:
    assert _manifest(nights, _sound_manifest())["status"] == "accepted"


@pytest.mark.parametrize("nested", ["[" * 1_000_000, '{"a":' * 500_000, '"x": 1, "y": ' + "[" * 900 + "]" * 900])
def test_json_nested_deeply_stops_nobody(nights: Nights, nested: str) -> None:
    text = _sound_manifest(more=f"{nested},") if nested.startswith('"x"') else nested
    line = _manifest(nights, text)
    assert (line["status"], line["reason"]) in {("accepted", None), ("rejected", "bad_manifest")}
    assert line["status"] == "accepted" or "inte läsbar JSON" in line["message"]


@pytest.mark.parametrize(
    "number", ["9" * 5000, "9" * 4000, "1e400", "-1e400", "NaN", "Infinity", "9223372036854775808", "1" + "0" * 30]
)
@pytest.mark.parametrize("field", ["revision", "rows"])
def test_numbers_without_end_make_the_manifest_bad(nights: Nights, field: str, number: str) -> None:
    line = _manifest(nights, _sound_manifest(**{field: number}))
    assert (line["status"], line["reason"]) == ("rejected", "bad_manifest")
    assert len(line["message"]) < 300


@pytest.mark.parametrize(
    "more", ['"kalla": "enkat",', '"kommunkod": "0114",', '"filer": [],', '"x": {"y": 1, "y": 1},', '"revision": 2,']
)
def test_a_field_named_twice_makes_the_manifest_bad(nights: Nights, more: str) -> None:
    """What signs or scans a manifest before us may take the other one."""
    line = _manifest(nights, _sound_manifest(more=more))
    assert (line["status"], line["reason"]) == ("rejected", "bad_manifest")
    assert "ett fält nämns två gånger" in line["message"] and "leverera igen" in line["message"]
    assert (line["source"], line["extract_date"], line["revision"]) == (None, None, None)


def test_another_schema_version_comes_before_a_field_named_twice(nights: Nights) -> None:
    line = _manifest(nights, _sound_manifest(more='"kalla": "ber",', version='"2.0"'))
    assert line["reason"] == "unsupported_schema_version"


# --- files ----------------------------------------------------------------------------------------------------------------


def test_a_zip_is_no_csv(nights: Nights) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("svar.csv", b"\0" * MEGABYTE)
    assert _answers(nights, "named csv", packed.getvalue(), filer=NO_ROWS)["reason"] == "undecodable"
    assert _answers(nights, "named gz", packed.getvalue(), "svar.csv.gz", filer=NO_ROWS)["reason"] == "undecodable"


def test_what_is_packed_twice_is_unpacked_once(nights: Nights) -> None:
    assert (
        _answers(nights, "a", gzip.compress(gzip.compress(HEADER)), "svar.csv.gz", filer=NO_ROWS)["reason"]
        == "undecodable"
    )


@pytest.mark.parametrize(
    ("limit", "content", "words"),
    [
        ("MAX_LINES", HEADER + b"\n" * 10, "fler än 0 miljoner rader"),
        ("MAX_VALUES", HEADER + b"a;2023-01-01;x;5\n" * 3, "fler än 0 miljoner värden"),
        ("MAX_RECORD", HEADER + b"a;2023-01-01;Hur blev det?;5\n", "rad 2: raden är längre än 0 MB"),
        ("MAX_RECORD", HEADER + b'a;1;x;5\nb;2023-01-01;"Hur\nblev\ndet?";5\n', "rad 3: raden är längre än 0 MB"),
    ],
)
def test_a_file_beyond_a_limit_is_told_where(
    nights: Nights, monkeypatch: pytest.MonkeyPatch, limit: str, content: bytes, words: str
) -> None:
    at_the_limit = {
        "MAX_LINES": content.count(b"\n"),
        "MAX_VALUES": content.count(b";"),
        "MAX_RECORD": max(
            len(line) for line in content.replace(b"Hur\nblev\n", b"Hur blev ").splitlines(keepends=True)
        ),
    }
    monkeypatch.setattr(parsing, limit, at_the_limit[limit] - 1)
    line = _answers(nights, "a", content)
    assert (line["status"], line["reason"]) == ("rejected", "malformed_csv")
    assert words in line["message"] and "Be avsändaren rätta exporten" in line["message"]
    monkeypatch.setattr(parsing, limit, at_the_limit[limit])
    rows = sum(line.count(b";") == 3 for line in content.replace(b"Hur\nblev\n", b"Hur blev ").splitlines()) - 1
    line = _answers(nights, "b", content, filer={"rader": rows}, uttagsdatum="2023-11-29")
    assert line["status"] == "accepted"


@pytest.mark.parametrize("way", ["one more", "as many"])
def test_a_gzip_may_unpack_to_the_limit(nights: Nights, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    content = HEADER + b"a;2023-01-01;x;5\n" * 2000
    monkeypatch.setattr(parsing, "MAX_UNPACKED", len(content) - (way == "one more"))
    line = _answers(nights, "a", gzip.compress(content), "svar.csv.gz", filer={"rader": 2000})
    assert line["reason"] == ("undecodable" if way == "one more" else None)
    assert ("mer än något uttag" in line["message"]) is (way == "one more")


def test_a_name_given_twice_among_many_columns_is_found_at_once(nights: Nights) -> None:
    header = b";".join(b"k%d" % place for place in range(100_000)) + b";k99999\n"
    line = _answers(nights, "a", header)
    assert "kolumn 100001 (utanför kontraktet) nämns två gånger" in line["message"]


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|'/c calc'!A0",
        "@SUM(1+1)",
        "+1+1",
        "-1+1",
        "<script>alert(1)</script>",
        "a\0b",
        "\x1b]0;x\x07",
        "'; drop table x; --",
    ],
)
def test_a_text_that_would_run_elsewhere_is_a_text_here(nights: Nights, text: str) -> None:
    """That it stays one on pages and in documents is shown in tests/dashboards."""
    line = _answers(nights, "a", HEADER + f'a;2023-01-01;"{text}";5\n'.encode())
    assert line["status"] == "accepted"
    assert nights.query("select fraga from enkat_svar") == [(text,)]


@pytest.mark.parametrize(
    "number", ["9" * 100_000, "1e400", "-" + "9" * 39, "0." + "9" * 39, "99999999999999999999.1234567890123456789"]
)
def test_a_number_without_end_is_a_bad_row(nights: Nights, number: str) -> None:
    deliver(nights.drop, "nyckeltal/a", "2023-11-30", {"nyckeltal": ("nyckeltal.csv", (
        "period_fran;period_till;verksamhet;matt;varde;enhet;uppgiftslamnare\n"
        f"2023-01-01;2023-12-31;Ungvux;deltagare;{number};personer;chef\n"
    ).encode())})  # fmt: skip
    nights.run()
    assert [(one["column"], one["reason"]) for one in nights.quarantine()] == [("varde", "bad_type")]


# --- memory ---------------------------------------------------------------------------------------------------------------

#: Linux's own count: the one of `resource` begins with what the calling process took.
_TAKE_IN = """
import json, re, sys
from pathlib import Path
from tests.delivery.nights import Nights
nights = Nights(Path(sys.argv[1]))
nights.run()
(peak,) = re.findall(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())
print(json.dumps([int(peak) // 1024, {one["folder"]: (one["reason"], one["message"]) for one in nights.deliveries()}]))
"""


def _bombs(drop: Path) -> dict[str, str]:
    """Deliveries that would each take many gigabytes; folder -> the reason."""
    member = gzip.compress(b"\n" * 64 * MEGABYTE, 1)
    lines = gzip.compress(HEADER + b"\n" * (parsing.MAX_LINES + 1), 1)
    row = b";" * (MEGABYTE - 1) + b"\n"
    values = gzip.compress(HEADER + row * (parsing.MAX_VALUES // MEGABYTE + 1), 1)
    field = b"9" * 200 * MEGABYTE
    files = {
        "20 GB of a gzip": ("svar.csv.gz", member * 320, "undecodable"),
        "20 GB of nothing": ("svar.csv.gz", gzip.compress(b"\0" * 64 * MEGABYTE, 1) * 320, "undecodable"),
        "empty lines": ("svar.csv.gz", lines, "malformed_csv"),
        "empty values": ("svar.csv.gz", values, "malformed_csv"),
        "200 MB in a field": ("svar.csv", HEADER + b"a;2023-01-01;" + field + b";5\n", "malformed_csv"),
        "200 MB in quotes": ("svar.csv", HEADER + b'a;2023-01-01;"' + field + b'";5\n', "malformed_csv"),
        "200 MB of quotes": ("svar.csv.gz", gzip.compress(HEADER + b'"' * 200 * MEGABYTE + b"\n", 1), "malformed_csv"),
        "200 MB in the header": ("svar.csv", field + b"\n", "malformed_csv"),
    }  # fmt: skip
    for place, (folder, (name, content, _)) in enumerate(files.items(), start=1):
        deliver(drop, f"enkat/{folder}", f"2023-10-{place:02}", {"svar": (name, content)}, filer=NO_ROWS)
    deliver(drop, "enkat/a million entries", "2023-10-20", {"svar": ("svar.csv", HEADER)})
    entries = _sound_manifest().replace('"filer": [', '"filer": [' + "{}," * 1_300_000)
    (drop / "enkat" / "a million entries" / "leverans.json").write_text(entries)
    return {folder: reason for folder, (_, _, reason) in files.items()} | {"a million entries": "bad_manifest"}


def test_bombs_fill_no_memory_and_stop_nobody(tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    reasons = _bombs(tmp_path / "drop")
    sound("enkat", "2023-11-30").write(tmp_path / "drop")
    done = subprocess.run(
        [sys.executable, "-c", _TAKE_IN, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    megabytes, found = json.loads(done.stdout)
    assert {folder.removeprefix("enkat/"): reason for folder, (reason, _) in found.items()} == {
        **reasons, "2023-11-30_1": None,
    }  # fmt: skip
    assert all("be avsändaren" in message.lower() for reason, message in found.values() if reason)
    assert megabytes < 2000, megabytes  # some 1 400, of which the libraries take 190
