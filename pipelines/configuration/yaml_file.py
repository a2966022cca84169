"""Reads a YAML file that a person has written into a model, or says in one sentence what is wrong with it.

What the files hold belongs to their models (``municipality``, ``plans``).
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipelines.runtime.errors import UsageError

Model = TypeVar("Model", bound=BaseModel)


class _OnceEach(yaml.CSafeLoader):
    """YAML whose mappings name a key once; the last of several would else silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        key = twice(key.value for key, _ in node.value)
        if key:
            problem = f"the key {key!r} stands twice at line {node.start_mark.line + 1}; keep one"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return super().construct_mapping(node, deep)


def twice(names: Iterable[Any]) -> str | None:
    """The first that comes more than once."""
    return next((str(name) for name, count in Counter(map(str, names)).items() if count > 1), None)


def read_yaml(path: Path, what: str) -> Any:
    """The content of a file. ``what``: what kind of file it is, for the sentence.

    Raises UsageError when it cannot be read.
    """
    try:
        return _OnceEach(path.read_text(encoding="utf-8")).get_single_data()
    except yaml.constructor.ConstructorError as error:
        raise UsageError(f"The {what} {path} cannot be read: {error.problem}.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"The {what} {path} cannot be read: {type(error).__name__}.") from error


def validated(model: type[Model], content: Any, path: Path, what: str) -> Model:
    """A file's content as a model. Raises UsageError with its first fault."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        message = first["msg"].removeprefix("Value error, ")
        if first["type"] == "string_type":
            message += " (in YAML a code of digits stands in quotes)"
        raise UsageError(f"The {what} {path} is wrong at {where}: {message}.") from error
