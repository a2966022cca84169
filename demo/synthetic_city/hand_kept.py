"""What no register counts: the key numbers kept by hand, and the answers to the survey.

The values of 2023 are those of the annual report (sections 4.2 and 7.3); those of 2022 are invented.
"""

from __future__ import annotations

from dataclasses import dataclass

from demo.synthetic_city.timeline import LAST, day

HELP_QUESTION = "Har du fått hjälpen du behövde från oss?"
TREATMENT_QUESTION = "Hur nöjd är du med bemötandet?"
ADVICE_QUESTION = "Skulle du rekommendera oss till andra ungdomar?"
UNGVUX, STUDIESTEG1, SKOLSLUSSEN = "Ungvux", "Studiesteg1", "Skolslussen"
OWNERS = {
    UNGVUX: "Samordnare Ungvux, vuxenutbildningen",
    STUDIESTEG1: "Biträdande enhetschef Studiesteg1",
    SKOLSLUSSEN: "Enhetschef Skolslussen, utbildningsförvaltningen",
}


@dataclass(frozen=True)
class KeyNumber:
    first: int
    last: int
    activity: str
    measure: str
    value: str
    unit: str = "personer"
    first_value: str | None = None
    known_from: int | None = None

    @property
    def owner(self) -> str:
        return OWNERS[self.activity]


def _number(
    first: str,
    last: str,
    activity: str,
    measure: str,
    value: str,
    unit: str = "personer",
    first_value: str | None = None,
) -> KeyNumber:
    return KeyNumber(day(first), day(last), activity, measure, value, unit, first_value)


def key_numbers() -> list[KeyNumber]:
    return [
        # The report year 2022.
        _number("2022-01-01", "2022-06-30", UNGVUX, "nyinskrivna", "84"),
        _number("2022-07-01", "2022-11-30", UNGVUX, "nyinskrivna", "65"),
        _number("2022-01-01", "2022-11-30", UNGVUX, "avslutade med examen", "14"),
        _number("2022-01-01", "2022-11-30", UNGVUX, "läste yrkespaket", "41"),
        _number("2021-12-01", "2022-11-30", STUDIESTEG1, "unika ungdomar", "52"),
        _number("2022-01-01", "2022-11-30", SKOLSLUSSEN, "slussplatser", "110", "platser"),
        _number("2022-01-01", "2022-11-30", SKOLSLUSSEN, "använda slussplatser", "37", "platser"),
        # A school year lies inside no report year.
        _number("2022-07-01", "2023-06-30", SKOLSLUSSEN, "slussplatser", "100", "platser"),
        # The report year 2023.
        _number("2023-01-01", "2023-04-30", UNGVUX, "nyinskrivna", "61", first_value="58"),
        _number("2023-05-01", "2023-08-31", UNGVUX, "nyinskrivna", "33"),
        _number("2023-09-01", "2023-11-30", UNGVUX, "nyinskrivna", "68"),
        _number("2023-01-01", "2023-11-30", UNGVUX, "tog del av stöd", "304"),
        _number("2023-01-01", "2023-11-30", UNGVUX, "avslutade med examen", "18"),
        _number("2023-01-01", "2023-11-30", UNGVUX, "läste yrkespaket", "47"),
        _number("2023-01-01", "2023-11-30", UNGVUX, "poäng från gymnasiet i snitt", "520.5", "poäng"),
        _number("2022-12-01", "2023-11-30", STUDIESTEG1, "unika ungdomar", "87"),
        _number("2022-12-01", "2023-11-30", STUDIESTEG1, "pedagogiska insatser", "706", "insatser"),
        _number("2022-12-01", "2023-11-30", STUDIESTEG1, "lektioner", "453", "lektioner"),
        _number("2023-01-01", "2023-11-30", SKOLSLUSSEN, "slussplatser", "90", "platser"),
        _number("2023-01-01", "2023-11-30", SKOLSLUSSEN, "använda slussplatser", "23", "platser"),
        # Planned places are known before the period begins, and lie inside no report year either.
        KeyNumber(
            day("2023-07-01"),
            day("2024-06-30"),
            SKOLSLUSSEN,
            "slussplatser",
            "90",
            "platser",
            None,
            LAST - 60,
        ),
    ]


def survey_answers(year: int) -> list[tuple[str, int]]:
    """(question, answer). 2023: 50 youths answered, 49 of them the help question, 45 of these with 4 or 5."""
    if year == 2022:
        counts = {HELP_QUESTION: (2, 2, 6, 21, 27), TREATMENT_QUESTION: (1, 1, 5, 19, 33)}
    else:
        counts = {
            HELP_QUESTION: (1, 1, 2, 16, 29),
            TREATMENT_QUESTION: (0, 1, 2, 12, 35),
            ADVICE_QUESTION: (1, 1, 4, 13, 28),
        }
    return [
        (question, answer)
        for question, numbers in counts.items()
        for answer, number in enumerate(numbers, start=1)
        for _ in range(number)
    ]
