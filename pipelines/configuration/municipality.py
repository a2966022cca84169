"""The municipality profile: what differs between municipalities, with validity dates (deliveries.md section 6).

A profile is a data file, alone or with its plans in a folder, that lies with the program or anywhere else. No rule that
holds for all municipalities belongs here, and no other module asks which municipality it serves.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from pipelines.configuration.catalogue import Figure, PeriodKind, find_figure
from pipelines.configuration.contract import (
    CONTRACTS,
    Source,
    closing_systems,
    code_lists,
    contract_names,
    read_code_list,
)
from pipelines.configuration.delivery_calendar import Closing, DeliveryCalendar
from pipelines.configuration.disclosure import CellSuppression, Disclosure, DisclosureDecision
from pipelines.configuration.plans import Plan, read_plans
from pipelines.configuration.report_document import (
    ChapterId,
    DocumentChapter,
    WordTemplate,
    document_faults,
    read_word_template,
)
from pipelines.configuration.yaml_file import read_yaml, twice, validated
from pipelines.runtime.errors import UsageError

PROFILES = CONTRACTS / "municipalities"

#: The profile's file in a folder of a municipality's own.
PROFILE_NAME = "profile.yaml"

#: The chapters of the annual report that the program knows, in its own order; a municipality's own measures add more.
SURVEY_CHAPTER = "synpunkter"
CHAPTERS = (
    "sammanfattning", "verksamheter", "innan-skolan", "registret", "uppsokande", "sysselsattning", "stod", "flai",
    SURVEY_CHAPTER, "jobbtorg-unga",
)  # fmt: skip

#: What figures call "all" and "none" where a code would stand.
RESERVED_CODES = ("*", "SAKNAS")


def _free(code: str) -> str:
    if code in RESERVED_CODES:
        raise ValueError(f"{code!r} has a meaning of its own in the figures; choose another code")
    return code


def _as_list(value: object) -> object:
    """What may be written by itself where there is only one."""
    return [value] if isinstance(value, dict | str) else value


#: As codes are delivered (upper-case ASCII), and none of those that mean something else.
Code = Annotated[str, StringConstraints(pattern=r"^(\*|[A-Z0-9][A-Z0-9_-]{0,39})$"), AfterValidator(_free)]

#: A name that people read.
Name = Annotated[str, StringConstraints(pattern=r"\S")]

#: A survey question as it is delivered, where surrounding blanks are trimmed.
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_free)]

Month = Annotated[int, Field(ge=1, le=12)]
Percent = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class District(_Strict):
    """A district code; ``successor`` takes over on the day after ``valid_to``."""

    code: Code
    name: Name
    valid_from: date | None = None
    valid_to: date | None = None
    successor: Code | None = None


class JobCentre(_Strict):
    """A job-centre and the district codes (of any time) that it covers."""

    code: Code
    name: Name
    districts: list[Code] = Field(default_factory=list)


class ReportYear(_Strict):
    """Period kind of the annual report and the month and day (MM-DD) on which it starts."""

    kind: Literal["verksamhetsar", "kalenderar"]
    starts: str = Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$")

    @model_validator(mode="after")
    def _begins_as_its_kind(self) -> Self:
        if self.kind == "kalenderar" and self.starts != "01-01":
            raise ValueError('a calendar year starts "01-01"; a year that starts on another day is a verksamhetsar')
        return self


class Thresholds(_Strict):
    """Limits in whole per cent and rows (deliveries.md section 2)."""

    volume_drop_share: Percent
    volume_drop_min_rows: Count
    bad_row_share: Percent
    bad_row_min: Count


class Closed(_Strict):
    """Days of each year, both included (MM-DD), on which a source delivers nothing in this municipality; what closes a system
    that several municipalities have stands in the source's contract."""

    source: str
    first: str
    last: str

    @model_validator(mode="after")
    def _is_days_of_a_year(self) -> Self:
        _ = self.closing
        return self

    @property
    def closing(self) -> Closing:
        """The days."""
        return Closing(self.first, self.last)


