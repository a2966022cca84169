"""Registerförteckning: the record of processing that article 30.1 of the GDPR asks for, in its order."""

from collections.abc import Iterator

from dashboards.data_protection.parts import Document, Paragraph, Part, Section, Table, ToFillIn, listed
from dashboards.data_protection.sources import DatasetInWords, SourceInWords, personal_columns
from dashboards.wording import numbers
from pipelines.configuration.contract import Column
from pipelines.configuration.data_protection import DataProtection
from pipelines.configuration.municipality import Municipality

NAME = "registerforteckning"

LEAD = (
    "Förteckning över behandling av personuppgifter enligt artikel 30 i dataskyddsförordningen. Den är framställd ur "
    "datakontrakten, kommunens profil och systemets egna regler och säger det som systemet gör."
)


def record(municipality: Municipality, sources: tuple[SourceInWords, ...], known: DataProtection) -> Document:
    """The whole document."""
    return Document(
        NAME,
        "Registerförteckning",
        LEAD,
        (
            Section("Personuppgiftsansvarig", (_controller(municipality),)),
            Section("Ändamål", tuple(_purposes(sources))),
            Section("Rättslig grund", tuple(_legal_grounds(sources))),
            Section("Kategorier av registrerade", (_data_subjects(sources, known),)),
            Section("Kategorier av personuppgifter", tuple(_personal_data(sources))),
            Section("Varifrån uppgifterna kommer", (_origins(sources),)),
            Section("Mottagare", tuple(_recipients(sources, known))),
            Section("Överföring till tredjeland", tuple(_transfers(known))),
            Section("Gallring", tuple(_erasure(sources))),
            Section("Säkerhetsåtgärder", (_safeguards(known),)),
            Section("Underlag", (_contracts(sources),)),
        ),
    )


def _controller(municipality: Municipality) -> Table:
    open_data = municipality.open_data
    contact = [open_data.contact_name, open_data.contact_email] if open_data else []
    rows: list[tuple[str, str | ToFillIn]] = [
        ("Kommun", f"{municipality.title} (kommunkod {municipality.code})"),
        (
            "Organisationsnummer",
            open_data.organisation_number if open_data else ToFillIn("kommunen", "organisationsnumret"),
        ),
        (
            "Personuppgiftsansvarig",
            ToFillIn("kommunen", "vilken nämnd som är personuppgiftsansvarig, med adress och telefon"),
        ),
        (
            "Gemensamt ansvariga",
            ToFillIn("personuppgiftsansvarig", "om ansvaret delas (artikel 26), och vem som då svarar för vad"),
        ),
        ("Dataskyddsombud", ToFillIn("personuppgiftsansvarig", "namn och kontaktuppgifter")),
        (
            "Kontakt om siffrorna",
            ", ".join(filter(None, contact)) or ToFillIn("personuppgiftsansvarig", "vem som svarar på frågor"),
        ),
    ]
    return Table("Vem som ansvarar", ("Uppgift", "Innehåll"), tuple(rows), (3, 7))


def _purposes(sources: tuple[SourceInWords, ...]) -> Iterator[Part]:
    yield Paragraph(
        "Uppgifterna behandlas för att kommunen ska kunna fullgöra sitt aktivitetsansvar för ungdomar (29 kap. 9 § skollagen "
        "(2010:800)) och lämna de uppgifter om det som staten begär (26 kap. 25 § skollagen). De får bara behandlas om det är "
        "nödvändigt för det (3 § förordningen (2006:39))."
    )
    rows = tuple((source.title, source.purpose, source.usage, source.limitations) for source in sources)
    yield Table("Ändamål per källa", ("Källa", "Ändamål", "Används till", "Begränsningar"), rows, (2, 3, 3, 3))


def _legal_grounds(sources: tuple[SourceInWords, ...]) -> Iterator[Part]:
    yield Paragraph(
        "Skyldigheten följer av 29 kap. 9 § skollagen. Förordningen (2006:39) kompletterar dataskyddsförordningen och säger "
        "uttömmande vilka uppgifter registret får innehålla (4 §). Den enskildes rätt att göra invändningar gäller inte en "
        "behandling som är tillåten enligt förordningen (2–2 b §§)."
    )
    if by_consent := [source.title for source in sources if source.rests_on_consent]:
        yield Paragraph(
            f"Uppgifterna ur {numbers.listed(by_consent)} vilar på den enskildes samtycke (artikel 6.1 a) och bara på det: det "
            "som hände innan samtycket gavs läses inte in, och ett återkallat samtycke tar bort uppgifterna."
        )
    yield ToFillIn(
        "personuppgiftsansvarig",
        "grunden i artikel 6.1 i dataskyddsförordningen, till exempel rättslig förpliktelse (6.1 c) eller uppgift av allmänt "
        "intresse (6.1 e)",
    )
    grounds: dict[str, list[str]] = {}
    for _, dataset, column in personal_columns(sources):
        grounds.setdefault(column.legal_ground, []).append(_named(dataset, column))
    rows = tuple((ground, listed(names)) for ground, names in sorted(grounds.items()))
    yield Table("Rättslig grund för varje personuppgift", ("Rättslig grund", "Uppgifter"), rows, (4, 6))


def _data_subjects(sources: tuple[SourceInWords, ...], known: DataProtection) -> Table:
    rows = [
        (dataset.title, dataset.text, source.title)
        for source in sources
        for dataset in source.datasets
        if dataset.personal
    ]
    rows += [
        ("Anställda som sköter systemet", zone.holds, zone.title)
        for zone in known.zones
        if zone.personal_data == "uppgift om anställd"
    ]
    return Table("Vilka det finns uppgifter om", ("Registrerade", "Urval", "Källa"), tuple(rows), (3, 6, 3))


