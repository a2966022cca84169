"""Which troubles there are, and how they are called and worded."""

import pytest

from pipelines.monitoring.known import read_known
from pipelines.monitoring.troubles import TroubleCode, expected_nights
from pipelines.monitoring.words import ADVICE
from pipelines.notices import NoticeCode, notice, trouble_id
from pipelines.personnummer import HIDDEN, mask_name
from pipelines.state.home import Home
from pipelines.state.last_backup import LastBackup, write_last_backup
from tests.model.world import personnummer
from tests.monitoring.nights import Night, at, publish


def test_every_trouble_has_words_of_its_own_with_what_to_do() -> None:
    of_notices = {code for code in NoticeCode if notice(code).waits_for_a_person}
    assert ADVICE.keys() == {*TroubleCode, *of_notices}
    for code, advice in ADVICE.items():
        assert advice.meaning.endswith(".") and advice.action.endswith("."), code
        assert advice.where.startswith(("i ", "på ")), code


def test_an_id_can_be_typed_and_tells_troubles_apart() -> None:
    assert trouble_id("clock_behind", "") == "clock_behind"
    assert trouble_id("check_warns", "flai/insats/growth") == "check_warns:flai/insats/growth"
    swedish, other = (
        trouble_id("part_failed", "Målgrupp och register"),
        trouble_id("part_failed", "målgrupp och register"),
    )
    assert swedish != other and swedish.startswith("part_failed:malgrupp-och-register-") and swedish.isascii()
    assert trouble_id("x", "åäö").isascii() and trouble_id("x", "…") != trouble_id("x", "–")


def test_the_same_trouble_has_the_same_id_the_night_after() -> None:
    first, second = (
        notice(NoticeCode.SOURCE_SILENT, source="flai", title="Flai", last="2026-11-20", days=days) for days in (3, 4)
    )
    assert first.trouble == second.trouble == "source_silent:flai"


@pytest.mark.parametrize(
    ("after", "now", "nights"),
    [
        ("2026-11-27 04:05", "2026-11-27 13:00", 0),  # a Friday
        ("2026-11-27 04:05", "2026-11-29 13:00", 0),
        ("2026-11-27 04:05", "2026-11-30 11:59", 0),
        ("2026-11-27 04:05", "2026-11-30 12:00", 1),
        ("2026-11-27 04:05", "2026-12-07 05:00", 5),
        # Across the change from summer time.
        ("2026-10-23 04:05", "2026-10-26 12:00", 1),
    ],
)
def test_expected_are_the_nights_of_weekdays(after: str, now: str, nights: int) -> None:
    assert expected_nights(at(after), at(now)) == nights


def test_a_personnummer_in_a_name_reaches_no_trouble(home: Home) -> None:
    number = personnummer("2005-03-01", 238)
    folder = f"ber/om {number}"
    held = ("a" * 16, "ber", "2026-11-23", 1, "held", "volume_drop", folder, 1)
    rejected = ("b" * 16, "enkat", "2026-11-23", 1, "rejected", "missing_file", folder, 1)
    unreadable = notice(NoticeCode.DELIVERY_UNREADABLE, folder=mask_name(folder), file="x", problem="y", owner="z")
    publish(home, "2026-11-24 04:05", Night([held, rejected], notices=[unreadable]))
    written = [*home.path.glob("*.json"), *(home.path / "logs").iterdir(), *(home.path / "metrics").iterdir()]
    assert {"troubles.json", "events.jsonl", "kaa.prom"} <= {path.name for path in written}
    assert not [path for path in written if number in path.read_text(encoding="utf-8")]
    assert len(read_known(home.path).open) == 3
    assert all(HIDDEN in one.sentence for one in read_known(home.path).open)


def test_a_backup_that_is_taken_no_more_is_told_and_one_that_never_was_is_not(home: Home) -> None:
    def codes() -> list[str]:
        return [one.code for one in read_known(home.path).open]

    publish(home, "2026-11-24 04:05", Night())
    assert codes() == []
    write_last_backup(home.path, LastBackup("/backup/1", at("2026-11-24 05:00").isoformat(), 1, 10, 1000))
    publish(home, "2026-11-26 04:05", Night())
    assert codes() == []
    publish(home, "2026-11-28 04:05", Night())
    assert codes() == ["backup_old"]
    write_last_backup(home.path, LastBackup("/backup/2", at("2026-11-28 05:00").isoformat(), 3, 10, 1000))
    publish(home, "2026-11-29 04:05", Night())
    assert codes() == []
