"""Which relations hold between published numbers, whatever the warehouse says: one table, each with its source.

A relation that is not here is not assumed. What is *not* true, and therefore missing on purpose: the categories of
participants, measures and support_choice overlap (figures.md section 3: a person counts in each, and once in all);
districts do not add up to job-centres (figures.md section 1: the district is carried to the division in force at the end
of the period, the job-centre follows the code in the register); enrolled persons need not be in the register; the residents'
and the target group's districts come from another register than the other figures' (figures.md sections 3 and 4); a median
adds up to nothing. How relations are applied to a report belongs in ``relations``.
"""

from dataclasses import dataclass
from enum import Enum


class Groupings(Enum):
    """For which groupings a relation holds."""

    ALL = "for all, women, men, each district and each job-centre"
    GENDER = "for all, women and men; the two sides take district and job-centre from different registers"


@dataclass(frozen=True)
class Term:
    """A measure; its category is ``*``, a code, or None: the same category on both sides."""

    figure: str
    measure: str
    category: str | None = "*"


@dataclass(frozen=True)
class Rule:
    """``left`` terms together equal, or are at most, the ``right`` terms together, in each period and grouping."""

    sentence: str
    source: str
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    equal: bool
    groupings: Groupings = Groupings.ALL


def _equal(sentence: str, source: str, left: tuple[Term, ...], right: tuple[Term, ...], **more: Groupings) -> Rule:
    return Rule(sentence, source, left, right, equal=True, **more)


def _at_most(sentence: str, source: str, left: Term, *right: Term, **more: Groupings) -> Rule:
    return Rule(sentence, source, (left,), right, equal=False, **more)


def _each(figure: str, measure: str) -> Term:
    return Term(figure, measure, None)


