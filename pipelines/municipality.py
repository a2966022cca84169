"""The municipality profile: what differs between municipalities, with validity dates (deliveries.md section 6).

A profile is a data file; adding a municipality is adding a file in ``data_contracts/municipalities``. No rule that holds
for all municipalities belongs here, and no other module asks which municipality it serves.
"""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.contract import CONTRACTS
from pipelines.errors import UsageError

PROFILES = CONTRACTS / "municipalities"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class District(_Strict):
    """A district code; ``successor`` takes over on the day after ``valid_to``."""

    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor: str | None = None


class JobCentre(_Strict):
    """A job-centre and the district codes (of any time) that it covers."""

    code: str
    name: str
    districts: list[str] = Field(default_factory=list)


class ReportYear(_Strict):
    """Period kind of the annual report and the month and day (MM-DD) on which it starts."""

    kind: str
    starts: str = Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$")


class Thresholds(_Strict):
    """Limits in whole per cent and rows (deliveries.md section 2)."""

    volume_drop_share: int
    volume_drop_min_rows: int
    bad_row_share: int
    bad_row_min: int


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
    """One municipality's profile."""

    code: str = Field(pattern=r"^\d{4}$")
    name: str
    title: str
    timezone: str
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
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        profile = Municipality.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"The municipality profile {path} cannot be read: {type(error).__name__}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(f"The municipality profile {path} is wrong at {where}: {first['msg']}.") from error
    _check_links(profile, path)
    return profile


def _check_links(profile: Municipality, path: Path) -> None:
    codes = profile.district_codes
    unknown = [district.successor for district in profile.districts if district.successor not in (None, *codes)]
    unknown += [code for centre in profile.job_centres for code in centre.districts if code not in codes]
    if unknown:
        raise UsageError(f"The municipality profile {path} names the district {unknown[0]!r} but does not define it.")
    covered = [code for centre in profile.job_centres for code in centre.districts]
    if profile.timezone not in available_timezones():
        raise UsageError(f"The municipality profile {path} has an unknown timezone {profile.timezone!r}.")
    if len(covered) != len(set(covered)) or len(codes) != len(set(codes)):
        raise UsageError(f"The municipality profile {path} names a district twice.")
