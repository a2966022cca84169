"""Which relations hold between published numbers, whatever the warehouse says: one table, each with its source.

A relation that is not here is not assumed. What is *not* true, and therefore missing on purpose: the categories of
participants, measures and support_choice overlap (figures.md section 3: a person counts in each, and once in all);
districts do not add up to job-centres (figures.md section 1: the district is carried to the division in force at the end
of the period, the job-centre follows the code in the register); enrolled persons need not be in the register; the residents'
and the target group's districts come from another register than the other figures' (figures.md sections 3 and 4); a median
adds up to nothing. How relations are applied to a report belongs in ``relations``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.configuration.catalogue import Groupings, read_catalogue


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


#: Of more than two numbers; what a number is part of or the same as says the catalogue.
_OF_SEVERAL: tuple[Rule, ...] = (
    _equal(
        "Nådda och ej nådda är tillsammans de sökta",
        "figures.md section 3, outreach: ”sought and not reached”; the report, Tabell 2 and 3",
        (Term("outreach", "reached"), Term("outreach", "not_reached")),
        (Term("outreach", "sought"),),
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
    _equal(
        "Målgruppen i registret är densamma från båda håll",
        "figures.md section 4, target_group: by law yes and in the register yes",
        (Term("target_group", "eligible"), Term("target_group", "in_register_not_eligible")),
        (Term("target_group", "in_register"), Term("target_group", "eligible_not_in_register")),
    ),
)


def _of_catalogue() -> Iterator[Rule]:
    """What the catalogue says that each measure is part of or the same as."""
    for figure in read_catalogue().values():
        for name, measure in figure.measures.items():
            for relations, equal in ((measure.part_of, False), (measure.same_as, True)):
                for relation in relations:
                    whole = read_catalogue()[relation.to.figure]
                    common = None if figure.shares_categories_with(whole) else "*"
                    # A part of one category is a part of the whole; the same as the whole is only all of it.
                    own = common if equal or not figure.category else None
                    yield Rule(
                        relation.sentence,
                        f"the catalogue's entry of {figure.id}",
                        (Term(figure.id, name, own),),
                        (Term(whole.id, relation.to.measure, common),),
                        equal,
                        relation.groupings,
                    )


RULES: tuple[Rule, ...] = (*_OF_SEVERAL, *_of_catalogue())


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
