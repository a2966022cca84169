"""The synthetic city knocks on doors as its action plan says, as the warehouse's own rules see it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.pipeline import Pipeline


def test_what_the_routine_never_breaks_is_counted_as_followed(sample: Path, tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    for source in ("ber", "folkbokforing"):
        shutil.copytree(sample / source, pipeline.drop / source)
    pipeline.run()
    counts = {
        row["rule_id"]: (row["followed"], row["not_followed"], row["undecided"])
        for row in pipeline.rows_of("plan_rule_summary", ["verksamhetsar-2023"])
        if row["gender_group"] == row["job_centre_group"] == "*"
    }
    for rule in (
        "stockholm-2018/three-calls-before-knackakort",
        "stockholm-2018/knackakort-before-visit",
        "stockholm-2018/visit-by-two",
        "stockholm-2023/two-weeks-wait",
    ):
        followed, *others = counts[rule]
        assert followed > 100, rule
        assert others == [0, 0], rule
