"""What the catalogue says of a figure besides its definition, as Swedish sentences for statisticians and auditors."""

from collections.abc import Sequence

from pipelines.configuration.catalogue import (
    Absent,
    Counted,
    Dimension,
    Figure,
    In,
    Level,
    PeriodKind,
    Total,
    read_catalogue,
)

_COUNTED = {
    Counted.PERSON: "personer",
    Counted.CONTACT: "kontakter",
    Counted.STAY: "registervistelser",
    Counted.ENROLMENT: "inskrivningar",
    Counted.MEASURE: "insatser",
    Counted.RESIDENCE_CHECK: "bosättningskontroller",
    Counted.VISIT: "besök",
    Counted.ANSWER: "enkätsvar",
    Counted.ROW: "tal som har lämnats in",
}
_TOTAL = {
    Total.GIVEN: "Talet för alla tillsammans finns (*).",
    Total.MEANINGLESS: "Talet för alla tillsammans (*) är en summa av olika saker.",
    Total.NONE: "Något tal för alla tillsammans finns inte.",
}
_COUNTED_IN = {
    In.ONE: "Varje enhet räknas i en enda {level}.",
    In.EACH: "En enhet räknas i varje {level} som den hör till, så de går inte att lägga ihop.",
}


_MONTHS = {True: "Månaderna är tillsammans perioden.", False: "Månaderna går inte att lägga ihop."}
_DIMENSIONS = {Dimension.GENDER: "kön", Dimension.DISTRICT: "stadsdel", Dimension.JOB_CENTRE: "jobbtorg"}


def figure_facts(figure: Figure) -> list[str]:
    """What holds for all measures of a figure."""
    facts = [
        "Egen uppgift: figuren står inte i figures.md, och kaa figures ger den bara när man frågar efter den."
        if figure.is_own
        else "Figuren är specifikationens (figures.md).",
        f"Räknar {_COUNTED[figure.counted]}, {'för en dag' if figure.period is PeriodKind.DAY else 'för en period'}.",
    ]
    if not figure.adds_up:
        facts.append("Talen går inte att lägga ihop.")
    elif figure.period is PeriodKind.PERIOD:
        facts.append(_MONTHS[figure.adds_up_over_months])
    missing = [title for dimension, title in _DIMENSIONS.items() if dimension not in figure.dimensions]
    if missing:
        facts.append(f"Figuren delas inte upp på {_listed(missing)}.")
    facts.append(f"En rad som saknas är {'noll' if figure.absent is Absent.ZERO else 'okänd'}.")
    if figure.asks_year_before:
        facts.append("Utan uttag från året före är talet okänt.")
    if figure.category:
        facts.append(f"Kategori: {_level(figure.category)}")
    if figure.subcategory:
        counted_in = _COUNTED_IN[figure.subcategory.counted_in].format(level="underkategori")
        facts.append(f"Underkategori: {_level(figure.subcategory)} {counted_in}")
        if figure.subcategory.only_in:
            facts.append(f"Underkategorier finns bara i kategorin {_listed(figure.subcategory.only_in)}.")
    return facts


def measure_facts(figure: Figure, name: str) -> list[str]:
    """What holds for one measure: in how many categories a unit is counted, and what the number is part, share or the same of."""
    measure, counted_in = figure.measures[name], figure.counted_in(name)
    facts = [f"Räknar {_COUNTED[measure.counted]}."] if measure.counted else []
    if measure.adds_up_over_months is not None:
        facts.append(_MONTHS[measure.adds_up_over_months])
    if counted_in:
        facts.append(_COUNTED_IN[counted_in].format(level="kategori"))
    facts += [f"{relation.sentence} ({relation.to})." for relation in (*measure.part_of, *measure.same_as)]
    if measure.share_of:
        whole = read_catalogue()[measure.share_of.figure].measures[measure.share_of.measure]
        facts.append(f"Andelen räknas av {whole.label} ({measure.share_of}).")
    return facts


def _listed(words: Sequence[str]) -> str:
    """Words as a sentence names them: a, b och c."""
    return " och ".join(word for word in (", ".join(words[:-1]), words[-1]) if word)


def _level(level: Level) -> str:
    codes = f"kodlistan {level.code_list}" if level.code_list else "källans egna ord"
    return f"{level.title}, {codes}. {_TOTAL[level.total]}"
