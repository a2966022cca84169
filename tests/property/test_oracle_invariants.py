"""What must hold of the oracle's answers in every world, whatever the numbers are.

These tests show that the oracle agrees with itself and that the worlds are worth asking about; whether it
agrees with the pages is shown case by case in tests/model/test_oracle.py.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings

from tests.model.oracle import PROFILES, Figures, Oracle
from tests.property.strategies import World, worlds

NOW = date(2026, 1, 1)
SMALL = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def played(world: World, drop: Path) -> Oracle:
    """The oracle after all the world's nightlies."""
    oracle = Oracle(PROFILES[world.municipality], NOW)
    for batch, decision in enumerate(world.decisions):
        world.write_batch(batch, drop)
        oracle.run(drop)
        for delivery in oracle.deliveries():
            if decision and delivery["status"] == "held":
                oracle.release(delivery["folder"]) if decision == "release" else oracle.reject(delivery["folder"])
    return oracle


@SMALL
@given(worlds())
def test_order_and_batches_make_no_difference(world: World) -> None:
    """But for `held` and `conflict`, the same set gives the same loaded rows and figures as in date order."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        as_it_came = played(world, Path(one))
        for delivery in world.deliveries:
            if not delivery.faults:
                delivery.write(Path(other))
        in_date_order = Oracle(PROFILES[world.municipality], NOW)
        in_date_order.run(Path(other))
    for oracle in (as_it_came, in_date_order):
        assume(not {delivery["reason"] for delivery in oracle.deliveries()} & {"volume_drop", "conflict"})
    assert as_it_came.extracts() == in_date_order.extracts()
    for period in world.periods:
        assert as_it_came.figures(period) == in_date_order.figures(period)


@SMALL
@given(worlds())
def test_groupings_add_up(world: World) -> None:
    """Women and men, districts and job-centres make up the whole; reached and not reached are the sought."""
    with tempfile.TemporaryDirectory() as drop:
        oracle = played(world, Path(drop))
    for period in world.periods:
        for as_known in world.as_known:
            figures = oracle.figures(period, as_known)
            ungrouped = {"gender": False, "district": False, "job_centre": False}
            whole = _sums(figures, ungrouped)
            dimensioned = {key: value for key, value in whole.items() if key[0] not in ("survey", "key_numbers")}
            for grouping in ("gender", "district", "job_centre"):
                assert _sums(figures, ungrouped | {grouping: True}) == dimensioned
            counts = {key[1]: value for key, value in whole.items() if key[0] == "outreach"}
            assert counts.get("sought", 0) == counts.get("reached", 0) + counts.get("not_reached", 0)


def _sums(figures: Figures, grouping: dict[str, bool]) -> dict[tuple[str, str, str, str], Decimal]:
    sums: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for (figure, measure, _, gender, district, job_centre, category, subcategory), value in figures.items():
        if grouping == {
            "gender": gender != "*",
            "district": district != "*",
            "job_centre": job_centre != "*",
        }:
            sums[figure, measure, category, subcategory] += value
    return dict(sums)


def test_the_worlds_hold_what_is_hard() -> None:
    """Every status, every reason of a delivery and of a row, purging and every figure come up."""
    seen: Counter[str] = Counter()

    @settings(
        max_examples=150,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
    )
    @given(worlds())
    def look(world: World) -> None:
        with tempfile.TemporaryDirectory() as drop:
            oracle = played(world, Path(drop))
        seen.update(f"{delivery['status']} {delivery['reason']}".strip() for delivery in oracle.deliveries())
        seen.update(row["reason"] for row in oracle.quarantine())
        seen.update(["purged"] if oracle.purged else [])
        for period in world.periods:
            seen.update({f"{key[0]}.{key[1]}" for key in oracle.figures(period)})

    look()
    missing = EXPECTED - seen.keys()
    assert not missing, f"{missing} never came up among {seen}"


EXPECTED = {
    "accepted",
    "duplicate",
    "superseded",
    "held volume_drop",
    "rejected volume_drop",
    "rejected unsupported_schema_version",
    "rejected bad_manifest",
    "rejected wrong_municipality",
    "rejected future_date",
    "rejected missing_dataset",
    "rejected missing_file",
    "rejected checksum_mismatch",
    "rejected undecodable",
    "rejected malformed_csv",
    "rejected missing_column",
    "rejected row_count_mismatch",
    "rejected too_many_bad_rows",
    "rejected conflict",
    "missing_value",
    "bad_type",
    "bad_code",
    "bad_personnummer",
    "end_before_start",
    "inconsistent",
    "unknown_reference",
    "duplicate_key",
    "purged",
    "population.in_register",
    "outreach.sought",
    "outreach.reached",
    "outreach.not_reached",
    "contacts.attempts",
    "contacts.answered",
    "contacts.own",
    "occupation.reached",
    "occupation.occupied",
    "participants.enrolled",
    "participants.new",
    "participants.ended",
    "exits.ended",
    "measures.participants",
    "measures.new",
    "measures.ended",
    "measure_exits.ended",
    "support_choice.reached_then_enrolled",
    "timeliness.registered",
    "timeliness.contacted_in_14_days",
    "timeliness.contacted_in_30_days",
    "offer_90_days.enrolments",
    "offer_90_days.offered",
    "residence_checks.reported",
    "survey.answers",
    "key_numbers.value",
    "residents.aged_16_19",
    "residents.in_register_16_19",
    "status.in_register",
    "target_group.eligible",
    "target_group.in_register",
    "target_group.eligible_not_in_register",
    "target_group.in_register_not_eligible",
}
