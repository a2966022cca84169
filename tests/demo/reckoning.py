"""A second reckoning of the printed figures, straight from the delivered CSV files.

Follows figures.md sentence by sentence in plain Python and shares no code with the generator or the pipelines.
Reckons only the figures of the annual report that the golden files print, for the two report years.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

Key = tuple[str, str, str, str, str, str, str, str]
Row = dict[str, str]
PERIODS = {
    "verksamhetsar-2022": ("2021-12-01", "2022-11-30"),
    "verksamhetsar-2023": ("2022-12-01", "2023-11-30"),
}
REFORM = "2023-07-01"
SUCCESSOR = {"01": "21", "02": "21", "06": "22", "07": "22"}
CENTRE = {
    **dict.fromkeys(("05", "06", "07", "08", "09", "10", "11", "22"), "GLOBEN"),
    **dict.fromkeys(("12", "13"), "SKARHOLMEN"),
    **dict.fromkeys(("03", "04"), "VALLINGBY"),
    **dict.fromkeys(("01", "02", "21"), "KISTA"),
}


def extracts(drop: Path, source: str) -> Iterator[tuple[str, Path, dict[str, str]]]:
    """(extract date, folder, file name of each dataset) in date order."""
    found = []
    for manifest_path in (drop / source).glob("*/leverans.json"):
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        files = {entry["dataset"]: entry["fil"] for entry in manifest["filer"]}
        found.append((manifest["uttagsdatum"], manifest_path.parent, files))
    yield from sorted(found, key=lambda item: item[0])


def read(path: Path, encoding: str = "utf8") -> pl.DataFrame:
    content = path if encoding == "utf8" else path.read_bytes().decode(encoding).encode()
    return pl.read_csv(content, separator=";", infer_schema=False).fill_null("")


def current_records(drop: Path, source: str, dataset: str, key: str) -> list[Row]:
    """Each record as in the latest extract that contains it."""
    current: pl.DataFrame | None = None
    for _, folder, files in extracts(drop, source):
        latest = read(folder / files[dataset])
        if current is not None:
            gone = current.join(latest.select(key), on=key, how="anti")
            latest = pl.concat([latest, gone.select(latest.columns)])
        current = latest
    assert current is not None
    return current.rows(named=True)


@dataclass
class People:
    """Persons as sets of linked numbers; the newest number stands for the person."""

    links: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    earlier: set[str] = field(default_factory=set)
    known: dict[str, str] = field(default_factory=dict)

    def link(self, number: str, earlier: str) -> None:
        if number != earlier:
            self.links[number].add(earlier)
            self.links[earlier].add(number)
            self.earlier.add(earlier)

    def person(self, number: str) -> str:
        if number not in self.known:
            group, todo = {number}, [number]
            while todo:
                for other in self.links.get(todo.pop(), ()):
                    if other not in group:
                        group.add(other)
                        todo.append(other)
            named = [n for n in group if n not in self.earlier] or list(group)
            newest = max(named, key=lambda n: (birth_date(n), int(n[10]) % 2, n))
            for member in group:
                self.known[member] = newest
        return self.known[number]


def birth_date(number: str) -> date:
    day = int(number[6:8])
    return date(int(number[:4]), int(number[4:6]), day - 60 if day > 60 else day)


def gender(number: str) -> str:
    return "man" if int(number[10]) % 2 else "kvinna"


class Reckoning:
    def __init__(self, drop: Path) -> None:
        self.values: dict[Key, Decimal] = defaultdict(Decimal)
        self.people = People()
        self.population: pl.DataFrame | None = None
        for _, folder, files in extracts(drop, "folkbokforing"):
            rows = read(folder / files["personer"])
            for number, earlier in (
                rows.filter(pl.col("tidigare_personnummer") != "")
                .select("personnummer", "tidigare_personnummer")
                .iter_rows()
            ):
                self.people.link(number, earlier)
        # Purged (deliveries.md section 7): who turns 21 in an earlier calendar year than the latest
        # extract's. Extracts of 2023 are loaded, so nobody born 2001 or earlier remains.
        person = self.people.person

        def kept(rows: Iterable[Row]) -> list[Row]:
            result = []
            for row in rows:
                row["person"] = person(row["personnummer"])
                if birth_date(row["person"]).year + 21 >= 2023:
                    result.append(row)
            return result

        self.sightings: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for extract_date, folder, files in extracts(drop, "ber"):
            for row in kept(read(folder / files["register"]).iter_rows(named=True)):
                self.sightings[row["person"]].append((extract_date, row["stadsdelsomrade"]))
        self.contacts = [
            r for r in kept(current_records(drop, "ber", "kontakter", "kontakt_id")) if r["makulerad"] == "N"
        ]
        self.occupations = kept(current_records(drop, "ber", "sysselsattningar", "sysselsattning_id"))
        self.enrolments = kept(current_records(drop, "ber", "inskrivningar", "inskrivning_id"))
        self.checks = kept(current_records(drop, "ber", "bosattningskontroller", "kontroll_id"))
        owner = {row["inskrivning_id"]: row["person"] for row in self.enrolments}
        self.measures = [
            {**row, "person": owner[row["inskrivning_id"]]}
            for row in current_records(drop, "ber", "insatser", "insats_id")
        ]
        self.survey = current_records(drop, "enkat", "svar", "svar_id")
        last = list(extracts(drop, "nyckeltal"))[-1]
        self.key_numbers = read(last[1] / last[2]["nyckeltal"], "iso-8859-1").rows(named=True)
        for period, (first, end) in PERIODS.items():
            self._period(period, first, end)

    def _dimensions(self, person: str, end: str) -> tuple[str, str, str]:
        seen = [s for s in self.sightings.get(person, ()) if s[0] <= end]
        code = max(seen)[1] if seen else ""
        centre = CENTRE.get(code, "SAKNAS")
        district = code or "SAKNAS"
        if end >= REFORM:
            district = SUCCESSOR.get(district, district)
        return gender(person), district, centre

    def _count(
        self,
        figure: str,
        measure: str,
        period: str,
        end: str,
        person: str,
        category: str = "*",
        subcategory: str = "*",
    ) -> None:
        sex, district, centre = self._dimensions(person, end)
        for place in (("*", "*"), (district, "*"), ("*", centre)):
            for who in ("*", sex):
                self.values[figure, measure, period, who, *place, category, subcategory] += 1

    def _count_persons(
        self, figure: str, measure: str, period: str, end: str, persons: Iterable[str], category: str = "*"
    ) -> None:
        for person in sorted(set(persons)):
            self._count(figure, measure, period, end, person, category)

    def _period(self, period: str, first: str, end: str) -> None:
        def inside(day: str) -> bool:
            return first <= day <= end

        members = {p for p, seen in self.sightings.items() if any(inside(day) for day, _ in seen)}
        self._count_persons("population", "in_register", period, end, members)

        of_person: dict[str, list[Row]] = defaultdict(list)
        for contact in self.contacts:
            if inside(contact["datum"]) and contact["person"] in members:
                of_person[contact["person"]].append(contact)
                if contact["riktning"] == "UT":
                    for category in ("*", contact["kanal"]):
                        self._count("contacts", "attempts", period, end, contact["person"], category)
                        if contact["besvarad"] == "J":
                            self._count("contacts", "answered", period, end, contact["person"], category)
        first_reach: dict[str, Row] = {}
        for person, contacts in of_person.items():
            answered = [c for c in contacts if c["besvarad"] == "J" or c["riktning"] == "IN"]
            if answered:
                first_reach[person] = min(answered, key=lambda c: (c["datum"], c["kontakt_id"]))
        self._count_persons("outreach", "sought", period, end, of_person)
        self._count_persons("outreach", "reached", period, end, first_reach)
        self._count_persons("outreach", "not_reached", period, end, set(of_person) - set(first_reach))

        said: dict[str, tuple[str, str]] = {}
        for row in self.occupations:
            if row["kontakt_id"]:
                entry = (row["sysselsattning_id"], row["sysselsattning"])
                said[row["kontakt_id"]] = max(said.get(row["kontakt_id"], entry), entry)
        for person, contact in first_reach.items():
            occupation = said.get(contact["kontakt_id"], ("", "OKAND"))[1]
            for category in ("*", occupation):
                self._count("occupation", "reached", period, end, person, category)
                if occupation not in ("INGEN", "OKAND"):
                    self._count("occupation", "occupied", period, end, person, category)

        enrolled, new, ended = set(), set(), set()
        last_exit: dict[str, Row] = {}
        for row in self.enrolments:
            person, start, stop = row["person"], row["inskriven_datum"], row["avslutad_datum"]
            if start <= end and (not stop or stop >= first):
                enrolled.add(person)
            if inside(start):
                new.add(person)
            if stop and inside(stop):
                ended.add(person)
                last_exit[person] = max(
                    last_exit.get(person, row), row, key=lambda r: (r["avslutad_datum"], r["inskrivning_id"])
                )
        self._count_persons("participants", "enrolled", period, end, enrolled)
        self._count_persons("participants", "new", period, end, new)
        self._count_persons("participants", "ended", period, end, ended)
        for person, row in last_exit.items():
            self._count("exits", "ended", period, end, person, row["avslutsorsak"])
            self._count("exits", "ended", period, end, person)

        aim = [row for row in self.measures if row["insats"] == "AIM"]
        overlap = {
            r["person"] for r in aim if r["startdatum"] <= end and (not r["slutdatum"] or r["slutdatum"] >= first)
        }
        self._count_persons("measures", "participants", period, end, overlap, "AIM")
        self._count_persons(
            "measures", "new", period, end, {r["person"] for r in aim if inside(r["startdatum"])}, "AIM"
        )
        last_measure: dict[str, Row] = {}
        for row in aim:
            if row["slutdatum"] and inside(row["slutdatum"]):
                last_measure[row["person"]] = max(
                    last_measure.get(row["person"], row), row, key=lambda r: (r["slutdatum"], r["insats_id"])
                )
        self._count_persons("measures", "ended", period, end, last_measure, "AIM")
        for person, row in last_measure.items():
            self._count("measure_exits", "ended", period, end, person, "AIM", row["avslutsorsak"])

        for row in self.checks:
            if inside(row["anmald_datum"]):
                self._count("residence_checks", "reported", period, end, row["person"])
        answers: Counter[tuple[str, str]] = Counter()
        for row in self.survey:
            if inside(row["datum"]):
                for question in ("*", row["fraga"]):
                    for answer in ("*", row["svar"]):
                        answers[question, answer] += 1
        for (question, answer), number in answers.items():
            self.values["survey", "answers", period, "*", "*", "*", question, answer] += number
        for row in self.key_numbers:
            if inside(row["period_fran"]) and inside(row["period_till"]):
                key = ("key_numbers", "value", period, "*", "*", "*", row["verksamhet"], row["matt"])
                self.values[key] += Decimal(row["varde"])
