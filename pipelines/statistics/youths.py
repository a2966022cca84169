"""The youths of a half-year in SCB's five blocks, from the published version's models, under pseudonym.

Who is covered is `population`'s definition (figures.md: in the register during the period), asked of the same mart. What the
sentence of interface.md leaves open is decided here, each in one place:

* registration: the stay of the last sighting in the period; occupation at registration: the latest one dated at most that day,
  else the first one after it in the period, else OKAND;
* contacts: those of the period in which somebody was reached (answered, or IN), with the occupation that was said then;
* measures: those that overlap the period, with the latest occupation dated at most the day they began; ended only where they
  ended in the period, with the first occupation dated 1 to 180 days after (`occupation_after_support` in figures.md);
* the responsibility ceased when the youth is no longer in the period's last register extract (``ceased``).

Personnummer do not belong here (``numbers``).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from pipelines.warehouse.periods import Period

UNKNOWN = "OKAND"

#: Until what age the responsibility lasts (29 kap. 9 § skollagen), in years.
LAST_AGE = 20

Values = dict[str, Any]


@dataclass
class Youth:
    """One youth. ``values``: of blocks 1 and 5; ``contacts``, ``measures``: of block 2, and of 3 and 4, in date order, each
    with its id in the case register (`contact`, `measure_record`)."""

    person: str
    birth_date: date
    values: Values
    contacts: list[Values] = field(default_factory=list)
    measures: list[Values] = field(default_factory=list)

    @property
    def rows(self) -> list[Values]:
        """One row for each of the longest of the lists, at least one; blocks 1 and 5 stand in each."""
        count = max(1, len(self.contacts), len(self.measures))
        return [
            self.values
            | (self.contacts[place] if place < len(self.contacts) else {})
            | (self.measures[place] if place < len(self.measures) else {})
            for place in range(count)
        ]


_COVERED = """
create or replace temp table covered as
select person.person_id, person.last_seen_on, period.starts_on, period.ends_on, period.latest_register_extract_date,
    period.latest_resident_extract_date,
    person.person_id in (select protected.person_id from int_person__protected as protected) as is_protected
from person_period as person
inner join int_period__extracts as period on period.period_id = person.period_id
where person.period_id = ? and person.is_in_register
"""

_REGISTERED = """
with

register_row as (
    select covered.*, run.registered_on, run.registration_reason_code
    from covered
    inner join int_register__sightings as run
        on run.person_id = covered.person_id
        and covered.last_seen_on between run.first_extract_date and run.last_extract_date
),

occupation as (
    select register_row.person_id, occupation.occupation_code
    from register_row
    inner join int_occupation__current as occupation
        on occupation.person_id = register_row.person_id
        and occupation.noted_on <= register_row.ends_on
    qualify row_number() over (
        partition by register_row.person_id
        order by
            occupation.noted_on > register_row.registered_on,
            abs(occupation.noted_on - register_row.registered_on),
            case when occupation.noted_on > register_row.registered_on then occupation.occupation_id end,
            occupation.occupation_id desc
    ) = 1
),

next_extract as (
    select covered.person_id, min(extract.extract_date) as gone_on
    from covered
    inner join stg_history__extracts as extract
        on extract.source = 'ber' and extract.extract_date > covered.last_seen_on
    group by covered.person_id
),

study_period as (
    select number.person_id, staged.started_on, staged.ended_on, staged.school_form_code, staged.end_code
    from (
        select * from stg_skolregister__study_periods
        qualify row_number() over (partition by study_period_id order by first_extract_date desc) = 1
    ) as staged
    inner join int_person__numbers as number on number.pseudonym = staged.pseudonym
),

certificate as (
    select number.person_id, staged.issued_on, staged.certificate_code
    from (
        select * from stg_beda__certificates
        qualify row_number() over (partition by pseudonym, certificate_code order by first_extract_date desc) = 1
    ) as staged
    inner join int_person__numbers as number on number.pseudonym = staged.pseudonym
)

select
    register_row.person_id,
    person.birth_date,
    register_row.registered_on,
    register_row.registration_reason_code,
    coalesce(occupation.occupation_code, 'OKAND') as occupation_code,
    case
        when register_row.last_seen_on < register_row.latest_register_extract_date then next_extract.gone_on
    end as gone_on,
    (
        select max(study_period.started_on) from study_period
        where study_period.person_id = register_row.person_id
            and study_period.school_form_code in ('GY', 'ANPGY')
            and study_period.started_on <= next_extract.gone_on
            and coalesce(study_period.ended_on >= next_extract.gone_on, true)
    ) as studying_from,
    least(
        (
            select min(certificate.issued_on) from certificate
            where certificate.person_id = register_row.person_id
                and certificate.certificate_code in ('GYMNASIEEXAMEN', 'GYMNASIEBEVIS_ANP', 'MOTSVARANDE')
                and certificate.issued_on <= next_extract.gone_on
        ),
        (
            select min(study_period.ended_on) from study_period
            where study_period.person_id = register_row.person_id
                and study_period.end_code in ('EXAMEN', 'GYMNASIEBEVIS_ANP')
                and study_period.ended_on <= next_extract.gone_on
        )
    ) as certified_on,
    exists (
        select 1 from int_resident__sightings as resident
        where resident.person_id = register_row.person_id
            and register_row.latest_resident_extract_date
                between resident.first_extract_date and resident.last_extract_date
    ) or register_row.latest_resident_extract_date is null as is_resident
