"""A synthetic nation for tests: as many municipalities as one wants, from 20 to 7 500 youths, with counts drawn by chance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random

from dashboards.content.nation import shown
from dashboards.disclosure.output import PublicOutput, public_output
from dashboards.disclosure.relations import order
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.disclosure import CellSuppression
from pipelines.configuration.municipality import Municipality
from pipelines.publication.nation_file import NationContent, add_lake, write_nation_file
from pipelines.publication.public_file import write_public_file
from pipelines.warehouse.ask import FigureRow
from pipelines.warehouse.periods import parse_period

PERIOD, DAY = "kalenderar-2024", "dag-2024-12-31"

#: Some of Sweden's counties.
COUNTIES = {
    "01": "Stockholms län", "03": "Uppsala län", "04": "Södermanlands län", "05": "Östergötlands län", "08": "Kalmar län",
    "12": "Skåne län", "14": "Västra Götalands län", "25": "Norrbottens län",
}  # fmt: skip
NAMES = (
    "Björkö",
    "Dalby",
    "Ekarp",
    "Fors",
    "Granvik",
    "Hede",
    "Kärr",
    "Lindesta",
    "Mosås",
    "Näs",
    "Rörvik",
    "Ängsholm",
)

#: Measure -> its count in a place.
Counts = dict[str, int]


def nation_profile(municipalities: int, unheard: int = 0) -> Municipality:
    """A profile whose districts are municipalities and whose job-centres are counties; so many ``unheard`` are added to it."""
    codes: dict[str, list[str]] = {county: [] for county in COUNTIES}
    districts = []
    for place in range(municipalities + unheard):
        county = list(COUNTIES)[place % len(COUNTIES)]
        round_ = place // len(COUNTIES)
        code = f"{county}{round_ + 1:02d}"
        name = f"{NAMES[place % len(NAMES)]}{'' if place < len(NAMES) else f' {place // len(NAMES) + 1}'}"
        codes[county].append(code)
        districts.append({"code": code, "name": name})
    return Municipality.model_validate(
        {
            "code": "0000", "name": "Riket", "title": "Riket", "timezone": "Europe/Stockholm",
            "report_year": {"kind": "kalenderar", "starts": "01-01"}, "districts": districts,
            "job_centres": [
                {"code": code, "name": name, "districts": codes[code]} for code, name in COUNTIES.items() if codes[code]
            ],
            "thresholds": {
                "volume_drop_share": 70, "volume_drop_min_rows": 100, "bad_row_share": 5, "bad_row_min": 20,
            },
        }
    )  # fmt: skip


@dataclass
class SyntheticNation:
    """``counts``: by municipality code. ``extracts``: the first and last day of a municipality's, where it is another than all
    others'. ``absent``: codes that have handed over nothing."""

    profile: Municipality
    counts: dict[str, Counts]
    extracts: dict[str, tuple[date, date]] = field(default_factory=dict)

    def rows(self) -> list[FigureRow]:
        """The figures: of each municipality, each county and the nation."""
        county_of = {code: county.code for county in self.profile.job_centres for code in county.districts}
        found: dict[tuple[str, ...], int] = {}
        for code, counts in self.counts.items():
            for district, county in (("*", "*"), (code, "*"), ("*", county_of.get(code, "SAKNAS"))):
                for measure, count in counts.items():
                    for figure, name, period, category in KEYS[measure]:
                        key = (figure, name, period, "*", district, county, category, "*")
                        found[key] = found.get(key, 0) + count
        return [(*key, Decimal(count)) for key, count in found.items() if count]  # type: ignore[misc]

    def content(self) -> NationContent:
        usual = (date(2023, 12, 20), date(2025, 1, 20))
        return NationContent(
            figures=self.rows(),
            public=None,
            extracts={
                (source, day) for source in ("ber", "folkbokforing") for day in (usual[0], date(2024, 6, 1), usual[1])
            },
            parts=[
                (code, f"{code} kommun", *self.extracts.get(code, usual), date(2025, 2, 1), f"{code}{'ab' * 30}")
                for code in sorted(self.counts)
                if code != "SAKNAS"
            ],
            fingerprint="c0ffee" * 10,
            sql_fingerprint="",
            day=parse_period(DAY, self.profile),
        )

    def write(self, folder: Path, smallest: int = 5) -> tuple[Path, PublicOutput]:
        """The public file, and what it shows and hides."""
        internal, public = folder / "internal.duckdb", folder / "public.duckdb"
        periods = [parse_period(each, self.profile) for each in (PERIOD, DAY)]
        content = self.content()
        write_nation_file(
            internal, self.profile, periods, read_catalogue(), CellSuppression(smallest=smallest), content
        )
        output = public_output(internal, PERIOD, [], smallest, (), shown, [DAY])
        keys, hidden = ([order(key) for key in some] for some in (output.values, output.protection.hidden))
        write_public_file(internal, public, keys, hidden)
        add_lake(public, self.profile, content)
        return public, output


#: What a count of this nation is published as: figure, measure, period, category.
KEYS: Mapping[str, tuple[tuple[str, str, str, str], ...]] = {
    "sought": (("outreach", "sought", PERIOD, "*"),),
    "reached": (("outreach", "reached", PERIOD, "*"),),
    "not_reached": (("outreach", "not_reached", PERIOD, "*"),),
    "ended": (("participants", "ended", PERIOD, "*"), ("exits", "ended", PERIOD, "*")),
    "studies": (("exits", "ended", PERIOD, "STUDIER"),),
    "other": (("exits", "ended", PERIOD, "OKAND"),),
    "eligible": (("target_group", "eligible", DAY, "*"),),
    "lacking": (("target_group", "eligible_not_in_register", DAY, "*"),),
    "in_register": (("target_group", "in_register", DAY, "*"),),
}


def counted(sought: int, reached: int, ended: int, studies: int, eligible: int, lacking: int) -> Counts:
    """The counts of a municipality, with those that follow from them."""
    return {
        "sought": sought, "reached": reached, "not_reached": sought - reached, "ended": ended, "studies": studies,
        "other": ended - studies, "eligible": eligible, "lacking": lacking, "in_register": eligible - lacking,
    }  # fmt: skip


def synthetic_nation(
    municipalities: int, seed: int = 1, unheard: int = 0, change: Callable[[SyntheticNation], None] | None = None
) -> SyntheticNation:
    """Municipalities from 20 to 7 500 youths with the same chances, but two: every tenth is a little better or worse than chance.
    ``unheard``: so many are in the profile and have handed over nothing."""
    chance = Random(seed)
    profile = nation_profile(municipalities, unheard)
    nation = SyntheticNation(profile, {})

    def of(count: int, share: float) -> int:
        return sum(chance.random() < share for _ in range(count))

    for place, code in enumerate(profile.district_codes[:municipalities]):
        youths = round(20 * 375 ** (((place * 37) % municipalities) / max(municipalities - 1, 1)))
        apart = 0.06 * (place % 10 == 3) - 0.06 * (place % 10 == 7)
        sought, ended = of(youths, 0.75), of(youths, 0.15)
        nation.counts[code] = counted(
            sought, of(sought, 0.55 + apart), ended, of(ended, 0.5 - apart), youths, of(youths, 0.08)
        )
    if change:
        change(nation)
    return nation
