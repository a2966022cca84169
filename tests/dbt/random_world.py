"""Random crowded worlds of extracts, for comparison with the oracle: few numbers, few days, so that all rules meet.

What belongs here: valid rows after quarantine, as extracts. What does not belong here: deliveries and their faults, and
what the figures of a world should be.
"""

import random
from datetime import date, timedelta

from tests.dbt import small_world as rows
from tests.dbt.make_fixture import Row

_BIRTHS = ["20030601", "20030602", "20040229", "20050630", "20070615", "20070701", "20030630", "20070601"]
_DISTRICTS = ["", "01", "02", "06", "12", "21", "22"]
_REASONS = ["STUDIER", "ARBETE", "FLYTTAT"]
_CHANNELS = ["BREV", "TELEFON"]
_DAYS = [date(2023, 3, 1) + timedelta(days=each) for each in range(0, 200, 4)] + [
    date(2023, 6, 30),
    date(2023, 7, 1),
    date(2023, 4, 30),
    date(2023, 5, 1),
    date(2023, 8, 31),
    date(2023, 9, 1),
    date(2023, 8, 19),
    date(2023, 8, 20),
    date(2023, 9, 15),
    date(2023, 9, 16),
]
_EXTRACT_DAYS = [
    date(2022, 5, 31),
    date(2023, 4, 28),
    date(2023, 5, 2),
    date(2023, 6, 1),
    date(2023, 6, 30),
    date(2023, 7, 1),
    date(2023, 8, 31),
    date(2023, 9, 4),
]

Extracts = dict[tuple[str, date], dict[str, list[Row]]]


