"""What an enrolment says, whichever way a server gives it: in its person, behind `expand`, or as a resource of its own."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.personnummer import mask_text
from pipelines.runtime.errors import UsageError

_SWEDEN = ZoneInfo("Europe/Stockholm")

Json = dict[str, Any]


@dataclass(frozen=True)
class Enrolment:
    """One enrolment. Ids are the server's own; ``unit`` is the organisation, ``end`` is inclusive, as in the standard."""

    identity: str | None
    person: str
    unit: str
    unit_code: str | None
    school_type: str
    education_code: str
    programme: str | None
    start: date | None
    end: date | None
    cancelled: bool
    end_reason: str


@dataclass(frozen=True)
class Study:
    """An enrolment that is delivered, with what its references lead to, in the contract's words; "" is missing."""

    identity: str | None
    person: str
    unit: str
    school_type: str
    start: date | None
    end: date | None
    number: str
    unit_code: str
    school_form: str
    study_path: str
    end_code: str


def embedded(person: Json) -> list[Json]:
    """The enrolments that a person carries; some may only be references (an id and no more)."""
    inside = person.get("_embedded")
    found = person.get("enrolments") or (inside.get("enrolments") if isinstance(inside, dict) else None) or []
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def is_reference(entity: Json) -> bool:
    """Whether the server gives where an enrolment is and not what it says."""
    return "enroledAt" not in entity and isinstance(entity.get("id"), str)


def person_of(entity: Json) -> str | None:
    """Whose an enrolment of its own resource is."""
    named = next((entity[key] for key in ("person", "student", "personId") if entity.get(key)), None)
    return _reference(named)


def civic_number(person: Json) -> str:
    """The Swedish number as the server writes it; "" where there is none."""
    written = person.get("civicNo")
    if isinstance(written, dict):
        nationality = written.get("nationality")
        if isinstance(nationality, str) and nationality.strip().upper() not in ("", "SE", "SWE"):
            return ""
        written = written.get("value")
    return _text(written)


def as_enrolment(entity: Json, person: str, reason_attribute: str | None) -> Enrolment:
    """What an enrolment of a person says. Raises UsageError for one that is none by the standard."""
    unit, school_type = entity.get("enroledAt"), _text(entity.get("schoolType"))
    reference = _reference(unit)
    if reference is None or not school_type:
        raise UsageError(
            "The SS 12000 server gives an enrolment without a school unit or a school type, which the standard requires: "
            "have its owner mend that. Nothing is written."
        )
    return Enrolment(
        identity=_text(entity.get("id")) or None,
        person=person,
        unit=reference,
        unit_code=unit_code(unit) if isinstance(unit, dict) else None,
        school_type=school_type,
        education_code=_text(entity.get("educationCode")),
        programme=_reference(entity.get("programme")),
        start=_day(entity.get("startDate"), "startDate"),
        end=_day(entity.get("endDate"), "endDate"),
        cancelled=entity.get("cancelled") is True or _text(entity.get("cancelled")).lower() == "true",
        end_reason=_text(entity.get(reason_attribute)) if reason_attribute else "",
    )


def unit_code(organisation: Json) -> str | None:
    """The eight digits of a school unit; zeros that a number has lost come back."""
    code = organisation.get("schoolUnitCode")
    return f"{code:08d}" if isinstance(code, int) and not isinstance(code, bool) else _text(code) or None


def _reference(value: Any) -> str | None:
    identity = value.get("id") if isinstance(value, dict) else value
    return _text(identity) or None


def _text(value: Any) -> str:
    """Texts, and numbers where a server writes a text so; nothing else is one."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, (str, int)) else ""


def _day(value: Any, name: str) -> date | None:
    """A day, or the Swedish day of a time."""
    text = _text(value)
    if not text:
        return None
    try:
        if len(text) == 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(_SWEDEN).date() if moment.tzinfo else moment.date()
    except (ValueError, OverflowError):
        raise UsageError(
            f"The SS 12000 server gives {name} as {mask_text(text[:40])!r}, which is no day of the form YYYY-MM-DD: have its "
            "owner mend that. Nothing is written."
        ) from None
