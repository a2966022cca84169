"""Makes published files for the tests of the pages: the printed numbers of the annual report 2023, with plausible
fillers where the report prints none (districts, channels, occupations). No test of how a figure is counted uses this.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from dashboards.content.annual_report import EXPLAINED
from dashboards.content.shown_numbers import shown_numbers
from dashboards.disclosure.relations import order
from dashboards.published.numbers import NumberKey
from dashboards.published.report import read_report
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.disclosure import CellSuppression
from pipelines.configuration.municipality import Municipality, load_municipality
from pipelines.history.purge import AGED, CAME_LATE
from pipelines.publication.public_file import write_public_file
from pipelines.publication.published_file import profile_rows, write_catalogue
from pipelines.publication.tables import OF_PARTS, create_public_figures, create_tables

JARVA = date(2023, 6, 30)
DISTRICTS: list[tuple[str, str, date | None, date | None, str | None]] = [
    ("01", "Rinkeby-Kista", None, JARVA, "21"),
    ("02", "Spånga-Tensta", None, JARVA, "21"),
    ("03", "Hässelby-Vällingby", None, None, None),
    ("04", "Bromma", None, None, None),
    ("05", "Kungsholmen", None, None, None),
    ("06", "Norrmalm", None, JARVA, "22"),
    ("07", "Östermalm", None, JARVA, "22"),
    ("08", "Södermalm", None, None, None),
    ("09", "Enskede-Årsta-Vantör", None, None, None),
    ("10", "Skarpnäck", None, None, None),
    ("11", "Farsta", None, None, None),
    ("12", "Hägersten-Älvsjö", None, None, None),
    ("13", "Skärholmen", None, None, None),
    ("21", "Järva", date(2023, 7, 1), None, None),
    ("22", "Norra innerstaden", date(2023, 7, 1), None, None),
]
JOB_CENTRES = [
    ("GLOBEN", "Jobbtorg Globen"),
    ("SKARHOLMEN", "Jobbtorg Skärholmen"),
    ("VALLINGBY", "Jobbtorg Vällingby"),
    ("KISTA", "Jobbtorg Kista"),
]
COVERS = {
    "GLOBEN": ["05", "06", "07", "08", "09", "10", "11", "22"],
    "SKARHOLMEN": ["12", "13"],
    "VALLINGBY": ["03", "04"],
    "KISTA": ["01", "02", "21"],
}
CODES = {
    "kanal": {
        "BREV": "Brev", "SMS": "Sms", "TELEFON": "Telefon", "MEJL": "Mejl", "KNACKAKORT": "Knackakort",
        "HEMBESOK": "Hembesök", "DROPIN": "Drop-in", "SOCIALA_MEDIER": "Sociala medier",
        "ANNAN_AKTOR": "Genom annan aktör",
    },
    "sysselsattning": {
        "STUDIER_EJ_I_BER": "Studier som inte syns i BER", "ARBETE": "Arbete", "PRAKTIK": "Praktik",
        "UTOMLANDS": "Utomlands", "FORALDRALEDIG": "Föräldraledig", "ANNAN_SYSSELSATTNING": "Annan sysselsättning",
        "INGEN": "Ingen sysselsättning", "OKAND": "Okänd",
    },
    "avslutsorsak": {
        "STUDIER": "Studier", "ARBETE": "Arbete", "FYLLT_20": "Fyllt 20 år", "FLYTTAT": "Flyttat till en annan kommun",
        "ANNAN_AKTOR": "Stöd genom annan aktör", "OKAND": "Okänd",
    },
    "registreringsorsak": {"AVBROTT": "Avbrott från gymnasieskolan", "INFLYTTAD": "Inflyttad till kommunen", "OVRIGT": "Övrigt"},
    "besokstyp": {"VAGLEDNING": "Vägledning", "PLATSHJALP": "Hjälp att hitta en plats"},
    "flai_insats": {"COACHNING": "Coachning", "SELMA": "Selma", "ARBETSLAG": "Arbetslag"},
    "matt": {"KONTAKT": "Kontaktade", "INSKRIVNA": "Inskrivna", "AVSLUTADE": "Avslutade"},
    "forvaltning": {"AMF": "Arbetsmarknadsförvaltningen", "UTBF": "Utbildningsförvaltningen"},
    "insats": {"JOBBTORG": "Stöd på jobbtorg", "AIM": "Aim", "UNGVUX": "Ungvux"},
    "vantetid": {"D0_14": "Inom 14 dagar", "D15_30": "15–30 dagar", "OVER_90": "Mer än 90 dagar", "INGEN": "Inget försök"},
}  # fmt: skip
QUESTION = "Har du fått hjälpen du behövde från oss?"

#: job-centre: inskrivna, avslutade, till studier, till arbete (Tabell 5 and 6)
RESULTS = {
    2023: {
        "GLOBEN": (490, 319, 165, 64), "SKARHOLMEN": (220, 137, 69, 36), "VALLINGBY": (211, 123, 83, 16),
        "KISTA": (244, 175, 102, 34), "SAKNAS": (66, 53, 19, 11),
    },
    2022: {
        "GLOBEN": (367, 216, 112, 44), "SKARHOLMEN": (157, 114, 42, 32), "VALLINGBY": (134, 87, 45, 23),
        "KISTA": (201, 122, 65, 23), "SAKNAS": (124, 112, 61, 18),
    },
}  # fmt: skip
#: (women, men)
PRINTED = {
    ("population", "in_register"): {2023: (3497, 4049), 2022: (3329, 3825)},
    ("outreach", "sought"): {2023: (2643, 3134), 2022: (2406, 2746)},
    ("outreach", "reached"): {2023: (1408, 1684), 2022: (1297, 1504)},
    ("outreach", "not_reached"): {2023: (1235, 1450), 2022: (1109, 1242)},
    ("participants", "enrolled"): {2023: (554, 677), 2022: (427, 556)},
}
#: Of the women, by reason: 60 % to studies and of the men 50 %, the year before 54 and 47 %.
EXITS_OF_WOMEN = {2023: {"*": 359, "STUDIER": 214}, 2022: {"*": 280, "STUDIER": 152}}
SHARES_BY_GENDER = (0.46, 0.54)
VERSION = 3


def split(total: int, weights: Iterable[float]) -> list[int]:
    """A whole number in parts of about these weights that add up to it."""
    weights = list(weights)
    parts = [int(total * weight / sum(weights)) for weight in weights]
    for place in range(total - sum(parts)):
        parts[place % len(parts)] += 1
    return parts


@dataclass
class Maker:
    """Collects rows and writes the file."""

    name: str = "Stockholms stad"
    #: What the municipality calls its own.
    profile: Municipality = field(default_factory=lambda: load_municipality("stockholm"))
    districts: list[tuple[str, str, date | None, date | None, str | None]] = field(
        default_factory=lambda: list(DISTRICTS)
    )
    job_centres: list[tuple[str, str]] = field(default_factory=lambda: list(JOB_CENTRES))
    codes: dict[str, dict[str, str]] = field(default_factory=lambda: dict(CODES))
    kind: str = "verksamhetsar"
    report_year_kind: str = ""  # empty: the same as kind
    years: tuple[int, ...] = (2022, 2023)
    first_extract: date = date(2021, 12, 1)
    last_extract: date = date(2023, 11, 30)
    figures: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    deliveries: list[tuple[Any, ...]] = field(default_factory=list)
    quarantine: list[tuple[Any, ...]] = field(default_factory=list)
    checks: list[tuple[Any, ...]] = field(default_factory=list)
    #: Rows of the protocol of gallring.
    purged: list[tuple[Any, ...]] = field(default_factory=list)
    #: The same by dataset: year, dataset, persons, first and last day, whether they had aged.
    purged_of_datasets: list[tuple[Any, ...]] = field(default_factory=list)
    #: Folder of a delivery -> the version that judged it, where that is not the one before the newest.
    judged_in: dict[str, int] = field(default_factory=dict)
    #: Id of a delivery -> (code, whether it warns, whether it names commands, sentence) of each remark.
    remarks: dict[str, list[tuple[str, bool, bool, str]]] = field(default_factory=dict)
    #: Folder of a delivery -> what a person decided about it.
    decided: dict[str, str] = field(default_factory=dict)
    plan_rules: list[tuple[Any, ...]] = field(default_factory=list)
    plan_parameters: list[tuple[str, str, str]] = field(default_factory=list)
    plan_counts: list[tuple[Any, ...]] = field(default_factory=list)
    #: Other periods than the years, as rows of the table period.
    periods: list[tuple[Any, ...]] = field(default_factory=list)
    summary: list[tuple[date, str, str, str, int]] = field(default_factory=list)
    jumps: list[tuple[Any, ...]] = field(default_factory=list)
    notices: list[tuple[str, str, bool]] = field(default_factory=list)
    troubles: list[tuple[Any, ...]] = field(default_factory=list)
    #: Rows of the table freshness.
    freshness: list[tuple[Any, ...]] = field(default_factory=list)
    #: Parts that failed: id and title; they have no table.
    failed_parts: list[tuple[str, str]] = field(default_factory=list)

    def period(self, year: int) -> str:
        return f"{self.kind}-{year}"

    def days(self, year: int) -> tuple[date, date]:
        if self.kind == "verksamhetsar":
            return date(year - 1, 12, 1), date(year, 11, 30)
        return date(year, 1, 1), date(year, 12, 31)

    def put(self, figure: str, measure: str, year: int, value: int | Decimal, **where: str) -> None:
        dimensions = ("gender", "district", "job_centre", "category", "subcategory")
        key = (figure, measure, self.period(year), *(where.get(name, "*") for name in dimensions))
        if value:
            self.figures[key] = Decimal(value)

    def areas(self, year: int) -> list[tuple[str, str]]:
        """(district, job-centre) in force on the period's last day, and SAKNAS."""
        day = self.days(year)[1]
        found = [
            (code, next((centre for centre, codes in COVERS.items() if code in codes), "SAKNAS"))
            for code, _, first, last, _ in self.districts
            if (first is None or first <= day) and (last is None or day <= last)
        ]
        return [*found, ("SAKNAS", "SAKNAS")]

    def spread(
        self, figure: str, measure: str, year: int, women: int, men: int, by_centre: bool = True, **where: str
    ) -> None:
        """A count by gender, and each gender over the districts and job-centres."""
        areas = self.areas(year)
        self.put(figure, measure, year, women + men, **where)
        centres: dict[str, list[int]] = {}
        per_area: dict[str, int] = {}
        for gender, total, turn in (("kvinna", women, 0), ("man", men, 3)):
            self.put(figure, measure, year, total, gender=gender, **where)
            weights = [5 + (7 * (place + turn)) % 11 for place in range(len(areas) - 1)] + [1.5]
            for (district, centre), part in zip(areas, split(total, weights), strict=True):
                self.put(figure, measure, year, part, gender=gender, district=district, **where)
                per_area[district] = per_area.get(district, 0) + part
                centres.setdefault(centre, [0, 0])[gender == "man"] += part
        for district, part in per_area.items():
            self.put(figure, measure, year, part, district=district, **where)
        if by_centre:
            for centre, (centre_women, centre_men) in centres.items():
                self.put(figure, measure, year, centre_women + centre_men, job_centre=centre, **where)
                self.put(figure, measure, year, centre_women, job_centre=centre, gender="kvinna", **where)
                self.put(figure, measure, year, centre_men, job_centre=centre, gender="man", **where)

    def spread_total(self, figure: str, measure: str, year: int, total: int, **where: str) -> None:
        women, men = split(total, SHARES_BY_GENDER)
        self.spread(figure, measure, year, women, men, by_centre=True, **where)

    def fill(self, year: int) -> None:
        """All figures of one year."""
        for (figure, measure), printed in PRINTED.items():
            self.spread(figure, measure, year, *printed[year], by_centre=figure != "participants")
        now = year == 2023
        attempts = 19628 if now else 17500
        self.spread_total("contacts", "attempts", year, attempts)
        channels = zip(self.codes["kanal"], split(attempts, (24, 20, 30, 12, 2, 1, 0, 1, 0)), strict=True)
        for code, part in channels:
            self.spread_total("contacts", "attempts", year, part, category=code)
            self.spread_total(
                "contacts", "answered", year, int(part * (0.4 if code == "TELEFON" else 0.11)), category=code
            )
        for gender, place in (("kvinna", 0), ("man", 1), ("*", 2)):
            reached = [*PRINTED["outreach", "reached"][year], sum(PRINTED["outreach", "reached"][year])][place]
            occupied = int(reached * (0.73 if now else 0.67)) + 1
            parts = [*split(occupied, (40, 31, 3, 15, 4, 7)), *split(reached - occupied, (4, 1))]
            self.put("occupation", "occupied", year, occupied, gender=gender)
            for code, part in zip(self.codes["sysselsattning"], parts, strict=True):
                self.put("occupation", "reached", year, part, gender=gender, category=code)
        for code in (*centres, "SAKNAS") if (centres := [code for code, _ in self.job_centres]) else ():
            reached = int(self.figures["outreach", "reached", self.period(year), "*", "*", code, "*", "*"])
            self.put("occupation", "occupied", year, int(reached * (0.73 if now else 0.67)), job_centre=code)
        self.spread_total("participants", "new", year, 916 if now else 705)
        totals = [0, 0, 0, 0]
        for centre, counts in RESULTS[year].items():
            totals = [a + b for a, b in zip(totals, counts, strict=True)]
            if centre in centres or (centre == "SAKNAS" and centres):
                enrolled, ended, studies, work = counts
                self.put("participants", "enrolled", year, enrolled, job_centre=centre)
                self.put("participants", "ended", year, ended, job_centre=centre)
                self.put("exits", "ended", year, ended, job_centre=centre)
                self.put("exits", "ended", year, studies, job_centre=centre, category="STUDIER")
                self.put("exits", "ended", year, work, job_centre=centre, category="ARBETE")
        _, ended, studies, work = totals
        for measure, category, count in (
            ("participants", "*", ended),
            ("exits", "*", ended),
            ("exits", "STUDIER", studies),
            ("exits", "ARBETE", work),
        ):
            women = EXITS_OF_WOMEN[year].get(category, split(count, SHARES_BY_GENDER)[0])
            men = count - women
            self.put(measure, "ended", year, count, category=category)
            self.put(measure, "ended", year, women, category=category, gender="kvinna")
            self.put(measure, "ended", year, men, category=category, gender="man")
        own = (293, 191, 162, 86, 37) if now else (281, 176, 151, 85, 30)
        for measure, count in zip(("participants", "new", "ended"), own[:3], strict=True):
            self.put("measures", measure, year, count, category="AIM")
        self.put("measure_exits", "ended", year, own[3], category="AIM", subcategory="STUDIER")
        self.put("measure_exits", "ended", year, own[4], category="AIM", subcategory="ARBETE")
        self.put("residence_checks", "reported", year, 57 if now else 64)
        reached = sum(PRINTED["outreach", "reached"][year])
        for administration, share in (("*", 0.28), ("AMF", 0.25), ("UTBF", 0.04)):
            self.spread_total(
                "support_choice", "reached_then_enrolled", year, int(reached * share), category=administration
            )
        for measure, count in (("registered", 4600), ("contacted_in_14_days", 34), ("contacted_in_30_days", 1300)):
            self.spread_total("timeliness", measure, year, count)
        for code, count in (("*", 4600), ("D0_14", 34), ("D15_30", 1266), ("OVER_90", 300), ("INGEN", 3000)):
            self.spread_total("time_to_contact", "stays", year, count, category=code)
        for gender, days in (("*", 32), ("kvinna", 31), ("man", 33)):
            self.put("median_wait", "days", year, days, gender=gender)
            self.put("median_wait", "days", year, days + 2, gender=gender, job_centre="KISTA")
        for measure, count in (("sought", 120), ("reached", 25), ("first_reached", 11)):
            self.spread_total("reached_by_channel", measure, year, count, category="HEMBESOK")
        for measure, count in (("enrolments", 730), ("offered", 233)):
            self.spread_total("offer_90_days", measure, year, count)
        self.fill_before_school(year)
        self.fill_of_the_register(year)
        self.fill_of_job_centres(year)
        answers = (1, 1, 2, 14, 31) if now else (2, 2, 6, 18, 33)
        self.put("survey", "answers", year, sum(answers), category=QUESTION)
        for answer, count in enumerate(answers, start=1):
            self.put("survey", "answers", year, count, category=QUESTION, subcategory=str(answer))
        for activity, name, value in (
            ("Ungvux", "nyinskrivna", 162),
            ("Ungvux", "avslutade med examen", 18),
            ("Ungvux", "läste yrkespaket", 47),
            ("Studiesteg1", "unika ungdomar", 87),
            ("Skolslussen", "slussplatser", 90),
            ("Skolslussen", "använda slussplatser", 23),
        ):
            if now:
                self.put("key_numbers", "value", year, value, category=activity, subcategory=name)
        aged = 37100 if now else 36800
        self.spread_total("residents", "aged_16_19", year, aged)
        self.spread_total("residents", "in_register_16_19", year, int(aged * 0.185))

    def fill_before_school(self, year: int) -> None:
        """Admission and Skolslussen."""
        counts = (420, 180, 250, 120) if year == 2023 else (400, 150, 230, 95)
        for measure, count in zip(("persons", "guided", "placed", "guided_and_placed"), counts, strict=True):
            self.spread_total("not_admitted", measure, year, count)
        for code, visits, visitors, before in (
            ("*", 900, 700, 330), ("VAGLEDNING", 600, 520, 250), ("PLATSHJALP", 300, 270, 120),
        ):  # fmt: skip
            for measure, count in (("visits", visits), ("visitors", visitors), ("before_term", before)):
                self.spread_total("school_entry_visits", measure, year, count, category=code)

    def fill_of_the_register(self, year: int) -> None:
        """Who came, who stayed, and what they do."""
        for code, stays, first in (
            ("*", 4600, 3000),
            ("AVBROTT", 3100, 2000),
            ("INFLYTTAD", 900, 700),
            ("OVRIGT", 600, 300),
        ):
            self.spread_total("registrations", "stays", year, stays, category=code)
            self.spread_total("registrations", "first", year, first, category=code)
        for measure, count in (("persons", 2400), ("reached_in_90_days", 1100), ("enrolled_in_90_days", 310)):
            self.spread_total("first_time", measure, year, count)
        self.spread_total("persistence", "again", year, 3900 if year == 2023 else 3700)
        in_register, ended = (
            sum(PRINTED["population", "in_register"][year]),
            sum(each[1] for each in RESULTS[year].values()),
        )
        for figure, total, weights in (
            ("latest_occupation", in_register, (20, 15, 2, 6, 2, 3, 10, 42)),
            ("occupation_after_support", ended, (30, 20, 3, 1, 1, 2, 8, 35)),
        ):
            self.spread_total(figure, "persons", year, total)
            for code, part in zip(self.codes["sysselsattning"], split(total, weights), strict=True):
                self.spread_total(figure, "persons", year, part, category=code)

    def fill_of_job_centres(self, year: int) -> None:
        """What the job-centres themselves deliver: by consent, and of those who are older."""
        for code, counts in (
            ("*", (260, 150, 140)),
            ("COACHNING", (170, 90, 85)),
            ("SELMA", (70, 40, 38)),
            ("ARBETSLAG", (50, 30, 25)),
        ):
            for measure, count in zip(("participants", "new", "ended"), counts, strict=True):
                self.spread_total("consented_participants", measure, year, count, category=code)
        places = [*(code for code, _ in self.job_centres), "SAKNAS"]
        reasons = {"STUDIER": 39, "ARBETE": 98, "OKAND": 73, "FLYTTAT": 34}
        for category, subcategory, total in (
            ("KONTAKT", "*", 362), ("INSKRIVNA", "*", 286), ("AVSLUTADE", "*", 244),
            *(("AVSLUTADE", reason, count) for reason, count in reasons.items()),
        ):  # fmt: skip
            where = {"category": category, "subcategory": subcategory}
            self.put("youth_20_29", "value", year, total, **where)
            for gender, of_gender in zip(("kvinna", "man"), split(total, SHARES_BY_GENDER), strict=True):
                self.put("youth_20_29", "value", year, of_gender, gender=gender, **where)
                for place, part in zip(places, split(of_gender, range(len(places) + 3, 3, -1)), strict=True):
                    self.put("youth_20_29", "value", year, part, gender=gender, job_centre=place, **where)
            for place in places:
                parts = [
                    self.figures.get(
                        ("youth_20_29", "value", self.period(year), gender, "*", place, category, subcategory), 0
                    )
                    for gender in ("kvinna", "man")
                ]
                self.put("youth_20_29", "value", year, sum(parts), job_centre=place, **where)

    def bridge_rows(self) -> list[tuple[Any, ...]]:
        """For each year but the first: three of five left, and so many came that it adds up."""
        found = []
        for year in self.years:
            if year - 1 not in self.years:
                continue
            for item in EXPLAINED:
                (key,) = item.number.keys
                values = [
                    int(self.figures.get((key.figure, key.measure, period, *("*",) * 3, key.category, "*"), 0))
                    for period in (self.period(year - 1), self.period(year))
                ]
                left = min(3 * values[0] // 5, values[1])
                stayed = values[0] - left
                steps = [(None, values[0], 0), ("left", -left, left), ("came", values[1] - stayed, values[1] - stayed),
                         ("stayed", 0, stayed), (None, values[1], 0)]  # fmt: skip
                name = (key.figure, key.measure, key.category, self.period(year), self.period(year - 1))
                found += [(*name, place, *step) for place, step in enumerate(steps)]
        return found

    def write(self, path: Path) -> Path:
        """The file, with everything collected."""
        with duckdb.connect(str(path)) as connection:
            create_tables(connection, [part for part, _ in self.failed_parts])
            create_public_figures(connection, None)

            def insert(table: str, found: Iterable[Iterable[Any]]) -> None:
                lines = [list(line) for line in found]
                if lines:
                    marks = ", ".join("?" * len(lines[0]))
                    connection.executemany(f"insert into {table} values ({marks})", lines)

            periods = []
            for year in self.years:
                title = f"{'verksamhetsåret' if self.kind == 'verksamhetsar' else 'kalenderåret'} {year}"
                periods.append((self.period(year), self.kind, *self.days(year), title, self.period(year - 1)))
            insert("period", periods + self.periods)
            insert("district", self.districts)
            insert("job_centre", ((code, name, place) for place, (code, name) in enumerate(self.job_centres)))
            insert(
                "code",
                (
                    (name, code, label, place)
                    for name, labels in self.codes.items()
                    for place, (code, label) in enumerate(labels.items())
                ),
            )
            write_catalogue(connection, read_catalogue(), self.profile)
            insert(
                "delivery",
                (
                    (*line, self.judged_in.get(line[-1], VERSION - 1), self.decided.get(line[-1]))
                    for line in self.deliveries
                ),
            )
            insert(
                "delivery_remark",
                (
                    (delivery_id, place, *remark)
                    for delivery_id, remarks in self.remarks.items()
                    for place, remark in enumerate(remarks, start=1)
                ),
            )
            connection.execute(
                "insert into period_extracts select p.period_id, d.source, count(distinct d.extract_date), min(d.extract_date), "
                "max(d.extract_date) from period p join delivery d on d.status = 'accepted' "
                "and d.extract_date between p.starts_on and p.ends_on group by all"
            )
            insert("purge_protocol", ((*entry, entry[6] == AGED, 0) for entry in self.purged))
            insert("purge_protocol_dataset", self.purged_of_datasets)
            insert("notice", ((code, *rest, "{}", code) for code, *rest in self.notices))
            insert("trouble", self.troubles)
            insert("freshness", self.freshness)
            insert("failed_part", self.failed_parts)
            insert("quarantine", self.quarantine)
            insert("contract_check", self.checks)
            insert("profile", profile_rows(self.profile, CellSuppression()))
            insert("plan_rule", self.plan_rules)
            insert("plan_parameter", self.plan_parameters)
            of_parts = {
                "target_group": self.summary,
                "jumps": self.jumps,
                "plan": self.plan_counts,
                "bridges": self.bridge_rows(),
            }
            for part in of_parts.keys() - dict(self.failed_parts).keys():
                insert(OF_PARTS[part], of_parts[part])
            for table, is_own in (("figures", False), ("own_figures", True)):
                found = [
                    (*key, value) for key, value in self.figures.items() if read_catalogue()[key[0]].is_own == is_own
                ]
                if not found:
                    continue
                columns = [list(column) for column in zip(*found, strict=True)]
                connection.execute(f"insert into {table} select {', '.join(['unnest(?)'] * 9)}", columns)
            insert(
                "publication",
                [(
                    VERSION, datetime(2024, 1, 8, 4, 7), "0.1.0", "0180", self.name, self.report_year_kind or self.kind,
                    self.first_extract, self.last_extract, 1480, 40_212_345, "sql", "contracts", "profile",
                )],
            )  # fmt: skip
        return path


def stockholm(path: Path, change: Callable[[Maker], None] | None = None) -> Path:
    """Stockholm with 2022 and 2023; ``change`` alters it before it is written."""
    maker = Maker()
    for source, count in (("folkbokforing", 104), ("skolregister", 96), ("beda", 24), ("ber", 204), ("enkat", 24)):
        for number in range(count):
            extract = date.fromordinal(date(2023, 11, 30).toordinal() - number * 7)
            folder = f"{source}/{extract}"
            maker.deliveries.append(
                (source, extract, 1, "accepted", None, "Inläst.", 3000, 0, f"{source}-{number}", folder)
            )
    maker.deliveries += [
        ("ber", date(2023, 5, 3), 1, "rejected", "checksum_mismatch",
         "Filen kontakter.csv har inte den kontrollsumma som manifestet anger. Be avsändaren skicka leveransen igen.",
         0, 0, "r-1", "ber/x"),
        ("ber", date(2023, 11, 29), 1, "held", "volume_drop",
         "Datasetet register har 1 204 rader, mot 3 012 i föregående uttag. Kontrollera med källan och släpp eller avvisa.",
         1204, 0, "h-1", "ber/y"),
        ("skolregister", date(2023, 2, 1), 1, "superseded", None, "Ersatt av revision 2.", 9000, 0, "s-1", "skolregister/z"),
        ("skolregister", date(2023, 2, 1), 2, "accepted", None, "Inläst.", 9001, 0, "s-2", "skolregister/z2"),
        (None, None, None, "rejected", "bad_manifest", "Filen leverans.json är inte giltig JSON.", 0, 0, "r-2", "okand/q"),
        ("enkat", date(2023, 3, 1), 1, "accepted", None,
         "Inläst. Varning: Kolumnen kommentar finns inte i avtalet och har inte lästs in.", 50, 0, "w-1", "enkat/w"),
    ]  # fmt: skip
    unknown = "Kolumnen kommentar finns inte i avtalet och har inte lästs in."
    maker.remarks["w-1"] = [("loaded", False, False, "Inläst."), ("columns_unknown", True, False, unknown)]
    tonight = ("ber/2023-11-30", "ber/2023-11-23", "ber/y", "skolregister/z2", "okand/q", "enkat/w")
    maker.judged_in.update(dict.fromkeys(tonight, VERSION))
    maker.quarantine += [
        ("ber-1", "kontakter", "kontakter.csv", line, "kanal", "bad_code", "en kod i listan kanal")
        for line in range(12)
    ] + [("ber-2", "register", "register.csv", 7, "personnummer", "bad_personnummer", "ett giltigt personnummer")]
    maker.checks += [
        ("ber", "register", "Antalet rader är rimligt", "error", True, ""),
        (
            "skolregister",
            "studieperioder",
            "Uttaget är färskt",
            "warning",
            False,
            "Senaste uttaget är 9 dagar gammalt.",
        ),
    ]
    at = datetime(2023, 12, 4, 4, 7)
    maker.freshness += [
        ("ber", date(2023, 11, 28), date(2023, 12, 4), 3, date(2023, 11, 29), "silent", at),
        ("flai", None, None, 0, None, "not_expected", at),
        ("folkbokforing", date(2023, 11, 30), date(2023, 12, 4), 1, date(2023, 12, 1), "late", at),
        ("skolregister", date(2023, 12, 1), date(2023, 12, 4), 0, None, "fresh", at),
        ("skolslussen", date(2023, 12, 1), date(2024, 1, 8), 0, None, "closed", at),
    ]
    for year in maker.years:
        maker.fill(year)
    # The letters of an autumn: 40 of 1 000 answered in September, 20 of 200 in October, none dated in August.
    for month, attempts, answered in ((8, 700, 70), (9, 1000, 40), (10, 200, 20)):
        name = f"manad-2023-{month:02d}"
        maker.periods.append((name, "manad", date(2023, month, 1), date(2023, month, 28), name, None))
        for measure, count in (("attempts", attempts), ("answered", answered)):
            maker.figures["contacts", measure, name, "*", "*", "*", "BREV", "*"] = Decimal(count)
    for year in (2023, 2024):
        title = f"tertial 1 {year}"
        maker.periods.append((f"tertial1-{year}", "tertial", date(year, 1, 1), date(year, 4, 30), title, None))
    maker.periods.append(("lasar-2021-2022", "lasar", date(2021, 7, 1), date(2022, 6, 30), "läsåret 2021/2022", None))
    missing, surplus = "eligible_not_in_register", "in_register_not_eligible"
    for night, more in ((date(2022, 11, 30), 100), (date(2023, 11, 29), 1), (date(2023, 11, 30), 0)):
        maker.summary += [
            (night, "size", "*", "eligible", 2893 + more),
            (night, "size", "*", "in_register", 2748 + more),
            (night, "all", missing, "*", 157 + more),
            (night, "all", surplus, "*", 12),
            (night, "reason", missing, "ALLA_VILLKOR", 157 + more),
            (night, "reason", surplus, "4_STUDERAR", 9),
            (night, "reason", surplus, "9_NY_REGEL", 3),
            (night, "gender", missing, "kvinna", 157 + more),
            (night, "gender", surplus, "man", 12),
            (night, "job_centre", missing, "GLOBEN", 150 + more),
            (night, "job_centre", missing, "SAKNAS", 7),
        ]
    maker.summary += [
        (date(2023, 11, 30), "change", missing, "still_open", 157),
        (date(2023, 11, 30), "change", missing, "closed", 1),
        (date(2023, 11, 30), "change", surplus, "new", 2),
        (date(2023, 11, 30), "change", surplus, "still_open", 10),
        (date(2023, 11, 30), "protected", missing, "still_open", 2),
        (date(2023, 11, 30), "protected", surplus, "new", 1),
        (date(2023, 11, 30), "length", missing, "BEFORE_WINDOW", 157),
        (date(2023, 11, 30), "length", surplus, "0_14", 12),
    ]
    for kind, group, value, before, percent, is_warning in (
        ("all", "*", 2748, 2762, -1, False), ("job_centre", "KISTA", 300, 413, -27, True),
        ("job_centre", "SAKNAS", 3, 0, None, False),
    ):  # fmt: skip
        maker.jumps.append((
            "register_last_night", "Ungdomar i registret", "status", "in_register", kind, group, date(2023, 11, 30), value,
            "last_night", date(2023, 11, 29), before, percent, 10, 20, is_warning, "Registret ändras långsamt.",
            date(2023, 1, 9),
        ))  # fmt: skip
    if change:
        change(maker)
    return maker.write(path)


PLAN_TITLE, PLAN_QUOTE = "Handlingsplan 2018", "Hembesöken genomförs alltid av minst två personal."


def with_plans(maker: Maker) -> None:
    """Two plans, of which one has run out, with the counts of a rule."""
    old = ("gammal/two", "gammal", "Handlingsplan 2016", date(2016, 1, 1), date(2022, 11, 30))
    new = ("ny/two", "ny", PLAN_TITLE, date(2018, 7, 1), None)
    words = ("4.3.2, steg 5", PLAN_QUOTE, "Ett fall är ett hembesök.", None)
    maker.plan_rules = [
        (*old, "staff_at_least", "Gammal regel", *words, 1),
        (*new, "staff_at_least", "Hembesök av minst två", *words, 2),
        ("ny/card", *new[1:], "attempts_before", "Knackakort före hembesök", *words, 3),
        ("ny/20", *new[1:], None, "Informationsbrev", "4.3.2", "Till den som fyller 20.", None, "Brevets innehåll är okänt.", 4),
    ]  # fmt: skip
    maker.plan_parameters = [("ny/two", "channel", "HEMBESOK"), ("ny/two", "at_least", "2")]
    now, before = maker.period(2023), maker.period(2022)
    maker.plan_counts = [
        ("ny/two", now, "*", "*", 1210, 1000, 200, 10),
        ("ny/two", now, "kvinna", "*", 610, 600, 5, 5),
        ("ny/two", now, "man", "*", 600, 400, 195, 5),
        ("ny/two", now, "*", "KISTA", 1210, 1000, 200, 10),
        ("ny/two", before, "*", "*", 8, 1, 7, 0),
        ("ny/two", before, "man", "*", 8, 1, 7, 0),
        ("ny/two", before, "*", "KISTA", 3, 0, 0, 3),
        ("gammal/two", before, "*", "*", 99, 99, 0, 0),
    ]


def with_everything(maker: Maker) -> None:
    """Plans, and persons who have been purged; but for a reason that has no words yet."""
    with_plans(maker)
    maker.summary = [row for row in maker.summary if row[3] != "9_NY_REGEL"]
    for persons, reason in ((1, AGED), (1204, CAME_LATE)):
        maker.purged.append((2, 2023, persons, 9, 0, 0, reason, date(2022, 1, 1), date(2023, 3, 1)))
        has_aged = reason == AGED
        maker.purged_of_datasets.append((2023, "ber/register", persons, date(2022, 1, 1), date(2023, 3, 1), has_aged))


def nacka(path: Path) -> Path:
    """A municipality without districts and job-centres: everybody is SAKNAS."""
    maker = Maker(
        name="Nacka kommun", profile=load_municipality("nacka"), districts=[], job_centres=[], kind="kalenderar"
    )
    maker.first_extract, maker.last_extract = date(2022, 1, 1), date(2023, 12, 31)
    for year in maker.years:
        maker.fill(year)
    return maker.write(path)


def first_year(path: Path) -> Path:
    """Stockholm with its first year only; the file knows no year before."""
    maker = Maker(years=(2023,), first_extract=date(2022, 12, 1))
    maker.fill(2023)
    return maker.write(path)


def public(published: Path, out: Path, period: str, hidden: Collection[NumberKey] = ()) -> Path:
    """The file of a public output of a period in which these numbers are hidden."""
    keys = shown_numbers(published, read_report(published, period), smallest=0).keys
    write_public_file(published, out, [order(key) for key in keys], [order(key) for key in hidden])
    return out
