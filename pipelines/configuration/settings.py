"""settings.toml: which municipality a KAA_HOME is of, and where deliveries come. It lies in KAA_HOME and is written by hand."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from pipelines.configuration.telling import MailSettings, Tell, WebhookSettings
from pipelines.runtime.errors import UsageError
from pipelines.runtime.os_errors import sentence

SETTINGS = "settings.toml"

#: What a key must be that is no text.
_MUST_BE = {
    "drop_retention_days": "a whole number from 1",
    "longest_night_hours": "a number of hours above 0 and at most 20",
    "tell": "a table ([tell])",
    "tell.webhook": "a table ([tell.webhook])",
    "tell.mail": "a table ([tell.mail])",
    "tell.unpublished_nights": "a whole number from 1 to 30",
    "tell.mail.port": "a whole number from 1 to 65535",
    "tell.mail.to": 'a list of e-mail addresses, like ["drift@example.se"]',
    "tell.mail.security": '"starttls", "tls" or "none"',
    "tell.webhook.timeout": "seconds, from above 0 to 120",
    "tell.mail.timeout": "seconds, from above 0 to 120",
}


class Settings(BaseModel):
    """``municipality`` is the name or path of a profile, ``drop`` the folder the sources deliver to, ``memory`` how much a
    database may take (default: the machine's share), ``keys`` the folder of the keys, which may lie outside KAA_HOME
    (default: `keys` in it), ``drop_retention_days`` for how many days a delivery that was taken in stays in the drop folder
    (default: for ever; ``intake.clear_drop``), ``longest_night_hours`` after how long a run of the nightly is ended because it
    hangs, ``metrics`` the folder that the node exporter reads metrics from (default:
    `metrics` in KAA_HOME), ``tell`` who is told of troubles (``telling``)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    municipality: str
    drop: str
    memory: str | None = None
    keys: str | None = None
    drop_retention_days: int | None = Field(default=None, ge=1)
    longest_night_hours: float = Field(default=4, gt=0, le=20)
    metrics: str | None = None
    tell: Tell | None = None

    @property
    def telling(self) -> Tell:
        """Who is told; nobody, where the settings say nothing of it."""
        return self.tell or Tell()


def read_settings(home: Path) -> Settings:
    """The settings of a KAA_HOME. Raises UsageError when there are none or they are wrong."""
    file = home / SETTINGS
    try:
        return Settings.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise UsageError(f"KAA_HOME {home} is not set up: run kaa init --municipality NAME --drop DIR first.") from None
    except OSError as error:
        raise UsageError(f"The settings file cannot be read. {sentence(error)}") from error
    except ValidationError as error:
        raise UsageError(f"The settings file {file} is wrong: {_fault(error)}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"The settings file {file} cannot be read: {error}.") from error


_TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): Settings,
    ("tell",): Tell,
    ("tell", "webhook"): WebhookSettings,
    ("tell", "mail"): MailSettings,
}


def _fault(error: ValidationError) -> str:
    # A misspelt key is told before the one that is missing for it.
    first = min(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    steps = tuple(str(part) for part in first["loc"] if isinstance(part, str))
    name = ".".join(steps)
    table = _TABLES.get(steps[:-1], Settings)
    if first["type"] == "extra_forbidden":
        return f"it has an unknown key {name!r}; remove it (allowed are {', '.join(_keys(table, table.model_fields))})"
    if first["type"] == "missing":
        needed = (key for key, field in table.model_fields.items() if field.is_required())
        return f"the key {name!r} is missing; add it (needed are {', '.join(_keys(table, needed))})"
    if first["type"] == "value_error":
        return f"of {name!r}: {_said(first)}"
    return f"the key {name!r} must be {_MUST_BE.get(name, 'a text')}"


def _keys(table: type[BaseModel], fields: Iterable[str]) -> list[str]:
    """Fields by the names that stand in the file."""
    return [table.model_fields[field].alias or field for field in fields]


def _said(fault: ErrorDetails) -> str:
    return fault["msg"].removeprefix("Value error, ")
