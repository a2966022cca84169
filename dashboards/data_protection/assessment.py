"""Konsekvensbedömning: the draft of the impact assessment that article 35.7 of the GDPR asks for. What the system does stands in
it; what that means for persons is judged by people, and marked so.
"""

from collections.abc import Callable, Iterator

from dashboards.data_protection.parts import Document, Paragraph, Part, Section, Table, ToFillIn, listed
from dashboards.data_protection.sources import SourceInWords
from dashboards.wording import numbers
from pipelines.configuration.data_protection import DataProtection
from pipelines.configuration.disclosure import CellSuppression, Disclosure, DisclosureDecision
from pipelines.configuration.municipality import Municipality

NAME = "konsekvensbedomning"

LEAD = (
    "Utkast till konsekvensbedömning enligt artikel 35 i dataskyddsförordningen. Det som systemet gör är framställt ur "
    "datakontrakten och systemets egna regler. Bedömningarna gör personuppgiftsansvarig tillsammans med dataskyddsombudet."
)

#: What the data protection authorities' guidelines (WP 248) ask when they say whether an assessment is needed.
CRITERIA = (
    (
        "Utvärdering eller poängsättning av personer",
        "Systemet räknar grupper, och listar under pseudonym vilka uppgifter i registret som bör ses över. Det rangordnar "
        "ingen och förutsäger inget om någon.",
    ),
    ("Automatiska beslut med rättsliga följder", "Inga. Vilket stöd en ungdom erbjuds beslutas av människor."),
    (
        "Systematisk övervakning",
        "Aktivitetsansvaret är en löpande uppföljning: varje natt läses källornas tillstånd in.",
    ),
    (
        "Känsliga uppgifter",
        "Får inte behandlas (5 § förordningen (2006:39)) och tas inte emot. Skyddsmarkering är en skyddsvärd uppgift.",
    ),
    ("Behandling i stor omfattning", "Alla ungdomar i kommunen som kan omfattas av aktivitetsansvaret."),
    ("Registren matchas mot varandra", None),
    ("Sårbara registrerade", "Ungdomar, många av dem under 18 år, i beroendeställning till kommunen."),
    ("Ny teknik eller ny organisation", "Pseudonymer, krypterat arkiv och skydd av små tal. Ingen maskininlärning."),
    ("Hindrar någon att använda en rättighet eller tjänst", "Systemet fattar inga beslut om enskilda."),
)


def assessment(municipality: Municipality, sources: tuple[SourceInWords, ...], known: DataProtection) -> Document:
    """The whole document."""
    return Document(
        NAME,
        "Konsekvensbedömning, utkast",
        LEAD,
        (
            Section("Bedömningen", (_about(municipality),)),
            Section("Behövs en konsekvensbedömning?", tuple(_need(sources))),
            Section("Vad som görs med uppgifterna", tuple(_description(sources))),
            Section("Nödvändighet och proportionalitet", tuple(_necessity(sources))),
            Section("De registrerades rättigheter", (_rights(sources, known),)),
            Section("Risker för de registrerade", tuple(_risks(known))),
            Section("Åtgärder mot riskerna", (_safeguards(known),)),
            Section("Samråd och beslut", (_decision(municipality),)),
        ),
    )


def _about(municipality: Municipality) -> Table:
    rows: tuple[tuple[str, str | ToFillIn], ...] = (
        ("Behandling", f"Uppföljning av kommunens aktivitetsansvar i {municipality.title}"),
        ("Personuppgiftsansvarig", ToFillIn("kommunen", "vilken nämnd")),
        ("Ansvarig för bedömningen", ToFillIn("personuppgiftsansvarig", "namn och funktion")),
        ("Dataskyddsombud", ToFillIn("personuppgiftsansvarig", "namn, och när ombudet rådfrågades (artikel 35.2)")),
    )
    return Table("Om bedömningen", ("Uppgift", "Innehåll"), rows, (3, 7))


