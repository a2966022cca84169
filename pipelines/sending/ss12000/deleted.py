"""Which entities a server says are gone: `/deletedEntities`, in the forms in which servers give it.

The standard has an object with a list of ids for each type (and spells one `activitites`); servers also give one list of
objects that name their type, or ids alone.
"""

from collections.abc import Iterator
from typing import Any

#: Names of types, in lower case, as servers write them; others are of no concern here.
_PERSONS = ("person", "persons")
_ENROLMENTS = ("enrolment", "enrolments")

_TYPE_KEYS = ("entityType", "resourceType", "objectType", "type")
_ID_KEYS = ("id", "entityId", "deletedEntityId")


def gone(data: Any) -> tuple[set[str], set[str]]:
    """Ids of persons and of enrolments in the `data` of a page. An id without a type may be of either."""
    persons, enrolments = set(), set()
    for kind, identity in _named(data, None):
        if kind is None or kind.lower() in _PERSONS:
            persons.add(identity)
        if kind is None or kind.lower() in _ENROLMENTS:
            enrolments.add(identity)
    return persons, enrolments


def _named(data: Any, kind: str | None) -> Iterator[tuple[str | None, str]]:
    if isinstance(data, str):
        yield kind, data
    elif isinstance(data, list):
        for item in data:
            yield from _named(item, kind)
    elif isinstance(data, dict):
        identity = _first_text(data, _ID_KEYS)
        if identity is not None:
            yield _first_text(data, _TYPE_KEYS) or kind, identity
        else:
            for name, items in data.items():
                if name != "pageToken":
                    yield from _named(items, name)


def _first_text(data: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((data[key] for key in keys if isinstance(data.get(key), str)), None)