class OpenData(_Strict):
    """Who answers for the published tables as open data (DCAT-AP-SE); the addresses are absolute."""

    organisation_number: str = Field(pattern=r"^\d{6}-\d{4}$")
    homepage: str = Field(pattern=r"^https?://")
    licence: str = Field(pattern=r"^https?://")
    #: Whom to ask; the catalogue has a contact only where there is an e-mail address.
    contact_name: str
    contact_email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    #: The folder in which the reports' folders lie on the web, with a slash at its end; without it the catalogue's own
    #: addresses are relative to where it lies.
    base_address: str | None = Field(default=None, pattern=r"^https?://.*/$")


class Contact(_Strict):
    """Who answers readers' questions about the figures; what is not decided is left out, and the pages say so."""

    name: Name
    email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Field(default=None, pattern=r"^\+?[0-9][0-9 -]*$")


class Accessibility(_Strict):
    """The municipality's own assessment of the pages for its accessibility statement: when and how it was made, and "
    "what it found
    wanting besides what the program says of itself."""

    assessed: date
    how: Name
    shortcomings: list[Name] = Field(default_factory=list)


class OwnMeasure(_Strict):
    """A measure (code list ``insats``) that the annual report shows by itself: its name there, and the chapter that "
    "shows it."""

    code: Code
    title: Name
    chapter: ChapterId = "insats"


class ReportChapter(_Strict):
    """A chapter of the annual report; without a title it has the program's."""

    id: ChapterId
    title: Name | None = None


class Target(_Strict):
    """What a decision says that a figure should come to, from which day, and where that is written."""

    id: ChapterId
    title: Name
    figure: Name
    measure: Name
    #: One, or several that are counted together.
    category: Annotated[list[Name], BeforeValidator(_as_list)] = Field(default_factory=lambda: ["*"])
    #: The measure, of all categories, that it is a share of, where the target is in per cent.
    whole: Name | None = None
    value: Decimal
    unit: Literal["procent", "antal", "dagar"]
    direction: Literal["minst", "högst"]
    valid_from: date
    valid_to: date | None = None
    source: Name
    quote: Name
    #: In what the figure counts something else than the decision says, a sentence.
    how: Name | None = None


