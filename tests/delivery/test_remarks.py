"""What is said of a delivery is kept as code and parameters, and worded in one place."""

import json
from pathlib import Path

import duckdb
import pytest

from pipelines import notices
from pipelines.delivery.faults import Rejection
from pipelines.notices import Flaw, NoticeCode, Remark, RemarkCode, as_json, from_json, message, remark
from tests.model.world import FAULTS, Extract, personnummer
from tests.pipeline import Pipeline

YOUTHS = [personnummer("2005-03-01", serial) for serial in range(100, 220)]


def _residents(day: str, count: int, **more: object) -> Extract:
    residents = Extract("folkbokforing", day, **more)  # type: ignore[arg-type]
    for number in YOUTHS[:count]:
        residents.resident(number)
    return residents


def _kept(pipeline: Pipeline) -> dict[str, tuple[str, tuple[Remark, ...]]]:
    found = pipeline.query("select folder, message, remarks from delivery")
    return {folder: (text, from_json(remarks)) for folder, text, remarks in found}


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return Pipeline(tmp_path)


def test_every_code_has_its_sentence() -> None:
    assert set(notices._REMARKS) == set(RemarkCode)
    assert set(notices._FLAWS) == set(Flaw)
    assert set(notices._SENTENCES) == set(NoticeCode)


def test_the_reasons_are_those_of_the_specification_in_its_order() -> None:
    assert [str(reason) for reason in Rejection] == [*FAULTS, "conflict"]


def test_what_the_list_says_is_the_wording_of_what_is_kept(pipeline: Pipeline) -> None:
    for place, (reason, ways) in enumerate(FAULTS.items()):
        faulty = Extract("ber", f"2023-01-{place + 1:02}", folder=reason)
        for number in YOUTHS[:30]:
            faulty.registered(number)
        faulty.with_fault(reason, next(iter(ways))).write(pipeline.drop)
    _residents("2023-03-01", 120).write(pipeline.drop)
    _residents("2023-03-02", 20).write(pipeline.drop)
    survey = Extract("enkat", "2023-03-01", folder="warned of").answer("a").answer("a").answer("b", svar="9")
    survey.write(pipeline.drop)
    pipeline.run()
    kept = _kept(pipeline)
    assert all(text == message(remarks) for text, remarks in kept.values())
    codes = [one.code for one in kept["enkat/warned of"][1]]
    assert codes == [RemarkCode.LOADED, RemarkCode.ROWS_REPEATED, RemarkCode.ROWS_QUARANTINED]
    held = next(remarks for _, remarks in kept.values() if remarks[0].code is RemarkCode.VOLUME_DROP)
    assert dict(held[0].about) == {"dataset": "personer", "rows": "20", "before": "120", "day": "2023-03-01"}


def test_a_file_named_after_somebody_is_masked_in_what_is_kept(pipeline: Pipeline) -> None:
    named = Extract("enkat", "2023-03-01", folder=f"om {YOUTHS[1]}", file_names={"svar": f"svar_{YOUTHS[0]}"})
    named.answer("a").answer("b", svar="9").write(pipeline.drop)
    Extract("enkat", "2023-03-01", folder="other").answer("c").write(pipeline.drop)  # names the folder of the first
    pipeline.run()
    for text, remarks in pipeline.query("select message, remarks from delivery"):
        assert not {number for number in YOUTHS[:2] if number in text + remarks}
        assert text == message(from_json(remarks))


@pytest.mark.parametrize("decision", ["release", "reject"])
def test_a_history_of_an_older_program_keeps_its_words(pipeline: Pipeline, decision: str) -> None:
    _residents("2023-03-01", 120).write(pipeline.drop)
    _residents("2023-03-02", 20, folder="held").write(pipeline.drop)
    pipeline.run()
    version = pipeline.home.current()
    assert version is not None
    with duckdb.connect(str(version.history)) as connection:
        before = connection.execute("select message from delivery where folder like '%held'").fetchone()
        connection.execute("alter table delivery drop column remarks; drop table state_format")
    assert before is not None
    pipeline.decide("folkbokforing/held", decision)
    pipeline.run()
    ((text, remarks),) = pipeline.query("select message, remarks from delivery where folder like '%held'")
    assert text.startswith(before[0]) and "en handläggare" in text
    assert json.loads(remarks)[0]["code"] == "as_told"
    assert pipeline.query("select message, remarks from delivery where extract_date = '2023-03-01'") == [
        ("Inläst.", None)
    ]


def test_a_value_may_hold_any_sign() -> None:
    odd = remark(RemarkCode.ROWS_REPEATED, file='{a} "ö" {0}.csv', rows=2)
    assert from_json(as_json([odd])) == (odd,)
    assert odd.sentence == '{a} "ö" {0}.csv upprepar 2 rader; de räknas en gång.'
