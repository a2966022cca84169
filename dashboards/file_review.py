"""The working paper of a file review as a Word file: how the files were chosen, what they hold together, then a page per file
with room to write.

    working_paper(sample, title, starts_on, ends_on, municipality, made_on)

``sample``: the object of audit.md section 5. Who is drawn and what a file holds is not decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from dashboards.documents.outline import plain
from dashboards.documents.word_document import Writer, package
from dashboards.documents.word_elements import Element, bold, paragraph, run, words_table
from dashboards.documents.word_styles import FrontMatter
from dashboards.wording import numbers
from pipelines.configuration.municipality import Municipality

ALL = "*"

#: Item -> what it is called, and when it is documented.
ITEMS = {
    "registered": (
        "Registrering",
        "Den sista registerraden i perioden har en annan registreringsorsak än ”Övrigt”.",
    ),
    "occupation": (
        "Sysselsättning",
        "En sysselsättning i perioden är noterad, en annan än ”Okänd”. Motsägs om varje sådan hör till en makulerad kontakt.",
    ),
    "contact": ("Kontakt", "Kommunen har sökt ungdomen i perioden."),
    "offer": ("Erbjudande", "En inskrivning eller en insats pågick någon dag i perioden."),
    "content": ("Insatsens innehåll", "Ingen insats som pågick i perioden är ”Övrig insats”."),
    "start": (
        "Insatsens början",
        "Varje insats som pågick i perioden började tidigast samma dag som sin inskrivning. Motsägs om någon började tidigare.",
    ),
    "end": (
        "Insatsens slut",
        "Varje insats som har slutat, eller vars inskrivning har avslutats, till och med periodens sista dag har slutdatum och "
        "en avslutsorsak, en annan än ”Okänd”. Motsägs om någon slutade efter sin inskrivning.",
    ),
}
STATUSES = {
    "present": "Finns",
    "missing": "Saknas",
    "contradictory": "Motsägs",
    "not_applicable": "Inte aktuellt",
}
STRATA = {"job_centre": "jobbtorg", "gender": "kön", "district": "stadsdelsområde"}
#: More keys of a file than these are counted and not listed: a file's page is to stay a page.
LISTED = 6


def working_paper(
    sample: Mapping[str, Any],
    title: str,
    starts_on: date,
    ends_on: date,
    municipality: Municipality,
    made_on: date,
) -> bytes:
    """The Word file's content. ``title``: the period's."""
    author = plain(municipality.title)
    front = FrontMatter(
        title="Aktgranskning",
        subtitle=f"Kommunens aktivitetsansvar i {author}, {title}",
        subject=f"Arbetspapper för granskning av {sample['n']} akter.",
        author=author,
        audience="Internt arbetspapper. Innehåller uppgifter om enskilda personer under pseudonym.",
        footer=f"Framställt {numbers.long_date(made_on)}",
        made_at=datetime.combine(made_on, time(), UTC),
    )
    when = numbers.interval(starts_on, ends_on)
    labels = {centre.code: centre.name for centre in municipality.job_centres}
    labels |= {district.code: district.name for district in municipality.districts}
    return package(front, lambda made: _Writer(sample, when, labels).parts(front))


class _Writer(Writer):
    """Puts the paper together, in order."""

    def __init__(self, sample: Mapping[str, Any], when: str, labels: Mapping[str, str]) -> None:
        super().__init__()
        self._sample = sample
        self._when = when
        self._labels = {**labels, "SAKNAS": "saknas"}

    def parts(self, front: FrontMatter) -> Iterable[Element]:
        yield paragraph("Title", run(front.title))
        yield paragraph("Subtitle", run(front.subtitle))
        yield paragraph(
            "Normal", run(f"{front.subject} Akterna är dragna med lott bland dem som fanns i registret {self._when}.")
        )
        yield paragraph("Viktigt", run(f"{front.audience} {front.footer}."))
        yield self.write_here("Granskningens syfte, och vem som granskar. Skriv här.")
        yield self.heading(1, "Metod", new_page=True)
        yield from self._method()
        yield self.heading(1, "Resultat", new_page=True)
        yield from self._results()
        for place, case in enumerate(self._sample["cases"], start=1):
            yield from self._case(place, case)

    # --- method -------------------------------------------------------------------------------------------------------

    def _method(self) -> Iterable[Element]:
        yield from (paragraph("Normal", bold(f"{name}. "), run(text)) for name, text in self._choices())
        rows = [[bold(name), run(meaning)] for name, meaning in ITEMS.values()]
        yield from self._table("Det som granskas i varje akt", ("Punkt", "Finns när"), rows, (2, 7))
        meanings = (
            "Finns: uppgifterna är dokumenterade. Saknas: de är det inte. Motsägs: de finns men kan inte stämma, och det går "
            "före Saknas. Inte aktuellt: akten har inget som punkten gäller; den räknas då inte med i andelen."
        )
        yield paragraph("Normal", run(meanings))

    def _choices(self) -> Iterable[tuple[str, str]]:
        sample = self._sample
        population, seed = numbers.counted(sample["population"], "person", "personer"), sample["seed"]
        yield (
            "Population",
            f"{population} som fanns i minst ett registeruttag {self._when}. Personer med skyddade personuppgifter "
            "ingår inte: de dras aldrig och räknas inte med här.",
        )
        yield (
            "Urval",
            f"{numbers.counted(sample['n'], 'person', 'personer')}, dragna med lott: var och en får en lott ur sin pseudonym "
            "(den senaste för den som har bytt "
            f"personnummer) och fröet {seed}, med HMAC-SHA-256 där fröet är nyckel, och de minsta lotterna dras. Samma frö ger "
            f"samma personer, på vilken dator som helst. Pseudonymerna är gjorda med nyckeln {sample['pseudonym_key']}.",
        )
        yield (
            "Stratifiering",
            f"Per {STRATA[sample['strata']]}: först en person ur varje stratum, sedan de övriga i proportion till stratumens "
            "storlek (största resten; vid lika rest den kod som kommer först)."
            if sample["strata"]
            else "Ingen: alla har samma chans att dras.",
        )
        larger = (
            ""
            if sample["strata"]
            else " Räcker urvalet inte görs ett större med samma frö: det innehåller de här personerna och fler."
        )
        yield (
            "Ersättning",
            "Dragningen sker utan återläggning, så ingen dras två gånger. En akt som inte kan granskas ersätts inte av en annan: "
            f"den redovisas som bortfall.{larger}",
        )
        yield (
            "Vad bedömningen bygger på",
            "Det som källorna har levererat, i den senaste versionen av varje post. Det som står i akten men aldrig har "
            "levererats syns inte här; det är det som granskaren ser efter.",
        )

    # --- results ------------------------------------------------------------------------------------------------------

    def _results(self) -> Iterable[Element]:
        yield paragraph(
            "Normal",
            run(
                "Andelen dokumenterade av de akter som punkten gäller, i urvalet med ett 95-procentigt konfidensintervall "
                "(Wilson), och bredvid samma sak räknat på hela populationen. Tecknet . betyder att punkten inte gäller någon "
                "akt, tecknet – att antalet är noll."
            ),
        )
        strata: dict[str, list[Mapping[str, Any]]] = {}
        for share in self._sample["shares"]:
            strata.setdefault(share["stratum"], []).append(share)
        for stratum, shares in strata.items():
            title = "Alla akter" if stratum == ALL else self._stratum(stratum)
            yield from self._table(
                title,
                ("Punkt", "Finns", "Av", "Andel", "95 % intervall", "I populationen", "Andel"),
                [self._share(share) for share in shares],
                (5, 2, 2, 2, 4, 4, 2),
            )

    def _share(self, share: Mapping[str, Any]) -> list[Element]:
        found, of = share["documented"], share["of"]
        all_found, all_of = share["population_documented"], share["population_of"]
        interval = f"{_percent(share['low'])}–{_percent(share['high'])}{numbers.BLANK}%" if of else numbers.CANNOT_OCCUR
        cells = (
            numbers.count_cell(found),
            numbers.count_cell(of),
            numbers.share_cell(found, of),
            interval,
            f"{numbers.number(all_found)} av {numbers.number(all_of)}",
            numbers.share_cell(all_found, all_of),
        )
        return [bold(ITEMS[share["item"]][0]), *(run(cell) for cell in cells)]

    # --- a file -------------------------------------------------------------------------------------------------------

    def _case(self, place: int, case: Mapping[str, Any]) -> Iterable[Element]:
        yield self.heading(1, f"Akt {place} av {self._sample['n']}", new_page=True)
        of_stratum = "" if case["stratum"] == ALL else f". {self._stratum(case['stratum'])}"
        yield paragraph("Normal", bold("Pseudonym: "), run(f"{case['person']}{of_stratum}"))
        rows = [
            [
                bold(ITEMS[item["item"]][0]),
                run(STATUSES[item["status"]]),
                run(plain(_sources(item["evidence"]))),
                self.write_in_line("Skriv här"),
            ]
            for item in case["items"]
        ]
        yield from self._table("Det som har levererats", ("Punkt", "Status", "Underlag", "I akten"), rows, (4, 3, 9, 5))
        for asked in ("Anteckningar", "Bedömning", "Granskad av, datum"):
            yield paragraph("Caption", run(asked))
            yield self.write_here("Skriv här")

    def _stratum(self, code: str) -> str:
        name = plain(self._labels.get(code, code))
        kind = STRATA[self._sample["strata"]].capitalize()
        return name if name.startswith(kind) else f"{kind}: {name}"

    def _table(
        self, caption: str, head: Sequence[str], rows: Iterable[Sequence[Element]], shares: Sequence[int]
    ) -> Iterable[Element]:
        yield paragraph("Caption", run(caption))
        yield words_table(head, rows, shares, caption)
        yield paragraph("Tabellnot")  # two tables without anything between them would be one


def _percent(fraction: float) -> str:
    """With all decimals of the fraction, so that paper and data say the same."""
    return numbers.number(Decimal(str(fraction)) * 100)


def _sources(evidence: Iterable[Mapping[str, Any]]) -> str:
    """The delivered files with the keys of the rows that lie there; a register's row has no key that could be shown."""
    keys: dict[str, list[str]] = {}
    for one in evidence:
        file = f"{one['folder']}/{one['file']} (uttag {one['extract_date']})"
        keys.setdefault(file, []).append(one["key"] or "personens rad")
    return "; ".join(f"{file}: {_listed(found)}" for file, found in keys.items()) or numbers.NOTHING


def _listed(keys: Sequence[str]) -> str:
    more = len(keys) - LISTED
    return ", ".join(keys[:LISTED]) + (f" och {numbers.number(more)} till" if more > 0 else "")
