"""Each symptom of the runbook is provoked, found under its heading, mended as it says there, and the next night is well."""

import re
from pathlib import Path

import pytest

from pipelines.delivery.faults import Rejection
from pipelines.monitoring.words import ADVICE
from pipelines.notices import _SENTENCES
from pipelines.state.home import Home
from tests.cli.conftest import Kaa, kaa
from tests.runbook import around, failed_nights, waiting_nights
from tests.runbook.book import BOOK, sections
from tests.runbook.operator import SYMPTOMS, Operator, Symptom
from tests.state.conftest import home, lived

pytestmark = pytest.mark.long

__all__ = ["around", "failed_nights", "home", "kaa", "lived", "waiting_nights"]

SECTIONS = sections()


@pytest.fixture
def op(home: Home, kaa: Kaa, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Operator:
    operator = Operator(tmp_path, home.path, kaa, monkeypatch)
    operator.in_place_of_the_job()
    return operator


@pytest.mark.parametrize(
    "one",
    [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if one.is_slow else []) for one in SYMPTOMS],
)
def test_what_the_runbook_says_makes_the_night_well_again(op: Operator, one: Symptom) -> None:
    section = SECTIONS[one.heading]
    steps = one.provoke(op)
    seen = next(steps)
    assert section.tells_of(seen), (seen, section.quotes)
    assert next(steps, None) is None
    for command in op.commands:
        assert section.says(" ".join(("kaa", *command[:1]))), command
    if op.home.exists():
        number = op.version.number
        lasting = set(op.nightly().splitlines()) & set(seen.splitlines())
        assert not section.tells_of("\n".join(lasting)), lasting
        assert op.version.number > number


def test_every_symptom_has_been_provoked() -> None:
    assert {one.heading for one in SYMPTOMS} == SECTIONS.keys()


def test_every_notice_of_a_night_stands_in_the_runbook() -> None:
    for code, sentence in _SENTENCES.items():
        said = re.sub(r"\{\w+\}", "x", sentence)
        assert any(section.tells_of(said) for section in SECTIONS.values()), (code, said)


def test_every_mail_stands_in_the_runbook() -> None:
    text = BOOK.read_text(encoding="utf-8")
    for code, advice in ADVICE.items():
        assert f"*{advice.title}*" in text, code


def test_every_reason_for_a_rejection_stands_in_the_runbook() -> None:
    for reason in Rejection:
        assert f"| `{reason}` |" in SECTIONS["En leverans avvisades"].text


def test_each_section_says_what_to_do() -> None:
    for section in SECTIONS.values():
        assert section.quotes and "**Gör:**" in section.text, section.heading


def test_links_lead_to_sections() -> None:
    text = BOOK.read_text(encoding="utf-8")
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in SECTIONS}
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        assert anchor in anchors
    for file in re.findall(r"\]\((\w+\.md)", text):
        assert (BOOK.parent / file).exists()