def _need(sources: tuple[SourceInWords, ...]) -> Iterator[Part]:
    yield Paragraph(
        "En bedömning krävs när en behandling sannolikt leder till hög risk (artikel 35.1). Tillsynsmyndigheternas riktlinjer "
        "(WP 248) räknar med att så är fallet när minst två av kriterierna nedan är uppfyllda."
    )
    persons = [source.title for source in sources if source.has_persons]
    matched = f"Uppgifter om samma person ur {len(persons)} källor förs samman: {numbers.listed(persons)}."
    asked = ToFillIn("personuppgiftsansvarig", "uppfyllt eller inte, och varför")
    rows = tuple((criterion, fact or matched, asked) for criterion, fact in CRITERIA)
    yield Table("Kriterierna", ("Kriterium", "I den här behandlingen", "Bedömning"), rows, (3, 5, 3))
    yield ToFillIn(
        "personuppgiftsansvarig", "ungefär hur många personer det finns uppgifter om, hämtat ur den senaste rapporten"
    )


def _description(sources: tuple[SourceInWords, ...]) -> Iterator[Part]:
    nightly = sum(source.source.calendar.due_day is None for source in sources)
    yield Paragraph(
        f"{len(sources)} källor lämnar fullständiga uttag, {nightly} av dem varje arbetsdag och de andra i vissa månader: "
        f"{numbers.listed([source.title for source in sources])}. "
        "En leverans kontrolleras mot sitt kontrakt, arkiveras krypterad, och personnumren ersätts av pseudonymer. Historiken "
        "säger vilket innehåll som har setts i vilka uttag. Ur den räknas siffror för perioder, som publiceras inom kommunen. "
        "Det som lämnar kommunen är den offentliga utgåvan, där små tal är skyddade."
    )
    yield Paragraph(
        "Ändamål, uppgifter, källor, mottagare och gallring står i registerförteckningen, och vem som kommer åt vad i "
        "behörighetsmatrisen. De är framställda ur samma kontrakt som denna bedömning."
    )


def _necessity(sources: tuple[SourceInWords, ...]) -> Iterator[Part]:
    yield Paragraph(
        "Uppgifterna får bara behandlas om de är nödvändiga för aktivitetsansvaret (3 § förordningen (2006:39)). Varje datamängd "
        "är begränsad till de kolumner som kontraktet nämner, var och en med sin rättsliga grund."
    )
    rows = tuple(
        (
            dataset.title,
            source.usage,
            listed([column.label.lower() for column in dataset.personal]),
            ToFillIn("personuppgiftsansvarig", "nödvändigt, eller kan något tas bort"),
        )
        for source in sources
        for dataset in source.datasets
        if dataset.personal
    )
    head = ("Datamängd", "Används till", "Personuppgifter", "Bedömning")
    yield Table("Varför uppgifterna behövs", head, rows, (2, 3, 4, 3))


def _rights(sources: tuple[SourceInWords, ...], known: DataProtection) -> Table:
    faults = listed([source.faults_to for source in sources if source.has_persons])
    by_consent = [source.title for source in sources if source.rests_on_consent]
    removed = next(safeguard.text for safeguard in known.safeguards if safeguard.id == "samtycke")
    kept = "I det krypterade arkivet ligger leveransen kvar tills arkivtiden är ute."
    withdrawn = f"Gäller {numbers.listed(by_consent)}. {removed} {kept}"
    rows: tuple[tuple[str, str | ToFillIn], ...] = (
        (
            "Information (artikel 13 och 14)",
            ToFillIn("personuppgiftsansvarig", "hur ungdomarna får veta att uppgifterna behandlas"),
        ),
        (
            "Tillgång (artikel 15)",
            ToFillIn("personuppgiftsansvarig", "rutinen: en persons rader finns under pseudonymen av personens nummer"),
        ),
        ("Rättelse (artikel 16)", f"Rättas i källan och kommer med nästa uttag. {faults}"),
        (
            "Radering (artikel 17)",
            "En person gallras senast när lagen kräver det (7 § förordningen (2006:39)), ur historik, datalager och karantän.",
        ),
        *([("Återkallat samtycke (artikel 7.3)", withdrawn)] if by_consent else []),
        ("Invändning (artikel 21)", "Gäller inte en behandling som förordningen (2006:39) tillåter (2–2 b §§)."),
        ("Automatiska beslut (artikel 22)", "Förekommer inte."),
    )
    return Table("Så tillgodoses rättigheterna", ("Rättighet", "I den här behandlingen"), rows, (3, 7))


