"""What is wrong stands in the night's published file, from which its pages are made."""

import duckdb

from pipelines.monitoring.acknowledgements import acknowledge
from pipelines.monitoring.standing import publish_troubles
from pipelines.notices import NoticeCode, notice
from pipelines.runtime import clock
from pipelines.state.home import Home
from pipelines.state.last_run import RunResult
from tests.monitoring.nights import Night, at, end_otherwise, publish

SILENT = notice(NoticeCode.SOURCE_SILENT, source="enkat", title="Enkäten", last="2026-11-20", days=3)
SETTLING = notice(NoticeCode.DELIVERY_SETTLING, folder="ber/25", file="x", minutes=10)
CHECK = ("flai", "insats", "growth")


def _published(home: Home) -> list[tuple[object, ...]]:
    version = home.current()
    assert version
    with duckdb.connect(str(version.published), read_only=True) as connection:
        return connection.execute(
            "select trouble, begun_on::varchar, acknowledged_by is not null, acknowledged_until::varchar "
            "from trouble order by all"
        ).fetchall()


def test_it_says_since_when_and_who_knows_and_can_be_written_again(home: Home) -> None:
    publish(home, "2026-11-24 04:05", Night(checks=[(*CHECK, False)], notices=[SILENT]))
    end_otherwise(home, "2026-11-25 04:05", RunResult.FAILED, "The disk is full.")
    with clock.running(lambda: at("2026-11-25 09:00")):
        acknowledge(home, SILENT.trouble, "De byter system.", at("2026-12-31 00:00").date())
    # No check was made on this night, and what goes over by itself is no trouble; of runs no published file knows.
    publish(home, "2026-11-26 04:05", Night(notices=[SILENT, SETTLING]))
    version = home.current()
    assert version
    for _ in range(2):
        with clock.running(lambda: at("2026-11-26 04:06")):
            publish_troubles(home, version.published, [SILENT, SETTLING])
        assert _published(home) == [
            ("check_warns:flai/insats/growth", "2026-11-24", False, None),
            ("source_silent:enkat", "2026-11-24", True, "2026-12-31"),
        ]
