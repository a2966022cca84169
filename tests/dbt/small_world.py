"""A small world of deliveries, written so that every figure has rows and the hard cases of figures.md occur.

Numbers are synthetic and need no check digit here: nothing below the pipeline sees a number in clear.
"""

from datetime import date

from tests.dbt.make_fixture import Row

YEAR_BEFORE = date(2022, 6, 1)
FIRST, SECOND, THIRD = date(2023, 5, 30), date(2023, 8, 15), date(2023, 11, 30)

ANNA = "200504051246"  # the 11th digit is even: kvinna
ANNA_BEFORE = "200504651236"  # a samordningsnummer (day 05 + 60), odd
BO = "200601011238"
CILLA = "200703031248"
DAVID = "200402291234"  # born on 29 February
EVA = "200712311224"
FIA = "200705051248"  # never in the register

PERIODS = [
    ("verksamhetsar-2023", date(2022, 12, 1), date(2023, 11, 30)),
    ("halvar1-2023", date(2023, 1, 1), date(2023, 6, 30)),
    ("manad-2023-10", date(2023, 10, 1), date(2023, 10, 31)),
    ("dag-2023-06-01", date(2023, 6, 1), date(2023, 6, 1)),
    ("dag-2023-11-30", date(2023, 11, 30), date(2023, 11, 30)),
]


def resident(number: str, district: str, earlier: str = "", immigrated: str = "N", protection: str = "") -> Row:
    """A row of folkbokforing/personer."""
    return {
        "personnummer": number,
        "tidigare_personnummer": earlier,
        "stadsdelsomrade": district,
        "folkbokford_fran": "2010-01-01",
        "invandrad_efter_skolplikt": immigrated,
        "skyddsmarkering": protection,
    }


def entry(number: str, registered: str, district: str, category: str = "UNDER_UPPSOK", reason: str = "AVBROTT") -> Row:
    """A row of ber/register."""
    return {
        "personnummer": number,
        "registrerad_datum": registered,
        "registreringsorsak": reason,
        "kategori": category,
        "kategori_fran": registered,
        "stadsdelsomrade": district,
    }


def contact(
    id_: str,
    number: str,
    day: str,
    answered: str = "N",
    direction: str = "UT",
    channel: str = "TELEFON",
    annulled: str = "N",
) -> Row:
    """A row of ber/kontakter."""
    return {
        "kontakt_id": id_,
        "personnummer": number,
        "datum": day,
        "riktning": direction,
        "kanal": channel,
        "besvarad": answered,
        "besvarad_av": "",
        "antal_personal": "",
        "makulerad": annulled,
    }


def occupation(id_: str, number: str, day: str, contact_id: str, code: str) -> Row:
    """A row of ber/sysselsattningar."""
    return {
        "sysselsattning_id": id_,
        "personnummer": number,
        "datum": day,
        "kontakt_id": contact_id,
        "sysselsattning": code,
    }


def enrolment(id_: str, number: str, begun: str, ended: str = "", reason: str = "", by: str = "AMF") -> Row:
    """A row of ber/inskrivningar."""
    return {
        "inskrivning_id": id_,
        "personnummer": number,
        "forvaltning": by,
        "inskriven_datum": begun,
        "avslutad_datum": ended,
        "avslutsorsak": reason,
    }


def measure(id_: str, enrolment_id: str, kind: str, begun: str, ended: str = "", reason: str = "") -> Row:
    """A row of ber/insatser."""
    return {
        "insats_id": id_,
        "inskrivning_id": enrolment_id,
        "insats": kind,
        "startdatum": begun,
        "slutdatum": ended,
        "avslutsorsak": reason,
    }


def study(id_: str, number: str, form: str, path: str, begun: str, ended: str = "", end: str = "") -> Row:
    """A row of skolregister/studieperioder."""
    return {
        "studieperiod_id": id_,
        "personnummer": number,
        "skolenhetskod": "12345678",
        "skolform": form,
        "studievag": path,
        "startdatum": begun,
        "slutdatum": ended,
        "avslut": end,
    }


