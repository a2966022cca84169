"""Each trouble is told once when it begins and once when it is over."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.monitoring.acknowledgements import acknowledge, waiting, withdraw
from pipelines.monitoring.after_run import after_run
from pipelines.monitoring.known import read_known
from pipelines.notices import NoticeCode, notice
from pipelines.runtime import clock
from pipelines.runtime.log import FILE as LOG
from pipelines.state.home import Home
from pipelines.state.last_run import RunResult
from tests.monitoring.nights import Night, at, end_otherwise, publish
from tests.monitoring.receivers import web_service

SILENT = notice(NoticeCode.SOURCE_SILENT, source="enkat", title="Enkäten", last="2026-11-20", days=3)


def _told(posts: list[dict[str, object]]) -> list[tuple[list[str], list[str]]]:
    """Of each message the ids of what has begun and of what is over."""
    return [([one["id"] for one in post["begun"]], [one["id"] for one in post["over"]]) for post in posts]  # type: ignore[attr-defined]


def _events(home: Home) -> list[str]:
    return [json.loads(line)["event"] for line in (home.path / LOG).read_text(encoding="utf-8").splitlines()]


def test_a_trouble_is_told_when_it_begins_and_when_it_is_over_and_not_between(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        publish(home, "2026-11-23 04:05", Night())
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        later = notice(NoticeCode.SOURCE_SILENT, source="enkat", title="Enkäten", last="2026-11-20", days=4)
        publish(home, "2026-11-25 04:05", Night(notices=[later]))
        publish(home, "2026-11-26 04:05", Night())
        publish(home, "2026-11-27 04:05", Night())
    assert _told(service.posts) == [([SILENT.trouble], []), ([], [SILENT.trouble])]
    assert service.posts[0]["begun"][0]["since"] == "2026-11-24"
    assert service.posts[1]["over"][0]["over_on"] == "2026-11-26"
    assert "saknas: 4" in service.posts[1]["over"][0]["what"]
    assert [one for one in _events(home) if one.startswith(("trouble", "told", "not"))] == [
        "trouble_begun", "told", "trouble_over", "told",
    ]  # fmt: skip


def test_a_night_with_several_troubles_gives_one_message(telling: Callable[..., Home]) -> None:
    held = ("a" * 16, "ber", "2026-11-23", 1, "held", "volume_drop", "ber/2026-11-23", 1)
    rejected = ("b" * 16, "enkat", "2026-11-23", 1, "rejected", "bad_manifest", "enkat/x", 1)
    night = Night([held, rejected], [("flai", "insats", "growth", False)], [("enrolled_last_night", True)], [SILENT])
    with web_service() as service:
        publish(telling(webhook={"url": service.url}), "2026-11-24 04:05", night)
    assert len(service.posts) == 1
    assert {one["code"] for one in service.posts[0]["begun"]} == {
        "source_silent", "delivery_held", "delivery_rejected", "check_warns", "figure_jumped",
    }  # fmt: skip
    released = next(one for one in service.posts[0]["begun"] if one["code"] == "delivery_held")
    assert f"kaa deliveries release {'a' * 16}" in released["commands"]


def test_looking_at_the_same_run_again_tells_nothing(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        run = publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        events = len(_events(home))
        with clock.running(lambda: at("2026-11-24 05:00")):
            after_run(home, run)
        assert len(service.posts) == 1 and len(_events(home)) == events


@pytest.mark.parametrize("result", [RunResult.FAILED, RunResult.KILLED, RunResult.HUNG, RunResult.MISSED])
def test_a_night_that_published_nothing_is_told_once_and_over_with_the_next_that_does(
    result: RunResult, telling: Callable[..., Home]
) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url}, unpublished_nights=30)
        publish(home, "2026-11-23 04:05", Night(notices=[SILENT]))
        end_otherwise(home, "2026-11-24 04:05", result, "The disk is full: 3 bytes of 2026-11-24 are missing.")
        end_otherwise(home, "2026-11-25 04:05", result, "The disk is full: 5 bytes of 2026-11-25 are missing.")
        publish(home, "2026-11-26 04:05", Night(notices=[SILENT]))
    silent, begun, over = _told(service.posts)
    assert silent == ([SILENT.trouble], []) and begun[0] == over[1] and len(begun[0]) == 1
    assert (begun[1], over[0]) == ([], [])


def test_a_night_that_fails_for_another_reason_is_told_as_that(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        end_otherwise(home, "2026-11-24 04:05", RunResult.FAILED, "The disk is full.")
        end_otherwise(home, "2026-11-25 04:05", RunResult.KILLED)
        publish(home, "2026-11-26 04:05", Night())
    (first, none), (second, nothing), (last, over) = _told(service.posts)
    assert (none, nothing, last) == ([], [], []) and second == ["night_killed"] and over == second != first


def test_nights_without_a_publication_are_told_after_as_many_as_the_settings_say(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url}, unpublished_nights=2)
        run = publish(home, "2026-11-27 04:05", Night())  # a Friday
        for moment, messages in (("2026-11-30 11:00", 0), ("2026-11-30 13:00", 0), ("2026-12-01 13:00", 1)):
            with clock.running(lambda moment=moment: at(moment)):  # type: ignore[misc]
                after_run(home, run)
            assert len(service.posts) == messages, moment
        publish(home, "2026-12-02 04:05", Night())
    assert _told(service.posts) == [(["nothing_published"], []), ([], ["nothing_published"])]


def test_what_could_not_be_told_is_told_next_time_and_noted(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        service.answers = [401, 204]
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        sending = read_known(home.path).sendings["webhook"]
        assert service.posts == [] and sending.why and "401" in sending.why and "not_told" in _events(home)
        publish(home, "2026-11-25 04:05", Night(notices=[SILENT]))
        assert _told(service.posts) == [([SILENT.trouble], [])]
        assert read_known(home.path).sendings["webhook"].why is None


def test_what_was_over_before_it_could_be_told_is_told_once_as_over(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        service.answers = [403, 204]
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        publish(home, "2026-11-25 04:05", Night())
        publish(home, "2026-11-26 04:05", Night())
    assert _told(service.posts) == [([], [SILENT.trouble])]


def test_a_rejected_delivery_is_over_when_a_later_extract_of_its_source_is_accepted(home: Home) -> None:
    bad = ("b" * 16, "enkat", "2026-11-23", 1, "rejected", "missing_column", "enkat/23", 1)
    unreadable = ("c" * 16, None, None, 1, "rejected", "bad_manifest", "flai/23", 1)
    other = ("d" * 16, "ber", "2026-11-25", 1, "accepted", None, "ber/25", 2)
    before = ("e" * 16, "enkat", "2026-11-20", 1, "accepted", None, "enkat/20", 2)
    after = ("f" * 16, "enkat", "2026-11-24", 1, "accepted", None, "enkat/24", 3)
    there = ("g" * 16, "flai", "2026-11-24", 1, "accepted", None, "flai/24", 3)
    open_after = []
    for moment, deliveries in (
        ("2026-11-24 04:05", [bad, unreadable]),
        ("2026-11-25 04:05", [bad, unreadable, other, before]),
        ("2026-11-26 04:05", [bad, unreadable, other, before, after, there]),
    ):
        publish(home, moment, Night(deliveries))
        open_after.append(len(read_known(home.path).open))
    assert open_after == [2, 2, 0]


def test_a_check_that_was_not_made_does_not_end_its_trouble(home: Home) -> None:
    check = ("flai", "insats", "growth")
    for moment, checks, left in (
        ("2026-11-24 04:05", [(*check, False)], 1),
        ("2026-11-25 04:05", [], 1),
        ("2026-11-26 04:05", [(*check, True)], 0),
    ):
        publish(home, moment, Night(checks=checks))
        assert len(read_known(home.path).open) == left, moment


def test_an_acknowledged_trouble_is_silent_until_its_day_and_then_returns(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        with clock.running(lambda: at("2026-11-24 09:00")):
            made = acknowledge(home, SILENT.trouble, "De byter system.", at("2026-11-26 00:00").date(), "Eva i drift")
            assert made.who.startswith("Eva i drift (genom ") and waiting(home, [SILENT]) == []
        publish(home, "2026-11-25 04:05", Night(notices=[SILENT]))
        publish(home, "2026-11-26 04:05", Night(notices=[SILENT]))
        assert [one.acknowledged for one in read_known(home.path).open] == [True]
        publish(home, "2026-11-27 04:05", Night(notices=[SILENT]))
        with clock.running(lambda: at("2026-11-27 09:00")):
            assert waiting(home, [SILENT]) == [SILENT]
    assert _told(service.posts) == [([SILENT.trouble], [])] * 2
    assert service.posts[1]["begun"][0]["since"] == "2026-11-24"


def test_a_trouble_that_is_acknowledged_before_anybody_was_told_is_never_told(telling: Callable[..., Home]) -> None:
    with web_service() as service, clock.running(lambda: at("2026-11-23 09:00")):
        home = telling(webhook={"url": service.url})
        acknowledge(home, SILENT.trouble, "Känt sedan länge.", at("2026-12-31 00:00").date())
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        publish(home, "2026-11-25 04:05", Night())
    assert service.posts == []


def test_what_is_taken_back_is_told_again(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        publish(home, "2026-11-24 04:05", Night(notices=[SILENT]))
        with clock.running(lambda: at("2026-11-24 09:00")):
            acknowledge(home, SILENT.trouble, "Känt.", at("2026-12-31 00:00").date())
        publish(home, "2026-11-25 04:05", Night(notices=[SILENT]))
        with clock.running(lambda: at("2026-11-25 09:00")):
            withdraw(home, SILENT.trouble, "Det var fel källa.")
        publish(home, "2026-11-26 04:05", Night(notices=[SILENT]))
    assert len(service.posts) == 2


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """The home's disk is a small one of its own, which the call fills; only root may mount one, and not in every container."""
    place = tmp_path / "home"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small file system here: {mounted.stderr.decode().strip()}")

    def fill() -> None:
        with suppress(OSError), (place / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    yield fill
    subprocess.run(["umount", "--lazy", str(place)], check=False)


def test_a_full_disk_is_told_once(full_disk: Callable[[], None], telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url}, unpublished_nights=30)
        end_otherwise(home, "2026-11-23 04:05", RunResult.KILLED)
        full_disk()
        with pytest.raises(OSError, match="No space left"):
            (home.path / "one more").write_bytes(b"x" * 8192)
        for moment in ("2026-11-24 04:05", "2026-11-24 09:00", "2026-11-25 04:05"):
            end_otherwise(home, moment, RunResult.FAILED, "The disk that holds it is full.")
        (home.path / "filler").unlink()
        end_otherwise(home, "2026-11-26 04:05", RunResult.NOTHING_NEW)
    killed, full, over = _told(service.posts)
    assert killed == (["night_killed"], []) and full[0] == over[1] != [] and over[0] == []


