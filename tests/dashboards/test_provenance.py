"""From each table and each chapter's numbers one click leads to what they mean, what they are counted from, which extracts there
were of it, and the command that gives them."""

import re
from pathlib import Path

import duckdb
import pytest

from dashboards.content.provenance import provenance, sources_in_words
from dashboards.content.report import Report
from dashboards.published.report import read_report
from dashboards.wording import numbers
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.contract import load_sources
from tests.dashboards import published_file
from tests.dashboards.built_site import Site

NOW = "verksamhetsar-2023"


@pytest.fixture(scope="module")
def public(stockholm: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_file.public(stockholm.published, tmp_path_factory.mktemp("public") / "p.duckdb", NOW)


def _panels(text: str) -> list[str]:
    return re.findall(r'<details class="about">(.*?)</details>', text, re.DOTALL)


def test_every_table_has_its_way_below_it(stockholm: Site) -> None:
    text = (stockholm.out / "arsrapport.html").read_text(encoding="utf-8")
    data = read_report(stockholm.published, NOW)
    came = {source for _, source in data.extracts}
    report = Report(data)
    blocks = [block for chapter in report.chapters() for block in chapter.blocks]
    for block in blocks:
        section = text[text.index(f'id="{block.id}" aria-labelledby') :]
        (panel, *_) = _panels(section)
        for entry in block.definitions:
            assert f"kaa figures --period {block.periods[-1].id} --figure {entry.figure.id}<" in panel
            for measure in entry.measures:
                assert f'href="definitioner.html#{entry.figure.id}-{measure.id}"' in panel
        has_come = came & {each.source for entry in block.definitions for each in entry.figure.sources}
        assert "Källa: " in panel and (" uttag ur " if has_come else "Inga uttag") in panel
    assert any("Inga uttag" in panel for panel in _panels(text))


@pytest.mark.parametrize("file", ["internal", "public"])
def test_extracts_are_those_of_the_period(file: str, stockholm: Site, public: Path) -> None:
    data = read_report(stockholm.published if file == "internal" else public, NOW)
    with duckdb.connect(str(stockholm.published), read_only=True) as connection:
        counted = connection.execute(
            "select count(distinct extract_date), min(extract_date), max(extract_date) from delivery where status = 'accepted' "
            "and source = 'ber' and extract_date between '2022-12-01' and '2023-11-30'"
        ).fetchone()
    assert counted
    found = provenance(data, Report(data).summary().definitions, (data.before, data.period))
    title = load_sources()["ber"].title
    days = numbers.interval(counted[1], counted[2])
    assert found.extracts[0] == f"{counted[0]} uttag ur {title} under verksamhetsåret 2023, {days}."
    assert "verksamhetsåret 2022" in found.extracts[1]
    assert found.commands[0] == "kaa figures --period verksamhetsar-2023 --figure population"


def test_sources_are_named_as_the_contracts_name_them(stockholm: Site) -> None:
    contracts = load_sources()
    catalogue = read_report(stockholm.published, NOW).catalogue
    for id_, figure in read_catalogue().items():
        said = " ".join(sources_in_words(catalogue[id_].sources))
        for evidence in figure.evidence:
            source, _, dataset = evidence.dataset.partition("/")
            assert contracts[source].title in said
            assert contracts[source].datasets[dataset].title.lower() in said.lower()
