"""The page ”Utveckling över tid”: its files hold what is published, stay small over ten years, and show it as it is."""

import json
import random
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards.content import trends
from dashboards.pages import reports, search
from dashboards.published.numbers import Count, NumberKey, Numbers, one
from dashboards.published.publication import Period
from dashboards.published.report import Published, read_report
from dashboards.published.series import Series
from dashboards.wording import numbers
from tests.dashboards import published_file
from tests.dashboards.built_site import Site

NOW = "verksamhetsar-2023"


def _read(folder: Path) -> dict[tuple[str, ...], Decimal]:
    """(figure, measure, category, subcategory, by, code, period) -> number, from the files as a browser reads them."""
    page = json.loads(
        re.search(r'id="utveckling">(.*?)</script>', (folder / "trender.html").read_text(encoding="utf-8"))[1]  # type: ignore[index]
    )
    periods = {kind["id"]: [period["id"] for period in kind["periods"]] for kind in page["kinds"]}
    found = {}
    others = {folder / search.FILE, folder / reports.FILE}
    for path in sorted(set((folder / trends.FOLDER).iterdir()) - others):
        name, tree = re.fullmatch(r'kaaTrend\("(.*?)",(.*)\);\n', path.read_text(encoding="utf-8")).groups()  # type: ignore[union-attr]
        assert name == path.name.removesuffix(".js")
        figure, measure, kind = name.split(".")
        for keys, series in _leaves(json.loads(tree)):
            for period, text in zip(periods[kind], series.split(","), strict=False):
                if text:
                    found[(re.sub(r"-\d+$", "", figure), measure, *keys, period)] = Decimal(text)
    return found


