"""Builds a small history, its pages and documents: ``python -m tests.new_figure.build CASE FOLDER``.

Run in a copy of the project, so that every module there knows the new figure from the start.
"""

import json
import os
import sys
from pathlib import Path

from dashboards.pages import site
from dashboards.report_check import vocabulary
from pipelines.commands.dictionary import read_dictionary
from pipelines.state.home import initialise
from tests.dashboards import published_file
from tests.faults import plain_nightly
from tests.pipeline import models_json
from tests.spec.cases import all_cases


def build(case_id: str, folder: Path) -> None:
    """Deliver an example, run a nightly and write the report of the year that the example asks about."""
    (case,) = [case for case in all_cases() if case.id == case_id]
    os.environ["KAA_HOME"] = str(folder / "home")
    os.environ[plain_nightly.MODELS] = str(folder / "models.json")
    (folder / "models.json").write_text(models_json(), encoding="utf-8")
    (folder / "drop").mkdir()
    home, _ = initialise(case.municipality, folder / "drop", folder / "home")
    for extract in case.extracts():
        extract.write(home.drop)
    plain_nightly.nightly(home)
    version = home.current()
    assert version is not None
    period = case.ask[0].period
    site.build_report(version.published, period, folder / "report", documents=True)
    public = published_file.public(version.published, folder / "public.duckdb", period)
    site.build_report(public, period, folder / "public", documents=True)
    os.replace(version.published, folder / "published.duckdb")
    (folder / "dictionary.json").write_text(json.dumps(read_dictionary("figure")), encoding="utf-8")
    (folder / "vocabulary.json").write_text(json.dumps(list(vocabulary.FIGURES)), encoding="utf-8")


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
