"""The controls as a Word file: an auditor's working paper in plain Swedish. What they are belongs in ``audit.controls``."""

from collections.abc import Iterable
from typing import Any

from dashboards.data_protection.parts import Document, Paragraph, Part, Section, Table, ToFillIn
from dashboards.data_protection.word import document
from pipelines.audit.controls import Days, Rows
from pipelines.configuration.municipality import Municipality
from pipelines.runtime import clock

HOW_TO = "De grå fälten ”Fylls i av …” försvinner när du skriver i dem. Allt annat är hämtat ur systemet och ändras inte här."

DECISIONS = {
    "release": "Släppte in en hållen leverans",
    "reject": "Avvisade en hållen leverans",
    "accept-change": "Godtog att kända siffror ändrades",
    "confirm-clock": "Bekräftade att klockan går rätt",
    "recover": "Valde vilken version som gäller",
    "restore": "Byggde upp allt ur arkivet",
    "rotate-pseudonym-key": "Bytte pseudonymnyckel",
    "rotate-archive-key": "Bytte arkivets nyckel",
}
MADE_WITH = {
    "program": "Programmet",
    "sql": "Reglerna för siffrorna",
    "contracts": "Datakontrakten",
    "profile": "Profilen",
}
STATUSES = {
    "accepted": "inläst",
    "superseded": "ersatt",
    "held": "hållen",
    "rejected": "avvisad",
    "duplicate": "dubblett",
}


def controls_document(found: dict[str, Rows], days: Days, municipality: Municipality) -> bytes:
    """The file's content."""
    sections = [
        _section("Kom alla leveranser?", _completeness(found["completeness"])),
        _section("Blev varje rad omhändertagen?", _accuracy(found["accuracy"])),
        _section("Vad har människor beslutat?", _decisions(found["decisions"])),
        _section("Vem har sett rader om personer?", _accesses(found["access"])),
        _section("Vad har ändrats mellan nätterna?", _changes(found["changes"])),
        _section("Vad sa kontrollerna?", _checks(found["checks"])),
        _section("Vad har gallrats?", _purges(found["purges"])),
        _section("Vilka rapporter har låsts?", _editions(found["editions"])),
    ]
    lead = (
        f"Arbetspapper för granskning av tiden {days.first} till {days.last}. Leveranser och rader räknas efter uttagsdatum, "
        "allt annat efter den dag då det hände."
    )
    content = Document("kontroller", "Kontroller i systemet", lead, tuple(sections))
    return document(content, municipality.title, clock.now().astimezone(days.zone).date(), HOW_TO)


def _section(title: str, parts: Iterable[Part]) -> Section:
    return Section(title, (*parts, ToFillIn("revisorn", "bedömning och anteckningar")))


def _table(
    caption: str, head: tuple[str, ...], rows: Iterable[tuple[Any, ...]], shares: tuple[int, ...]
) -> Iterable[Part]:
    """A table, or that there is nothing for one."""
    texts = tuple(tuple("" if value is None else str(value) for value in row) for row in rows)
    yield Table(caption, head, texts, shares) if texts else Paragraph(f"{caption}: inga.")


def _completeness(nights: Rows) -> Iterable[Part]:
    missing = [night for night in nights if not night["delivered"]]
    sources = sorted({night["source"] for night in nights})
    yield Paragraph(
        "En källa väntas de dagar som dess kontrakt säger, men inte på helgdagar och dagar då den har stängt. En källa som "
        "lämnas för hand väntas en gång i var och en av sina månader: ett uttag som kom står på sin dag, ett som inte kom på "
        "den sista dagen för det."
    )
    per_source = [
        (source, len(expected), sum(night["delivered"] for night in expected))
        for source in sources
        if (expected := [night for night in nights if night["source"] == source])
    ]
    yield from _table("Väntade och inlästa uttag", ("Källa", "Väntade", "Inlästa"), per_source, (2, 1, 1))
    rows = [(one["extract_date"], one["source"], _came(one["deliveries"])) for one in missing]
    yield from _table("Väntade uttag som inte är inlästa", ("Uttagsdatum", "Källa", "Vad som kom"), rows, (1, 1, 2))


