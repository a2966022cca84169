"""What a mapping says of an SS 12000 server: the keys under `ss12000:`. Their meaning for people: docs/ss12000.md."""

from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.configuration.contract import load_sources

SOURCE, DATASET = "skolregister", "studieperioder"

#: The standard's school forms (Code_SchoolType of version 2, Skolverket's older names too) and the contract's code for
#: each; None for those that are no upper-secondary or equivalent school. A mapping may change and add.
SCHOOL_TYPES: dict[str, str | None] = {
    "GY": "GY",
    "GYS": "ANPGY",
    **dict.fromkeys(("KOMVUX", "VUX", "VUXGR", "VUXGY", "VUXSARGR", "VUXSARTR", "VUXSARGY"), "KOMVUX"),
    **dict.fromkeys(("SARVUX", "SARVUXGR", "SARVUXGY", "SUV"), "KOMVUX"),
    "SFI": "SFI",
    "VUXSFI": "SFI",
    "FHS": "FHS",
    "AU": "OVRIG",
    **dict.fromkeys(("FS", "FSK", "FKLASS", "FTH", "OPPFTH", "GR", "GRS", "TR", "SP", "SAM"), None),
    **dict.fromkeys(("KU", "KKU", "STF", "YH", "HS", "ABU"), None),
}

#: What stands as study path in school forms that have none, so that the contract's required column is filled.
_WITHOUT_STUDY_PATH = {code: code for code in ("KOMVUX", "SFI", "FHS", "OVRIG")}

Code = Annotated[str, Field(min_length=1)]


def _codes(column: str) -> list[str]:
    columns = {column.name: column for column in load_sources()[SOURCE].datasets[DATASET].columns}
    return list(columns[column].codes or {})


def _of_the_contract(column: str, codes: dict[str, str | None] | dict[str, str]) -> None:
    known = _codes(column)
    for local, code in codes.items():
        if code is not None and code not in known:
            raise ValueError(f"{local!r} becomes {code!r}; choose one of {', '.join(known)}")


def is_loopback(address: str) -> bool:
    """Whether an address is that of this machine."""
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 (raises where it is no number)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address begins with https:// and names a machine")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an address has no user, password, question mark or hash; the token stands in its own file")
    return text.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OAuthClient(_Keys):
    """OAuth 2 client credentials (RFC 6749 section 4.4). The secret stands in a file of its own."""

    token_address: Address
    client_id: Code
    secret_file: Path
    scope: str | None = None


class EndReason(_Keys):
    """Where a server says how an enrolment ended: the standard has no such attribute, some servers do."""

    attribute: Code
    codes: dict[Code, Code]

    @field_validator("codes")
    @classmethod
    def _exist(cls, codes: dict[str, str]) -> dict[str, str]:
        _of_the_contract("avslut", codes)
        return codes


class SS12000Settings(_Keys):
    """Paths are relative to the folder of the mapping. Times are in seconds."""

    #: Where the resources lie: `/persons` follows it.
    address: Address
    token_file: Path | None = None
    oauth: OAuthClient | None = None
    ca_file: Path | None = None
    plain_http: bool = False

    #: School units whose enrolments are wanted (eight digits each); all when empty.
    school_units: frozenset[Annotated[str, Field(pattern="^[0-9]{8}$")]] = frozenset()
    #: Additions to and changes of ``SCHOOL_TYPES``.
    school_types: dict[Code, Code | None] = {}
    #: The study path of enrolments that name none, by the contract's skolform.
    without_study_path: dict[Code, Code] = _WITHOUT_STUDY_PATH
    end_reason: EndReason | None = None
    #: The avslut of a cancelled enrolment that has an end date; without it a cancelled enrolment is none.
    cancelled_is: Code | None = None
    #: Whether the server is asked which entities are gone.
    deleted_entities: bool = True
    #: An enrolment without dates that comes back within so many days is the one that it was.
    same_enrolment_within_days: int = Field(default=100, ge=0)
    #: How much may be gone of what was seen the night before (from a hundred enrolments on), as the receiver has it.
    largest_drop_percent: int = Field(default=30, ge=0, le=100)
    #: A day on which a person has found a larger drop to be right.
    accept_drop_on: date | None = None

    page_size: int | None = Field(default=500, ge=1)
    timeout: float = Field(default=60, gt=0)
    #: How often one page is asked for again on 429, 5xx and lost connections; the wait doubles from ``first_wait``.
    retries: int = Field(default=6, ge=0)
    first_wait: float = Field(default=0.5, ge=0)
    #: The longest wait that a server may ask for (Retry-After).
    longest_wait: int = Field(default=300, ge=0)
    #: How often everything is read, at most, until nothing changed meanwhile.
    readings: int = Field(default=6, ge=2)

    @field_validator("school_types")
    @classmethod
    def _school_forms_exist(cls, codes: dict[str, str | None]) -> dict[str, str | None]:
        _of_the_contract("skolform", codes)
        return codes

    @field_validator("cancelled_is")
    @classmethod
    def _end_exists(cls, code: str | None) -> str | None:
        _of_the_contract("avslut", {"cancelled": code})
        return code

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.token_file is None) == (self.oauth is None):
            raise ValueError("name token_file or oauth, one of them")
        addresses = [self.address, *([self.oauth.token_address] if self.oauth else [])]
        for address in addresses:
            if address.startswith("http:") and not self.plain_http and not is_loopback(address):
                raise ValueError(
                    f"{address} is not encrypted: use https, or write `plain_http: true` on a closed network"
                )
        return self

    def school_form(self, school_type: str) -> str | None:
        """The contract's skolform, None for a school that is not delivered. Raises KeyError for an unknown one."""
        return {**SCHOOL_TYPES, **self.school_types}[school_type]
