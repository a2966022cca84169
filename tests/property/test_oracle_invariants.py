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

import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests.model.oracle import PROFILES, Figures, Oracle
from tests.property.strategies import World, world_number, worlds

pytestmark = pytest.mark.long

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
    """But for `held` and `conflict`, the same set gives the same rows, quarantine and figures as in date order."""
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
    # Which of two equal deliveries is the duplicate hangs on the order, and so does the folder in quarantine.
    assert _entries(as_it_came) == _entries(in_date_order)
    for period in world.periods:
        for as_known in world.as_known:
            assert as_it_came.figures(period, as_known) == in_date_order.figures(period, as_known)


def _entries(oracle: Oracle) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(str(row[name]) for name in ("dataset", "line", "column", "reason")) for row in oracle.quarantine()
    )


@SMALL
@given(worlds())
def test_nothing_is_left_of_a_participation_without_consent(world: World) -> None:
    """Not in what may be used for an answer, and not as known on any day."""
    with tempfile.TemporaryDirectory() as drop:
        oracle = played(world, Path(drop))
    assume(oracle.withdrawn)
    for as_known in (None, *world.days):
        for tables in oracle.extracts(as_known).values():
            assert not oracle.withdrawn & {row["deltagande_id"] for row in tables.get("deltaganden", [])}


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
            without = {
                "gender": ("survey", "key_numbers"),
                "district": ("survey", "key_numbers", "youth_20_29"),
                "job_centre": ("survey", "key_numbers"),
            }
            for grouping, figures_without in without.items():
                dimensioned = {key: value for key, value in whole.items() if key[0] not in figures_without}
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

    for number in range(250):
        world = world_number(number)
        with tempfile.TemporaryDirectory() as drop:
            oracle = played(world, Path(drop))
        seen.update(f"{delivery['status']} {delivery['reason']}".strip() for delivery in oracle.deliveries())
        seen.update(row["reason"] for row in oracle.quarantine())
        seen.update(["purged"] if oracle.purged else [])
        seen.update(["withdrawn"] if oracle.withdrawn else [])
        for period in world.periods:
            seen.update({f"{key[0]}.{key[1]}" for key in oracle.figures(period)})
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
    "no_consent",
    "purged",
    "withdrawn",
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
    "registrations.stays",
    "registrations.first",
    "first_time.persons",
    "first_time.reached_in_90_days",
    "first_time.enrolled_in_90_days",
    "latest_occupation.persons",
    "persistence.again",
    "occupation_after_support.persons",
    "not_admitted.persons",
    "not_admitted.guided",
    "not_admitted.placed",
    "not_admitted.guided_and_placed",
    "school_entry_visits.visits",
    "school_entry_visits.visitors",
    "school_entry_visits.before_term",
    "consented_participants.participants",
    "consented_participants.new",
    "consented_participants.ended",
    "youth_20_29.value",
    "status.in_register",
    "target_group.eligible",
    "target_group.in_register",
    "target_group.eligible_not_in_register",
    "target_group.in_register_not_eligible",
}
