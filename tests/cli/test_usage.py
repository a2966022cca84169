"""Wrong usage and bad settings: one clear sentence on standard error, exit 64, never a traceback (interface.md)."""

import json
import os
import pwd
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.configuration.municipality import PROFILES
from pipelines.delivery.find import find_deliveries
from pipelines.history.store import History
from pipelines.runtime.errors import UsageError
from pipelines.state.home import open_home
from tests.cli.conftest import Kaa, Published, Said

FIGURES = ("figures", "--period")


def is_usage_error(said: Said, *words: str) -> bool:
    """One sentence (one line) for people, nothing for programs, exit 64."""
    assert said.exit_code == 64
    assert said.out == ""
    assert said.err.endswith("\n")
    assert said.err.count("\n") == 1
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err
    return True


# --- the command line ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nightli"], "No such command 'nightli'"),
        (["deliveries", "free", "x"], "No such command 'free'"),
        (["--quiet"], "No such option '--quiet'"),
        (["nightly", "--force"], "No such option '--force'"),
        (["nightly", "now"], "unexpected extra argument"),
        (["figures"], "Missing option '--period'"),
        (["figures", "--period"], "requires an argument"),
        (["figures", "--period", "dag-2023-11-30", "--format", "xml"], "'xml' is not one of"),
        (["deliveries", "--format", "yaml"], "'yaml' is not one of"),
        (["deliveries", "release"], "Missing argument"),
        (["deliveries", "release", "a", "b"], "unexpected extra argument"),
        (["init", "--drop", "/tmp"], "Missing option '--municipality'"),
        (["init", "--municipality", "stockholm"], "Missing option '--drop'"),
        (["report", "--period", "verksamhetsar-2023"], "Missing option '--out'"),
    ],
)
def test_a_wrong_command_line_is_told_in_one_sentence(home: Path, kaa: Kaa, arguments: list[str], word: str) -> None:
    assert is_usage_error(kaa(*arguments), word, "--help")
    assert not home.exists()


def test_without_a_command_the_commands_are_listed(home: Path, kaa: Kaa) -> None:
    said = kaa()
    assert said.exit_code == 64
    for command in ("init", "nightly", "deliveries", "quarantine", "figures", "report", "demo"):
        assert f"  {command} " in said.err
    assert not said.err.endswith("--help.\n")


def test_help_is_no_fault(kaa: Kaa) -> None:
    for arguments in (["--help"], ["figures", "-h"], ["deliveries", "release", "--help"], ["--version"]):
        said = kaa(*arguments)
        assert (said.exit_code, said.err) == (0, "")
        assert said.out


# --- KAA_HOME and its settings -------------------------------------------------------------------------------------------

