"""A second reckoning of the figures that the annual report does not print, straight from the delivered CSV files.

Follows figures.md ("Added 2026-11-28") sentence by sentence, like ``reckoning``, whose persons, dimensions and counting it uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from tests.demo.reckoning import PERIODS, Reckoning, Row, birth_date, current_records, extracts, read


def later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def withdrawn_ids(drop: Path) -> set[str]:
    """The participations that some extract says the consent is withdrawn for."""
    found: set[str] = set()
    for extract_date, folder, files in extracts(drop, "flai"):
        rows = read(folder / files["deltaganden"])
        over = rows.filter((pl.col("samtycke_till") != "") & (pl.col("samtycke_till") <= extract_date))
        found |= set(over["deltagande_id"].to_list())
    return found


class AddedReckoning(Reckoning):
    def __init__(self, drop: Path) -> None:
        super().__init__(drop)
        self.decisions = self._kept(current_records(drop, "antagning", "antagningar", "antagning_id"))
        self.visits = self._kept(current_records(drop, "skolslussen", "besok", "besok_id"))
        self.withdrawn = withdrawn_ids(drop)
        self.participations = [
            row
            for row in self._kept(current_records(drop, "flai", "deltaganden", "deltagande_id"))
            if row["deltagande_id"] not in self.withdrawn
        ]
        last = list(extracts(drop, "jobbtorg_unga"))[-1]
        self.numbers = read(last[1] / last[2]["antal"]).rows(named=True)
        periods = self._kept(current_records(drop, "skolregister", "studieperioder", "studieperiod_id"))
        self.school_starts: dict[str, list[str]] = defaultdict(list)
        for row in periods:
            if row["skolform"] in ("GY", "ANPGY", "GYSAR"):
                self.school_starts[row["person"]].append(row["startdatum"])
        self.stays: dict[tuple[str, str], tuple[str, str]] = {}
        for extract_date, folder, files in extracts(drop, "ber"):
            for row in self._kept(read(folder / files["register"]).iter_rows(named=True)):
                self.stays[row["person"], row["registrerad_datum"]] = (extract_date, row["registreringsorsak"])
        for period, (first, end) in PERIODS.items():
            self._admissions(period, first, end)
            self._visits(period, first, end)
            self._participations(period, first, end)
            self._register(period, first, end)
            self._occupations(period, first, end)
            self._youth_20_29(period, first, end)

    def _kept(self, rows: Iterable[Row]) -> list[Row]:
        result = []
        for row in rows:
            row["person"] = self.people.person(row["personnummer"])
            if birth_date(row["person"]).year + 21 >= 2023:
                result.append(row)
        return result

    def _admissions(self, period: str, first: str, end: str) -> None:
        last: dict[str, Row] = {}
        for row in self.decisions:
            refused = row["omgang"] == "SLUTLIG" and row["utfall"] == "EJ_ANTAGEN"
            if refused and first <= row["beskedsdatum"] <= end:
                before = last.get(row["person"], row)
                last[row["person"]] = max(before, row, key=lambda r: (r["beskedsdatum"], r["antagning_id"]))
        visits: dict[str, list[str]] = defaultdict(list)
        for visit in self.visits:
            visits[visit["person"]].append(visit["datum"])
        for person, row in last.items():
            low, high = row["beskedsdatum"], f"{row['antagningsar']}-09-15"
            guided = any(low <= day <= high for day in visits[person])
            placed = any(low <= day <= high for day in self.school_starts.get(person, ()))
            for measure, counts in (
                ("persons", True),
                ("guided", guided),
                ("placed", placed),
                ("guided_and_placed", guided and placed),
            ):
                if counts:
                    self._count("not_admitted", measure, period, end, person)

    def _visits(self, period: str, first: str, end: str) -> None:
        first_notice: dict[str, str] = {}
        for row in self.decisions:
            year = row["antagningsar"]
            first_notice[year] = min(first_notice.get(year, row["beskedsdatum"]), row["beskedsdatum"])
        persons: dict[tuple[str, str], set[str]] = defaultdict(set)
        for visit in self.visits:
            day, kind = visit["datum"], visit["besokstyp"]
            if not first <= day <= end:
                continue
            for category in ("*", kind):
                self._count("school_entry_visits", "visits", period, end, visit["person"], category)
                persons["visitors", category].add(visit["person"])
                if first_notice.get(day[:4], "9") <= day < f"{day[:4]}-08-20":
                    persons["before_term", category].add(visit["person"])
        for (measure, category), found in persons.items():
            self._count_persons("school_entry_visits", measure, period, end, found, category)

    def _participations(self, period: str, first: str, end: str) -> None:
        persons: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in self.participations:
            start, stop = row["startdatum"], row["slutdatum"]
            for category in ("*", row["flai_insats"]):
                if start <= end and (not stop or stop >= first):
                    persons["participants", category].add(row["person"])
                if first <= start <= end:
                    persons["new", category].add(row["person"])
                if stop and first <= stop <= end:
                    persons["ended", category].add(row["person"])
        for (measure, category), found in persons.items():
            self._count_persons("consented_participants", measure, period, end, found, category)

    def _register(self, period: str, first: str, end: str) -> None:
        earliest: dict[str, str] = {}
        for person, since in self.stays:
            earliest[person] = min(earliest.get(person, since), since)
        for (person, since), (_, reason) in self.stays.items():
            if first <= since <= end:
                for category in ("*", reason):
                    self._count("registrations", "stays", period, end, person, category)
                    if since == earliest[person]:
                        self._count("registrations", "first", period, end, person, category)
        reached: dict[str, list[str]] = defaultdict(list)
        for contact in self.contacts:
            if contact["besvarad"] == "J" or contact["riktning"] == "IN":
                reached[contact["person"]].append(contact["datum"])
        enrolled: dict[str, list[str]] = defaultdict(list)
        for enrolment in self.enrolments:
            enrolled[enrolment["person"]].append(enrolment["inskriven_datum"])
        for person, since in earliest.items():
            if first <= since <= later(end, -90):
                self._count("first_time", "persons", period, end, person)
                for measure, days in (("reached_in_90_days", reached), ("enrolled_in_90_days", enrolled)):
                    if any(since <= day <= later(since, 90) for day in days.get(person, ())):
                        self._count("first_time", measure, period, end, person)
        a_year_before = tuple(f"{int(day[:4]) - 1}{day[4:]}" for day in (first, end))

        def members(low: str, high: str) -> set[str]:
            return {p for p, seen in self.sightings.items() if any(low <= day <= high for day, _ in seen)}

        again = members(first, end) & members(*a_year_before)
        self._count_persons("persistence", "again", period, end, again)

    def _occupations(self, period: str, first: str, end: str) -> None:
        said: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for row in self.occupations:
            said[row["person"]].append((row["datum"], row["sysselsattning_id"], row["sysselsattning"]))
        for person, seen in self.sightings.items():
            if any(first <= day <= end for day, _ in seen):
                inside = [entry for entry in said.get(person, ()) if first <= entry[0] <= end]
                doing = max(inside)[2] if inside else "OKAND"
                for category in ("*", doing):
                    self._count("latest_occupation", "persons", period, end, person, category)
        last: dict[str, tuple[str, str]] = {}
        for row in self.enrolments:
            stop = row["avslutad_datum"]
            if stop and first <= stop <= end:
                last[row["person"]] = max(last.get(row["person"], ("", "")), (stop, row["inskrivning_id"]))
        for person, (stop, _) in last.items():
            soon = [e for e in said.get(person, ()) if later(stop, 1) <= e[0] <= later(stop, 180)]
            doing = min(soon)[2] if soon else "OKAND"
            for category in ("*", doing):
                self._count("occupation_after_support", "persons", period, end, person, category)

    def _youth_20_29(self, period: str, first: str, end: str) -> None:
        for row in self.numbers:
            if not (first <= row["period_fran"] and row["period_till"] <= end):
                continue
            centre, gender = row["jobbtorg"] or "SAKNAS", {"KVINNA": "kvinna", "MAN": "man"}[row["kon"]]
            reasons = {"*", row["orsak"] or "*"}
            for who, where, reason in (
                (who, where, reason) for who in ("*", gender) for where in ("*", centre) for reason in sorted(reasons)
            ):
                key = ("youth_20_29", "value", period, who, "*", where, row["matt"], reason)
                self.values[key] += Decimal(row["antal"])