class Municipality(_Strict):
    """One municipality's profile.

    ``first_day``: no extract is older. ``settle_minutes``: a delivery whose files are not all there is judged when its
    manifest is older than this. ``systems``: source -> the system that its extracts come from, where its contract says when
    that is closed. ``chapters``: of the annual report, in its order; the program's and the municipality's own where the profile
    does not say. ``document``: the report's Word file, where it is not the usual one; ``word_template``: in the
    profile the path of a Word file of the municipality's own. ``letter_months``: of the large mailing whose answers are followed.
    ``follow_up``: what the plans want followed up, a sentence. ``cited_by_figures``: whether the documents that the
    definitions of figures cite are this municipality's. ``disclosure``: what was decided on public output, once or several times.
    ``divided_into``: what its districts are; where they are municipalities it is asked of a lake and takes in nothing.
    """

    code: str = Field(pattern=r"^[0-9]{4}$")
    name: Name
    title: Name
    timezone: str
    first_day: date = Field(default=date(2005, 7, 1), ge=date(1950, 1, 1), le=date(2099, 12, 31))
    settle_minutes: int = Field(default=60, ge=0, le=7 * 24 * 60)
    report_year: ReportYear
    divided_into: Literal["districts", "municipalities"] = "districts"
    districts: list[District]
    job_centres: list[JobCentre]
    thresholds: Thresholds
    systems: dict[str, Name] = Field(default_factory=dict)
    closed: list[Closed] = Field(default_factory=list)
    open_data: OpenData | None = None
    contact: Contact | None = None
    accessibility: Accessibility | None = None
    plans: list[Plan] = Field(default_factory=list)
    own_measures: list[OwnMeasure] = Field(default_factory=list)
    survey_questions: list[Question] = Field(default_factory=list)
    chapters: list[ReportChapter] = Field(default_factory=list)
    document: list[DocumentChapter] = Field(default_factory=list)
    word_template: WordTemplate | None = None
    letter_months: list[Month] = Field(default_factory=list)
    follow_up: Name | None = None
    cited_by_figures: bool = False
    targets: list[Target] = Field(default_factory=list)
    disclosure: Annotated[list[DisclosureDecision], BeforeValidator(_as_list)] = Field(default_factory=list)

    @property
    def is_asked_of_a_lake(self) -> bool:
        """Whether it is made up of other municipalities, so that nothing is delivered to it."""
        return self.divided_into == "municipalities"

    def disclosure_on(self, day: date) -> Disclosure:
        """What holds for public output of which the latest extract is of this day."""
        return next((decision for decision in self.disclosure if decision.holds_on(day)), CellSuppression())

    @property
    def report_chapters(self) -> list[ReportChapter]:
        """The chapters of the annual report, in its order."""
        if self.chapters:
            return self.chapters
        own = list(dict.fromkeys(measure.chapter for measure in self.own_measures))
        survey = [SURVEY_CHAPTER] if self.survey_questions else []
        common = [chapter for chapter in CHAPTERS if chapter != SURVEY_CHAPTER]
        return [ReportChapter(id=chapter) for chapter in (*common, *own, *survey)]

    @property
    def district_codes(self) -> list[str]:
        return [district.code for district in self.districts]

    @property
    def own_codes(self) -> dict[str, list[str]]:
        """The code lists of deliveries that are this municipality's own (``contract.OWN_LISTS``)."""
        return {"stadsdelsomrade": self.district_codes, "jobbtorg": [centre.code for centre in self.job_centres]}

    def calendar(self, source: Source) -> DeliveryCalendar:
        """When a source's extracts are expected here: by its contract, and not while the system that they come from here, or the
        municipality itself, has closed."""
        system = self.systems.get(source.name)
        of_systems = (closing for closing in source.calendar.closings if closing.system in (None, system))
        own = (item.closing for item in self.closed if item.source == source.name)
        return replace(source.calendar, closings=(*of_systems, *own))

    @property
    def fingerprint(self) -> str:
        """What identifies the profile as it stands, with the plans and the template that it names."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def known_profiles() -> list[str]:
    """Names of the profiles that come with the program."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def receivers() -> list[str]:
    """Names of those of them that take in deliveries."""
    return [name for name in known_profiles() if not load_municipality(name).is_asked_of_a_lake]


def profile_path(name_or_path: str) -> Path:
    """The file of a profile, given a name that comes with the program, or the path of a file or of a folder that holds one.

    Raises UsageError when there is no such profile.
    """
    if name_or_path in known_profiles():
        return PROFILES / f"{name_or_path}.yaml"
    path = Path(name_or_path).expanduser()
    if path.is_dir():
        path = path / PROFILE_NAME
    if path.is_file():
        return path.resolve()
    raise UsageError(
        f"There is no municipality {name_or_path!r}: choose one of {', '.join(receivers())}, or give the path of a "
        f"profile file, or of a folder that holds {PROFILE_NAME} (see docs/recipes.md)."
    )


def load_municipality(name_or_path: str) -> Municipality:
    """Read a profile, and the plans and the Word template that it names; raises UsageError with the first fault of "
    "the files."""
    path = profile_path(name_or_path)
    what = "municipality profile"
    content = read_yaml(path, what)
    if isinstance(content, dict) and _is_list_of_texts(content.get("plans")):
        content = content | {"plans": read_plans(content["plans"], path.parent)}
    if isinstance(content, dict) and isinstance(content.get("word_template"), str):
        content = content | {"word_template": read_word_template(content["word_template"], path.parent)}
    profile = validated(Municipality, content, path, what)
    fault = next(_faults(profile), None)
    if fault:
        raise UsageError(f"The municipality profile {path} {fault}.")
    return profile


