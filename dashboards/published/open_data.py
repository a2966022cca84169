"""Who answers for the published tables as open data, from the published file (the municipality's profile says it)."""

from dataclasses import dataclass
from pathlib import Path

from dashboards.published.file import connect, rows

#: Statistics without conditions; what a municipality that has not said anything else publishes under.
NO_CONDITIONS = "http://creativecommons.org/publicdomain/zero/1.0/"


@dataclass(frozen=True)
class OpenData:
    """Empty where the profile says nothing."""

    organisation_number: str = ""
    homepage: str = ""
    licence: str = NO_CONDITIONS
    contact_name: str = ""
    contact_email: str = ""
    base_address: str = ""


def read_open_data(published_file: Path) -> OpenData:
    """What the file has; one made before the profile could say it has nothing."""
    with connect(published_file) as connection:
        known = rows(connection, "select 1 from duckdb_tables() where table_name = 'open_data'")
        found = rows(connection, "select name, value from open_data") if known else []
    given = {row["name"]: row["value"] for row in found}
    return OpenData(**{name: given[name] for name in OpenData.__dataclass_fields__ if given.get(name)})
