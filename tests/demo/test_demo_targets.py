"""The splits that the synthetic city is built from add up to the printed tables they come from."""

from __future__ import annotations

import pytest

from demo.synthetic_city import targets as t


@pytest.mark.parametrize("centre", t.JOB_CENTRES)
def test_courses_of_events_add_up_to_the_enrolled_and_the_ended_of_each_job_centre(centre: str) -> None:
    ended_2022 = t.STOCK_ENDED[centre] + t.STOCK_AGAIN[centre] + t.NEW_ENDED[centre] + t.RETURNING[centre]
    carried = t.STOCK_CARRIED[centre] + t.NEW_CARRIED[centre]
    new_2023 = t.RETURNING[centre] + t.NEW_IN_2023[centre]
    assert ended_2022 == t.ENDED[0][centre]
    assert ended_2022 + carried == t.ENROLLED[0][centre]
    assert carried + new_2023 == t.ENROLLED[1][centre]
    assert carried + new_2023 - t.CARRIED_RUNNING[centre] - t.NEW_2023_RUNNING[centre] == t.ENDED[1][centre]


def test_the_newly_enrolled_are_705_and_916() -> None:
    def total(*kinds: dict[str, int]) -> int:
        return sum(sum(kind.values()) for kind in kinds)

    assert total(t.STOCK_AGAIN, t.NEW_ENDED, t.RETURNING, t.NEW_CARRIED) == 705
    assert total(t.CARRIED_AGAIN, t.RETURNING, t.NEW_IN_2023) == 916


def test_aim_has_293_in_2023_of_whom_191_new_and_162_ended() -> None:
    ended = {kind: sum(reasons.values()) for kind, reasons in t.AIM_ENDED.items()}
    carried = ended["stock_carried"] + ended["new_carried"] + t.AIM_RUNNING["new_carried"]
    new = ended["new_2023"] + t.AIM_RUNNING["new_2023"]
    assert (carried + new, new) == (293, 191)
    assert ended["stock_carried"] + ended["new_carried"] + ended["new_2023"] == 162