COMMANDS = [
    ["nightly"],
    ["deliveries"],
    ["deliveries", "release", "0123456789abcdef"],
    ["quarantine"],
    ["figures", "--period", "dag-2023-11-30"],
    ["report", "--period", "verksamhetsar-2023", "--out", "report"],
    ["data-protection", "--out", "documents"],
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_home_that_is_not_set_up_is_told_with_the_command_that_sets_it_up(
    home: Path, kaa: Kaa, arguments: list[str]
) -> None:
    assert is_usage_error(kaa(*arguments), str(home), "kaa init --municipality")
    assert not home.exists()


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("munincipality = 'stockholm'\ndrop = '/drop'\n", ["municipality, drop"]),
        ("municipality = 'stockholm'\ndrop = '/drop'\nextra = 1\n", ["unknown key 'extra'"]),
        ("municipality = 'stockholm'\ndrop = '/drop'\n[extra]\na = 1\n", ["unknown key 'extra'"]),
        (
            "municipality = 'stockholm'\ndrop = '/drop'\nmemory = 'much'\n",
            ["'memory' is 'much'", "give a size like 2GB"],
        ),
        *(
            (
                f"municipality = 'stockholm'\ndrop = '/drop'\ndrop_retention_days = {days}\n",
                ["must be a whole number from 1"],
            )
            for days in ("0", "'30'", "1.5", "true")
        ),
        ("municipality = 'stockholm'\ndrop = '/drop'\nkeys = 1\n", ["'keys' must be a text"]),
        ("municipality = 'stockholm'\n", ["'drop' is missing"]),
        ("", ["'municipality' is missing"]),
        ("municipality = 'stockholm'\ndrop = 7\n", ["'drop' must be a text"]),
        ("municipality = ['stockholm']\ndrop = '/drop'\n", ["'municipality' must be a text"]),
        ("municipality: stockholm\n", ["cannot be read"]),
        ("municipality = 'stockholm\n", ["cannot be read"]),
        ("\ufeffmunicipality = 'stockholm'\ndrop = '/drop'\n", ["cannot be read"]),
        ("municipality = 'göteborg'\ndrop = '/drop'\n", ["'göteborg'", "nacka, stockholm"]),
        ("municipality = '/nowhere/solna.yaml'\ndrop = '/drop'\n", ["/nowhere/solna.yaml"]),
    ],
    ids=str,
)
def test_wrong_settings_are_told_with_the_file_and_the_key(
    set_up: Path, kaa: Kaa, arguments: list[str], settings: str, words: list[str]
) -> None:
    (set_up / "settings.toml").write_text(settings, encoding="utf-8")
    if "/nowhere" not in settings and "göteborg" not in settings:
        words = [*words, str(set_up / "settings.toml")]
    assert is_usage_error(kaa(*arguments), *words)


def test_settings_that_are_not_text_or_not_a_file_are_told(set_up: Path, kaa: Kaa) -> None:
    (set_up / "settings.toml").write_bytes(b"drop = '\xff'\n")
    assert is_usage_error(kaa("deliveries"), "settings.toml", "cannot be read")
    (set_up / "settings.toml").unlink()
    (set_up / "settings.toml").mkdir()
    assert is_usage_error(kaa("deliveries"), "settings.toml", "cannot be read")


def test_a_home_that_is_a_file_is_told(home: Path, kaa: Kaa, tmp_path: Path) -> None:
    home.write_text("")
    assert is_usage_error(kaa("deliveries"), str(home))
    assert is_usage_error(kaa("init", "--municipality", "stockholm", "--drop", tmp_path), str(home))


# --- init and profiles --------------------------------------------------------------------------------------------------


def test_an_unknown_municipality_is_told_with_those_there_are(home: Path, kaa: Kaa, tmp_path: Path) -> None:
    said = kaa("init", "--municipality", "solna", "--drop", tmp_path)
    assert is_usage_error(said, "'solna'", "nacka, stockholm", "profile file")
    assert not home.exists()


def _profile(**changes: tuple[str, str]) -> str:
    text = (PROFILES / "nacka.yaml").read_text(encoding="utf-8")
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new, 1)
    return text


def _districts(text: str) -> str:
    return _profile(a=("districts: []\njob_centres: []", text))


