"""The municipality profile: what differs between municipalities, with validity dates (deliveries.md section 6).

A profile is a data file; adding a municipality is adding a file in ``data_contracts/municipalities``. No rule that holds
for all municipalities belongs here, and no other module asks which municipality it serves.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from pipelines.contract import CONTRACTS
from pipelines.errors import UsageError

PROFILES = CONTRACTS / "municipalities"

#: What figures call "all" and "none" where a code would stand.
RESERVED_CODES = ("*", "SAKNAS")


def _free(code: str) -> str:
    if code in RESERVED_CODES:
        raise ValueError(f"{code!r} has a meaning of its own in the figures; choose another code")
    return code


#: As codes are delivered (upper-case ASCII), and none of those that mean something else.
Code = Annotated[str, StringConstraints(pattern=r"^(\*|[A-Z0-9][A-Z0-9_-]{0,39})$"), AfterValidator(_free)]

#: A name that people read.
Name = Annotated[str, StringConstraints(pattern=r"\S")]

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
    """Days of each year, both included (MM-DD), on which a source delivers nothing."""

    source: str
    first: str = Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
    last: str = Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")


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


class Municipality(_Strict):
    """One municipality's profile.

    ``first_day``: no extract is older. ``settle_minutes``: a delivery whose files are not all there is judged when its
    manifest is older than this.
    """

    code: str = Field(pattern=r"^[0-9]{4}$")
    name: Name
    title: Name
    timezone: str
    first_day: date = Field(default=date(2005, 7, 1), ge=date(1950, 1, 1), le=date(2099, 12, 31))
    settle_minutes: int = Field(default=60, ge=0, le=7 * 24 * 60)
    report_year: ReportYear
    districts: list[District]
    job_centres: list[JobCentre]
    thresholds: Thresholds
    closed: list[Closed] = Field(default_factory=list)
    open_data: OpenData | None = None

    @property
    def district_codes(self) -> list[str]:
        return [district.code for district in self.districts]

    def is_closed(self, source: str, day: date) -> bool:
        """Whether a source delivers nothing on a day."""
        return any(item.source == source and item.first <= f"{day:%m-%d}" <= item.last for item in self.closed)


def known_profiles() -> list[str]:
    """Names of the profiles that come with the program."""
    return sorted(path.stem for path in PROFILES.glob("*.yaml"))


def profile_path(name_or_path: str) -> Path:
    """The file of a profile, given a name that comes with the program or a path.

    Raises UsageError when there is no such profile.
    """
    if name_or_path in known_profiles():
        return PROFILES / f"{name_or_path}.yaml"
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path.resolve()
    raise UsageError(
        f"There is no municipality {name_or_path!r}: choose one of {', '.join(known_profiles())}, or give the path of a "
        "profile file (see docs/recipes.md)."
    )


def load_municipality(name_or_path: str) -> Municipality:
    """Read a profile; raises UsageError with the first fault of the file."""
    path = profile_path(name_or_path)
    try:
        content: Any = _OnceEach(path.read_text(encoding="utf-8")).get_single_data()
        profile = Municipality.model_validate(content)
    except yaml.constructor.ConstructorError as error:
        raise UsageError(f"The municipality profile {path} cannot be read: {error.problem}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"The municipality profile {path} cannot be read: {type(error).__name__}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "string_type":
            message += " (in YAML a code of digits stands in quotes)"
        raise UsageError(f"The municipality profile {path} is wrong at {where}: {message}.") from error
    fault = next(_faults(profile), None)
    if fault:
        raise UsageError(f"The municipality profile {path} {fault}.")
    return profile


class _OnceEach(yaml.SafeLoader):
    """YAML whose mappings name a key once; the last of several would else silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        twice = _twice(key.value for key, _ in node.value)
        if twice:
            problem = f"the key {twice!r} stands twice at line {node.start_mark.line + 1}; keep one"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)


def _twice(names: Iterable[Any]) -> str | None:
    """The first that comes more than once."""
    return next((str(name) for name, count in Counter(map(str, names)).items() if count > 1), None)


def _faults(profile: Municipality) -> Iterator[str]:
    """What is wrong between the parts of a profile, each with what to do."""
    codes = profile.district_codes
    if profile.timezone not in available_timezones():
        yield f"has an unknown timezone {profile.timezone!r}; write for example Europe/Stockholm"
    if twice := _twice(codes):
        yield f"names the district {twice!r} twice; keep one"
    if twice := _twice(centre.code for centre in profile.job_centres):
        yield f"names the job-centre {twice!r} twice; put all its districts in one"
    covered = [code for centre in profile.job_centres for code in centre.districts]
    if twice := _twice(covered):
        yield f"names the district {twice!r} twice among the job-centres; keep one"
    successors = [district.successor for district in profile.districts if district.successor]
    unknown = [code for code in [*successors, *covered] if code not in codes]
    if unknown:
        yield f"names the district {unknown[0]!r} but does not define it; add it under districts"
    else:
        yield from _successor_faults({district.code: district for district in profile.districts})


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
