"""The open-data catalogue entry for the published tables (DCAT-AP-SE 3): the report and each of its tables as datasets.

Every node has an address, below the municipality's own web folder or relative to the file itself, and none is anonymous: the
same report gives the same text. What differs between municipalities comes from their profiles.
"""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import PurePosixPath

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD

from dashboards.content.tables import Block
from dashboards.documents import names
from dashboards.documents.outline import Outline, days, period_line

VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
EU = "http://publications.europa.eu/resource/authority/"
SWEDISH = URIRef(f"{EU}language/SWE")
SWEDEN = URIRef(f"{EU}country/SWE")
THEMES = (URIRef(f"{EU}data-theme/EDUC"), URIRef(f"{EU}data-theme/SOCI"))
PUBLIC = URIRef(f"{EU}access-right/PUBLIC")
AVAILABLE = URIRef(f"{EU}planned-availability/AVAILABLE")
YEARLY, IRREGULAR = URIRef(f"{EU}frequency/ANNUAL"), URIRef(f"{EU}frequency/IRREG")
AVAILABILITY = URIRef("http://data.europa.eu/r5r/availability")
LOCAL_AUTHORITY = URIRef("http://purl.org/adms/publishertype/LocalAuthority")
KEYWORDS = ("aktivitetsansvar", "ungdomar", "gymnasieskola", "arbetsmarknad", "statistik")

#: What is served from the web, by the end of the file's name; the Word document is the statistician's draft.
REPORT_FILES = (names.EXCEL, names.PDF)


def turtle(outline: Outline, sizes: Mapping[str, int]) -> str:
    """The catalogue. ``sizes``: the files by their names within the report's folder, in bytes."""
    return _Catalogue(outline, sizes).text()