def _personal_data(sources: tuple[SourceInWords, ...]) -> Iterator[Part]:
    columns = [(_named(dataset, column), column) for _, dataset, column in personal_columns(sources)]
    worthy = listed([name for name, column in columns if "skydds" in column.classification])
    free = listed([name for name, column in columns if column.type == "text"])
    yield Paragraph(
        "Känsliga personuppgifter (artikel 9) och uppgifter om lagöverträdelser får inte behandlas (5 § förordningen (2006:39)) "
        "och tas inte emot. Kolumner som inte nämns nedan sparas ingenstans."
    )
    yield Paragraph(f"Skyddsvärda uppgifter: {worthy or 'inga'}.")
    yield Paragraph(
        f"Uppgifter utan kodlista eller fast form, där källan kan ha skrivit något annat: {free or 'inga'}. Personnummer i dem "
        "döljs."
    )
    for source in sources:
        for dataset in source.datasets:
            if dataset.personal:
                yield _columns(source, dataset)
    if without := [source.title for source in sources if not source.has_persons]:
        yield Paragraph(f"Utan personuppgifter: {numbers.listed(without)}.")


def _named(dataset: DatasetInWords, column: Column) -> str:
    """A column as it stands in a sentence."""
    return f"{column.label.lower()} ({dataset.title.lower()})"


def _columns(source: SourceInWords, dataset: DatasetInWords) -> Table:
    rows = tuple(
        (column.label, column.classification, column.legal_ground, column.description) for column in dataset.personal
    )
    head = ("Uppgift", "Klass", "Rättslig grund", "Vad den säger")
    return Table(f"{dataset.title}, ur {source.title}", head, rows, (2, 2, 3, 4))


def _origins(sources: tuple[SourceInWords, ...]) -> Table:
    rows = tuple((source.title, source.sender, source.faults_to) for source in sources)
    return Table("Källorna", ("Källa", "Lämnas av", "Fel rättas"), rows, (2, 4, 4))


def _recipients(sources: tuple[SourceInWords, ...], known: DataProtection) -> Iterator[Part]:
    inside = tuple((role.title, role.description) for role in known.roles)
    yield Table("Inom kommunen", ("Mottagare", "Vad de får ta del av"), inside, (3, 7))
    outside: tuple[tuple[str, str | ToFillIn], ...] = (
        ("Allmänheten", "Den offentliga utgåvan: siffror, inga uppgifter om enskilda."),
        (
            "Skolverket, genom SCB",
            "Uppgifter om ungdomarna och deras åtgärder (26 kap. 25 § skollagen, 9 § förordningen (2006:39)).",
        ),
        (
            "Skolverket: ur vilket system",
            ToFillIn("personuppgiftsansvarig", "om leveransen till SCB görs ur det här systemet eller ur källsystemet"),
        ),
        (
            "Personuppgiftsbiträden",
            ToFillIn("personuppgiftsansvarig", "vilka som anlitas och när avtalen ingicks (artikel 28), eller ”inga”"),
        ),
    )
    yield Table("Utanför den egna verksamheten", ("Mottagare", "Vad som lämnas"), outside, (3, 7))
    yield Paragraph("Varje annat utlämnande prövas för sig enligt offentlighets- och sekretesslagen (2009:400).")


def _transfers(known: DataProtection) -> Iterator[Part]:
    own = next(safeguard for safeguard in known.safeguards if safeguard.id == "eget-natverk")
    yield Paragraph(f"Systemet överför inga uppgifter till tredjeland eller internationella organisationer. {own.text}")
    yield ToFillIn(
        "den som ansvarar för kommunens it-drift", "var servern och säkerhetskopiorna finns, och vem som driver dem"
    )


def _erasure(sources: tuple[SourceInWords, ...]) -> Iterator[Part]:
    rows = tuple(
        (source.title, source.promise("retention"), source.promise("archiveRetention"), _years(source))
        for source in sources
    )
    head = ("Källa", "Uppgifterna", "Arkiverade leveranser", "Arkivtid")
    yield Table("Tid för gallring", head, rows, (2, 4, 4, 2))
    yield Paragraph(
        "Tiden räknas efter det senaste uttaget som har lästs in, inte efter serverns klocka. Siffror som redan är "
        "publicerade håller inga rader om personer och finns kvar."
    )
    yield ToFillIn(
        "systemförvaltaren",
        "hur länge säkerhetskopior, leveransmappen och utlämnade filer sparas, och vem som gallrar dem",
    )


def _years(source: SourceInWords) -> str:
    years = source.source.archive_years
    return "gallras inte" if years is None else f"{years} kalenderår efter uttagsåret"


def _safeguards(known: DataProtection) -> Table:
    rows = tuple((safeguard.title, safeguard.text) for safeguard in known.safeguards)
    return Table("Så skyddas uppgifterna (artikel 32.1)", ("Åtgärd", "Innebörd"), rows, (3, 7))


def _contracts(sources: tuple[SourceInWords, ...]) -> Table:
    rows = tuple(
        (
            source.title,
            str(source.contract.id),
            str(source.contract.version),
            numbers.listed([d.title for d in source.datasets]),
        )
        for source in sources
    )
    return Table("Kontrakten", ("Källa", "Kontrakt", "Version", "Innehåller"), rows, (3, 2, 1, 5))
