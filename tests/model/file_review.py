"""The file review of audit.md section 5 in plain Python: each sentence of its table as directly as it can be said."""

from collections import defaultdict

from tests.model.oracle import NO_DISTRICT, Knowledge, Oracle, PeriodFigures, Row, is_odd

#: Item -> status.
Statuses = dict[str, str]


class FileReview(PeriodFigures):
    """Who can be drawn of a period, in which stratum, and what their files hold."""

    def __init__(self, oracle: Oracle, period_id: str) -> None:
        known = Knowledge(oracle.extracts(), set())
        super().__init__(known, oracle.profile, period_id)
        self._records()
        self.population = self.in_register - {known.person(number) for number in oracle.protected_numbers()}
        self._measures_of: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
        enrolments = {row["inskrivning_id"]: row for _, row in self.enrolments}
        for person, row in self.measures:
            if self._overlaps(row["startdatum"], row["slutdatum"]):
                self._measures_of[person].append((row, enrolments[row["inskrivning_id"]]))
        self._annulled = {
            key for key, row in self._newest_versions("kontakter", "kontakt_id").items() if row["makulerad"] == "J"
        }

    def _newest_versions(self, dataset: str, key: str) -> dict[str, Row]:
        """With the annulled ones."""
        return {
            row[key]: row
            for (source, _), tables in self.known.extracts.items()
            if source == "ber"
            for row in tables[dataset]
        }

    def strata(self, person: str) -> dict[str, str]:
        """What a person is drawn as."""
        row = self.known.last_sighting(person, self.to)
        code = row["stadsdelsomrade"] if row else ""
        return {
            "gender": "man" if is_odd(person) else "kvinna",
            "district": self.profile.carried(code, self.to) if code else NO_DISTRICT,
            "job_centre": self.profile.job_centres.get(code, NO_DISTRICT),
        }

    def statuses(self, person: str) -> Statuses:
        """All seven."""
        return {
            "registered": self._registered(person),
            "occupation": self._occupation(person),
            "contact": self._contact(person),
            "offer": self._offer(person),
            "content": self._content(person),
            "start": self._start(person),
            "end": self._end(person),
        }

    def _registered(self, person: str) -> str:
        rows = [
            rows[person] for day, rows in self.known.register.items() if self.start <= day <= self.to and person in rows
        ]
        return "missing" if rows[-1]["registreringsorsak"] == "OVRIGT" else "present"

    def _occupation(self, person: str) -> str:
        noted = [
            row
            for row in self.known.current("ber", "sysselsattningar")
            if self.known.person(row["personnummer"]) == person
            and self.has(row["datum"])
            and row["sysselsattning"] != "OKAND"
        ]
        if noted and all(row["kontakt_id"] in self._annulled for row in noted):
            return "contradictory"
        return "present" if noted else "missing"

    def _contact(self, person: str) -> str:
        tried = [
            row
            for contacted, row in self.contacts
            if contacted == person and row["riktning"] == "UT" and self.has(row["datum"])
        ]
        return "present" if tried else "missing"

    def _offer(self, person: str) -> str:
        enrolled = [
            row
            for one, row in self.enrolments
            if one == person and self._overlaps(row["inskriven_datum"], row["avslutad_datum"])
        ]
        return "present" if enrolled or self._measures_of[person] else "missing"

    def _content(self, person: str) -> str:
        measures = self._measures_of[person]
        if not measures:
            return "not_applicable"
        return "missing" if any(row["insats"] == "OVRIG" for row, _ in measures) else "present"

    def _start(self, person: str) -> str:
        measures = self._measures_of[person]
        if not measures:
            return "not_applicable"
        too_early = [row for row, enrolment in measures if row["startdatum"] < enrolment["inskriven_datum"]]
        return "contradictory" if too_early else "present"

    def _end(self, person: str) -> str:
        over = [
            (row, enrolment)
            for row, enrolment in self._measures_of[person]
            if self._is_past(row["slutdatum"]) or self._is_past(enrolment["avslutad_datum"])
        ]
        if not over:
            return "not_applicable"
        if any(
            row["slutdatum"] and self._is_after(row["slutdatum"], enrolment["avslutad_datum"])
            for row, enrolment in over
        ):
            return "contradictory"
        if any(not row["slutdatum"] or row["avslutsorsak"] == "OKAND" for row, _ in over):
            return "missing"
        return "present"

    def _is_past(self, text: str) -> bool:
        return bool(text) and text <= self.to.isoformat()

    @staticmethod
    def _is_after(text: str, other: str) -> bool:
        return bool(other) and text > other
