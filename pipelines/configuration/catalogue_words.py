"""What the catalogue says of a figure besides its definition, as Swedish sentences for statisticians and auditors."""

from pipelines.configuration.catalogue import Absent, Counted, Figure, In, Level, PeriodKind, Total, read_catalogue

_COUNTED = {
    Counted.PERSON: "personer",
    Counted.CONTACT: "kontakter",
    Counted.STAY: "registervistelser",
    Counted.ENROLMENT: "inskrivningar",
    Counted.MEASURE: "insatser",
    Counted.RESIDENCE_CHECK: "bosättningskontroller",
    Counted.VISIT: "hembesök",
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
        facts.append(
            f"Månaderna {'är tillsammans perioden' if figure.adds_up_over_months else 'går inte att lägga ihop'}."
        )
    if not figure.has_dimensions:
        facts.append("Figuren delas inte upp på kön, stadsdel och jobbtorg.")
    facts.append(f"En rad som saknas är {'noll' if figure.absent is Absent.ZERO else 'okänd'}.")
    if figure.category:
        facts.append(f"Kategori: {_level(figure.category)}")
    if figure.subcategory:
        counted_in = _COUNTED_IN[figure.subcategory.counted_in].format(level="underkategori")
        facts.append(f"Underkategori: {_level(figure.subcategory)} {counted_in}")
    return facts


def measure_facts(figure: Figure, name: str) -> list[str]:
    """What holds for one measure: in how many categories a unit is counted, and what the number is part, share or the same of."""
    measure, counted_in = figure.measures[name], figure.counted_in(name)
    facts = [_COUNTED_IN[counted_in].format(level="kategori")] if counted_in else []
    facts += [f"{relation.sentence} ({relation.to})." for relation in (*measure.part_of, *measure.same_as)]
    if measure.share_of:
        whole = read_catalogue()[measure.share_of.figure].measures[measure.share_of.measure]
        facts.append(f"Andelen räknas av {whole.label} ({measure.share_of}).")
    return facts


def _level(level: Level) -> str:
    codes = f"kodlistan {level.code_list}" if level.code_list else "källans egna ord"
    return f"{level.title}, {codes}. {_TOTAL[level.total]}"
