"""The page of the nation's report: who is named and who is not, who is missing; nothing hidden is in any of its files."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dashboards.content import nation_words
from dashboards.content.chance import funnel_limits
from dashboards.content.equality import FunnelChart
from dashboards.content.nation import NationReport, read
from dashboards.disclosure.output import PublicOutput
from dashboards.disclosure.relations import order
from dashboards.pages.nation import build_nation
from dashboards.wording.numbers import SIGNS
from tests.dashboards import html_page
from tests.dashboards.words import faults, page_texts
from tests.disclosure.attack import attack
from tests.lake.nation import DAY, PERIOD, SyntheticNation, counted, synthetic_nation

pytestmark = pytest.mark.long

UNHEARD = 9


@dataclass
class Made:
    """A nation's pages, what they were made of and where they lie."""

    nation: SyntheticNation
    file: Path
    output: PublicOutput
    out: Path
    files: list[Path]

    @property
    def page(self) -> html_page.Page:
        return html_page.Page((self.out / "index.html").read_text(encoding="utf-8"))

    @property
    def report(self) -> NationReport:
        return read(self.file, PERIOD)

    def name(self, code: str) -> str:
        return next(each.name for each in self.nation.profile.districts if each.code == code)

    def drawings(self) -> dict[str, dict[str, object]]:
        """The data of each drawing, by the id of its block."""
        html = (self.out / "index.html").read_text(encoding="utf-8")
        found = re.findall(r'<script type="application/json" id="(.+?)-data">(.+?)</script>', html, re.DOTALL)
        return {id_: json.loads(text) for id_, text in found}


def made(folder: Path, synthetic: SyntheticNation) -> Made:
    file, output = synthetic.write(folder)
    return Made(synthetic, file, output, folder / "site", build_nation(file, PERIOD, folder / "site"))


#: A municipality whose small number is hidden, and with it others' large ones.
SMALL, BESIDE = "0101", "0102"


def _with_extremes(synthetic: SyntheticNation) -> None:
    counts = synthetic.counts
    counts["0301"] = counted(4000, 3200, 600, 300, 5000, 400)  # far more than chance
    counts["0302"] = counted(4000, 1200, 600, 300, 5000, 400)  # far fewer
    counts["0303"] = counted(40, 21, 12, 6, 50, 12)  # few, and like all
    counts["0304"] = counted(9, 5, 0, 0, 20, 7)  # too few for a share
    counts[SMALL] = counted(31, 28, 12, 6, 60, 3)
    synthetic.extracts["0401"] = (date(2024, 3, 5), date(2025, 1, 20))


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("nation"), synthetic_nation(48, seed=4, unheard=UNHEARD, change=_with_extremes))


def _cells(counts: dict[str, int]) -> tuple[int, ...]:
    held = counts["eligible"] - counts["lacking"]
    return counts["sought"], counts["reached"], counts["ended"], counts["studies"], counts["eligible"], held


def _number(text: str) -> int | None:
    return None if text == ".." else 0 if text == "–" else int(text.replace("\u00a0", ""))


def _percent(part: int, whole: int) -> str:
    return "–" if not part else f"{(200 * part + whole) // (2 * whole)}\u00a0%"


# -- numbers -------------------------------------------------------------------------------------------------------------


def test_every_number_of_the_table_is_the_figure_or_hidden(country: Made) -> None:
    table = country.page.table("kommunerna")
    shown = hidden = 0
    for code, counts in country.nation.counts.items():
        row = table.row(country.name(code))
        held = [_number(row[place]) for place in (0, 1, 3, 4, 6, 7)]
        assert all(found in (None, expected) for found, expected in zip(held, _cells(counts), strict=True)), code
        shown += sum(each is not None for each in held)
        hidden += sum(each is None for each in held)
        for whole, part, share in (row[0:3], row[3:6], row[6:9]):
            known = (_number(whole), _number(part))
            if None in known or (known[0] or 0) < 10:
                assert share in ("..", ".") or not known[0], (code, row)
            else:
                assert share == _percent(known[1] or 0, known[0] or 0), (code, row)
    assert shown > 200 and hidden > 5