def _risks(known: DataProtection) -> Iterator[Part]:
    titles = {safeguard.id: safeguard.title for safeguard in known.safeguards}
    asked = ToFillIn("personuppgiftsansvarig", "sannolikhet, allvar och vad som återstår")
    rows = tuple(
        (risk.title, risk.text, listed([titles[name] for name in risk.safeguards]), asked) for risk in known.risks
    )
    yield Table("Riskerna", ("Risk", "Vad som kan hända", "Skydd som finns", "Bedömning"), rows, (3, 4, 3, 3))
    yield ToFillIn("dataskyddsombudet", "risker som saknas, till exempel i hur siffrorna används i verksamheten")


def _safeguards(known: DataProtection) -> Table:
    rows = tuple((safeguard.title, safeguard.text, safeguard.shown_by) for safeguard in known.safeguards)
    head = ("Åtgärd", "Innebörd", "Visas av (i programmets källkod)")
    return Table("Åtgärderna och var de prövas", head, rows, (3, 5, 3))


def _decision(municipality: Municipality) -> Table:
    controller = "personuppgiftsansvarig"
    rows: tuple[tuple[str, str | ToFillIn], ...] = (
        (
            "Synpunkter från ungdomar eller deras företrädare (artikel 35.9)",
            ToFillIn(controller, "vilka som har frågats, och vad de sa"),
        ),
        ("Dataskyddsombudets råd (artikel 35.2)", ToFillIn("dataskyddsombudet", "råd och datum")),
        ("Återstående risk", ToFillIn(controller, "godtagbar, eller förhandssamråd med IMY (artikel 36)")),
        ("Små tal i den offentliga utgåvan", _decided(municipality, _small_numbers)),
        (
            "Skyddade identiteter i offentliga tabeller",
            _decided(municipality, lambda chosen: _COUNTED[chosen.protected_identities]),
        ),
        ("Beslut", ToFillIn(controller, "vem som har beslutat, vad och när")),
        ("Omprövas", ToFillIn(controller, "senast när, och alltid när en källa eller kolumn tillkommer")),
    )
    return Table("Samråd, bedömning och beslut", ("Fråga", "Svar"), rows, (4, 6))


#: Where persons with a protected identity count in public output, below the whole municipality.
_COUNTED = {"as_figures": "räknas i sitt stadsdelsområde", "missing_place": "räknas som uppgift saknas"}


def _small_numbers(chosen: Disclosure) -> str:
    if isinstance(chosen, CellSuppression):
        return f"tal under {chosen.smallest} visas inte"
    small = f", och inget är 1–{chosen.js}" if chosen.js else ""
    return f"varje tal ändras med högst {chosen.D}{small}"


def _decided(municipality: Municipality, chosen: Callable[[Disclosure], str]) -> str | ToFillIn:
    """What the profile says was decided on public output, each decision with its days; without any what the program does."""
    if not municipality.disclosure:
        return ToFillIn(
            "personuppgiftsansvarig",
            f"beslutet, i kommunens profil (disclosure). Tills dess gäller: {chosen(CellSuppression())}",
        )
    return " ".join(
        f"{chosen(each)[:1].upper()}{chosen(each)[1:]}, beslutat {each.decided} av {each.by}{_holds(each)}."
        for each in municipality.disclosure
    )


def _holds(decision: DisclosureDecision) -> str:
    first = f" från {decision.valid_from}" if decision.valid_from else ""
    last = f" till {decision.valid_to}" if decision.valid_to else ""
    return f", för uttag{first}{last}" if first or last else ""