def load_receiver(name_or_path: str) -> Municipality:
    """The profile of somebody who takes in deliveries; raises UsageError as ``load_municipality`` does, and for a profile that
    is only asked of a lake."""
    profile = load_municipality(name_or_path)
    if profile.is_asked_of_a_lake:
        raise UsageError(
            f"{profile.title} takes in no deliveries: ask for its figures of a lake (kaa figures --lake), and give a "
            "municipality here."
        )
    return profile


def profile_files(path: Path) -> list[Path]:
    """The file of a profile and the files that it names, which lie beside it. Raises UsageError when it cannot be read."""
    content = read_yaml(path, "municipality profile")
    named = [content.get("plans"), [content.get("word_template")]] if isinstance(content, dict) else []
    beside = [(path.parent / name).resolve() for names in named if isinstance(names, list) for name in names if name]
    return [path, *(one for one in beside if one.is_file())]


def _is_timezone(name: str) -> bool:
    """Not by a list of them all: to make it takes longer than to read a profile."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _faults(profile: Municipality) -> Iterator[str]:
    """What is wrong between the parts of a profile, each with what to do."""
    codes = profile.district_codes
    if not _is_timezone(profile.timezone):
        yield f"has an unknown timezone {profile.timezone!r}; write for example Europe/Stockholm"
    if again := twice(codes):
        yield f"names the district {again!r} twice; keep one"
    if again := twice(centre.code for centre in profile.job_centres):
        yield f"names the job-centre {again!r} twice; put all its districts in one"
    covered = [code for centre in profile.job_centres for code in centre.districts]
    if again := twice(covered):
        yield f"names the district {again!r} twice among the job-centres; keep one"
    successors = [district.successor for district in profile.districts if district.successor]
    unknown = [code for code in [*successors, *covered] if code not in codes]
    if unknown:
        yield f"names the district {unknown[0]!r} but does not define it; add it under districts"
    else:
        yield from _successor_faults({district.code: district for district in profile.districts})
    yield from _source_faults(profile)
    yield from _report_faults(profile)
    yield from _target_faults(profile.targets)
    yield from _disclosure_faults(profile.disclosure)


def _source_faults(profile: Municipality) -> Iterator[str]:
    """What is wrong with what is said of sources: nothing would come of it, and nobody would be told."""
    known = contract_names()
    if unknown := [name for name in (*profile.systems, *(item.source for item in profile.closed)) if name not in known]:
        yield f"names the source {unknown[0]!r}, which has no contract; choose one of {', '.join(known)}"
        return
    for source, system in profile.systems.items():
        if system not in (systems := closing_systems(source)):
            choice = f"choose {' or '.join(systems)}, or leave it out" if systems else "leave it out"
            yield f"names the system {system!r}, of which the contract of {source} says nothing; {choice}"


def _disclosure_faults(decisions: list[DisclosureDecision]) -> Iterator[str]:
    for decision in decisions:
        if decision.valid_from and decision.valid_to and decision.valid_to < decision.valid_from:
            yield f"ends the decision on disclosure of {decision.decided} before it begins; correct valid_from or valid_to"
    in_order = sorted(decisions, key=lambda decision: decision.valid_from or date.min)
    for decision, following in pairwise(in_order):
        if decision.holds_on(following.valid_from or date.min):
            yield (
                f"has two decisions on disclosure, of {decision.decided} and of {following.decided}, that hold at once; give "
                "the earlier one its valid_to, and the later one the day after it as valid_from"
            )


def _target_faults(targets: list[Target]) -> Iterator[str]:
    """What is wrong with the targets, which pages show beside the figures that they are about."""
    if again := twice(target.id for target in targets):
        yield f"names the target {again!r} twice; keep one"
    for target in targets:
        figure = find_figure(target.figure)
        names = [target.measure, *([target.whole] if target.whole else [])]
        if figure is None or figure.period is not PeriodKind.PERIOD or not set(names) <= set(figure.measures):
            yield (
                f"gives the target {target.id!r} the number {'/'.join([target.figure, *names])}, which is no figure of a "
                "period with these measures; take figure, measure and whole from the page Så räknas det"
            )
        elif unknown := [code for code in target.category if code not in {"*", *_category_codes(figure)}]:
            yield f"gives the target {target.id!r} the category {unknown[0]!r}, which {target.figure} does not have"
        if (target.unit == "procent") != bool(target.whole):
            yield f"gives the target {target.id!r} in {target.unit}: name its whole where it is in per cent, and only there"


def _category_codes(figure: Figure) -> list[str]:
    listed = figure.category.code_list if figure.category else None
    return [str(entry["code"]) for entry in code_lists()[listed]["codes"]] if listed else []


def _report_faults(profile: Municipality) -> Iterator[str]:
    """What is wrong between the chapters and what they show."""
    chapters = [chapter.id for chapter in profile.report_chapters]
    own = {measure.chapter for measure in profile.own_measures}
    if again := twice(chapters):
        yield f"names the chapter {again!r} twice; keep one"
    if common := sorted(own & set(CHAPTERS)):
        yield f"gives an own measure the chapter {common[0]!r}, which shows something else; give it a chapter of its own"
    if unknown := [chapter for chapter in chapters if chapter not in own and chapter not in CHAPTERS]:
        yield (
            f"names the chapter {unknown[0]!r}, which nothing fills: choose from {', '.join(CHAPTERS)}, or name it as "
            "the chapter of a measure under own_measures"
        )
    if lost := sorted(own - set(chapters)):
        yield f"shows an own measure in the chapter {lost[0]!r}, which is not among its chapters; add it there"
    yield from document_faults(profile.document, chapters)
    if (SURVEY_CHAPTER in chapters) != bool(profile.survey_questions):
        yield f"needs both the chapter {SURVEY_CHAPTER!r} and survey_questions, or neither; add what is missing"
    if again := twice(profile.survey_questions):
        yield f"names the survey question {again!r} twice; keep one"
    if again := twice(measure.code for measure in profile.own_measures):
        yield f"names the own measure {again!r} twice; keep one"
    if again := twice(profile.letter_months):
        yield f"names the month {again} twice in letter_months; keep one"
    if profile.own_measures:
        known = {str(entry["code"]) for entry in read_code_list(CONTRACTS / "code_lists" / "insats.yaml")["codes"]}
        for measure in profile.own_measures:
            if measure.code not in known:
                yield f"names the own measure {measure.code!r}: choose one of {', '.join(sorted(known))}"


def _successor_faults(districts: dict[str, District]) -> Iterator[str]:
    for code, district in districts.items():
        if district.valid_from and district.valid_to and district.valid_to < district.valid_from:
            yield f"ends the district {code!r} before it begins; correct valid_from or valid_to"
        if district.successor is None:
            continue
        if district.valid_to is None:
            yield f"gives the district {code!r} a successor but no last day; add valid_to"
            continue
        if _comes_back(code, districts):
            yield f"lets the successors of the district {code!r} run in a ring; the last one has no successor"
            continue
        heir = districts[district.successor]
        begins_late = heir.valid_from and heir.valid_from - timedelta(days=1) > district.valid_to
        if begins_late or (heir.valid_to and heir.valid_to <= district.valid_to):
            yield (
                f"lets the district {heir.code!r} take over from {code!r} after {district.valid_to}, a day on which it is "
                "not valid; correct the dates"
            )


def _comes_back(code: str, districts: dict[str, District]) -> bool:
    """Whether the successors of a district do not end."""
    seen = {code}
    following = districts[code].successor
    while following is not None:
        if following in seen:
            return True
        seen.add(following)
        following = districts[following].successor
    return False