class _Catalogue:
    def __init__(self, outline: Outline, sizes: Mapping[str, int]) -> None:
        self.outline = outline
        self.sizes = sizes
        given = outline.open_data
        self.base = f"{given.base_address}{outline.data.period.id}/" if given.base_address else ""
        self.graph = Graph(bind_namespaces="none")
        for prefix, space in (("dcat", DCAT), ("dcterms", DCTERMS), ("foaf", FOAF), ("skos", SKOS), ("vcard", VCARD)):
            self.graph.bind(prefix, space)
        self.graph.bind("dcatap", "http://data.europa.eu/r5r/")
        self.graph.bind("xsd", XSD)
        number = given.organisation_number.replace("-", "")
        # The national data portal's own address for a Swedish authority.
        self.publisher = URIRef(f"http://dataportal.se/organisation/SE{number}") if number else self._own("utgivare")
        self.contact = self._own("kontakt") if given.contact_email else None
        self.place = self._own("kommun")
        self.licence = URIRef(given.licence)

    def _own(self, name: str) -> URIRef:
        """A node that this file itself describes."""
        return URIRef(f"{self.base}{names.CATALOGUE}#{name}")

    def text(self) -> str:
        self._catalogue()
        self._agents()
        outline = self.outline
        self._dataset(
            "rapport", f"{outline.title}, kommunens aktivitetsansvar",
            f"{outline.subtitle}. {outline.when} Alla tabeller med definitioner.", (), REPORT_FILES,
            (outline.data.period.starts_on, outline.data.period.ends_on),
        )  # fmt: skip
        for block in outline.blocks:
            self._table(block)
        found = self.graph.serialize(format="turtle")
        # A relative address is written as it is, below the place where the file lies.
        return re.sub(r"\n{3,}", "\n\n", found).strip() + "\n"

    def _add(self, node: URIRef, predicate: URIRef, *values: URIRef | Literal) -> None:
        for value in values:
            self.graph.add((node, predicate, value))

    def _day(self) -> Literal:
        return Literal(self.outline.publication.published_at.date().isoformat(), datatype=XSD.date)

    def _catalogue(self) -> None:
        outline, node = self.outline, self._own("katalog")
        self._add(node, RDF.type, DCAT.Catalog)
        self._add(node, DCTERMS.title, _swedish(f"Statistik om kommunens aktivitetsansvar i {outline.author}"))
        self._add(node, DCTERMS.description, _swedish(f"Tabellerna i {outline.title}. {outline.when}"))
        self._add(node, DCTERMS.publisher, self.publisher)
        self._add(node, DCTERMS.license, self.licence)
        self._add(node, DCTERMS.language, SWEDISH)
        self._add(node, DCTERMS.issued, self._day())
        self._add(node, DCTERMS.modified, self._day())
        self._add(node, DCTERMS.spatial, self.place)
        self._add(node, DCAT.themeTaxonomy, URIRef(f"{EU}data-theme"))
        if outline.open_data.homepage:
            self._add(node, FOAF.homepage, URIRef(outline.open_data.homepage))

    def _agents(self) -> None:
        outline, given = self.outline, self.outline.open_data
        self._add(self.publisher, RDF.type, FOAF.Agent)
        self._add(self.publisher, FOAF.name, _swedish(outline.author))
        self._add(self.publisher, DCTERMS.type, LOCAL_AUTHORITY)
        if given.organisation_number:
            self._add(self.publisher, DCTERMS.identifier, Literal(given.organisation_number))
        if self.contact is not None:
            self._add(self.contact, RDF.type, VCARD.Organization)
            self._add(self.contact, VCARD.fn, Literal(given.contact_name or outline.author))
            self._add(self.contact, VCARD.hasEmail, URIRef(f"mailto:{given.contact_email}"))
        self._add(self.place, RDF.type, DCTERMS.Location)
        self._add(self.place, SKOS.prefLabel, _swedish(outline.author))
        self._add(self.place, DCTERMS.identifier, Literal(outline.publication.municipality_code))

    def _period(self, first: date | None, last: date | None) -> URIRef:
        node = self._own(f"period-{first or ''}-{last or ''}")
        self._add(node, RDF.type, DCTERMS.PeriodOfTime)
        for predicate, day in ((DCAT.startDate, first), (DCAT.endDate, last)):
            if day:
                self._add(node, predicate, Literal(day.isoformat(), datatype=XSD.date))
        return node

    def _table(self, block: Block) -> None:
        text = " ".join(
            [
                f"{block.title}. {period_line(block, self.outline)}",
                *(f"{one.figure.title}: {one.figure.definition}" for one in block.definitions),
                *block.notes,
            ]
        )
        keywords = tuple(dict.fromkeys(one.figure.title.lower() for one in block.definitions))
        files = (names.csv(block.id), names.csv_for_excel(block.id), names.px(block.id))
        self._dataset(
            block.id, block.title, text, keywords, files, days(block, self.outline), names.csv_description(block.id)
        )

    def _dataset(
        self, id_: str, title: str, text: str, keywords: tuple[str, ...], files: tuple[str, ...],
        covers: tuple[date | None, date | None], schema: str = "",
    ) -> None:  # fmt: skip
        node = self._own(f"data-{PurePosixPath(names.csv(id_)).stem}")
        kind = self.outline.data.period
        self._add(self._own("katalog"), DCAT.dataset, node)
        self._add(node, RDF.type, DCAT.Dataset)
        self._add(node, DCTERMS.title, _swedish(title))
        self._add(node, DCTERMS.description, _swedish(f"{text} {self.outline.audience}"))
        self._add(node, DCTERMS.publisher, self.publisher)
        self._add(node, DCTERMS.language, SWEDISH)
        self._add(node, DCTERMS.issued, self._day())
        self._add(node, DCTERMS.modified, self._day())
        self._add(node, DCTERMS.spatial, self.place, SWEDEN)
        self._add(node, DCTERMS.temporal, self._period(*covers))
        self._add(node, DCTERMS.accessRights, PUBLIC)
        self._add(node, DCTERMS.accrualPeriodicity, YEARLY if kind.is_year else IRREGULAR)
        self._add(node, DCAT.theme, *THEMES)
        self._add(node, DCAT.keyword, *(_swedish(word) for word in (*KEYWORDS, *keywords)))
        if self.contact is not None:
            self._add(node, DCAT.contactPoint, self.contact)
        for file in files:
            self._distribution(node, file, schema if file == names.csv(id_) else "")

    def _distribution(self, dataset: URIRef, file: str, schema: str) -> None:
        path = PurePosixPath(file)
        kind = names.kind(file)
        node = self._own(f"fil-{path.name}")
        address = URIRef(f"{self.base}{file}")
        self._add(dataset, DCAT.distribution, node)
        self._add(node, RDF.type, DCAT.Distribution)
        self._add(node, DCTERMS.title, _swedish(kind.label))
        self._add(node, DCAT.accessURL, address)
        self._add(node, DCAT.downloadURL, address)
        self._add(node, DCTERMS["format"], Literal(kind.media_type))
        self._add(node, DCTERMS.license, self.licence)
        self._add(node, DCTERMS.language, SWEDISH)
        self._add(node, DCTERMS.modified, self._day())
        self._add(node, DCAT.byteSize, Literal(self.sizes[file], datatype=XSD.nonNegativeInteger))
        self._add(node, AVAILABILITY, AVAILABLE)
        if schema:
            self._add(node, DCTERMS.conformsTo, URIRef(f"{self.base}{schema}"))


def _swedish(text: str) -> Literal:
    return Literal(text, lang="sv")