from register_row
inner join int_person__numbers as person on person.pseudonym = register_row.person_id
left join occupation on occupation.person_id = register_row.person_id
left join next_extract on next_extract.person_id = register_row.person_id
where not register_row.is_protected
order by register_row.person_id
"""

_CONTACTS = """
select contact.person_id, contact.contact_id, contact.contacted_on, coalesce(occupation.occupation_code, 'OKAND')
from covered
inner join int_contact__current as contact
    on contact.person_id = covered.person_id
    and contact.contacted_on between covered.starts_on and covered.ends_on
left join int_contact__occupation as occupation on occupation.contact_id = contact.contact_id
where contact.is_reach and not covered.is_protected
order by contact.person_id, contact.contacted_on, contact.contact_id
"""

_MEASURES = """
with

measure as (
    select intervention.*, covered.ends_on,
        coalesce(intervention.ended_on <= covered.ends_on, false) as is_ended
    from covered
    inner join int_intervention__current as intervention
        on intervention.person_id = covered.person_id
        and intervention.started_on <= covered.ends_on
        and coalesce(intervention.ended_on, covered.ends_on) >= covered.starts_on
    where not covered.is_protected
),

before as (
    select measure.intervention_id, occupation.occupation_code
    from measure
    inner join int_occupation__current as occupation
        on occupation.person_id = measure.person_id
        and occupation.noted_on <= measure.started_on
    qualify row_number() over (
        partition by measure.intervention_id
        order by occupation.noted_on desc, occupation.occupation_id desc
    ) = 1
),

after as (
    select measure.intervention_id, occupation.occupation_code
    from measure
    inner join int_occupation__current as occupation
        on occupation.person_id = measure.person_id
        and occupation.noted_on between measure.ended_on + 1 and measure.ended_on + 180
    where measure.is_ended
    qualify row_number() over (
        partition by measure.intervention_id
        order by occupation.noted_on, occupation.occupation_id
    ) = 1
)

select measure.person_id, measure.intervention_id, measure.intervention_code, measure.started_on,
    coalesce(before.occupation_code, 'OKAND'), measure.is_ended, measure.ended_on, measure.end_reason_code,
    coalesce(after.occupation_code, 'OKAND')
from measure
left join before on before.intervention_id = measure.intervention_id
left join after on after.intervention_id = measure.intervention_id
order by measure.person_id, measure.started_on, measure.intervention_id
"""


@dataclass(frozen=True)
class HalfYear:
    """The youths that can be reported, in order of pseudonym, and how many cannot for they have a protected identity."""

    youths: list[Youth]
    protected: int

    def counts(self) -> dict[str, int]:
        """What the file comes to: youths, contacts, measures begun before or in the period and ended in it, ceased."""
        measures = [measure for youth in self.youths for measure in youth.measures]
        return {
            "youths": len(self.youths),
            "protected": self.protected,
            "contacts": sum(len(youth.contacts) for youth in self.youths),
            "reached": sum(1 for youth in self.youths if youth.contacts),
            "measures": len(measures),
            "measures_ended": sum(1 for measure in measures if measure["measure_ended_on"]),
            "ceased": sum(1 for youth in self.youths if youth.values["ceased_on"]),
        }


def read_youths(connection: duckdb.DuckDBPyConnection, period: Period, municipality_code: str) -> HalfYear:
    """The youths of a period that the warehouse holds (``warehouse.ask.built_warehouse``)."""
    connection.execute(_COVERED, [period.period_id])
    protected = connection.execute("select count(*) from covered where is_protected").fetchall()[0][0]
    contacts: dict[str, list[Values]] = defaultdict(list)
    for person, record, day, occupation in connection.execute(_CONTACTS).fetchall():
        contacts[person].append({"contact": record, "contacted_on": day, "occupation_at_contact": occupation})
    measures: dict[str, list[Values]] = defaultdict(list)
    for person, record, code, start, before, ended, end, reason, after in connection.execute(_MEASURES).fetchall():
        measures[person].append(
            {
                "measure_record": record, "measure": code, "measure_started_on": start, "occupation_before": before,
                "measure_ended_on": end if ended else None, "measure_end_reason": reason if ended else None,
                "occupation_after": after if ended else None,
            }
        )  # fmt: skip
    youths = []
    for person, born, registered, why, occupation, gone, studying, certified, resident in connection.execute(
        _REGISTERED
    ).fetchall():
        ceased_on, ceased_reason = ceased(born, gone, studying, certified, resident)
        values = {
            "municipality": municipality_code, "registered_on": registered, "registration_reason": why,
            "occupation_at_registration": occupation, "ceased_on": ceased_on, "ceased_reason": ceased_reason,
        }  # fmt: skip
        youths.append(Youth(person, born, values, contacts[person], measures[person]))
    return HalfYear(youths, protected)


def ceased(
    born: date, gone_on: date | None, studying_from: date | None, certified_on: date | None, is_resident: bool
) -> tuple[date | None, str | None]:
    """When and why the responsibility ceased of one who is not in the register from ``gone_on`` on (None: still in it).

    Of several reasons that hold by then the earliest counts, and of one day the one named first here. A move has no date of
    its own.
    """
    if gone_on is None:
        return None, None
    reasons = [(birthday(born, LAST_AGE), "FYLLT_20"), (certified_on, "EXAMEN"), (studying_from, "STUDIER")]
    known = [(day, place, reason) for place, (day, reason) in enumerate(reasons) if day and day <= gone_on]
    if known:
        day, _, reason = min(known)
        return day, reason
    return gone_on, UNKNOWN if is_resident else "FLYTTAT"


def birthday(born: date, age: int) -> date:
    """The day on which an age is reached; who is born on 29 February reaches it on 1 March in other years (figures.md)."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)
