"""Every cell of the report's tables is the published number, or the sum or share of published numbers it is declared to be."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards.content import annual_report
from dashboards.pages import site
from dashboards.published.file import NoReport
from dashboards.published.numbers import NumberKey
from dashboards.published.report import read_report
from dashboards.wording import numbers
from tests.dashboards import published_file
from tests.dashboards.built_site import Site, built
from tests.dashboards.html_page import Page

pytestmark = pytest.mark.long

NOW, BEFORE = "verksamhetsar-2023", "verksamhetsar-2022"
GENDERS = ("kvinna", "man", "*")


def _cells(*values: int) -> list[str]:
    return [numbers.count_cell(value) for value in values]


def test_tables_and_diagrams_stand_in_the_order_of_the_report(stockholm: Site) -> None:
    shown = [
        tag[1]["id"] for tag in stockholm.page().tags if tag[0] == "section" and tag[1].get("id", "")[-2:-1] == "-"
    ]
    numbered = [name for name in shown if name and name.startswith(("tabell-", "diagram-"))]
    assert numbered == [
        "diagram-1", "tabell-1", "tabell-2", "tabell-3", "diagram-2", "diagram-3", "diagram-4", "diagram-5", "tabell-4",
        "diagram-6", "tabell-5", "tabell-6", "diagram-7", "diagram-8",
    ]  # fmt: skip


def test_table_1(stockholm: Site) -> None:
    table = stockholm.page().table("tabell-1")
    assert table.head == ["År", "Kvinnor", "Män", "Totalt"]
    assert table.row("2023") == _cells(3497, 4049, 7546)
    assert table.row("2022") == _cells(3329, 3825, 7154)


def test_tables_2_and_3(stockholm: Site) -> None:
    page = stockholm.page()
    assert page.table("tabell-2").rows == [
        ("Ej nådd", _cells(1235, 1450, 2685)),
        ("Nådd", _cells(1408, 1684, 3092)),
        ("Totalt sökta", _cells(2643, 3134, 5777)),
    ]
    assert page.table("tabell-3").rows == [
        ("Ej nådd", _cells(1109, 1242, 2351)),
        ("Nådd", _cells(1297, 1504, 2801)),
        ("Totalt sökta", _cells(2406, 2746, 5152)),
    ]


def test_table_4(stockholm: Site) -> None:
    table = stockholm.page().table("tabell-4")
    assert table.head == ["Kön", "2023", "2022"]
    assert table.rows == [("Kvinnor", _cells(554, 427)), ("Män", _cells(677, 556)), ("Totalt", _cells(1231, 983))]


def test_table_5_shows_what_the_print_got_wrong(stockholm: Site) -> None:
    table = stockholm.page().table("tabell-5")
    percent = "\u00a0%"
    assert table.row("Saknar stadsdel") == [
        "66", "53", f"80{percent}", "19", f"36{percent}", "11", f"21{percent}", "30", f"57{percent}",
    ]  # fmt: skip
    assert table.row("Totalt") == [
        "1\u00a0231", "807", f"66{percent}", "438", f"54{percent}", "161", f"20{percent}", "599", f"74{percent}",
    ]  # fmt: skip


@pytest.mark.parametrize(("section", "period"), [("tabell-5", NOW), ("tabell-6", BEFORE)])
def test_tables_5_and_6_cell_by_cell(stockholm: Site, section: str, period: str) -> None:
    table = stockholm.page().table(section)
    assert table.head == [
        "Jobbtorg", "Inskrivna", "Avslutade", "Avslutade till studier", "Avslutade till arbete", "Till studier eller arbete",
        *["Antal", "Andel"] * 4,
    ]  # fmt: skip
    names = {**dict(published_file.JOB_CENTRES), "SAKNAS": "Saknar stadsdel", "*": "Totalt"}
    assert [heading for heading, _ in table.rows] == list(names.values())
    for code, name in names.items():
        enrolled = stockholm.value("participants", "enrolled", period, job_centre=code)
        ended = stockholm.value("participants", "ended", period, job_centre=code)
        studies = stockholm.value("exits", "ended", period, job_centre=code, category="STUDIER")
        work = stockholm.value("exits", "ended", period, job_centre=code, category="ARBETE")
        expected = [numbers.count_cell(enrolled)]
        for count, whole in ((ended, enrolled), (studies, ended), (work, ended), (studies + work, ended)):
            expected += [numbers.count_cell(count), numbers.share_cell(count, whole)]
        assert table.row(name) == expected


def test_reached_by_district_in_the_division_of_each_year(stockholm: Site) -> None:
    page = stockholm.page()
    now, before = page.table("diagram-2"), page.table("diagram-3")
    assert "Järva" in dict(now.rows) and "Rinkeby-Kista" not in dict(now.rows)
    assert "Rinkeby-Kista" in dict(before.rows) and "Järva" not in dict(before.rows)
    for code, name, _, last, _ in published_file.DISTRICTS:
        if last is None:
            expected = [stockholm.value("outreach", "reached", NOW, district=code, gender=gender) for gender in GENDERS]
            assert now.row(name)[:3] == _cells(*expected)
        if code not in ("21", "22"):
            expected = [
                stockholm.value("outreach", "reached", BEFORE, district=code, gender=gender) for gender in GENDERS
            ]
            assert before.row(name) == _cells(*expected)


def test_a_new_district_is_compared_with_those_it_was_made_of(stockholm: Site) -> None:
    page = stockholm.page()
    expected = [
        sum(stockholm.value("outreach", "reached", BEFORE, district=code, gender=gender) for code in ("01", "02"))
        for gender in GENDERS
    ]
    assert page.table("diagram-2").row("Järva")[3:] == _cells(*expected)
    assert "Järva: för 2022 visas Rinkeby-Kista och Spånga-Tensta sammanräknade." in page.text


def test_occupation_leaves_out_those_without_one(stockholm: Site) -> None:
    table = stockholm.page().table("diagram-5")
    assert not {"Ingen sysselsättning", "Okänd"} & set(dict(table.rows))
    labels = published_file.CODES["sysselsattning"]
    for code in ("STUDIER_EJ_I_BER", "ARBETE", "UTOMLANDS"):
        expected = [
            stockholm.value("occupation", "reached", period, gender=gender, category=code)
            for period in (NOW, BEFORE)
            for gender in GENDERS
        ]
        assert table.row(labels[code]) == _cells(*expected)


def test_other_reasons_are_all_but_studies_and_work(stockholm: Site) -> None:
    cells = stockholm.page().table("diagram-6").row("Andra orsaker")
    assert cells[2] == str(807 - 438 - 161)
    assert cells[5] == str(651 - 325 - 140)


def test_own_measure_and_survey(stockholm: Site) -> None:
    page = stockholm.page()
    assert page.table("diagram-7").rows == [
        ("Inskrivna", _cells(293, 281)),
        ("Nyinskrivna", _cells(191, 176)),
        ("Utskrivna", _cells(162, 151)),
        ("Utskrivna till studier", _cells(86, 85)),
        ("Utskrivna till arbete", _cells(37, 30)),
    ]
    assert [cells[0] for _, cells in page.table("diagram-8").rows] == ["1", "1", "2", "14", "31"]


def test_numbers_in_the_text(stockholm: Site) -> None:
    text = stockholm.page().text.replace("\u00a0", " ")
    for expected in (
        "7 546 ungdomar i registret 2022: 7 154 (+392)",
        "5 777 söktes 2022: 5 152 (+625) 77 % av 7 546 i registret (2022: 72 % av 7 154, +4,5 procentenheter)",  # print: 676
        "19 628 kontaktförsök 2022: 17 500 (+2 128)",
        "73 % av 3 092 nådda hade en sysselsättning 2022: 67 % av 2 801 (+6,0 procentenheter)",
        "57 adresser anmälda till Skatteverket 2022: 64 (−7)",
        "916 nyinskrivna 2022: 705 (+211)",
        "53 % av 162 utskrivna gick till studier 2022: 56 % av 151 (−3,2 procentenheter, kan vara slump)",
        # Fewer persons, but a larger share.
        "92 % av 49 som svarade gav betyget 4 eller 5 2022: 84 % av 61 (+8,2 procentenheter, kan vara slump)",
        "54 % av 807 avslutade gick till studier 2022: 50 % av 651 (+4,4 procentenheter, kan vara slump) 438 ungdomar "
        "(2022: 325, +113)",
        "20 % av 807 avslutade gick till arbete 2022: 22 % av 651 (−1,6 procentenheter, kan vara slump) 161 ungdomar "
        "(2022: 140, +21)",
        "fanns 7 546 ungdomar någon gång i registret för aktivitetsansvaret, 392 fler än 2022",
    ):
        assert expected in text


def test_key_numbers_that_nobody_reported_are_not_zero(stockholm: Site) -> None:
    assert stockholm.page().table("nyckeltal").row("Ungvux: nyinskrivna") == ["162", ".."]


def _drawn(built: Site, block_id: str) -> list[dict[str, Any]]:
    """The traces of a diagram that stand for numbers of its table."""
    text = (built.out / "arsrapport.html").read_text(encoding="utf-8")
    start = text.index(f'id="{block_id}-data">') + len(f'id="{block_id}-data">')
    figure = json.loads(text[start : text.index("</script>", start)])
    return [trace for trace in figure["data"] if "customdata" in trace]


def test_every_diagram_of_counts_draws_the_numbers_of_its_table(stockholm: Site) -> None:
    for number in (1, 2, 3, 5, 6, 7, 8):
        table = stockholm.page().table(f"diagram-{number}")
        drawn = [trace for trace in _drawn(stockholm, f"diagram-{number}") if trace["type"] == "bar"]
        assert drawn
        for place, trace in enumerate(drawn):
            assert trace["customdata"] == [heading for heading, _ in table.rows if heading != "Totalt"]
            assert [numbers.count_cell(int(value)) for value in trace["x"]] == [
                cells[place] for heading, cells in table.rows if heading != "Totalt"
            ]


def test_diagram_4_draws_the_share_reached_in_both_years_and_says_its_base(stockholm: Site) -> None:
    table = stockholm.page().table("diagram-4")
    assert table.head[-6:] == ["Nådda", "Ej nådda", "Andel nådda"] * 2
    before, now = _drawn(stockholm, "diagram-4")
    for trace, period, column in ((now, NOW, 2), (before, BEFORE, 5)):
        assert trace["customdata"] == [heading for heading, _ in table.rows]
        assert trace["text"] == [cells[column] for _, cells in table.rows]
        shares = [
            100
            * stockholm.value("outreach", "reached", period, job_centre=code)
            / stockholm.value("outreach", "sought", period, job_centre=code)
            for code in ("GLOBEN", "SKARHOLMEN", "VALLINGBY", "KISTA", "SAKNAS", "*")
        ]
        assert trace["x"] == pytest.approx(shares)
    text = (stockholm.out / "arsrapport.html").read_text(encoding="utf-8")
    sought = numbers.number(stockholm.value("outreach", "sought", NOW, job_centre="GLOBEN"))
    assert f"Jobbtorg Globen: {now['text'][0]} av {sought} ({before['text'][0]})".replace(" ", numbers.BLANK) in (
        text.replace("Jobbtorg Globen: ", f"Jobbtorg{numbers.BLANK}Globen:{numbers.BLANK}")
    )


def test_both_years_stand_in_one_table_with_what_has_changed(stockholm: Site) -> None:
    table = stockholm.page().table("resultat-bada-aren")
    assert table.head[-6:] == ["2023", "2022", "Förändring", "2023", "2022", "Förändring, procentenheter"]
    percent = "\u00a0%"
    # 165 of 319 is 51.72, 112 of 216 is 51.85: of rounded shares the difference would be nothing.
    assert table.row("Till studier, Jobbtorg Globen") == ["165", "112", "53", f"52{percent}", f"52{percent}", "−0,1"]
    assert table.row("Till studier, totalt") == ["438", "325", "113", f"54{percent}", f"50{percent}", "4,4"]
    assert table.row("Till arbete, totalt") == ["161", "140", "21", f"20{percent}", f"22{percent}", "−1,6"]
    assert table.row("Avslutade, saknar stadsdel") == ["53", "112", "−59", f"80{percent}", f"90{percent}", "−10,0"]
    assert table.row("Inskrivna, totalt") == ["1\u00a0231", "983", "248", ".", ".", "."]
    assert len(table.rows) == 5 * 6


def test_no_change_is_told_where_a_year_is_not_known(first_year: Site, tmp_path: Path) -> None:
    table = first_year.page().table("resultat-bada-aren")
    assert table.row("Till studier, totalt") == ["438", "..", "..", "54\u00a0%", "..", ".."]


def test_hidden_numbers_have_no_change_and_no_point(stockholm: Site, tmp_path: Path) -> None:
    hidden = NumberKey("exits", "ended", BEFORE, job_centre="KISTA", category="ARBETE")
    file = published_file.public(stockholm.published, tmp_path / "public.duckdb", NOW, [hidden])
    public = built(tmp_path, file, NOW)
    assert public.page().table("resultat-bada-aren").row("Till arbete, Jobbtorg Kista") == [
        "34", "..", "..", "19\u00a0%", "..", "..",
    ]  # fmt: skip
    before, now = _drawn(public, "till-arbete")
    place = now["customdata"].index("Jobbtorg Kista")
    assert before["x"][place] is None and before["text"][place] == ".." and now["x"][place] > 0
    assert all(x is not None for at, x in enumerate(before["x"]) if at != place)


def test_the_year_before_has_this_years_order_of_districts(stockholm: Site) -> None:
    page = stockholm.page()
    now, before = ([heading for heading, _ in page.table(f"diagram-{number}").rows] for number in (2, 3))
    merged = {"Rinkeby-Kista": "Järva", "Spånga-Tensta": "Järva", "Norrmalm": "Norra innerstaden",
              "Östermalm": "Norra innerstaden"}  # fmt: skip
    assert set(merged) < set(before)
    # Each old district stands where the one it has become part of stands this year.
    assert list(dict.fromkeys(merged.get(name, name) for name in before)) == now


def test_every_table_and_diagram_has_definition_and_source(stockholm: Site) -> None:
    text = (stockholm.out / "arsrapport.html").read_text(encoding="utf-8")
    for chapter in annual_report.chapters(read_report(stockholm.published, NOW).profile):
        for block in chapter.blocks:
            start = text.index(
                f'<section class="block{" diagram" if isinstance(block, annual_report.Diagram) else ""}" id="{block.id}"'
            )
            section = text[start : text.index("</section>", start)]
            assert "Så är siffrorna framtagna" in section
            assert "Källa: " in section
            assert 'href="definitioner.html#' in section


def test_nacka_is_one_whole(nacka: Site) -> None:
    page = nacka.page()
    assert [heading for heading, _ in page.table("tabell-5").rows] == ["Hela kommunen"]
    assert page.table("tabell-5").row("Hela kommunen")[:2] == _cells(1231, 807)
    assert page.table("diagram-2").rows == [("Hela kommunen", _cells(1408, 1684, 3092, 1297, 1504, 2801))]
    assert "Saknar stadsdel" not in page.text
    assert "Kommunen redovisas inte per stadsdel." in page.text
    assert "per jobbtorg, 2023" not in page.text
    assert "kalenderåret 2023" in page.text


def test_first_year_has_no_year_before(first_year: Site) -> None:
    page = first_year.page()
    assert page.table("tabell-1").row("2023") == _cells(3497, 4049, 7546)
    assert page.table("tabell-1").row("2022") == [".."] * 3
    assert {cell for _, cells in page.table("tabell-6").rows for cell in cells} == {".."}
    assert "Uppgifter för 2022 finns inte i det som är publicerat." in page.text
    assert "än 2022" not in page.text


def test_a_year_before_the_first_extract_is_unknown_and_not_zero(tmp_path: Path) -> None:
    def empty_year(maker: published_file.Maker) -> None:
        maker.first_extract = published_file.date(2022, 12, 1)
        maker.figures = {key: value for key, value in maker.figures.items() if key[2] != BEFORE}

    published = published_file.stockholm(tmp_path / "p.duckdb", empty_year)
    site.build_report(published, NOW, tmp_path / "site")
    page = Page((tmp_path / "site" / "arsrapport.html").read_text(encoding="utf-8"))
    assert page.table("tabell-1").row("2022") == [".."] * 3


def test_zero_is_a_dash_and_a_share_of_nothing_a_dot(tmp_path: Path) -> None:
    def empty_centre(maker: published_file.Maker) -> None:
        maker.figures = {key: value for key, value in maker.figures.items() if key[5] != "KISTA"}

    published = published_file.stockholm(tmp_path / "p.duckdb", empty_centre)
    site.build_report(published, NOW, tmp_path / "site")
    page = Page((tmp_path / "site" / "arsrapport.html").read_text(encoding="utf-8"))
    assert page.table("tabell-5").row("Jobbtorg Kista") == ["–", "–", ".", "–", ".", "–", ".", "–", "."]


@pytest.mark.parametrize("period", ["verksamhetsar-1999", "dag-2023-11-30", "'; drop table figures; --"])
def test_no_report_for_an_unknown_period(stockholm: Site, tmp_path: Path, period: str) -> None:
    with pytest.raises(NoReport, match="Det finns ingen rapport för perioden"):
        site.build_report(stockholm.published, period, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_who_was_there_a_year_earlier_is_unknown_where_that_year_was_not_delivered(stockholm: Site) -> None:
    page = stockholm.page()
    assert page.table("kvar-i-registret").row("Totalt") == [
        "7\u00a0546",
        "3\u00a0900",
        "52\u00a0%",
        "7\u00a0154",
        "..",
        "..",
    ]
    text = page.text.replace("\u00a0", " ")
    assert "52 % av 7 546 ungdomar i registret fanns där också ett år tidigare" in text
    assert "av 7 154)" not in text[text.index("fanns där också ett år tidigare") :][:80]
