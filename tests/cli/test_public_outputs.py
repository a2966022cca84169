"""What has been told to the public is remembered in order, once."""

from pathlib import Path

from pipelines.configuration.disclosure import CellSuppression
from pipelines.publication.public_outputs import read_outputs, remember_output

KEY = ("population", "in_register", "verksamhetsar-2023", "*", "*", "*", "*", "*")


def test_an_output_that_has_been_told_before_is_remembered_once(tmp_path: Path) -> None:
    for value in (10, 11, 10, 11, 12):
        remember_output(tmp_path, CellSuppression(), [(KEY, value, False)])
    assert [output.entries for output in read_outputs(tmp_path)] == [[(KEY, value, False)] for value in (10, 11, 12)]