RULES: tuple[Rule, ...] = (
    _equal(
        "Nådda och ej nådda är tillsammans de sökta",
        "figures.md section 3, outreach: ”sought and not reached”; the report, Tabell 2 and 3",
        (Term("outreach", "reached"), Term("outreach", "not_reached")),
        (Term("outreach", "sought"),),
    ),
    _at_most(
        "De sökta är en del av ungdomarna i registret",
        "figures.md section 3, outreach: ”persons in the register during P with at least one contact”",
        Term("outreach", "sought"),
        Term("population", "in_register"),
    ),
    _at_most(
        "Varje sökt person har minst en kontakt",
        "figures.md section 3, outreach and contacts",
        Term("outreach", "sought"),
        Term("contacts", "attempts"),
        Term("contacts", "own"),
    ),
    _at_most(
        "Varje nådd person har minst en besvarad eller egen kontakt",
        "figures.md section 3, outreach and contacts",
        Term("outreach", "reached"),
        Term("contacts", "answered"),
        Term("contacts", "own"),
    ),
    _at_most(
        "De besvarade är en del av kontaktförsöken",
        "figures.md section 3, contacts: ”of them: besvarad = J”",
        _each("contacts", "answered"),
        _each("contacts", "attempts"),
    ),
    _equal(
        "De nådda är lika många i båda tabellerna",
        "figures.md section 3, occupation: ”reached persons by occupation at first reach”",
        (Term("occupation", "reached"),),
        (Term("outreach", "reached"),),
    ),
    _equal(
        "Nådda är de med sysselsättning, de utan och de vars sysselsättning är okänd",
        "figures.md section 3, occupation: ”category neither INGEN nor OKAND”",
        (
            Term("occupation", "occupied"),
            Term("occupation", "reached", "INGEN"),
            Term("occupation", "reached", "OKAND"),
        ),
        (Term("occupation", "reached"),),
    ),
    _at_most(
        "De med sysselsättning är en del av de nådda",
        "figures.md section 3, occupation: ”of them”",
        _each("occupation", "occupied"),
        _each("occupation", "reached"),
    ),
    _at_most(
        "De nyinskrivna är en del av de inskrivna",
        "figures.md section 3, participants: an enrolment that begins in P overlaps P",
        _each("participants", "new"),
        _each("participants", "enrolled"),
    ),
    _at_most(
        "De avslutade är en del av de inskrivna",
        "figures.md section 3, participants: an enrolment that ends in P overlaps P",
        _each("participants", "ended"),
        _each("participants", "enrolled"),
    ),
    _equal(
        "De avslutade är lika många som avsluten efter orsak",
        "figures.md section 3, exits: ”persons with an avslutad_datum in P, by the reason of the last one”",
        (Term("exits", "ended"),),
        (Term("participants", "ended"),),
    ),
    _at_most(
        "De nya är en del av deltagarna i insatsen",
        "figures.md section 3, measures: a measure that starts in P overlaps P",
        _each("measures", "new"),
        _each("measures", "participants"),
    ),
    _at_most(
        "De avslutade är en del av deltagarna i insatsen",
        "figures.md section 3, measures: a measure that ends in P overlaps P",
        _each("measures", "ended"),
        _each("measures", "participants"),
    ),
    _equal(
        "De avslutade i insatsen är lika många som avsluten efter orsak",
        "figures.md section 3, measure_exits: ”persons with a measure of that kind ending in P”",
        (_each("measure_exits", "ended"),),
        (_each("measures", "ended"),),
    ),
    _at_most(
        "De som nås och därefter skrivs in är en del av de nådda",
        "figures.md section 3, support_choice: ”reached persons with an enrolment”",
        _each("support_choice", "reached_then_enrolled"),
        Term("outreach", "reached"),
    ),
    _at_most(
        "De som nås och därefter skrivs in är en del av de nyinskrivna",
        "figures.md section 3, support_choice: ”whose inskriven_datum is in P”",
        _each("support_choice", "reached_then_enrolled"),
        _each("participants", "new"),
    ),
    _at_most(
        "De sökta inom 14 dagar är en del av de sökta inom 30 dagar",
        "figures.md section 3, timeliness",
        Term("timeliness", "contacted_in_14_days"),
        Term("timeliness", "contacted_in_30_days"),
    ),
    _at_most(
        "De sökta inom 30 dagar är en del av registervistelserna",
        "figures.md section 3, timeliness: ”of them”",
        Term("timeliness", "contacted_in_30_days"),
        Term("timeliness", "registered"),
    ),
    _equal(
        "Registervistelserna är lika många i båda tabellerna",
        "the catalogue's definition of time_to_contact: the stays of timeliness",
        (Term("time_to_contact", "stays"),),
        (Term("timeliness", "registered"),),
    ),
    _at_most(
        "De nådda i kanalen är en del av de sökta i kanalen",
        "the catalogue's definition of reached_by_channel",
        _each("reached_by_channel", "reached"),
        _each("reached_by_channel", "sought"),
    ),
    _equal(
        "De först nådda i någon kanal är alla nådda",
        "the catalogue's definition of reached_by_channel",
        (Term("reached_by_channel", "first_reached"),),
        (Term("outreach", "reached"),),
    ),
    _at_most(
        "De med erbjudande är en del av inskrivningarna",
        "figures.md section 3, offer_90_days: ”of them”",
        Term("offer_90_days", "offered"),
        Term("offer_90_days", "enrolments"),
    ),
    _at_most(
        "De som var i registret är en del av de folkbokförda",
        "figures.md section 3, residents: ”of them”",
        Term("residents", "in_register_16_19"),
        Term("residents", "aged_16_19"),
    ),
    _at_most(
        "De folkbokförda som var i registret är en del av dem som var i registret",
        "figures.md section 3, residents: ”in the register during P”",
        Term("residents", "in_register_16_19"),
        Term("population", "in_register"),
        groupings=Groupings.GENDER,
    ),
    _equal(
        "Målgruppen i registret är densamma från båda håll",
        "figures.md section 4, target_group: by law yes and in the register yes",
        (Term("target_group", "eligible"), Term("target_group", "in_register_not_eligible")),
        (Term("target_group", "in_register"), Term("target_group", "eligible_not_in_register")),
    ),
    _at_most(
        "De som saknas i registret är en del av målgruppen",
        "figures.md section 4, target_group",
        Term("target_group", "eligible_not_in_register"),
        Term("target_group", "eligible"),
    ),
    _equal(
        "De i registret är lika många i båda tabellerna",
        "figures.md section 4: both count the persons in the register",
        (Term("target_group", "in_register"),),
        (Term("status", "in_register"),),
        groupings=Groupings.GENDER,
    ),
)


@dataclass(frozen=True)
class Parts:
    """The parts of one dimension and all (``*``) of it."""

    dimension: str
    sentence: str
    source: str
    #: The codes that there always are, where figures.md fixes them.
    codes: tuple[str, ...] | None = None


PARTS: tuple[Parts, ...] = (
    Parts("gender", "Kvinnor och män är tillsammans alla", "figures.md section 1, Gender", ("kvinna", "man")),
    Parts(
        "district", "Stadsdelarna är tillsammans alla", "figures.md section 1, District: each person has one, or SAKNAS"
    ),
    Parts(
        "job_centre",
        "Jobbtorgen är tillsammans alla",
        "figures.md section 1, Job-centre: each person has one, or SAKNAS",
    ),
    Parts(
        "category", "Kategorierna är tillsammans alla", "figures.md section 3, where each is counted in one category"
    ),
    Parts("subcategory", "Underkategorierna är tillsammans alla", "figures.md section 3, measure_exits and survey"),
)
