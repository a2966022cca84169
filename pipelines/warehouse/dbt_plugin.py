"""Has dbt open its databases as every other step does (profiles.yml names this module)."""

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.runtime.database import configuration, lock_down, room_from_environment


class Plugin(BasePlugin):
    """Told through the environment: profiles.yml may hold nothing that differs from night to night, or dbt parses all anew."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        config.update(configuration(room_from_environment()))

    def configure_connection(self, conn: Any) -> None:
        assert self.creds
        attached = [Path(attachment.path) for attachment in self.creds.attach or []]
        lock_down(conn, room_from_environment(), attached)
