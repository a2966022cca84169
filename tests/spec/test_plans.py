"""The plans' rules from delivery to counts: each municipality's own rules, with the parameters of its own file."""

from pathlib import Path
from typing import Any

from tests.model.world import Extract, personnummer
from tests.pipeline import Pipeline

ANNA, BO = personnummer("2005-05-04", 102), personnummer("2005-06-01", 103)

Counts = dict[str, tuple[int, int, int, int]]


def _all(rows: list[dict[str, Any]], period: str) -> Counts:
    return {
        row["rule_id"]: (row["cases"], row["followed"], row["not_followed"], row["undecided"])
        for row in rows
        if (row["period_id"], row["gender_group"], row["job_centre_group"]) == (period, "*", "*")
    }


def test_stockholm(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path)
    first = Extract("ber", "2023-01-10")
    last = Extract("ber", "2023-11-30")
    for extract in (first, last):
        extract.registered(ANNA, registrerad_datum="2023-01-10", stadsdelsomrade="01")
        extract.registered(BO, registrerad_datum="2023-01-10", stadsdelsomrade="12")
    last.contact("A1", ANNA, datum="2023-01-24", kanal="TELEFON")
    last.contact("A2", ANNA, datum="2023-01-25", kanal="TELEFON")
    last.contact("A3", ANNA, datum="2023-01-26", kanal="TELEFON")
    last.contact("A4", ANNA, datum="2023-01-27", kanal="KNACKAKORT")
    last.contact("A5", ANNA, datum="2023-01-30", kanal="HEMBESOK", antal_personal="2")
    last.contact("A6", ANNA, datum="2023-09-18", kanal="BREV")
    last.contact("B1", BO, datum="2023-01-23", kanal="KNACKAKORT")
    last.contact("B2", BO, datum="2023-02-11", kanal="HEMBESOK", antal_personal="1")
    last.contact("B3", BO, datum="2023-02-12", kanal="HEMBESOK")
    for extract in (first, last):
        extract.write(pipeline.drop)
    pipeline.run()
    rows = pipeline.rows_of("plan_rule_summary", ["verksamhetsar-2023", "manad-2023-09", "dag-2023-09-15"])
    assert _all(rows, "verksamhetsar-2023") == {
        "stockholm-2018/begun-within-a-month": (2, 2, 0, 0),
        "stockholm-2023/two-weeks-wait": (2, 1, 1, 0),
        "stockholm-2018/three-calls-before-knackakort": (2, 1, 1, 0),
        "stockholm-2018/knackakort-before-visit": (3, 3, 0, 0),
        "stockholm-2018/visit-by-two": (3, 1, 1, 1),
        "stockholm-2018/letters-after-15-september": (2, 1, 1, 0),
    }
    assert _all(rows, "manad-2023-09") == {"stockholm-2018/letters-after-15-september": (2, 1, 1, 0)}
    assert _all(rows, "dag-2023-09-15") == {}
    by_centre = {
        row["job_centre_group"]: (row["followed"], row["not_followed"])
        for row in rows
        if row["rule_id"] == "stockholm-2018/visit-by-two" and row["gender_group"] == "*"
    }
    assert by_centre == {"*": (1, 1), "KISTA": (1, 0), "SKARHOLMEN": (0, 1)}
    missed = {
        (row["rule_id"], row["contact_id"], row["observed"])
        for row in pipeline.rows_of("plan_rule_case", [])
        if row["outcome"] == "NOT_FOLLOWED"
    }
    assert missed == {
        ("stockholm-2023/two-weeks-wait", "B1", 13),
        ("stockholm-2018/three-calls-before-knackakort", "B1", 0),
        ("stockholm-2018/visit-by-two", "B2", 1),
        ("stockholm-2018/letters-after-15-september", None, None),
    }


def test_nacka(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path, "nacka")
    first = Extract("ber", "2023-01-10", municipality="0182")
    last = Extract("ber", "2023-12-30", municipality="0182")
    for extract in (first, last):
        extract.registered(ANNA, registrerad_datum="2023-01-10").registered(BO, registrerad_datum="2023-01-10")
    last.contact("A1", ANNA, datum="2023-02-01", kanal="BREV")
    last.contact("A2", ANNA, datum="2023-03-01", kanal="KNACKAKORT")
    last.contact("A3", ANNA, datum="2023-03-15", kanal="HEMBESOK", antal_personal="2")
    last.contact("B1", BO, datum="2023-02-01", kanal="BREV")
    last.contact("B2", BO, datum="2023-03-02", kanal="KNACKAKORT")
    last.contact("B3", BO, datum="2023-03-17", kanal="HEMBESOK", antal_personal="2")
    last.contact("B4", BO, datum="2023-12-20", kanal="BREV")  # not due before the last extract
    for extract in (first, last):
        extract.write(pipeline.drop)
    pipeline.run()
    rows = pipeline.rows_of("plan_rule_summary", ["verksamhetsar-2023"])
    assert _all(rows, "verksamhetsar-2023") == {
        "nacka-2019/follow-up-within-a-month": (2, 1, 1, 0),
        "nacka-2019/visit-within-two-weeks": (2, 1, 1, 0),
        "nacka-2019/visit-by-two": (2, 2, 0, 0),
    }
    assert {row["job_centre_group"] for row in rows} == {"*", "SAKNAS"}
