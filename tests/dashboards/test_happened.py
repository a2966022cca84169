"""”Vad hände”, the headings that say what a table says, and the targets: each rule with the numbers that it turns on."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import pytest

from dashboards.content import annual_report as report
from dashboards.content.findings import women_and_men
from dashboards.content.happened import what_happened
from dashboards.content.readings import Reading
from dashboards.content.report import Report
from dashboards.content.tables import Cell
from dashboards.content.targets import Outcome, by_job_centre, outcomes
from dashboards.published.numbers import NumberKey, Numbers
from dashboards.published.publication import Period, Target
from dashboards.published.report import Published, read_report
from tests.dashboards.built_site import Site

NOW, BEFORE = "verksamhetsar-2023", "verksamhetsar-2022"
HIDDEN = None


@pytest.fixture(scope="module")
def data(stockholm: Site) -> Published:
    return read_report(stockholm.published, NOW)


@dataclass(frozen=True)
class _SomeHidden(Numbers):
    hidden: frozenset[NumberKey] = frozenset()

    def value(self, key: NumberKey) -> Decimal | None:
        return None if key in self.hidden else super().value(key)


def _with(data: Published, *changes: tuple[NumberKey, int | None]) -> Published:
    """The same with other numbers; ``HIDDEN``: as a public output hides one."""
    given = {name: getattr(data.numbers, name) for name in Numbers.__dataclass_fields__}
    given["values"] = {**data.numbers.values} | {key: Decimal(value) for key, value in changes if value is not None}
    return replace(data, numbers=_SomeHidden(**given, hidden=frozenset(key for key, value in changes if value is None)))


def _exits(category: str, period: str = NOW, **where: str) -> NumberKey:
    return NumberKey("exits", "ended", period, category=category, **where)


def _ended(period: str = NOW, **where: str) -> NumberKey:
    return NumberKey("participants", "ended", period, **where)


def _said(data: Published) -> dict[str, str]:
    return {each.rule: each.text.replace("\u00a0", " ") for each in what_happened(Report(data))}


def test_what_happened_in_2023(data: Published) -> None:
    assert list(_said(data).items()) == [
        (
            "exits",
            "54 % av de 807 som avslutades gick till studier (2022: 50 % av 651, kan vara slump) och 20 % till arbete "
            "(2022: 22 %, kan vara slump), medan antalet till arbete ökade från 140 till 161.",
        ),
        (
            "targets",
            "Målet är nått för avslutade som gick till studier (54 % av 807, minst 50 %), men inte för inskrivningar med ett "
            "erbjudande inom 90 dagar (32 % av 730, 38,1 procentenheter under målet minst 70 %).",
        ),
        (
            "gender",
            "60 % av 359 kvinnor och 50 % av 448 män gick till studier när de avslutades (2022: 54 % och 47 %).",
        ),
        ("job_centre", "Mest ändrades andelen till studier vid Jobbtorg Vällingby: 67 % av 123 (2022: 52 % av 87)."),
        ("support", "1 231 ungdomar, varav 916 nyinskrivna (2022: 705), tog del av stöd, 25 % fler än 2022 (983)."),
        (
            "outreach",
            "54 % av de 5 777 sökta nåddes, lika stor andel som 2022, och 73 % av de 3 092 nådda hade en sysselsättning, en "
            "större andel än 2022 (67 % av 2 801).",
        ),
    ]  # fmt: skip


def test_each_sentence_leads_to_a_table_that_shows_its_numbers(data: Published, stockholm: Site) -> None:
    found = {each.rule: each.block_id for each in what_happened(Report(data))}
    assert found == {
        "exits": "tabell-5", "targets": "mal-till-studier", "gender": "diagram-6", "job_centre": "tabell-5",
        "support": "tabell-4", "outreach": "tabell-2",
    }  # fmt: skip
    for page in ("index.html", "arsrapport.html", "kapitel-sammanfattning.html"):
        text = (stockholm.out / page).read_text(encoding="utf-8")
        for rule, block_id in found.items():
            sentence = text[text.index(f'<li data-rule="{rule}">') :].split("</li>")[0]
            file = sentence.split('href="')[1].split("#")[0]
            assert f'href="{file}#{block_id}"' in sentence
            assert f'id="{block_id}"' in (stockholm.out / file).read_text(encoding="utf-8")


def test_first_the_start_page_says_what_happened(stockholm: Site) -> None:
    text = (stockholm.out / "index.html").read_text(encoding="utf-8")
    places = [text.index(f'id="{name}"') for name in ("vad-hande", "mal", "korthet-rubrik", "kapitel-rubrik")]
    assert places == sorted(places)


# -- exits -----------------------------------------------------------------------------------------------------------


def test_a_share_that_changed_more_than_chance_is_not_said_to_be_chance(data: Published) -> None:
    said = _said(_with(data, (_exits("STUDIER"), 520)))["exits"]
    assert said.startswith("64 % av de 807 som avslutades gick till studier (2022: 50 % av 651) och")


def test_the_count_to_work_is_told_where_the_share_went_another_way(data: Published) -> None:
    assert "arbete" in _said(data)["exits"].split(", medan ")[1]
    # More, and a larger share too: nothing to add.
    assert "medan" not in _said(_with(data, (_exits("ARBETE"), 300)))["exits"]
    fewer = _with(data, (_exits("ARBETE"), 120), (_ended(), 480))
    assert (
        "och 25 % till arbete (2022: 22 %, kan vara slump), medan antalet till arbete minskade från 140 till 120."
        in (_said(fewer)["exits"])
    )


def test_what_is_hidden_is_left_out(data: Published) -> None:
    said = _said(_with(data, (_exits("ARBETE"), HIDDEN)))
    assert said["exits"] == "54 % av de 807 som avslutades gick till studier (2022: 50 % av 651, kan vara slump)."
    said = _said(_with(data, (_exits("STUDIER", BEFORE), HIDDEN)))
    assert said["exits"].startswith("54 % av de 807 som avslutades gick till studier och 20 % till arbete (2022: 22 %,")
    assert "exits" not in _said(_with(data, (_ended(), HIDDEN)))


def test_of_very_few_no_share_is_told(data: Published) -> None:
    assert "exits" not in _said(_with(data, (_ended(), 9), (_exits("STUDIER"), 5), (_exits("ARBETE"), 2)))


# -- women and men, job-centres ---------------------------------------------------------------------------------------


def test_women_and_men_who_differ_by_chance(data: Published) -> None:
    alike = _with(data, (_exits("STUDIER", gender="kvinna"), 190))
    assert (
        "53 % av 359 kvinnor och 50 % av 448 män gick till studier när de avslutades, en skillnad som kan vara slump"
        in (_said(alike)["gender"])
    )
    assert "gender" not in _said(_with(data, (_exits("STUDIER", gender="kvinna"), HIDDEN)))


def test_women_and_men_who_do_not_differ() -> None:
    women, men = (Cell(Decimal(part), Decimal(whole), True) for part, whole in ((50, 100), (101, 200)))
    said = women_and_men(women, replace(men, part=Decimal(100)), "nåddes")
    assert said is not None
    assert said.replace("\u00a0", " ") == "Lika stor andel av kvinnor och män nåddes: 50 % av 100 och av 200"


def test_a_job_centre_that_changed_by_chance_is_not_said_to_have_changed(data: Published) -> None:
    as_before = [
        (_exits("STUDIER", job_centre="VALLINGBY"), 66),  # 54 of 100, 52 the year before
        (_exits("STUDIER", job_centre="SKARHOLMEN"), 60),  # 44 and 37
    ]
    assert _said(_with(data, *as_before))["job_centre"] == (
        "Vid inget jobbtorg ändrades andelen till studier mer än slumpen förklarar, mest skiljer Jobbtorg Skärholmen: "
        "44 % av 137 (2022: 37 % av 114)."
    )


def test_a_hidden_job_centre_may_be_the_one_that_changed_most(data: Published) -> None:
    assert "job_centre" not in _said(_with(data, (_exits("STUDIER", job_centre="KISTA"), HIDDEN)))


def test_who_has_no_job_centre_is_none(data: Published) -> None:
    assert "Saknar stadsdel" not in _said(_with(data, (_exits("STUDIER", job_centre="SAKNAS"), 0)))["job_centre"]


# -- support and outreach ---------------------------------------------------------------------------------------------


def test_fewer_in_support(data: Published) -> None:
    said = _said(_with(data, (NumberKey("participants", "enrolled", NOW), 900)))["support"]
    assert said.endswith("tog del av stöd, 8 % färre än 2022 (983).") and said.startswith("900 ungdomar, varav 916")
    alone = [(NumberKey("participants", measure, NOW), 1) for measure in ("enrolled", "new")]
    assert _said(_with(data, *alone))["support"].startswith(
        "1 ungdom, varav 1 nyinskriven (2022: 705), tog del av stöd, 100 % färre än 2022 (983)."
    )


def test_a_share_that_fell(data: Published) -> None:
    said = _said(_with(data, (NumberKey("outreach", "reached", NOW), 2500)))["outreach"]
    assert said.startswith("43 % av de 5 777 sökta nåddes, en mindre andel än 2022 (54 % av 5 152), och")


def test_a_report_without_the_year_before(first_year: Site) -> None:
    said = _said(read_report(first_year.published, NOW))
    assert said["exits"] == "54 % av de 807 som avslutades gick till studier och 20 % till arbete."
    assert said["support"] == "1 231 ungdomar, varav 916 nyinskrivna, tog del av stöd."
    assert said["outreach"] == "54 % av de 5 777 sökta nåddes, och 73 % av de 3 092 nådda hade en sysselsättning."
    assert "job_centre" not in said


def _delivered(data: Published, **days: date) -> Published:
    return replace(data, publication=replace(data.publication, **days))  # type: ignore[arg-type]


def test_a_year_of_which_a_part_was_delivered_is_compared_with_none(data: Published) -> None:
    late = _delivered(data, first_extract_date=date(2022, 3, 1))
    said = _said(late)
    assert said["exits"] == "54 % av de 807 som avslutades gick till studier och 20 % till arbete."
    assert said["gender"] == "60 % av 359 kvinnor och 50 % av 448 män gick till studier när de avslutades."
    assert said["support"] == "1 231 ungdomar, varav 916 nyinskrivna, tog del av stöd."
    assert said["outreach"] == "54 % av de 5 777 sökta nåddes, och 73 % av de 3 092 nådda hade en sysselsättning."
    assert "job_centre" not in said
    assert "targets" in said  # the year itself is whole
    assert _finding(late, "tabell-4") == "1 231 ungdomar tog del av stöd"
    (sought,) = (fact for fact in Report(late).summary().facts if fact.id == "sought")
    assert (sought.before_text, sought.difference, sought.change_in_words) == ("5\u00a0152", None, "")


def test_a_year_that_has_not_ended_has_met_no_target(data: Published) -> None:
    running = _delivered(data, last_extract_date=date(2023, 11, 29))
    said = _said(running)
    assert "targets" not in said and "2022" not in " ".join(said.values())
    assert outcomes(Report(running).readings) == ()
    assert _finding(running, "mal-till-studier") == ""


def test_a_municipality_without_job_centres(nacka: Site) -> None:
    said = _said(read_report(nacka.published, "kalenderar-2023"))
    assert "job_centre" not in said
    assert said["targets"] == (
        "Målet är inte nått för avslutade som gick till studier eller arbete (74 % av 807, 15,8 procentenheter under målet "
        "minst 90 %)."
    )


# -- readings ---------------------------------------------------------------------------------------------------------


def _reading(now: tuple[int, int], before: tuple[int, int]) -> Reading:
    return Reading(*(Cell(Decimal(part), Decimal(whole), True) for part, whole in (now, before)), "2022")


def test_a_difference_of_shares_is_of_those_that_are_not_rounded() -> None:
    found = _reading((3092, 5777), (2801, 5152))  # both are 54 % when rounded
    assert found.difference == "\u22120,8 procentenheter, kan vara slump"
    assert found.before_text == "54\u00a0% av 5\u00a0152"
    assert _reading((2257, 3092), (1877, 2801)).difference == "+6,0 procentenheter"
    assert _reading((1, 2), (2, 4)).difference == "oförändrat"


def test_nothing_is_compared_with_a_share_of_nothing_or_with_what_is_no_share() -> None:
    assert _reading((1, 2), (0, 0)).difference is None
    # Numbers that a public output has changed: more than all.
    assert _reading((12, 11), (5, 11)).difference == "+63,6 procentenheter, kan vara slump"


# -- targets ----------------------------------------------------------------------------------------------------------


def _target(**changes: object) -> Target:
    found = Target(
        id="m", title="Mål", figure="exits", measure="ended", category=("STUDIER",), whole="ended", value=Decimal(50),
        unit="procent", direction="minst", valid_from=date(2020, 1, 1), valid_to=None, source="Plan", quote="Minst", how=None,
    )  # fmt: skip
    return replace(found, **changes)  # type: ignore[arg-type]


def _outcome(part: int, whole: int, **changes: object) -> Outcome:
    return Outcome(_target(**changes), Cell(Decimal(part), Decimal(whole), True))


@pytest.mark.parametrize(
    ("outcome", "finding"),
    [
        (_outcome(50, 100), "Målet minst 50 % är nått: 50 % av 100"),
        # Half a per cent below rounds to the target, and is below it.
        (_outcome(325, 651), "Målet minst 50 % är inte nått: 50 % av 651, 0,1 procentenheter under målet"),
        (
            _outcome(49_999, 100_000),
            "Målet minst 50 % är inte nått: 50 % av 100 000, mindre än 0,1 procentenheter under målet",
        ),
        (
            _outcome(55, 100, direction="högst"),
            "Målet högst 50 % är inte nått: 55 % av 100, 5,0 procentenheter över målet",
        ),
        (_outcome(50, 100, direction="högst"), "Målet högst 50 % är nått: 50 % av 100"),
        (
            Outcome(_target(unit="dagar", whole=None, direction="högst", value=Decimal(14)), Cell(Decimal(20))),
            "Målet högst 14 dagar är inte nått: 20, 6 över målet",
        ),
    ],
)
def test_a_target_is_met_or_missed_by_so_much(outcome: Outcome, finding: str) -> None:
    assert (outcome.finding or "").replace("\u00a0", " ") == finding


def test_of_a_target_that_is_hidden_nothing_is_said(data: Published) -> None:
    hidden = _with(data, (_exits("STUDIER"), HIDDEN))
    assert [each.target.id for each in outcomes(Report(hidden).readings)] == ["erbjudande-90-dagar"]
    block = next(
        block for chapter in Report(hidden).chapters() for block in chapter.blocks if block.id == "mal-till-studier"
    )
    assert block.finding is None


def test_a_target_holds_for_whole_years_only() -> None:
    year = Period(NOW, "verksamhetsar", "verksamhetsåret 2023", date(2022, 12, 1), date(2023, 11, 30))
    assert _target(valid_from=date(2022, 12, 1), valid_to=date(2023, 11, 30)).holds_in(year)
    assert not _target(valid_from=date(2022, 12, 2)).holds_in(year)
    assert not _target(valid_to=date(2023, 11, 29)).holds_in(year)
    assert not _target().holds_in(replace(year, id="tertial1-2023", kind="tertial"))


def test_targets_by_job_centre_with_their_source(data: Published) -> None:
    built = Report(_with(data, (_exits("STUDIER", job_centre="KISTA"), 80)))
    chapter = next(chapter for chapter in built.chapters() if chapter.id == "stod")
    block = next(block for block in chapter.blocks if block.id == "mal-till-studier")
    assert block.target is not None and (block.target.value, block.target.label) == (50, "Mål: minst 50\u00a0%")
    said = " ".join(block.notes).replace("\u00a0", " ")
    assert "Nått vid Jobbtorg Globen (52 %), Jobbtorg Skärholmen (50 %) och Jobbtorg Vällingby (67 %)." in said
    assert "Inte nått vid Jobbtorg Kista (46 %, 4,3 procentenheter under)." in said
    assert "den överstiger indikatorn på 50 procent" in said
    assert block.charted is not None and [row.label for row in block.charted.rows][-2] == "Saknar stadsdel"
    hidden = Report(_with(data, (_exits("STUDIER", job_centre="KISTA"), HIDDEN)))
    assert "Kista" not in " ".join(by_job_centre(data.profile.targets[0], hidden.readings))


def test_the_start_page_shows_each_target(stockholm: Site) -> None:
    text = stockholm.page("index.html").text.replace("\u00a0", " ")
    assert "Nått 54 % Avslutade som gick till studier Av 807. Målet är minst 50 %. Årsrapport 2023, avsnitt 7.1" in text
    assert "Inte nått 32 % Inskrivningar med ett erbjudande inom 90 dagar Av 730. Målet är minst 70 %, 38,1" in text


def test_a_target_of_a_figure_that_no_chapter_shows_stands_with_support(data: Published) -> None:
    chapters = {chapter.id: [block.id for block in chapter.blocks] for chapter in Report(data).chapters()}
    assert chapters["stod"][-2:] == ["mal-till-studier", "mal-erbjudande-90-dagar"]


# -- headings ---------------------------------------------------------------------------------------------------------


def test_each_table_of_the_report_says_something_but_the_one_of_many_things(data: Published) -> None:
    blocks = [block for chapter in Report(data).chapters() for block in chapter.blocks]
    assert [block.id for block in blocks if block.finding is None] == ["nyckeltal"]


def test_a_table_is_headed_by_what_it_says_and_named_by_what_it_shows(stockholm: Site) -> None:
    text = (stockholm.out / "kapitel-stod.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    section = text[text.index('id="diagram-6"') :]
    heading = "60 % av 359 kvinnor och 50 % av 448 män gick till studier när de avslutades"
    assert f'<h2 id="diagram-6-rubrik">{heading}</h2>' in section
    assert (
        "Avslutade till studier, till arbete och av andra orsaker, 2023"
        in section.split('<p class="shows">')[1].split("</p>")[0]
    )
    assert f'aria-label="Stapeldiagram. {heading}. Avslutade till studier' in section


def test_job_centres_that_differ_more_than_chance(data: Published) -> None:
    kista = {
        NumberKey("outreach", measure, NOW, job_centre="KISTA"): value
        for measure, value in (("sought", 900), ("reached", 600))
    }
    found = _finding(_with(data, *kista.items()), "diagram-4")
    assert found.startswith("Andelen nådda av de sökta var störst vid Jobbtorg Kista, 67 % av 900, och minst vid")
    assert "kan vara slump" in _finding(data, "diagram-4")


def test_the_district_with_most_is_named_only_where_all_are_known(data: Published) -> None:
    assert _finding(data, "diagram-2").startswith("Flest nåddes i Södermalm, ")
    assert _finding(_with(data, (NumberKey("outreach", "reached", NOW, district="04"), HIDDEN)), "diagram-2") == ""


def _finding(data: Published, block_id: str) -> str:
    blocks = [block for chapter in Report(data).chapters() for block in chapter.blocks]
    return (next(block.finding for block in blocks if block.id == block_id) or "").replace("\u00a0", " ")


def test_a_label_of_a_share_says_what_it_is_a_share_of(data: Published) -> None:
    profile = data.profile
    shares = [
        fact for chapter in report.chapters(profile) for fact in chapter.facts if isinstance(fact.number, report.Share)
    ]
    assert shares and all("{whole}" in fact.label for fact in shares)
    asides = [
        fact.aside
        for chapter in report.chapters(profile)
        for fact in chapter.facts
        if fact.aside and isinstance(fact.aside[1], report.Share)
    ]
    assert asides and all("{whole}" in text for text, _ in asides)
