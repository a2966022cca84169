"""An edition that was made after a consent was withdrawn counts again from the archive, which still holds the participation."""

import shutil
from pathlib import Path

import pytest

from pipelines.audit.editions.folder import DELIVERIES, FIGURES
from pipelines.audit.editions.recompute import recompute
from pipelines.state.home import Home, open_home
from tests.cli.conftest import Kaa, kaa
from tests.editions.conftest import BECAUSE, PERIOD, Made, open_checks, proposed
from tests.editions.test_recompute import comes_in, edition_in, home, key
from tests.model.world import Extract
from tests.state.world import YOUTHS, rows

pytestmark = pytest.mark.long

__all__ = ["home", "kaa", "key"]

WENT = "borta-1"


def _flai(day: str, until: str = "", revision: int = 1) -> Extract:
    extract = Extract("flai", day, revision=revision).participation("kvar-1", YOUTHS[2], startdatum="2023-02-01")
    return extract.participation(WENT, YOUTHS[3], startdatum="2023-02-01", samtycke_till=until)


@pytest.mark.usefixtures("plain_restore")
def test_the_superseded_delivery_that_withdrew_is_among_its_deliveries(
    ready: Made, home: Home, key: Path, kaa: Kaa
) -> None:
    comes_in(home, "2026-01-03", _flai("2023-11-27"), _flai("2023-11-28", revision=2))
    comes_in(home, "2026-01-04", _flai("2023-11-28", until="2023-11-27"))
    assert rows(home, "select value::integer from figures where figure = 'consented_participants' and measure = "
                f"'participants' and period = '{PERIOD}' and gender || district || job_centre || category = '****'"
                ) == [(1,)]  # fmt: skip
    signer = ready.keys / "anna"
    checks = open_checks(kaa(*proposed(signer)))
    accepted = [word for check in checks for word in ("--accept", check, "--because", BECAUSE)]
    said = kaa(*proposed(signer, *accepted))
    assert said.exit_code == 0, said.err
    folder = home.path / "editions" / said.out.strip()
    listed = [line.split(",") for line in (folder / DELIVERIES).read_text().splitlines() if line.startswith("flai")]
    assert [(line[1], line[2], line[4]) for line in listed] == [
        ("2023-11-27", "1", "accepted"), ("2023-11-28", "1", "superseded"), ("2023-11-28", "2", "accepted"),
    ]  # fmt: skip
    assert "consented_participants,participants" in (folder / FIGURES).read_text()
    verdict = recompute(folder, edition_in(folder), open_home(home.path), key)
    assert verdict.faults == [] and any("0 cells are others" in note for note in verdict.notes)
    # Without that delivery the participation would be counted again.
    lines = (folder / DELIVERIES).read_text().splitlines(keepends=True)
    copied = shutil.copytree(folder, ready.internal.parent / "without")
    (copied / DELIVERIES).write_text("".join(line for line in lines if ",superseded," not in line))
    faults = recompute(copied, edition_in(copied), open_home(home.path), key).faults
    assert any("consented_participants/participants" in fault.sentence for fault in faults)
