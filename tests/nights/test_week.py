"""Nights with nobody watching: what was told to whom, as docs/nattveckan.md shows it."""

from pathlib import Path

import pytest

from tests.nights.table import table
from tests.nights.week import lived

SHOWN = Path(__file__).resolve().parents[2] / "docs" / "nattveckan.md"


@pytest.mark.slow
def test_each_trouble_is_told_once_and_once_that_it_is_over(tmp_path: Path) -> None:
    made = table(lived(tmp_path))
    assert made in SHOWN.read_text(encoding="utf-8"), "python -m tests.nights prints the table anew"