def test_the_counties_and_the_nation_are_the_sums_of_their_municipalities(country: Made) -> None:
    table = country.page.table("lanen")
    profile, counts = country.nation.profile, country.nation.counts
    for centre in profile.job_centres:
        row = table.row(centre.name)
        expected = [
            sum(column) for column in zip(*(_cells(counts[c]) for c in centre.districts if c in counts), strict=True)
        ]
        held = [_number(row[place]) for place in (0, 1, 3, 4, 6, 7)]
        assert all(found in (None, value) for found, value in zip(held, expected, strict=True)), centre.code
        assert held[0] is not None
    total = [sum(column) for column in zip(*(_cells(each) for each in counts.values()), strict=True)]
    assert [_number(table.row("Riket")[place]) for place in (0, 1, 3, 4, 6, 7)] == total
    assert country.page.table("kommunerna").row("Riket") == table.row("Riket")


def test_a_group_that_is_too_small_has_its_counts_and_no_share(country: Made) -> None:
    row = country.page.table("kommunerna").row(country.name("0304"))
    assert row[0] == "9" and row[2] == ".."


# -- who is named --------------------------------------------------------------------------------------------------------


def _notes(country: Made, rate: str) -> list[str]:
    (section,) = [each for each in country.report.sections() if each.id == rate]
    return list(section.items[0].block.notes)


def test_who_is_outside_the_outer_limits_is_named_and_nobody_else(country: Made) -> None:
    notes = _notes(country, "nadda")
    more, fewer = notes[0], notes[1]
    assert more.startswith("Fler än slumpen brukar ge: ") and fewer.startswith("Färre än slumpen brukar ge: ")
    assert f"{country.name('0301')} (80\u00a0% av 4\u00a0000)" in more
    assert f"{country.name('0302')} (30\u00a0% av 4\u00a0000)" in fewer
    counts = country.nation.counts
    middle = sum(each["reached"] for each in counts.values()) / sum(each["sought"] for each in counts.values())
    chart = country.report.sections()[0].items[0].chart
    assert isinstance(chart, FunnelChart) and chart.told is not None
    compared = 0
    for code, each in counts.items():
        if (whole := each["sought"]) < 10 or country.name(code) not in dict(chart.groups):
            continue
        outside = not funnel_limits(whole, middle, 0.998).has(each["reached"] / whole)
        assert (country.name(code) in chart.told) == outside, code
        assert bool(re.search(rf"{re.escape(country.name(code))} \(", more + fewer)) == outside, code
        compared += 1
    assert compared > 40
    assert " ".join(more.split()) in country.page.text


def test_where_chance_explains_all_nobody_is_named(tmp_path: Path) -> None:
    def alike(synthetic: SyntheticNation) -> None:
        for code in synthetic.counts:
            synthetic.counts[code] = counted(400, 200, 100, 50, 500, 40)

    country = made(tmp_path, synthetic_nation(16, change=alike))
    for section in country.report.sections():
        block = section.items[0].block
        assert block.finding == "Ingen kommun ligger längre från riket än slumpen brukar ge"
        assert not any("än slumpen brukar ge:" in note for note in block.notes)


def test_no_word_blames_anybody(country: Made) -> None:
    text = country.page.text.lower()
    for word in ("sämst", "sämre", "bäst", "bättre", "dålig", "misslyck", "underkänd", "brister", "topp", "botten"):
        assert not re.search(rf"\b{word}", text), word


# -- what is hidden ------------------------------------------------------------------------------------------------------