def decision(id_: str, number: str, day: str, outcome: str, round_: str = "SLUTLIG", year: str = "2023") -> Row:
    """A row of antagning/antagningar."""
    return {
        "antagning_id": id_,
        "personnummer": number,
        "antagningsar": year,
        "omgang": round_,
        "beskedsdatum": day,
        "utfall": outcome,
    }


def visit(id_: str, number: str, day: str, kind: str = "VAGLEDNING") -> Row:
    """A row of skolslussen/besok."""
    return {"besok_id": id_, "personnummer": number, "datum": day, "besokstyp": kind}


def participation(id_: str, number: str, kind: str, begun: str, ended: str = "", reason: str = "") -> Row:
    """A row of flai/deltaganden."""
    return {
        "deltagande_id": id_,
        "personnummer": number,
        "samtycke_fran": begun,
        "samtycke_till": "",
        "flai_insats": kind,
        "startdatum": begun,
        "slutdatum": ended,
        "avslutsorsak": reason,
    }


def youths(job_centre: str, gender: str, quantity: str, count: str, reason: str = "") -> Row:
    """A row of jobbtorg_unga/antal, of the spring of 2023."""
    return {
        "period_fran": "2023-01-01",
        "period_till": "2023-06-30",
        "jobbtorg": job_centre,
        "kon": gender,
        "matt": quantity,
        "orsak": reason,
        "antal": count,
    }


def _ber(register: list[Row], contacts: list[Row], **others: list[Row]) -> dict[str, list[Row]]:
    return {"register": register, "kontakter": contacts, **others}


_SUPPORT = {
    "sysselsattningar": [
        occupation("S1", ANNA, "2023-05-10", "K2", "ARBETE"),
        occupation("S2", ANNA, "2023-05-10", "K2", "PRAKTIK"),
        occupation("S3", ANNA, "2023-08-02", "", "ARBETE"),
    ],
    "inskrivningar": [
        enrolment("I1", ANNA, "2023-05-20", "2023-08-01", "STUDIER"),
        enrolment("I2", ANNA, "2023-08-02", by="UTBF"),
        enrolment("I3", BO, "2023-06-01", "2023-10-05", "FLYTTAT"),
    ],
    "insatser": [
        measure("M1", "I1", "AIM", "2023-05-21", "2023-07-01", "EGEN_BEGARAN"),
        measure("M2", "I1", "AIM", "2023-07-01", "2023-08-01", "STUDIER"),
        measure("M3", "I3", "PRAKTIK", "2023-08-30"),
    ],
    "bosattningskontroller": [
        {"kontroll_id": "B1", "personnummer": BO, "anmald_datum": "2023-10-02"},
    ],
}