def _came(deliveries: Rows) -> str:
    came = [f"{STATUSES.get(one['status'], one['status'])} ({one['delivery_id']})" for one in deliveries]
    return ", ".join(came) or "ingenting"


def _accuracy(files: Rows) -> Iterable[Part]:
    yield Paragraph(
        "Mottagna rader är lika många som inlästa, karantänsatta, upprepade och ej behållna tillsammans. Ej behållna är rader i "
        "leveranser som inte räknas, och rader som har gallrats sedan dess. En leverans som inte gick att läsa har inga räknade "
        "rader. För nätter i ett äldre program räknas upprepade rader som ej behållna."
    )
    columns = ("received", "loaded", "quarantined", "repeated", "not_kept")
    rows = [
        (one["extract_date"], f"{one['source']}/{one['dataset']}", *(one[name] for name in columns)) for one in files
    ]
    head = ("Uttagsdatum", "Datamängd", "Mottagna", "Inlästa", "Karantän", "Upprepade", "Ej behållna")
    yield from _table("Rader per leverans och datamängd", head, rows, (3, 5, 2, 2, 2, 2, 2))


def _decisions(decisions: Rows) -> Iterable[Part]:
    rows = [
        (
            one["at"],
            one["by"] or "okänd",
            DECISIONS.get(one["decision"], one["decision"]),
            one["because"] or one.get("delivery_id"),
        )
        for one in decisions
    ]
    yield from _table("Beslut", ("När", "Vem", "Beslut", "Skäl"), rows, (3, 2, 3, 4))


def _accesses(accesses: Rows) -> Iterable[Part]:
    rows = [(one["when"], one["who"], one["what"], one["rows"], one["why"]) for one in accesses]
    yield from _table("Läsningar", ("När", "Vem", "Vad", "Rader", "Skäl"), rows, (3, 2, 5, 1, 3))


def _changes(changes: Rows) -> Iterable[Part]:
    yield Paragraph(
        "Varje natt sparar ett fingeravtryck av det som siffrorna är gjorda med. Här står när ett av dem blev ett annat."
    )
    rows = [(one["at"], one["version"], MADE_WITH[one["what"]], one["from"][:12], one["to"][:12]) for one in changes]
    yield from _table("Ändringar", ("När", "Version", "Vad", "Från", "Till"), rows, (3, 1, 3, 2, 2))


def _checks(nights: Rows) -> Iterable[Part]:
    rows = [(one["published_at"], one["version"], one["made"], one["passed"], len(one["jumps"])) for one in nights]
    head = ("När", "Version", "Gjorda", "Godkända", "Ovanliga hopp")
    yield from _table("Kontroller per natt", head, rows, (3, 1, 1, 1, 1))
    failed = [
        (night["published_at"], f"{one['source']}/{one['dataset']}", one["check"], one["detail"])
        for night in nights
        for one in night["not_passed"]
    ]
    yield from _table("Kontroller som inte gick igenom", ("När", "Datamängd", "Kontroll", "Vad"), failed, (2, 2, 2, 4))


def _purges(purges: Rows) -> Iterable[Part]:
    columns = ("at", "reason", "persons", "rows", "quarantined", "archives")
    rows = [tuple(one[name] for name in columns) for one in purges]
    head = ("När", "Skäl", "Personer", "Rader", "Karantän", "Filer i arkivet")
    yield from _table("Gallringar", head, rows, (3, 3, 1, 1, 1, 1))


def _editions(editions: Rows) -> Iterable[Part]:
    rows = [(one["id"], one["label"], one["kind"], one["created_at"], ", ".join(one["signed_by"])) for one in editions]
    yield from _table("Utgåvor", ("Nummer", "Namn", "Slag", "När", "Undertecknad av"), rows, (2, 3, 1, 2, 2))
