"""Has dbt open its databases as every other step does (profiles.yml names this module)."""

from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from pipelines.runtime.database import configuration, room_from_environment


class Plugin(BasePlugin):
    """Told through the environment: profiles.yml may hold nothing that differs from night to night, or dbt parses all anew."""

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        config.update(configuration(room_from_environment()))
