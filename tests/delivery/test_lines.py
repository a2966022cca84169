"""Records are recognised from the file before; whatever is recognised, the same number must mean the same text."""

import random
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from pipelines.delivery.lines import Lines, Numbers

HEADER = ("id", "value")


def _file(lines: Lines, records: list[str], header: tuple[str, ...] = HEADER) -> tuple[Numbers, int]:
    """The numbers of a file's records, and how many of them were new."""
    found = lines.recognise(header, pl.Series(records, dtype=pl.String))
    return lines.remember(found), len(found.new)


def _texts(lines: Lines) -> dict[int, str]:
    rows = [row for frame in lines.texts().values() for row in frame.iter_rows()]
    assert sorted(number for number, _ in rows) == list(range(lines.count))
    return dict(rows)


def test_only_what_differs_from_the_file_before_is_new() -> None:
    lines = Lines()
    first, new = _file(lines, ["a;1\n", "b;2\n", "c;3\n"])
    assert new == 3
    second, new = _file(lines, ["c;3\n", "x;9\n", "a;1\n", "b;2\n"])
    assert new == 1
    assert [second[0], second[2], second[3]] == [first[2], first[0], first[1]]
    assert _texts(lines) == {0: "a;1\n", 1: "b;2\n", 2: "c;3\n", 3: "x;9\n"}


def test_a_record_that_stands_twice_has_one_number_from_the_second_file_on() -> None:
    lines = Lines()
    _file(lines, ["a;1", "a;1", "b;2"])
    numbers, new = _file(lines, ["a;1", "b;2", "a;1", "a;1"])
    assert new == 0
    assert len(set(numbers[[0, 2, 3]])) == 1


def test_another_header_is_another_meaning() -> None:
    lines = Lines()
    _file(lines, ["a;1"])
    _, new = _file(lines, ["a;1"], header=("value", "id"))
    assert new == 1
    assert sorted(lines.texts()) == [("id", "value"), ("value", "id")]


def test_an_empty_file_forgets_nothing() -> None:
    lines = Lines()
    assert _file(lines, [])[1] == 0
    _file(lines, ["a;1"])
    assert _file(lines, [])[1] == 0
    assert _file(lines, ["a;1"])[1] == 0
    assert _texts(lines) == {0: "a;1"}


@pytest.mark.parametrize("bits", [64, 40, 6, 0])
def test_texts_decide_and_not_hashes(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With few bits, or none, many records meet in one slot: then more are new, and none gets another's number."""
    real = pl.Series.hash
    monkeypatch.setattr(pl.Series, "hash", lambda series: real(series) % 2**bits if bits < 64 else real(series))
    draw, lines, files = random.Random(bits), Lines(), []
    records = [f"{place};{draw.randrange(10**6)}" for place in range(500)]
    for _ in range(20):
        for place in draw.sample(range(len(records)), 5):
            records[place] = f"{place};{draw.randrange(10**6)}"
        draw.shuffle(records)
        numbers, new = _file(lines, records)
        files.append((numbers, list(records)))
        assert new < 25 or len(files) == 1 or bits < 40
    texts = _texts(lines)
    for numbers, delivered in files:
        assert [texts[number] for number in numbers] == delivered


def test_nearly_all_of_a_large_file_is_recognised() -> None:
    records = [f"STU{place:07};{place * 7919 % 100_003}" for place in range(60_000)]
    lines = Lines()
    _file(lines, records)
    _, new = _file(lines, [*records, "STU9999999;1"])
    assert new < 200  # one, and what two tables of slots cannot hold


def test_several_threads_give_each_number_one_text() -> None:
    lines = Lines()
    files = [[f"{place};{night if place % 50 == night % 50 else 0}" for place in range(2_000)] for night in range(60)]
    with ThreadPoolExecutor(4) as pool:
        numbered = list(pool.map(lambda records: _file(lines, records)[0], files))
    texts = _texts(lines)
    for numbers, records in zip(numbered, files, strict=True):
        assert [texts[number] for number in numbers] == records


def test_what_is_kept_of_a_file_is_its_new_records() -> None:
    """A batch is full by what its nights do not have in common: a night that repeats the one before adds only numbers."""
    lines = Lines()
    records = [f"{place};{'x' * 100}" for place in range(1_000)]
    _file(lines, records)
    first = lines.size
    _file(lines, records)
    assert 4 * len(records) <= lines.size - first < 8 * len(records)
    assert first > 100 * len(records)