#: Divisions that contradict themselves, and what must be said of each.
BROKEN_DIVISIONS = [
    ("districts: [{code: A, name: A}, {code: A, name: B}]\njob_centres: []", ["'A' twice"]),
    ("districts: [{code: '*', name: A}]\njob_centres: []", ["districts.0.code", "'*'"]),
    ("districts: [{code: SAKNAS, name: A}]\njob_centres: []", ["districts.0.code", "'SAKNAS'"]),
    ("districts: [{code: '', name: A}]\njob_centres: []", ["districts.0.code"]),
    ("districts: [{code: ' A', name: A}]\njob_centres: []", ["districts.0.code"]),
    ("districts: [{code: 01, name: A}]\njob_centres: []", ["districts.0.code", "quotes"]),
    ("districts: [{code: A, name: ''}]\njob_centres: []", ["districts.0.name"]),
    ("districts: []\njob_centres: [{code: '*', name: A}]", ["job_centres.0.code", "'*'"]),
    ("districts: []\njob_centres: [{code: SAKNAS, name: A}]", ["job_centres.0.code", "'SAKNAS'"]),
    ("districts: []\njob_centres: [{code: J, name: A}, {code: J, name: B}]", ["job-centre 'J' twice"]),
    (
        "districts: [{code: A, name: A}]\njob_centres: [{code: J, name: J, districts: [A]}, {code: K, name: K, districts: [A]}]",
        ["district 'A' twice"],
    ),
    (
        "districts: [{code: A, name: A, valid_to: 2023-06-30, successor: B}, "
        "{code: B, name: B, valid_to: 2023-12-31, successor: A}]\njob_centres: []",
        ["ring"],
    ),
    ("districts: [{code: A, name: A, valid_to: 2023-06-30, successor: A}]\njob_centres: []", ["ring"]),
    (
        "districts: [{code: A, name: A, valid_to: 2022-06-30, successor: B}, "
        "{code: B, name: B, valid_to: 2023-06-30, successor: C}, "
        "{code: C, name: C, valid_to: 2024-06-30, successor: B}]\njob_centres: []",
        ["'A'", "ring"],
    ),
    ("districts: [{code: A, name: A, successor: B}, {code: B, name: B}]\njob_centres: []", ["'A'", "valid_to"]),
    (
        "districts: [{code: A, name: A, valid_to: 2023-06-30, successor: B}]\njob_centres: []",
        ["'B'", "does not define"],
    ),
    (
        "districts: [{code: A, name: A, valid_from: 2023-01-02, valid_to: 2023-01-01}]\njob_centres: []",
        ["before it begins"],
    ),
    (
        "districts: [{code: A, name: A, valid_to: 2023-06-30, successor: B}, {code: B, name: B, valid_from: 2023-07-02}]"
        "\njob_centres: []",
        ["'B'", "not valid"],
    ),
    (
        "districts: [{code: A, name: A, valid_to: 9999-12-31, successor: B}, {code: B, name: B, valid_to: 2023-06-30}]"
        "\njob_centres: []",
        ["'B'", "not valid"],
    ),
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code: [0182\n", ["cannot be read"]),
        ("just a text\n", ["is wrong"]),
        ("", ["is wrong"]),
        (_profile(a=("code:", "codes:")), ["is wrong at"]),
        (_profile(a=("0182", "182")), ["is wrong at code"]),
        (_profile(a=("districts: []", "districts: [{code: 1, name: Ett}]")), ["is wrong at districts.0.code"]),
        (
            _profile(a=("job_centres: []", "job_centres: [{code: A, name: A, districts: ['01']}]")),
            ["'01'", "does not define"],
        ),
        ("code: '0182'\n\0", ["cannot be read"]),
        *[(_districts(text), words) for text, words in BROKEN_DIVISIONS],
        (_profile(a=("first_day: 2005-07-01", "first_day: 0001-01-01")), ["is wrong at first_day"]),
        (_profile(a=("settle_minutes: 60", "settle_minutes: -1")), ["is wrong at settle_minutes"]),
        (_profile(a=("bad_row_share: 5", "bad_row_share: 105")), ["is wrong at thresholds.bad_row_share"]),
        (_profile(a=("kind: kalenderar", "kind: aret")), ["is wrong at report_year.kind"]),
        (_profile(a=('starts: "01-01"', 'starts: "12-01"')), ["is wrong at report_year", "01-01"]),
        (_profile(a=("name: Nacka", "name: ' '")), ["is wrong at name"]),
        (_profile(a=("name: Nacka", "name: Nacka\nname: Solna")), ["'name' stands twice"]),
        (_profile(a=("Europe/Stockholm", "Europa/Stockholm")), ["timezone", "Europe/Stockholm"]),
    ],
)
def test_a_broken_profile_is_told_with_its_place(
    home: Path, kaa: Kaa, tmp_path: Path, text: str, words: list[str]
) -> None:
    profile = tmp_path / "kommun.yaml"
    profile.write_text(text, encoding="utf-8")
    assert is_usage_error(kaa("init", "--municipality", profile, "--drop", tmp_path), str(profile), *words)
    assert not home.exists()


