"""What is found to be the same is the same, whatever was changed, added, removed or moved; and most of that is found."""

import random

import pytest

from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.same_lines import lines_of, same_stretches

HEADER = ("a", "b")


def _line(number: int) -> bytes:
    return f"{number};rad nummer {number}\n".encode()


def _found(before: bytes, text: bytes, start: int = 0) -> int:
    """How many lines are found, each of which is looked at."""
    earlier, end, last = lines_of(before), start, 0
    count = 0
    for first, after, place in same_stretches(earlier, text, start):
        assert last <= first < after and end <= place
        same = before[earlier.bounds[first] : earlier.bounds[after]]
        assert text[place : place + len(same)] == same
        assert place == start or text[place - 1 : place] == b"\n"
        assert same.endswith(b"\n")
        last, end, count = after, place + len(same), count + after - first
    return count


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", 0), (b"x", 1), (b"x\n", 1), (b"\n", 1), (b"x\n\ny", 3), (b"x\ny\n", 2),
    ],
)  # fmt: skip
def test_a_text_is_its_lines(text: bytes, lines: int) -> None:
    found = lines_of(text)
    assert len(found) == lines
    assert b"".join(str(line).encode() for line in found.as_series) == text
    assert lines_of(b"head\n" + text, 5).as_series.to_list() == found.as_series.to_list()


def test_what_is_changed_added_or_removed_by_itself_does_not_keep_the_rest_from_being_found() -> None:
    lines = [_line(number) for number in range(5000)]
    before = b"".join(lines)
    changed = list(lines)
    changed[17], changed[18], changed[4999] = b"17;annat\n", b"18;annat\n", b"sist;annat\n"
    assert _found(before, b"".join(changed)) == 4997
    added = [*lines[:40], *(b"ny;%d\n" % number for number in range(900)), *lines[40:], b"ny;sist\n"]
    assert _found(before, b"".join(added)) == 5000
    assert _found(before, b"".join([*lines[:7], *lines[300:]])) == 4707
    assert _found(before, before) == 5000
    assert _found(before, b"a;b\n" + before, start=4) == 5000


def test_a_last_line_without_its_end_is_not_taken_for_the_beginning_of_another() -> None:
    assert _found(b"1;x\n2;y", b"1;x\n2;yes\n") == 1
    assert _found(b"1;x\n2;yes\n", b"1;x\n2;y") == 1
    assert _found(b"1;x\n2;y", b"1;x\n2;y") == 1  # found by its hash


@pytest.mark.parametrize("seed", range(40))
def test_whatever_becomes_of_a_file_an_id_is_its_text(seed: int) -> None:
    draw, known, texts = random.Random(seed), DistinctRecords(), {}
    lines = [_line(draw.randrange(60)) for _ in range(draw.randrange(1, 400))]
    for _ in range(6):
        text = b"a;b\n" + b"".join(lines)
        if draw.random() < 0.3:
            text = text.removesuffix(b"\n")
        found = known.recognise_lines(HEADER, text, 4)
        ids = known.remember(found)
        records = found.records.to_list()
        assert "".join(records).encode() == text[4:] and len(records) == len(ids)
        for one, record in zip(ids.tolist(), records, strict=True):
            assert texts.setdefault(one, record) == record
        assert dict(known.texts()[HEADER].iter_rows()) == texts
        way = draw.randrange(6)
        if way == 0:
            draw.shuffle(lines)
        elif way == 1:
            lines = lines[len(lines) // 2 :] + lines[: len(lines) // 2]
        for _ in range(draw.randrange(30)):
            place = draw.randrange(len(lines) + 1)
            if draw.random() < 0.5:
                lines.insert(place, _line(draw.randrange(100)))
            elif len(lines) > 1 and place < len(lines):
                del lines[place]


def test_a_file_in_another_order_is_found_by_its_hashes() -> None:
    lines = [_line(number) for number in range(20_000)]
    known = DistinctRecords()
    known.remember(known.recognise_lines(HEADER, b"".join(lines), 0))
    random.Random(1).shuffle(lines)
    found = known.recognise_lines(HEADER, b"".join(lines), 0)
    assert len(found.new) < 200


def test_where_half_of_all_lines_are_others_comparing_is_given_up() -> None:
    before = [_line(number) for number in range(100_000)]
    text = [b"%d;annat\n" % number if number % 2 else line for number, line in enumerate(before)]
    assert _found(b"".join(before), b"".join(text)) < 10_000
    known = DistinctRecords()
    known.remember(known.recognise_lines(HEADER, b"".join(before), 0))
    assert 50_000 <= len(known.recognise_lines(HEADER, b"".join(text), 0).new) < 51_000
