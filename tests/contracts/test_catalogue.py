"""The catalogue beside the figures' SQL: what it must say, and what a wrong entry is told."""

import shutil
from pathlib import Path

import pytest

from pipelines.configuration.catalogue import FIGURES, Absent, In, Total, read_catalogue
from pipelines.runtime.errors import NightlyFailed


@pytest.mark.parametrize(
    ("figure", "old", "new", "told"),
    [
        ("outreach", "          counted: person", "          counted: people", "counted: Input should be 'person', 'contact'"),
        ("outreach", "          is_own: false\n", "", "is_own: Field required"),
        ("outreach", "          is_own: false", "          is_own: false\n          shown: true", "shown: Extra inputs"),
        ("outreach", "label: sökta", "label: ''", "measures.sought.label: String should match pattern"),
        ("outreach", "share_of: outreach/sought", "share_of: outreach", "'outreach' is not written figure/measure"),
        ("outreach", "share_of: outreach/sought", "share_of: outreach/sougth", "share_of: there is no measure outreach/sougth"),
        ("outreach", "to: population/in_register", "to: people/in_register", "part_of: there is no measure people/in_register"),
        ("outreach", "          position: 20", "          position: 10", "position: 10 is another figure's too"),
        ("outreach", "          id: outreach", "          id: contacts", "id: 'contacts' is not the figure of this file"),
        ("contacts", "code_list: kanal", "code_list: kanaler", "category.code_list: there is no list 'kanaler'"),
        ("contacts", "counted_in: one", "counted_in: some", "category.counted_in: Input should be 'one' or 'each'"),
        ("contacts", "config:", "konfig:", "it cannot be read (KeyError)"),
        ("contacts", "version: 2", "version: [", "it cannot be read (ParserError)"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_told_by_figure_and_field(tmp_path: Path, figure: str, old: str, new: str, told: str) -> None:
    folder = tmp_path / "figures"
    shutil.copytree(FIGURES, folder)
    path = folder / f"figure_{figure}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(NightlyFailed) as raised:
        read_catalogue(folder)
    sentence = str(raised.value)
    assert sentence.startswith(f"The entry of figure_{figure} in the catalogue is wrong at ")
    assert told in sentence
    assert "\n" not in sentence and str(path) in sentence


def test_categories_are_another_figures_too_where_they_are_of_one_list() -> None:
    found = read_catalogue()
    assert found["support_choice"].shares_categories_with(found["participants"])
    assert found["survey"].shares_categories_with(found["survey"])
    assert not found["survey"].shares_categories_with(found["key_numbers"])
    assert not found["exits"].shares_categories_with(found["participants"])
    assert not found["exits"].shares_categories_with(found["outreach"])


def test_what_is_known_of_figures() -> None:
    found = read_catalogue()
    assert found["outreach"].adds_up and not found["median_wait"].adds_up
    assert found["outreach"].absent is Absent.ZERO
    assert found["median_wait"].absent is found["key_numbers"].absent is Absent.UNKNOWN
    assert found["measures"].has_total and not found["measure_exits"].has_total
    by_channel = found["reached_by_channel"]
    assert [by_channel.counted_in(measure) for measure in by_channel.measures] == [In.EACH, In.EACH, In.ONE]
    survey = found["survey"].category
    assert survey and survey.total is Total.MEANINGLESS