def test_a_published_file_that_cannot_be_read_keeps_nobody_from_being_told(telling: Callable[..., Home]) -> None:
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        publish(home, "2026-11-23 04:05", Night())
        version = home.current()
        assert version
        version.published.write_bytes(b"nothing")
        end_otherwise(home, "2026-11-24 04:05", RunResult.FAILED, "It cannot be read.")
    assert len(service.posts) == 1
    assert 'result="failed"} 1.0' in (home.path / "metrics" / "kaa.prom").read_text(encoding="utf-8")


def test_hundreds_of_troubles_of_a_kind_are_counted_and_some_are_named(telling: Callable[..., Home]) -> None:
    rejected = [
        (f"{place:016x}", "enkat", "2026-11-23", place, "rejected", "missing_file", f"enkat/{place}", 1)
        for place in range(200)
    ]
    with web_service() as service:
        home = telling(webhook={"url": service.url})
        publish(home, "2026-11-24 04:05", Night(rejected))
        publish(home, "2026-11-25 04:05", Night(rejected))
    (post,) = service.posts
    assert (post["begun_count"], len(post["begun"])) == (200, 50)
    assert post["text"] == "KAA Stockholms stad: 200 nya problem (en leverans avvisades)"


def test_whatever_goes_wrong_while_telling_does_not_reach_the_night(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("20050301-9999")

    monkeypatch.setattr("pipelines.monitoring.after_run.troubles_of", fail)
    publish(home, "2026-11-24 04:05", Night())
    text = Path(home.path / LOG).read_text(encoding="utf-8")
    assert "telling_failed" in text and "RuntimeError" in text and "20050301" not in text