class RandomWorld:
    """Extracts of all sources; the same seed gives the same world."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._numbers = [self._number(place) for place in range(self._random.randint(4, 9))]
        self._districts = self._random.choice([_DISTRICTS, ["", "01", "21"]])
        self.extracts: Extracts = {}
        self._contacts: dict[str, Row] = {}
        self._occupations: dict[str, Row] = {}
        self._enrolments: dict[str, Row] = {}
        self._measures: dict[str, Row] = {}
        self._studies: dict[str, Row] = {}
        self._decisions: dict[str, Row] = {}
        self._visited: dict[str, Row] = {}
        self._participating: dict[str, Row] = {}
        for day in _EXTRACT_DAYS:
            for source, make in (
                ("folkbokforing", self._residents),
                ("ber", self._ber),
                ("skolregister", self._school),
                ("beda", self._certificates),
                ("enkat", self._survey),
                ("nyckeltal", self._key_numbers),
                ("antagning", self._admission),
                ("skolslussen", self._visits),
                ("flai", self._participations),
                ("jobbtorg_unga", self._youth_counts),
            ):
                if self._random.random() < 0.75:
                    self.extracts[source, day] = make()

    def _number(self, place: int) -> str:
        birth = self._random.choice(_BIRTHS)
        if self._random.random() < 0.3:
            birth = f"{birth[:6]}{int(birth[6:]) + 60:02}"
        return f"{birth}{self._random.choice([100, 101]) + 2 * place}0"

    def _pick(self, *values: str) -> str:
        return self._random.choice(values)

    def _day(self) -> str:
        return self._random.choice(_DAYS).isoformat()

    def _someone(self) -> str:
        return self._random.choice(self._numbers)

    def _some_numbers(self) -> list[str]:
        return self._random.sample(self._numbers, self._random.randint(0, len(self._numbers)))

    def _later(self, day: str) -> str:
        later = date.fromisoformat(day) + timedelta(days=self._random.choice([0, 1, 30, 89, 90, 91]))
        return self._random.choice(["", later.isoformat()])

    def _residents(self) -> dict[str, list[Row]]:
        return {
            "personer": [
                rows.resident(
                    number,
                    self._pick(*self._districts),
                    earlier=self._someone() if self._random.random() < 0.2 else "",
                    immigrated=self._pick("J", "N"),
                    protection=self._pick("", "", "", "SEKRETESS", "SKYDDAD"),
                )
                for number in self._some_numbers()
            ]
        }

    def _drift(self, records: dict[str, Row], new: Row) -> list[Row]:
        """Add or replace a record; show most of them, so that some disappear and come back."""
        records[next(iter(new.values()))] = new
        return [row for row in records.values() if self._random.random() < 0.9]

    def _ber(self) -> dict[str, list[Row]]:
        for _ in range(6):
            direction = self._pick("UT", "UT", "IN")
            new = rows.contact(
                f"K{self._random.randint(1, 25)}",
                self._someone(),
                self._day(),
                answered="J" if direction == "IN" else self._pick("J", "N"),
                direction=direction,
                channel=self._pick(*_CHANNELS),
                annulled=self._pick("N", "N", "N", "J"),
            )
            contacts = self._drift(self._contacts, new)
            contact_id = self._pick("", "K99", *self._contacts)
            code = self._pick("ARBETE", "INGEN", "OKAND")
            said = rows.occupation(f"S{self._random.randint(1, 12)}", self._someone(), self._day(), contact_id, code)
            occupations = self._drift(self._occupations, said)
        for _ in range(3):
            begun = self._day()
            ended = self._later(begun)
            new = rows.enrolment(
                f"I{self._random.randint(1, 9)}",
                self._someone(),
                begun,
                ended,
                self._pick(*_REASONS) if ended else "",
                self._pick("AMF", "UTBF"),
            )
            enrolments = self._drift(self._enrolments, new)
        there = [row["inskrivning_id"] for row in enrolments]
        for _ in range(3 if there else 0):
            begun = self._day()
            ended = self._later(begun)
            self._drift(
                self._measures,
                rows.measure(
                    f"M{self._random.randint(1, 12)}",
                    self._pick(*there),
                    self._pick("AIM", "PRAKTIK"),
                    begun,
                    ended,
                    self._pick(*_REASONS) if ended else "",
                ),
            )
        return {
            "register": [
                rows.entry(
                    number,
                    self._pick("2023-05-01", "2023-06-15", "2023-08-20"),
                    self._pick(*self._districts),
                    self._pick("NY", "INSKRIVEN"),
                    self._pick("AVBROTT", "INFLYTTAD"),
                )
                for number in self._some_numbers()
            ],
            "kontakter": contacts,
            "sysselsattningar": occupations,
            "inskrivningar": enrolments,
            "insatser": [row for row in self._measures.values() if row["inskrivning_id"] in there],
            "bosattningskontroller": [
                {"kontroll_id": f"B{each}", "personnummer": self._someone(), "anmald_datum": self._day()}
                for each in range(2)
            ],
        }

    def _school(self) -> dict[str, list[Row]]:
        for _ in range(3):
            begun = self._day()
            studies = self._drift(
                self._studies,
                rows.study(
                    f"P{self._random.randint(1, 8)}",
                    self._someone(),
                    self._pick("GY", "ANPGY", "KOMVUX"),
                    self._pick("NA", "IMA"),
                    begun,
                    self._later(begun),
                    self._pick("", "EXAMEN", "STUDIEBEVIS", "GYMNASIEBEVIS_ANP", "AVBROTT"),
                ),
            )
        return {"studieperioder": studies}

    def _admission(self) -> dict[str, list[Row]]:
        for _ in range(3):
            decisions = self._drift(
                self._decisions,
                rows.decision(
                    f"A{self._random.randint(1, 12)}",
                    self._someone(),
                    self._day(),
                    self._pick("EJ_ANTAGEN", "EJ_ANTAGEN", "ANTAGEN"),
                    self._pick("SLUTLIG", "SLUTLIG", "PRELIMINAR"),
                    self._pick("2023", "2023", "2022"),
                ),
            )
        return {"antagningar": decisions}

    def _visits(self) -> dict[str, list[Row]]:
        for _ in range(4):
            kind = self._pick("VAGLEDNING", "OVRIGT")
            new = rows.visit(f"V{self._random.randint(1, 12)}", self._someone(), self._day(), kind)
            visits = self._drift(self._visited, new)
        return {"besok": visits}

    def _participations(self) -> dict[str, list[Row]]:
        for _ in range(3):
            begun = self._day()
            ended = self._later(begun)
            kind, reason = self._pick("COACHNING", "SELMA"), self._pick(*_REASONS) if ended else ""
            name = f"D{self._random.randint(1, 8)}"
            new = rows.participation(name, self._someone(), kind, begun, ended, reason)
            participations = self._drift(self._participating, new)
        return {"deltaganden": participations}

    def _youth_counts(self) -> dict[str, list[Row]]:
        return {
            "antal": [
                rows.youths(job_centre, gender, quantity, self._pick("0", "3", "11"), reason) | {"period_till": till}
                for job_centre in ("", "KISTA", "GLOBEN")
                for gender in ("KVINNA", "MAN")
                for till in ("2023-05-31", "2023-06-30")
                for quantity, reason in (("KONTAKT", ""), ("AVSLUTADE", "STUDIER"), ("AVSLUTADE", "ARBETE"))
                if self._random.random() < 0.5
            ]
        }

    def _certificates(self) -> dict[str, list[Row]]:
        return {
            "bevis": [
                {"personnummer": number, "bevis": kind, "datum": self._day()}
                for number in self._numbers
                for kind in ("STUDIEBEVIS", "MOTSVARANDE")
                if self._random.random() < 0.1
            ]
        }

    def _survey(self) -> dict[str, list[Row]]:
        return {
            "svar": [
                {
                    "svar_id": f"E{self._random.randint(1, 9)}-{each}",
                    "datum": self._day(),
                    "fraga": self._pick("A", "B"),
                    "svar": str(self._random.randint(1, 5)),
                }
                for each in range(3)
            ]
        }

    def _key_numbers(self) -> dict[str, list[Row]]:
        return {
            "nyckeltal": [
                {
                    "period_fran": "2023-05-01",
                    "period_till": till,
                    "verksamhet": name,
                    "matt": self._pick("X", "Y"),
                    "varde": self._pick("10", "-2.5", "0.1"),
                    "enhet": "st",
                    "uppgiftslamnare": "Chef",
                }
                for name in ("Ungvux", "Sluss")
                for till in ("2023-05-31", "2023-06-30")
                if self._random.random() < 0.7
            ]
        }
