"""Dagster's event log, in the same SQLite files as Dagster's own, at a fraction of the cost.

Dagster opens and closes its files for every event, and SQLite tidies up each time. A night has some seven hundred events:
in one run they took 1.5 seconds of the processor here and 7.6 in Dagster's own storage
(``python -m tests.benchmarks.shortcuts``). What the events say does not belong here, but for what none may say: an error's own
text may quote the data, and is not kept.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy import event as database_event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

from pipelines.runtime.errors import WORDED

_ENDS = (dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED)


class EventLog(SqliteEventLogStorage):
    """The event log of a DAGSTER_HOME; named in its dagster.yaml.

    While a run is written its file and the index of all runs are held open, by one connection each.
    """

    def __init__(self, dagster_home: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._written: str | None = None
        super().__init__(str(Path(dagster_home) / "history" / "runs"), inst_data)

    @classmethod
    def config_type(cls) -> Any:
        """What dagster.yaml says of it: where."""
        return {"dagster_home": dg.StringSource}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> "EventLog":
        """Made by Dagster from dagster.yaml."""
        return cls(inst_data=inst_data, **config_value)

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Write an event; the run's last one closes its files."""
        if event.run_id != self._written:
            self._close(written=event.run_id)
        super().store_event(without_text(event))
        if event.dagster_event_type in _ENDS:
            self._close(written=None)

    def dispose(self) -> None:
        """Close what a run that did not end has left open."""
        self._close(written=None)
        super().dispose()

    def _close(self, written: str | None) -> None:
        with self._db_lock:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()
            self._written = written

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = self._engine(shard)
            engine = self._engines[shard]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        held = self._written is not None and shard in (INDEX_SHARD_NAME, self._written)
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool if held else NullPool,
            # Several threads use the one connection, but `_db_lock` lets only one at a time.
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        database_event.listen(engine, "connect", _write_without_waiting)
        return engine


def without_text(told: Any) -> Any:
    """What is told of an error, wherever in an event, without the error's own text: its kind and its places stay. Sentences that
    are worded here, and Dagster's, name no data."""
    if isinstance(told, SerializableErrorInfo):
        kind = told.cls_name or "error"
        message = told.message if kind in WORDED or kind.startswith("Dagster") else f"{kind}\n"
        return told._replace(message=message, cause=without_text(told.cause), context=without_text(told.context))
    inside = {name: getattr(told, name) for name in getattr(told, "_fields", ())}
    changed = {name: part for name, before in inside.items() if (part := without_text(before)) is not before}
    return told._replace(**changed) if changed else told


def _write_without_waiting(connection: Any, _: object) -> None:
    """A power cut may take a run's last events, but breaks nothing: the published version does not depend on them."""
    connection.execute("pragma synchronous = normal")
