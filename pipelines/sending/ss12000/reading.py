"""Reads everything that a delivery needs from a server, as it was at one moment.

Pages are asked for one after the other, and nothing in the standard says that the set stood still meanwhile. A set that stood
on more pages than one is therefore read until two readings in a row are the same; a page that was cut short, an entity that
comes twice or a pageToken that is refused starts over at once. What a study looks like in a delivery belongs in ``register``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.personnummer import mask_text
from pipelines.runtime.errors import UsageError
from pipelines.sending.ss12000.client import Client, Json, NotOffered, ReadAgain
from pipelines.sending.ss12000.deleted import gone
from pipelines.sending.ss12000.settings import SS12000Settings
from pipelines.sending.ss12000.studies import (
    Enrolment,
    Study,
    as_enrolment,
    civic_number,
    embedded,
    is_reference,
    person_of,
    unit_code,
)

#: Before any deletion, for servers that insist on being told from when on.
_LONG_AGO = "1970-01-01T00:00:00Z"


def read_studies(client: Client, settings: SS12000Settings) -> frozenset[Study]:
    """All studies of the server. Raises UsageError where that is not possible."""
    before: frozenset[Study] | None = None
    why = ""
    for _ in range(settings.readings):
        try:
            reading = _Reading(client, settings)
            studies = reading.studies()
        except ReadAgain as error:
            before, why = None, str(error)
            continue
        if reading.is_of_one_moment or studies == before:
            return studies
        before, why = studies, "it changed while it was read"
    raise UsageError(
        f"The SS 12000 server {settings.address} could not be read as a whole in {settings.readings} readings, because {why}: "
        "try again when it is at rest. Nothing is written."
    )


@dataclass
class _Reading:
    """One reading, from the first question to the last."""

    client: Client
    settings: SS12000Settings
    #: Whether every list stood on one page, so that nothing can have come between.
    is_of_one_moment: bool = True

    def studies(self) -> frozenset[Study]:
        persons = {person["id"]: person for person in self._required("persons")}
        enrolments = self._enrolments(persons)
        gone_persons, gone_enrolments = self._gone() if self.settings.deleted_entities else (set(), set())
        wanted = [
            (one, form)
            for one, form in self._with_school_form(enrolments)
            if one.person not in gone_persons and one.identity not in gone_enrolments and self._counts(one)
        ]
        numbers = self._numbers(persons, (one.person for one, _ in wanted))
        units = self._unit_codes(one for one, _ in wanted)
        paths = self._programme_codes(one for one, _ in wanted)
        kept = self.settings.school_units
        return frozenset(
            Study(
                identity=one.identity,
                person=one.person,
                unit=one.unit,
                school_type=one.school_type,
                start=one.start,
                end=one.end,
                number=numbers[one.person],
                unit_code=units[one.unit],
                school_form=form,
                study_path=self._study_path(one, form, paths),
                end_code=self._end_code(one),
            )
            for one, form in wanted
            if not kept or units[one.unit] in kept
        )

    def _list(self, resource: str, **asked: str) -> list[dict[str, Json]]:
        entities, pages = self.client.all(resource, **asked)
        self.is_of_one_moment = self.is_of_one_moment and pages < 2
        return entities

    def _required(self, resource: str) -> list[dict[str, Json]]:
        try:
            return self._list(resource)
        except NotOffered:
            raise UsageError(
                f"The SS 12000 server {self.settings.address} has no /{resource}: check the address, which ends before "
                "/persons, for example in /v2.0. Nothing is written."
            ) from None

    def _offered(self, resource: str, **asked: str) -> list[dict[str, Json]]:
        try:
            return self._list(resource, **asked)
        except NotOffered:
            return []

    # --- enrolments, wherever the server has them -------------------------------------------------

    def _enrolments(self, persons: dict[str, Any]) -> list[Enrolment]:
        pairs = [(person["id"], item) for person in persons.values() for item in embedded(person)]
        if any(is_reference(item) for _, item in pairs):
            whole = {item["id"]: item for item in self._offered("enrolments")}
            pairs = [(person, self._resolved(item, whole)) for person, item in pairs]
        elif not pairs and persons:
            own = self._offered("enrolments")
            pairs = [(person, item) for item in own if (person := person_of(item)) is not None]
            if not own:
                expanded = self._expanded()
                pairs = [(person["id"], item) for person in expanded for item in embedded(person)]
        reason = self.settings.end_reason
        return [as_enrolment(item, person, reason.attribute if reason else None) for person, item in pairs if item]

    def _expanded(self) -> list[dict[str, Json]]:
        """Persons of a server that gives enrolments when asked to; another may refuse the question, and has none then."""
        try:
            return self._offered("persons", expand="enrolments")
        except UsageError:
            return []

    def _resolved(self, item: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
        """The enrolment that a reference means; nothing where it is gone."""
        if not is_reference(item):
            return item
        if item["id"] in whole:
            return dict(whole[item["id"]])
        try:
            return self.client.one("enrolments", item["id"])
        except NotOffered:
            return {}

    def _gone(self) -> tuple[set[str], set[str]]:
        try:
            return self._gone_after({})
        except NotOffered:
            return set(), set()

    def _gone_after(self, asked: dict[str, str]) -> tuple[set[str], set[str]]:
        persons: set[str] = set()
        enrolments: set[str] = set()
        for number, data in enumerate(self.client.pages("deletedEntities", **asked)):
            self.is_of_one_moment = self.is_of_one_moment and number == 0
            found = gone(data)
            persons |= found[0]
            enrolments |= found[1]
        return persons, enrolments

    # --- what an enrolment's words mean here ------------------------------------------------------

    def _with_school_form(self, enrolments: Iterable[Enrolment]) -> list[tuple[Enrolment, str]]:
        found: list[tuple[Enrolment, str]] = []
        unknown: set[str] = set()
        for one in enrolments:
            try:
                form = self.settings.school_form(one.school_type)
            except KeyError:
                unknown.add(mask_text(one.school_type[:40]))
                continue
            if form is not None:
                found.append((one, form))
        if unknown:
            raise UsageError(
                f"The SS 12000 server gives the school type {', '.join(map(repr, sorted(unknown)))}: write under school_types "
                "which skolform it is, or null where it is not delivered. Nothing is written."
            )
        return found

    def _counts(self, one: Enrolment) -> bool:
        return not one.cancelled or (self.settings.cancelled_is is not None and one.end is not None)

    def _end_code(self, one: Enrolment) -> str:
        if one.cancelled:
            return self.settings.cancelled_is or ""
        reason = self.settings.end_reason
        if reason is None or not one.end_reason:
            return ""
        if one.end_reason not in reason.codes:
            raise UsageError(
                f"The SS 12000 server gives {mask_text(one.end_reason[:40])!r} as {reason.attribute}: write under end_reason "
                "which avslut it is. Nothing is written."
            )
        return reason.codes[one.end_reason]

    def _study_path(self, one: Enrolment, form: str, paths: dict[str, str]) -> str:
        named = one.education_code or paths.get(one.programme or "", "")
        return named or self.settings.without_study_path.get(form, "")

    # --- what references lead to ------------------------------------------------------------------

    def _numbers(self, persons: dict[str, Any], wanted: Iterable[str]) -> dict[str, str]:
        return {
            identity: civic_number(persons.get(identity) or self._one("persons", identity)) for identity in set(wanted)
        }

    def _unit_codes(self, enrolments: Iterable[Enrolment]) -> dict[str, str]:
        """The eight digits of each organisation; "" where it has none, so that the receiver quarantines those rows."""
        codes: dict[str, str] = {}
        for one in enrolments:
            codes[one.unit] = codes.get(one.unit) or one.unit_code or ""
        if not all(codes.values()):
            listed = {unit["id"]: unit for unit in self._offered("organisations")}
            for unit in [unit for unit, code in codes.items() if not code]:
                codes[unit] = unit_code(listed.get(unit) or self._one("organisations", unit)) or ""
        return codes

    def _programme_codes(self, enrolments: Iterable[Enrolment]) -> dict[str, str]:
        """The study path of each programme that an enrolment names instead of one."""
        wanted = {one.programme for one in enrolments if one.programme and not one.education_code}
        if not wanted:
            return {}
        listed = {programme["id"]: programme for programme in self._offered("programmes")}
        found = {
            identity: (listed.get(identity) or self._one("programmes", identity)).get("code") for identity in wanted
        }
        return {identity: code.strip() for identity, code in found.items() if isinstance(code, str)}

    def _one(self, resource: str, identity: str) -> dict[str, Any]:
        try:
            return self.client.one(resource, identity)
        except NotOffered:
            return {}