EXTRACTS: dict[tuple[str, date], dict[str, list[Row]]] = {
    ("folkbokforing", FIRST): {
        "personer": [
            resident(ANNA_BEFORE, "01"),
            resident(BO, "06"),
            resident(CILLA, ""),
            resident(DAVID, "12"),
            resident(EVA, "03", protection="SKYDDAD"),
        ],
    },
    ("folkbokforing", THIRD): {
        "personer": [
            resident(ANNA, "21", earlier=ANNA_BEFORE),
            resident(BO, "22"),
            resident(CILLA, ""),
            resident(DAVID, "12"),
            resident(EVA, "03", protection="SKYDDAD"),
        ],
    },
    ("ber", YEAR_BEFORE): _ber([entry(BO, "2022-05-15", "06")], []),
    ("ber", FIRST): _ber(
        [entry(ANNA_BEFORE, "2023-05-01", "01"), entry(BO, "2023-05-02", "06"), entry(DAVID, "2023-04-01", "12")],
        [
            contact("K1", ANNA_BEFORE, "2023-05-05"),
            contact("K2", ANNA_BEFORE, "2023-05-10", "J"),
            contact("K3", BO, "2023-05-20"),
            contact("K4", BO, "2023-05-21", "J"),
        ],
    ),
    # Bo's answered contact turns out to be a mistake; Anna has got her number and both stand in the register.
    ("ber", SECOND): _ber(
        [
            entry(ANNA, "2023-05-01", "02"),
            entry(ANNA_BEFORE, "2023-05-01", "12"),
            entry(CILLA, "2023-08-01", "", "NY"),
        ],
        [
            contact("K1", ANNA_BEFORE, "2023-05-05"),
            contact("K2", ANNA_BEFORE, "2023-05-10", "J"),
            contact("K3", BO, "2023-05-20"),
            contact("K4", BO, "2023-05-21", "J", annulled="J"),
            contact("K5", CILLA, "2023-08-10", "J", "IN", "DROPIN"),
        ],
        **_SUPPORT,
    ),
    ("ber", THIRD): _ber(
        [entry(CILLA, "2023-08-01", "", "INSKRIVEN"), entry(EVA, "2023-11-29", "03", "NY")],
        [contact("K5", CILLA, "2023-08-10", "J", "IN", "DROPIN"), contact("K6", EVA, "2023-11-30")],
        **_SUPPORT,
    ),
    ("skolregister", FIRST): {"studieperioder": [study("P1", BO, "GY", "NA", "2022-08-15")]},
    ("skolregister", THIRD): {
        "studieperioder": [
            study("P1", BO, "GY", "NA", "2022-08-15", "2023-05-01", "AVBROTT"),
            study("P2", ANNA, "KOMVUX", "SVE", "2023-08-20"),
            study("P3", FIA, "GY", "IMA", "2023-09-15"),
        ],
    },
    ("beda", THIRD): {"bevis": [{"personnummer": DAVID, "bevis": "GYMNASIEEXAMEN", "datum": "2023-06-10"}]},
    ("enkat", THIRD): {
        "svar": [
            {"svar_id": f"E{grade}", "datum": "2023-10-01", "fraga": "Har du fått hjälp?", "svar": str(grade)}
            for grade in (4, 5)
        ],
    },
    ("nyckeltal", FIRST): {
        "nyckeltal": [
            {
                "period_fran": "2023-01-01",
                "period_till": "2023-06-30",
                "verksamhet": "Ungvux",
                "matt": "Deltagare",
                "varde": "80",
                "enhet": "personer",
                "uppgiftslamnare": "Enhetschef",
            },
        ],
    },
    ("nyckeltal", THIRD): {
        "nyckeltal": [
            {
                "period_fran": "2023-01-01",
                "period_till": "2023-11-30",
                "verksamhet": "Ungvux",
                "matt": "Deltagare",
                "varde": "300.5",
                "enhet": "personer",
                "uppgiftslamnare": "Enhetschef",
            },
        ],
    },
    ("antagning", SECOND): {
        "antagningar": [
            decision("A1", ANNA, "2023-07-05", "EJ_ANTAGEN"),
            decision("A2", FIA, "2023-07-05", "EJ_ANTAGEN"),
            decision("A3", FIA, "2023-08-01", "ANTAGEN", "RESERV"),
            decision("A4", CILLA, "2023-04-15", "EJ_ANTAGEN", "PRELIMINAR"),
        ],
    },
    ("skolslussen", THIRD): {
        "besok": [
            visit("V1", CILLA, "2023-04-15"),  # the day of the first decision of all
            visit("V2", FIA, "2023-08-19", "PLATSHJALP"),
            visit("V3", FIA, "2023-08-20"),
            visit("V4", ANNA, "2023-09-16"),
        ],
    },
    ("flai", THIRD): {
        "deltaganden": [
            participation("D1", DAVID, "COACHNING", "2023-05-01", "2023-06-01", "STUDIER"),
            participation("D2", DAVID, "ARBETSLAG", "2023-06-02"),
        ],
    },
    ("jobbtorg_unga", FIRST): {"antal": [youths("KISTA", "MAN", "KONTAKT", "99")]},
    ("jobbtorg_unga", THIRD): {
        "antal": [
            youths("KISTA", "KVINNA", "KONTAKT", "40"),
            youths("", "MAN", "KONTAKT", "2"),
            youths("KISTA", "KVINNA", "AVSLUTADE", "7", "ARBETE"),
            youths("GLOBEN", "MAN", "AVSLUTADE", "5", "STUDIER"),
        ],
    },
}