def test_what_is_hidden_is_hidden_in_the_table_and_has_no_dot(country: Made) -> None:
    hidden = country.output.protection.hidden
    municipal = [key for key in hidden if key.district in country.nation.counts]
    assert country.output.protection.sensitive and country.output.protection.secondary and len(municipal) > 4
    table = country.page.table("kommunerna")
    place_of = {
        ("outreach", "sought"): 0, ("outreach", "reached"): 1, ("participants", "ended"): 3, ("exits", "ended"): 4,
        ("target_group", "eligible"): 6, ("target_group", "eligible_not_in_register"): 7,
    }  # fmt: skip
    block_of = {
        0: "riket-nadda",
        1: "riket-nadda",
        3: "riket-studier",
        4: "riket-studier",
        6: "riket-tackning",
        7: "riket-tackning",
    }
    drawings = country.drawings()
    for key in municipal:
        place = place_of[key.figure, key.measure]
        name = country.name(key.district)
        row = table.row(name)
        assert row[place] == "..", order(key)
        assert row[place // 3 * 3 + 2] in ("..", "."), order(key)  # nor its share
        data = drawings[block_of[place]]["data"]
        assert isinstance(data, list)
        assert name not in [label for trace in data for label in trace.get("customdata") or ()], order(key)
        assert not any(f"{name} (" in note for note in _notes(country, block_of[place].partition("-")[2])), order(key)


def _texts(country: Made) -> Iterator[tuple[str, str]]:
    for path in country.files:
        if path.name not in ("plotly.min.js", "site.css"):
            yield path.name, path.read_bytes().decode("latin-1" if path.suffix == ".px" else "utf-8-sig")
    yield "cells.csv", country.output.cells()


def test_a_large_hidden_number_is_in_no_byte_of_any_file(tmp_path: Path) -> None:
    """The numbers of a municipality that stands alone with a small one in its county are hidden with it: they are odd enough to
    be looked for."""

    def odd(synthetic: SyntheticNation) -> None:
        counties = {county.code: county.districts for county in synthetic.profile.job_centres}
        for code in counties["01"][2:]:
            del synthetic.counts[code]
        synthetic.counts[SMALL] = counted(40, 3, 14, 7, 70, 15)
        synthetic.counts[BESIDE] = counted(7309, 4567, 140, 70, 8111, 415)

    country = made(tmp_path, synthetic_nation(32, change=odd))
    hidden = {(key.measure, key.district) for key in country.output.protection.hidden}
    assert {("reached", SMALL), ("reached", BESIDE)} <= hidden
    share = f"{100 * 4567 / 7309:.4f}".rstrip("0")
    found = {
        sign: [name for name, text in _texts(country) if sign in text]
        for sign in ("4567", "4\u00a0567", share, share.replace(".", ","), share[:5])
    }
    assert found == {sign: [] for sign in found}
    # The same look finds what is shown.
    assert {name for name, text in _texts(country) if "7309" in text} >= {
        "cells.csv",
        "kommunerna.csv",
        "kommunerna.px",
    }
    assert any("7\u00a0309" in text for _, text in _texts(country))
    with duckdb.connect(str(country.file), read_only=True) as connection:
        columns = "figure, measure, period, gender, district, job_centre, category, subcategory"
        there = set(connection.execute(f"select {columns} from figures").fetchall())
    assert len(there) > 100 and not there & {order(key) for key in country.output.protection.hidden}


@pytest.mark.parametrize("seed", range(6))
def test_an_outsider_finds_out_nothing_of_municipalities_counties_and_nation(seed: int, tmp_path: Path) -> None:
    def small(synthetic: SyntheticNation) -> None:
        for place, code in enumerate(synthetic.counts):
            if (place + seed) % 3:
                some = (place * 7 + seed * 5) % 23
                synthetic.counts[code] = counted(some + 4, some // 2, some // 3, some // 6, some + 9, some % 7)

    synthetic = synthetic_nation(20, seed=seed, change=small)
    _, output = synthetic.write(tmp_path)
    truth = {order(key): value for key, value in output.values.items() if isinstance(value, int)}
    listed = {
        code: [each for each in codes if each in synthetic.counts] for code, codes in _counties(synthetic).items()
    }
    assert output.protection.secondary
    assert attack([output.cells()], truth, 5, (1, 1), listed) == []  # type: ignore[arg-type]
    # Without what is hidden to protect others the same attack succeeds.
    bare = {order(key) for key in output.protection.secondary}
    opened = io.StringIO()
    writer = csv.writer(opened)
    for *key, value in csv.reader(io.StringIO(output.cells())):
        writer.writerow([*key, truth[tuple(key)] if tuple(key) in bare else value])  # type: ignore[index]
    assert attack([opened.getvalue()], truth, 5, (1, 1), listed)  # type: ignore[arg-type]


def _counties(synthetic: SyntheticNation) -> dict[str, list[str]]:
    return {county.code: county.districts for county in synthetic.profile.job_centres}


# -- who is in it --------------------------------------------------------------------------------------------------------


def test_the_page_says_who_is_in_it_and_who_is_not(country: Made) -> None:
    text = country.page.text
    assert "48 av landets 57 kommuner är med." in text
    unheard = [each for each in country.nation.profile.districts if each.code not in country.nation.counts]
    assert len(unheard) == UNHEARD
    listed = " ".join(country.report.missing())
    for each in unheard:
        assert re.search(rf"\b{re.escape(each.name)}\b", listed)
        assert each.name not in [name for name, _ in country.page.table("kommunerna").rows]
    assert all(sentence in text for sentence in country.report.missing())
    assert "Uttagen är från 20\u00a0december 2023 till 20\u00a0januari 2025.".replace("\u00a0", " ") in " ".join(
        text.split()
    )


def test_the_page_says_whose_extracts_do_not_reach_all_of_the_period(country: Made) -> None:
    (sentence,) = [each for each in country.report.who_is_in() if "räcker inte" in each]
    assert f"{country.name('0401')} (från 5\u00a0mars 2024)" in sentence
    assert country.name("0402") not in sentence


def test_of_many_whose_extracts_do_not_reach_only_the_number_is_said(tmp_path: Path) -> None:
    def unfinished(synthetic: SyntheticNation) -> None:
        for code in synthetic.counts:
            synthetic.extracts[code] = (date(2023, 12, 20), date(2024, 6, 1))

    country = made(tmp_path, synthetic_nation(24, change=unfinished))
    assert any(
        each.startswith("Uttagen räcker inte till hela perioden för 24\u00a0kommuner.")
        for each in country.report.who_is_in()
    )


def test_the_page_says_what_it_was_made_of(country: Made) -> None:
    text = country.page.text
    assert country.report.nation.fingerprint in text
    for sentence in (nation_words.SAME_RULES, nation_words.MOVED, nation_words.PROTECTED):
        assert sentence in text
    assert "kaa figures --lake MAPP --period kalenderar-2024 --figure outreach" in text
    assert f"kaa figures --lake MAPP --period {DAY} --figure target_group" in text
    assert "--period dag-2024-12-31 --figure outreach" not in text


# -- words, links and files ----------------------------------------------------------------------------------------------


def test_the_pages_say_no_forbidden_word_and_explain_their_signs(country: Made) -> None:
    for path in sorted(country.out.glob("*.html")):
        html = path.read_text(encoding="utf-8")
        assert not list(faults(page_texts(html), path.stem)), path
        page = html_page.Page(html)
        used = {cell for table in page.tables for _, cells in table.rows for cell in cells}
        assert not [sign for sign, meaning in SIGNS if sign in used and f"{sign} = {meaning}" not in page.text], path


def test_the_definitions_speak_of_municipalities_and_counties(country: Made) -> None:
    text = html_page.Page((country.out / "definitioner.html").read_text(encoding="utf-8")).text
    assert "för hela riket och per kön, kommun och län" in text
    assert "Kommun och län är de som stod i registret" in text
    assert "Målgruppen enligt lag och registret" in text and "Enkätsvar" not in text
    assert "Stadsdelsindelningen" not in text


def test_every_link_leads_somewhere(country: Made) -> None:
    for path in sorted(country.out.glob("*.html")):
        page = html_page.Page(path.read_text(encoding="utf-8"))
        for tag, attributes in page.tags:
            target = attributes.get("href") if tag == "a" else attributes.get("src") if tag == "script" else None
            if target and not target.startswith(("http", "data:")) and target != "cells.csv":
                file, _, place = target.partition("#")
                there = country.out / file if file else path
                assert there.is_file(), target
                if place:
                    ids = {found.get("id") for _, found in html_page.Page(there.read_text(encoding="utf-8")).tags}
                    assert place in ids, target


def test_each_table_lies_beside_the_page_as_data(country: Made) -> None:
    text = (country.out / "tabeller" / "kommunerna.csv").read_text(encoding="utf-8")
    rows = {(row["Kommun"], row["Tabellinnehåll"]): row for row in csv.DictReader(io.StringIO(text))}
    found = rows[country.name("0301"), "Nådda av de sökta, nådda"]
    assert (found["Tal"], found["Enhet"], found["Tecken"]) == ("3200", "personer", "")
    hidden = rows[country.name(SMALL), "I registret av målgruppen, i registret"]
    assert (hidden["Tal"], hidden["Tecken"]) == ("", "..")


def test_a_nation_of_one_municipality_is_not_compared(tmp_path: Path) -> None:
    country = made(tmp_path, synthetic_nation(1, unheard=3))
    assert all(section.items[0].chart is None for section in country.report.sections())
    assert "1 av landets 4 kommuner är med." in country.page.text
