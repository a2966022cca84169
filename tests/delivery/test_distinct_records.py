"""Records are recognised from the file before; whatever is recognised, the same id must mean the same text."""

import random
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from pipelines.delivery.distinct_records import DistinctRecords, RecordIds

HEADER = ("id", "value")


def _file(known: DistinctRecords, records: list[str], header: tuple[str, ...] = HEADER) -> tuple[RecordIds, int]:
    """The ids of a file's records, and how many of them were new."""
    found = known.recognise(header, pl.Series(records, dtype=pl.String))
    return known.remember(found), len(found.new)


def _texts(known: DistinctRecords) -> dict[int, str]:
    rows = [row for frame in known.texts().values() for row in frame.iter_rows()]
    assert sorted(record_id for record_id, _ in rows) == list(range(known.count))
    return dict(rows)


def test_only_what_differs_from_the_file_before_is_new() -> None:
    known = DistinctRecords()
    first, new = _file(known, ["a;1\n", "b;2\n", "c;3\n"])
    assert new == 3
    second, new = _file(known, ["c;3\n", "x;9\n", "a;1\n", "b;2\n"])
    assert new == 1
    assert [second[0], second[2], second[3]] == [first[2], first[0], first[1]]
    assert _texts(known) == {0: "a;1\n", 1: "b;2\n", 2: "c;3\n", 3: "x;9\n"}


def test_a_record_that_stands_twice_has_one_id_from_the_second_file_on() -> None:
    known = DistinctRecords()
    _file(known, ["a;1", "a;1", "b;2"])
    ids, new = _file(known, ["a;1", "b;2", "a;1", "a;1"])
    assert new == 0
    assert len(set(ids[[0, 2, 3]])) == 1


def test_another_header_is_another_meaning() -> None:
    known = DistinctRecords()
    _file(known, ["a;1"])
    _, new = _file(known, ["a;1"], header=("value", "id"))
    assert new == 1
    assert sorted(known.texts()) == [("id", "value"), ("value", "id")]


def test_an_empty_file_forgets_nothing() -> None:
    known = DistinctRecords()
    assert _file(known, [])[1] == 0
    _file(known, ["a;1"])
    assert _file(known, [])[1] == 0
    assert _file(known, ["a;1"])[1] == 0
    assert _texts(known) == {0: "a;1"}


@pytest.mark.parametrize("bits", [64, 40, 6, 0])
def test_texts_decide_and_not_hashes(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With few bits, or none, many records meet in one slot: then more are new, and none gets another's id."""
    real = pl.Series.hash
    monkeypatch.setattr(pl.Series, "hash", lambda series: real(series) % 2**bits if bits < 64 else real(series))
    draw, known, files = random.Random(bits), DistinctRecords(), []
    records = [f"{place};{draw.randrange(10**6)}" for place in range(500)]
    for _ in range(20):
        for place in draw.sample(range(len(records)), 5):
            records[place] = f"{place};{draw.randrange(10**6)}"
        draw.shuffle(records)
        ids, new = _file(known, records)
        files.append((ids, list(records)))
        assert new < 25 or len(files) == 1 or bits < 40
    texts = _texts(known)
    for ids, delivered in files:
        assert [texts[record_id] for record_id in ids] == delivered


def test_nearly_all_of_a_large_file_is_recognised() -> None:
    records = [f"STU{place:07};{place * 7919 % 100_003}" for place in range(60_000)]
    known = DistinctRecords()
    _file(known, records)
    _, new = _file(known, [*records, "STU9999999;1"])
    assert new < 200  # one, and what two tables of slots cannot hold


def test_several_threads_give_each_id_one_text() -> None:
    known = DistinctRecords()
    files = [[f"{place};{night if place % 50 == night % 50 else 0}" for place in range(2_000)] for night in range(60)]
    with ThreadPoolExecutor(4) as pool:
        identified = list(pool.map(lambda records: _file(known, records)[0], files))
    texts = _texts(known)
    for ids, records in zip(identified, files, strict=True):
        assert [texts[record_id] for record_id in ids] == records


def test_what_is_kept_of_a_file_is_its_new_records() -> None:
    """A batch is full by what its nights do not have in common: a night that repeats the one before adds only ids."""
    known = DistinctRecords()
    records = [f"{place};{'x' * 100}" for place in range(1_000)]
    _file(known, records)
    first = known.size
    _file(known, records)
    assert 4 * len(records) <= known.size - first < 8 * len(records)
    assert first > 100 * len(records)
