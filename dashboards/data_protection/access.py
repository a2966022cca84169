"""Behörighetsmatris: who needs which of the places where the system keeps something, and what lies there."""

from dashboards.data_protection.parts import Document, Paragraph, Section, Table, ToFillIn
from pipelines.configuration.data_protection import DataProtection, Role, Zone

NAME = "behorighetsmatris"

LEAD = (
    "Vem som får läsa vad av det som systemet sparar. Den som inte behöver en uppgift för sitt arbete kommer inte åt den. "
    "Matrisen är framställd ur systemets egen förteckning över sina platser."
)

#: What stands where a role has no access.
NONE = "–"


def access(known: DataProtection) -> Document:
    """The whole document."""
    return Document(
        NAME,
        "Behörighetsmatris",
        LEAD,
        (
            Section("Roller", (_roles(known),)),
            Section("Vem som kommer åt vad", (_matrix(known), _administrators())),
            Section("Vad som finns var", (_content(known),)),
            Section("Så ges och tas behörighet bort", (_granted(known),)),
        ),
    )


def _roles(known: DataProtection) -> Table:
    rows = tuple((role.title, role.description) for role in known.roles)
    return Table("Roller i systemet", ("Roll", "Uppgift"), rows, (3, 7))


def _matrix(known: DataProtection) -> Table:
    head = ("Plats", *(role.title for role in known.roles))
    rows = tuple((zone.title, *(_access(zone, role) for role in known.roles)) for zone in known.zones)
    return Table("Behörigheter", head, rows, (3, *(2 for _ in known.roles)))


def _access(zone: Zone, role: Role) -> str:
    return zone.access.get(role.id, NONE)


def _administrators() -> Paragraph:
    return Paragraph(
        "Allmänheten har ingen åtkomst till någon av platserna. Den som är administratör på servern kan läsa allt som "
        "nattjobbet kan läsa, också leveranserna i klartext, men inte det krypterade arkivet: dess privata nyckel förvaras någon "
        "annanstans."
    )


def _content(known: DataProtection) -> Table:
    rows = tuple((zone.title, _place(zone), zone.holds, zone.personal_data) for zone in known.zones)
    return Table(
        "Platserna och deras innehåll", ("Plats", "Mapp eller fil", "Innehåll", "Personuppgifter"), rows, (3, 3, 5, 3)
    )


def _place(zone: Zone) -> str:
    return "utanför systemets mapp" if zone.outside else zone.path


def _granted(known: DataProtection) -> Table:
    asked = ToFillIn("personuppgiftsansvarig", "personer eller grupp")
    decided = ToFillIn("personuppgiftsansvarig", "vem som beslutar, och hur ofta behörigheten ses över")
    rows = tuple((role.title, asked, decided) for role in known.roles)
    return Table("Vilka som har rollerna", ("Roll", "Vilka", "Beslutas av"), rows, (3, 4, 4))