def _leaves(tree: Any, keys: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    if isinstance(tree, str):
        return [(keys, tree)]
    return [leaf for key, branch in tree.items() for leaf in _leaves(branch, (*keys, key))]


@pytest.mark.parametrize("name", ["stockholm", "nacka", "first_year"])
def test_the_files_hold_every_published_number_of_one_dimension(name: str, request: pytest.FixtureRequest) -> None:
    built: Site = request.getfixturevalue(name)
    with duckdb.connect(str(built.published), read_only=True) as connection:
        rows = connection.execute(
            """
            select figure, measure, category, subcategory, gender, job_centre, district, period, value
            from (from figures union all from own_figures) join period on period = period_id
            where period_kind <> 'dag' and value <> 0 and ends_on <= (
                select ends_on from period where period_id = ?
            )
            """,
            [NOW if name != "nacka" else "kalenderar-2023"],
        ).fetchall()
    expected = {}
    for figure, measure, category, subcategory, gender, centre, district, period, value in rows:
        told = [(by, code) for by, code in (("g", gender), ("j", centre), ("d", district)) if code != "*"]
        if len(told) <= 1:
            by, code = told[0] if told else ("t", "*")
            expected[(figure, measure, category, subcategory, by, code, period)] = value
    assert len(expected) > 100
    assert _read(built.out) == expected


def _series(by: str, code: str = "*", category: str = "*") -> trends.SeriesKey:
    return "reached", category, "*", by, code


#: Kind of period and series -> its numbers, a dot for each that is hidden; and what is given instead.
@pytest.mark.parametrize(
    ("numbers_of", "expected"),
    [
        # Half is not more than half; and nothing is coarser than years of the whole municipality.
        ({("manad", _series("t")): "..77", ("verksamhetsar", _series("t")): "."}, {}),
        (
            {("manad", _series("g", "man")): "...7", ("halvar", _series("g", "man")): "7"},
            {("manad", _series("g", "man")): ("halvar", "g")},
        ),
        (
            {
                ("manad", _series("d", "01")): "...7",
                ("halvar", _series("d", "01")): ".",
                ("halvar", _series("d", "02")): "7",
                ("verksamhetsar", _series("d", "01")): "7",
            },
            {
                ("manad", _series("d", "01")): ("verksamhetsar", "d"),
                ("manad", _series("d", "02")): None,  # where others of its division are given, it had no number there
                ("halvar", _series("d", "01")): ("verksamhetsar", "d"),
            },
        ),
        # By district no month is given at all.
        (
            {("manad", _series("t")): "7777", ("halvar", _series("d", "01")): "7"},
            {("manad", _series("d", "01")): ("halvar", "d"), ("halvar", _series("t")): None},
        ),
        (
            {
                ("manad", _series("d", "01")): "...7",
                ("manad", _series("j", "NORR")): "7777",
                ("manad", _series("t")): "7777",
            },
            {("manad", _series("d", "01")): ("manad", "j")},
        ),
        (
            {("manad", _series("j", "NORR")): "...7", ("manad", _series("t")): "7777"},
            {("manad", _series("j", "NORR")): ("manad", "t")},
        ),
        (
            {("manad", _series("t", category="A")): "...7", ("manad", _series("t")): "7777"},
            {("manad", _series("t", category="A")): ("manad", "*")},
        ),
    ],
)
def test_what_would_mostly_be_hidden_is_given_for_longer_periods_or_larger_groups(
    numbers_of: dict[tuple[str, trends.SeriesKey], str],
    expected: dict[tuple[str, trends.SeriesKey], tuple[str, str] | None],
) -> None:
    values: dict[str, dict[trends.SeriesKey, trends.Values]] = {}
    for (kind, key), signs in numbers_of.items():
        found = {str(place): None if sign == "." else Decimal(sign) for place, sign in enumerate(signs)}
        values.setdefault(kind, {})[key] = found
    instead = {(kind, key): place for (_, kind, key), place in trends.coarser({"outreach": values}).items()}
    assert instead == {place: given for place, given in expected.items() if given}


def test_first_and_second_tertials_are_two_series(stockholm: Site, tmp_path: Path) -> None:
    """The second is counted from the year's beginning and holds the first: on one axis they would rise and fall by turns."""

    def second(maker: published_file.Maker) -> None:
        days = (date(2023, 1, 1), date(2023, 8, 31))
        maker.periods.append(("tertial2-2023", "tertial", *days, "tertial 2 2023", None))

    file = published_file.stockholm(tmp_path / "p.duckdb", second)
    kinds = trends.read(file, read_report(file, NOW)).as_json()["kinds"]
    assert [
        (kind["id"], [period["id"] for period in kind["periods"]]) for kind in kinds if "tertial" in kind["id"]
    ] == [
        ("tertial1", ["tertial1-2023"]),
        ("tertial2", ["tertial2-2023"]),
    ]


def test_a_public_page_leaves_out_what_is_mostly_hidden_and_says_where_it_is(stockholm: Site, tmp_path: Path) -> None:
    hidden = [_letters("attempts", month) for month in (8, 9)] + [_letters("answered", 8)]
    file = published_file.public(stockholm.published, tmp_path / "public.duckdb", NOW, hidden)
    page = trends.read(file, read_report(file, NOW))
    files = dict(page.files())
    assert '"BREV":{"*":{"g"' in files["data/contacts.attempts.manad.js"]
    assert '"t"' not in files["data/contacts.attempts.manad.js"]
    assert '"t":{"*":"..,40,20"}' in files["data/contacts.answered.manad.js"]  # one of three
    assert ["BREV", "*", "t", "verksamhetsar", "t", ["*"]] in page.as_json()["instead"]["contacts.attempts.manad"]
    internal = trends.read(stockholm.published, read_report(stockholm.published, NOW))
    assert internal.as_json()["instead"] == {}


def _letters(measure: str, month: int) -> NumberKey:
    return NumberKey("contacts", measure, f"manad-2023-{month:02}", category="BREV")


def _size(count: Count) -> int:
    key = count.keys[0]
    return 900 if (key.gender, key.job_centre, key.district) == ("*", "*", "*") else 90


def _ten_years(data: Published) -> trends.Trends:
    """Every period of ten years, and all groupings of a figure with 13 categories."""
    periods = []
    for year in range(2014, 2024):
        for month in range(1, 13):
            periods.append(
                Period(f"manad-{year}-{month:02}", "manad", "m", date(year, month, 1), date(year, month, 28))
            )
        for kind, name in (("tertial", "tertial1"), ("halvar", "halvar1"), ("halvar", "halvar2"), ("lasar", "lasar")):
            periods.append(Period(f"{name}-{year}", kind, "t", date(year, 1, 1), date(year, 4, 30)))
    figure = next(figure for figure in data.catalogue.values() if figure.id == "measures")
    dice = random.Random(7)
    groups: list[dict[str, str]] = [
        {},
        {"gender": "kvinna"},
        {"gender": "man"},
        *({"job_centre": str(n)} for n in range(5)),
        *({"district": str(n)} for n in range(16)),
    ]
    counts = [
        one(figure.id, measure.id, period=period.id, category=category, **group)
        for period in periods
        for measure in figure.measures
        for category in ("*", *(f"INSATS{n}" for n in range(12)))
        for group in groups
    ]
    values = {count.keys[0]: Decimal(dice.randrange(_size(count))) for count in counts}
    read = Numbers(data.catalogue, {}, frozenset(period.id for period in periods), values)
    return trends.Trends(data, Series(tuple(periods), (), read))


def test_ten_years_of_months_are_light(stockholm: Site) -> None:
    content = _ten_years(read_report(stockholm.published, NOW))
    heaviest = max(len(text.encode()) for _, text in content.files())
    scripts = ("site.css", "site.js", "downloads.js", "trends.js")
    shared = sum((stockholm.out / "assets" / name).stat().st_size for name in scripts)
    page = (stockholm.out / "trender.html").stat().st_size + len(json.dumps(content.as_json()).encode())
    assert heaviest > 100_000  # what is measured is no trifle
    assert heaviest + shared + page < 300_000


def test_a_figure_of_two_levels_has_a_file_per_category(stockholm: Site) -> None:
    files = {path.name for path in (stockholm.out / "data").iterdir()}
    levels = json.loads(
        re.search(r'id="utveckling">(.*?)</script>', (stockholm.out / "trender.html").read_text(encoding="utf-8"))[1]  # type: ignore[index]
    )
    for figure in levels["figures"]:
        named = {item[2] for item in figure["category"]["items"]} if figure["category"] else {figure["id"]}
        assert len(named) == (len(figure["category"]["items"]) if figure["subcategory"] else 1)
        made = {
            f"{name}.{m[0]}.{kind['id']}.js" for name in named for m in figure["measures"] for kind in levels["kinds"]
        }
        assert made <= files


def test_without_javascript_all_measures_stand_in_a_table(stockholm: Site) -> None:
    page = stockholm.page("trender.html")
    table = page.tables[-1]
    assert table.head == ["Mått", "2022", "2023"]
    for heading, what in (("I registret", ("population", "in_register")), ("Kontaktförsök", ("contacts", "attempts"))):
        expected = [stockholm.value(*what, f"verksamhetsar-{year}") for year in (2022, 2023)]
        assert table.row(heading) == [numbers.number(value) for value in expected]
    reached, sought = (stockholm.value("outreach", measure, NOW) for measure in ("reached", "sought"))
    assert table.row("Nådda av de sökta")[1] == numbers.share(reached, sought)
    views = {(attributes.get("href") or "").removeprefix("#matt=") for _, attributes in page.tags}
    assert {"outreach.reached", "andel-nadda"} <= views


def test_a_period_that_the_deliveries_do_not_cover_is_marked(stockholm: Site) -> None:
    data = read_report(stockholm.published, NOW)
    late = replace(data.publication, first_extract_date=date(2022, 1, 10))
    content = trends.read(stockholm.published, replace(data, publication=late))
    assert [content.is_covered(period) for period in content.main_periods()] == [False, True]
    assert not content.main_periods_covered


def test_series_leave_out_what_is_zero() -> None:
    found = {"b": Decimal("12.50"), "c": Decimal(0), "d": Decimal(3)}
    assert trends._series(found, ["a", "b", "c", "d", "e"]) == ",12.5,,3"
    assert trends._series({}, ["a", "b"]) == ""
