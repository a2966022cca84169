"""Prints the examples as docs/sa-raknas-det.md: `python -m tests.spec.manual`.

What the examples and the catalogue say belongs in their files; only how it looks on paper belongs here.
"""

from pathlib import Path

from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.catalogue_words import figure_facts, measure_facts
from tests.spec.cases import Case, Chapter, Delivery, Question, Table, chapters

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "sa-raknas-det.md"

_OPENING = """\
# Så räknas det

Varje regel för hur figurerna räknas, med ett litet exempel: vilka rader som levererades, vad som frågades och vilket svaret är.
Svaren är uträknade för hand ur regeln. Programmet svarar på samma frågor varje gång det provas, så det som står här är det som
gäller.

Sidan trycks ur filerna i `tests/spec/cases` och ur katalogen. Ändra där, och tryck om den med `python -m tests.spec.manual`.

Så läses ett exempel: en rad visar bara de kolumner som regeln gäller. En kolumn som en tabell lämnar ute är för svaren ”alla”
(`*`), för de levererade raderna ett oskyldigt värde. Rader med värdet noll kan vara utelämnade i svaret. Personerna finns inte.

Avsnitten är de i sidan [figures.md](spec/figures.md), som definierar varje figur.
"""

_FACTS = "Vad som gäller för varje figur"

_HEADERS = {
    "measure": "mått",
    "gender": "kön",
    "district": "stadsdel",
    "job_centre": "jobbtorg",
    "category": "kategori",
    "subcategory": "underkategori",
    "value": "värde",
}


def manual() -> str:
    """The whole manual."""
    read = chapters()
    contents = "\n".join([*(f"* {chapter.title} ({len(chapter.cases)} regler)" for chapter in read), f"* {_FACTS}"])
    return "\n".join([_OPENING, contents, "", *(_chapter(chapter) for chapter in read), _facts()]).rstrip() + "\n"


def _facts() -> str:
    """What the catalogue says of each figure."""
    lines = [f"## {_FACTS}\n", "Ur katalogen, som står bredvid varje figurs SQL (`dbt_project/models/figures`)."]
    for figure in read_catalogue().values():
        lines += [f"\n### {figure.title} (`{figure.id}`)\n", *(f"* {fact}" for fact in figure_facts(figure))]
        for name, measure in figure.measures.items():
            lines.append(" ".join([f"* `{name}`: {measure.title}.", *measure_facts(figure, name)]))
    return "\n".join(lines).replace("(*)", "(`*`)")


def _chapter(chapter: Chapter) -> str:
    return "\n".join([f"## {chapter.title}\n", chapter.introduction, "", *(_case(case) for case in chapter.cases)])


def _case(case: Case) -> str:
    persons = "; ".join(f"{name}: {described}" for name, described in case.persons.items())
    parts = [f"### {case.title}\n", f"> {case.rule}\n", f"Avsnitt {case.section}. Exempel `{case.id}`.\n"]
    if case.municipality != "stockholm":
        parts.append(f"Kommun: {case.municipality.capitalize()}.\n")
    if persons:
        parts.append(f"Personer: {persons}.\n")
    parts += [_delivery(delivery) for delivery in case.given]
    parts += [_question(question) for question in case.ask]
    if case.note:
        parts.append(f"{case.note}\n")
    return "\n".join(parts)


def _delivery(delivery: Delivery) -> str:
    revision = f", revision {delivery.revision}" if delivery.revision > 1 else ""
    name = f"`{delivery.source}` {delivery.day}{revision}"
    if not delivery.tables:
        return f"{name}: inga rader.\n"
    return "\n".join(f"{name}, `{dataset}`:\n\n{_table(table)}\n" for dataset, table in delivery.tables.items())


def _question(question: Question) -> str:
    known = f", som det var känt {question.as_known}" if question.as_known else ""
    asked = f"**Fråga:** `{question.figure}` för `{question.period}`{known}. "
    if not question.answer.rows:
        return f"{asked}**Svar:** inga rader.\n"
    return f"{asked}**Svar:**\n\n{_table(question.answer)}\n"


def _table(table: Table) -> str:
    header = [_HEADERS.get(column, column) for column in table.header]
    lines = [header, ["---"] * len(header), *table.rows]
    return "\n".join(f"| {' | '.join(value.replace('*', chr(92) + '*') for value in line)} |" for line in lines)


if __name__ == "__main__":
    MANUAL.write_text(manual(), encoding="utf-8")