def test_a_profile_that_breaks_after_init_is_told_by_every_command(home: Path, kaa: Kaa, tmp_path: Path) -> None:
    profile = tmp_path / "kommun.yaml"
    profile.write_text(_profile(), encoding="utf-8")
    assert kaa("init", "--municipality", profile, "--drop", tmp_path).exit_code == 0
    for broken in ("districts: [", _districts(BROKEN_DIVISIONS[1][0])):
        profile.write_text(broken, encoding="utf-8")
        for arguments in COMMANDS:
            assert is_usage_error(kaa(*arguments), str(profile))


def test_a_drop_folder_that_is_not_there_stops_init_and_nothing_is_made(home: Path, kaa: Kaa, tmp_path: Path) -> None:
    said = kaa("init", "--municipality", "stockholm", "--drop", tmp_path / "drop")
    assert is_usage_error(said, str(tmp_path / "drop"), "does not exist")
    assert not home.exists()


def test_init_a_second_time_changes_nothing_that_exists(set_up: Path, kaa: Kaa, tmp_path: Path) -> None:
    def everything() -> dict[str, tuple[int, bytes]]:
        return {
            str(path.relative_to(set_up)): (path.stat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in sorted(set_up.rglob("*"))
        }

    before = everything()
    assert {"settings.toml", "keys/pseudonym.key", "keys/archive.public"} <= before.keys()
    (tmp_path / "other").mkdir()
    for municipality, drop in [("stockholm", tmp_path / "drop"), ("nacka", tmp_path / "other"), ("solna", "/nowhere")]:
        said = kaa("init", "--municipality", municipality, "--drop", drop)
        assert (said.exit_code, said.out) == (0, "")
        assert "nothing was changed" in said.err
    assert everything() == before


def test_keys_and_rows_about_persons_are_for_their_owner_only(set_up: Path) -> None:
    for name in ("keys", "history", "warehouse", "archive"):
        assert (set_up / name).stat().st_mode & 0o077 == 0
    for name in ("keys/pseudonym.key", "keys/archive.private"):
        assert (set_up / name).stat().st_mode & 0o077 == 0


def test_init_makes_up_a_key_that_is_missing(set_up: Path, kaa: Kaa, tmp_path: Path) -> None:
    (set_up / "keys" / "pseudonym.key").unlink()
    said = kaa("init", "--municipality", "stockholm", "--drop", tmp_path / "drop")
    assert "keys/pseudonym.key" in said.err
    assert (set_up / "keys" / "pseudonym.key").is_file()


# --- the drop folder -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["missing", "a file"])
def test_a_drop_folder_that_is_gone_stops_the_nightly(set_up: Path, kaa: Kaa, tmp_path: Path, kind: str) -> None:
    (tmp_path / "drop").rmdir()
    if kind == "a file":
        (tmp_path / "drop").write_text("")
    assert is_usage_error(kaa("nightly"), str(tmp_path / "drop"), "settings.toml")
    assert not (set_up / "current.json").exists()


def test_a_drop_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    """Asked of the step itself: these tests may run as root, who may read everything, so as another user."""
    drop = tmp_path / "drop"
    (drop / "ber").mkdir(parents=True)
    drop.chmod(0o000)
    user = os.geteuid()
    try:
        if user == 0:
            for folder in [tmp_path, *tmp_path.parents]:
                if folder.owner() == "root" and "pytest" in folder.name:
                    folder.chmod(0o711)
            os.seteuid(65534)
        with pytest.raises(UsageError) as failure:
            find_deliveries(drop)
    finally:
        os.seteuid(user)
        drop.chmod(0o700)
    assert str(drop) in str(failure.value)
    assert "Permission denied" in str(failure.value)


# --- before the first nightly ---------------------------------------------------------------------------------------------


def test_before_the_first_nightly_the_lists_are_empty(set_up: Path, kaa: Kaa) -> None:
    for command in ("deliveries", "quarantine"):
        assert kaa(command, "--format", "json").out == "[]\n"
        said = kaa(command, "--format", "csv")
        assert (said.exit_code, said.out.count("\n")) == (0, 1)
        assert kaa(command).exit_code == 0


def test_before_the_first_nightly_figures_and_report_say_what_to_do(set_up: Path, kaa: Kaa, tmp_path: Path) -> None:
    assert is_usage_error(kaa(*FIGURES, "verksamhetsar-2023"), "kaa nightly")
    assert is_usage_error(kaa("report", "--period", "verksamhetsar-2023", "--out", tmp_path / "out"), "kaa nightly")
    assert not (tmp_path / "out").exists()


def test_before_the_first_nightly_no_delivery_can_be_decided_on(set_up: Path, kaa: Kaa) -> None:
    for decision in ("release", "reject"):
        assert is_usage_error(kaa("deliveries", decision, "0123456789abcdef"), "0123456789abcdef")
    assert not list((set_up / "decisions").iterdir())


# --- periods, figures, days -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "period",
    [
        "", "-", "2023", "verksamhetsar", "verksamhetsar-", "verksamhetsar-23", "verksamhetsar-02023", "verksamhetsar2023",
        "Verksamhetsar-2023", "verksamhetsår-2023", "verksamhetsar-2023 ", " verksamhetsar-2023", "verksamhetsar-2023\n",
        "verksamhetsar--2023", "verksamhetsar-0000", "verksamhetsar-2023-11", "kalenderar-20x3", "kalenderar-+2023",
        "lasar-2022", "lasar-2022-2024", "lasar-2023-2022", "lasar-2022-23", "lasar-2022/2023", "tertial-2023",
        "tertial3-2023", "tertial1-2023-2024", "halvar3-2023", "halvar-2023", "manad-2023", "manad-2023-13",
        "manad-2023-00", "manad-2023-5", "manad-202305", "dag-2023-02-29", "dag-2023-11-31", "dag-20231130",
        "dag-2023-W48-4", "dag-0000-01-01", "dag-igår", "vecka-2023-48", "*", "../current", "'; drop table figures",
    ],
)  # fmt: skip
def test_a_period_that_does_not_exist_is_told_with_examples(
    set_up: Path, kaa: Kaa, period: str, tmp_path: Path
) -> None:
    assert is_usage_error(kaa(*FIGURES, period), repr(period), "verksamhetsar-2023", "dag-2023-11-30")
    said = kaa("report", "--period", period, "--out", tmp_path / "out")
    assert is_usage_error(said, repr(period))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("day", ["", "igår", "2023-11-31", "20231130", "2023-W48-4", "2023-11-30T04:00", "2023-1-1"])
