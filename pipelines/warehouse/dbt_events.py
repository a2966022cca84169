"""Has dbt make only those of its events that somebody is told.

Of every node dbt tells some twenty things for its own developers. It makes a message of each, checked and stamped, before it asks
whether anybody reads that much: two fifths of the work that dbt itself is. Here such a message is made when it is read.
"""

import importlib
from functools import cached_property
from typing import Any


def make_events_when_they_are_read() -> None:
    """To be called once, in dbt's own process, before dbt works."""
    types: Any = importlib.import_module("dbt_common.events.base_types")
    manager: Any = importlib.import_module("dbt_common.events.event_manager").EventManager
    developers = (types.EventLevel.DEBUG, types.EventLevel.TEST)
    fire = manager.fire_event

    def remember(event: Any, *arguments: Any, **named: Any) -> None:
        event.__dict__["told"] = arguments, named

    def make(event: Any) -> Any:
        arguments, named = event.__dict__["told"]
        types.BaseEvent.__init__(event, *arguments, **named)
        return event.__dict__["pb_msg"]

    def fire_when_it_is_read(self: Any, e: Any, level: Any = None, *more: Any, **named: Any) -> None:
        is_read = self.callbacks or any(logger.level in developers for logger in self.loggers)
        if is_read or (level or e.level_tag()) not in developers:
            fire(self, e, level, *more, **named)

    for kind in (types.DebugLevel, types.TestLevel):
        kind.__init__ = remember
        kind.pb_msg = cached_property(make)
        kind.pb_msg.__set_name__(kind, "pb_msg")
    manager.fire_event = fire_when_it_is_read