def test_a_day_that_is_no_day_is_told(published: Published, kaa: Kaa, day: str) -> None:
    assert is_usage_error(kaa(*FIGURES, "dag-2023-11-30", "--as-known", day), repr(day), "YYYY-MM-DD")


def test_an_unknown_figure_is_told_with_those_there_are(published: Published, kaa: Kaa) -> None:
    for as_known in ([], ["--as-known", "2023-11-30"]):
        said = kaa(*FIGURES, "verksamhetsar-2023", "--figure", "reached'", *as_known)
        assert is_usage_error(said, "reached'", "outreach", "population")


def test_a_report_that_cannot_be_made_or_written_is_told(published: Published, kaa: Kaa, tmp_path: Path) -> None:
    said = kaa("report", "--period", "verksamhetsar-1999", "--out", tmp_path / "out")
    assert is_usage_error(said, "verksamhetsar-1999")
    (tmp_path / "a file").write_text("")
    said = kaa("report", "--period", "verksamhetsar-2023", "--out", tmp_path / "a file" / "out")
    assert is_usage_error(said, "a file")
    assert is_usage_error(kaa("report", "--period", "verksamhetsar-2023", "--out", tmp_path / "a file"), "a file")


# --- decisions ------------------------------------------------------------------------------------------------------------


def test_an_unknown_delivery_or_one_that_is_not_held_cannot_be_decided_on(published: Published, kaa: Kaa) -> None:
    lines = json.loads(kaa("deliveries", "--format", "json").out)
    for decision in ("release", "reject"):
        for unknown in ("0123456789abcdef", "../../settings.toml", ""):
            assert is_usage_error(kaa("deliveries", decision, unknown), repr(unknown), "kaa deliveries")
        for status in ("accepted", "rejected"):
            delivery_id = next(line["delivery_id"] for line in lines if line["status"] == status)
            assert is_usage_error(kaa("deliveries", decision, delivery_id), delivery_id, status)
    assert not list((published.home / "decisions").iterdir())


# --- the clock ----------------------------------------------------------------------------------------------------------


def test_confirming_the_clock_needs_a_reason_and_something_to_confirm(set_up: Path, kaa: Kaa) -> None:
    assert is_usage_error(kaa("confirm-clock"), "--because")
    assert is_usage_error(kaa("confirm-clock", "--because", "  "), "--because")
    said = kaa("confirm-clock", "--because", "klockan ställd")
    assert (said.exit_code, said.out) == (0, "")
    assert "nothing to confirm" in said.err
    assert not (set_up / "decided.jsonl").exists()


def test_a_confirmed_clock_is_kept_with_who_and_why_and_no_number(
    set_up: Path, kaa: Kaa, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = open_home(set_up)
    version = home.start_next()
    with History(version.history, {}) as history:
        history.remember_night(version.number, datetime(2091, 1, 1, 4, tzinfo=UTC))
    home.put_in_place(version)
    said = kaa("confirm-clock", "--because", "Anna 20050304 – 2187 såg att klockan stod på 2091")
    assert said.exit_code == 0
    assert "2091-01-01 05:00 was wrong" in said.err
    kept = json.loads((set_up / "decided.jsonl").read_text(encoding="utf-8"))
    assert kept["because"] == "Anna ************ såg att klockan stod på 2091"
    assert (kept["version"], kept["by"]) == (1, pwd.getpwuid(os.getuid()).pw_name)
    assert "nothing to confirm" in kaa("confirm-clock", "--because", "igen").err


# --- keys ----------------------------------------------------------------------------------------------------------------


def test_the_keys_may_lie_outside_the_home(home: Path, kaa: Kaa, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    elsewhere = tmp_path / "key store"
    said = kaa("init", "--municipality", "stockholm", "--drop", tmp_path / "drop", "--keys", elsewhere)
    assert said.exit_code == 0 and f"{elsewhere}/archive.private" in said.err
    assert not (home / "keys").exists()
    assert {path.name for path in elsewhere.iterdir()} == {"pseudonym.key", "archive.public", "archive.private"}
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    opened = open_home(home)
    assert opened.pseudonym_key.hex() == (elsewhere / "pseudonym.key").read_text().strip()
    assert opened.archive_public_key == (elsewhere / "archive.public").read_text().strip()
    # A relative path begins at KAA_HOME.
    settings = home / "settings.toml"
    settings.write_text(settings.read_text().replace(str(elsewhere), "../key store"))
    assert open_home(home).pseudonym_key == opened.pseudonym_key
    said = kaa("report", "--period", "verksamhetsar-2023", "--out", elsewhere / "report")
    assert is_usage_error(said, "keeps its own files") and not (elsewhere / "report").exists()


@pytest.mark.parametrize(("name", "mode", "remedy"), [("pseudonym.key", 0o640, "chmod 600"), (".", 0o750, "chmod 700")])
def test_keys_that_others_can_read_are_refused(set_up: Path, kaa: Kaa, name: str, mode: int, remedy: str) -> None:
    place = set_up / "keys" / name
    place.chmod(mode)
    assert is_usage_error(kaa("nightly"), f"{remedy} '{place}'", "kaa keys rotate --pseudonym")
    place.chmod(0o600 if place.is_file() else 0o700)
    assert open_home(set_up).pseudonym_key


def test_init_makes_no_key_in_a_folder_that_is_open_to_others(home: Path, kaa: Kaa, tmp_path: Path) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    said = kaa("init", "--municipality", "stockholm", "--drop", tmp_path / "drop", "--keys", tmp_path / "open")
    assert is_usage_error(said, f"chmod 700 '{tmp_path / 'open'}'")
    assert not list((tmp_path / "open").iterdir())
