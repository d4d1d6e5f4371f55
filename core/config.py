"""Configuration from TOML files into msgspec structs, with one clear line for each wrong key, all of them at once."""

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, structs

from core.errors import ConfigError, EkamlingError

S = TypeVar("S", bound=Struct)


def load(path: Path, kind: type[S]) -> S:
    """Read `path` as a `kind`; raises ConfigError with a line `file: key: what was expected` for each problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError([f"{path}: cannot be read: {reason}"]) from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{path}: is not TOML: {error}"]) from error
    return build(raw, kind, name=str(path))


def build(raw: dict[str, Any], kind: type[S], *, name: str) -> S:
    """The same from values already read; `name` stands for the file in the messages."""
    problems = [f"{name}: {problem}" for problem in _problems(raw, kind, "")]
    if problems:
        raise ConfigError(problems)
    try:
        return msgspec.convert(raw, kind)
    except (msgspec.ValidationError, EkamlingError) as error:
        raise ConfigError([f"{name}: {_plain(str(error))}"]) from error


def _problems(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Every way in which `value` is not a `kind`, each as `key: expected …`."""
    annotated = get_args(kind) if get_origin(kind) is not None and hasattr(kind, "__metadata__") else (kind,)
    bare = annotated[0]
    if isinstance(bare, type) and issubclass(bare, Struct):
        yield from _struct_problems(value, bare, where)
    elif get_origin(bare) in (list, tuple) and _holds_struct(bare) and isinstance(value, list):
        for position, item in enumerate(value):
            yield from _problems(item, get_args(bare)[0], f"{where}[{position}]")
    else:
        yield from _leaf_problems(value, kind, where)


def _holds_struct(kind: Any) -> bool:
    inner = get_args(kind)[0]
    return isinstance(inner, type) and issubclass(inner, Struct)


def _struct_problems(value: Any, kind: type[Struct], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: expected a table, found {_found(value)}"
        return
    fields = {field.encode_name: field for field in structs.fields(kind)}
    before = len(where)
    found_problem = False
    for key, item in value.items():
        here = f"{where}.{key}" if where else key
        if key not in fields:
            found_problem = True
            yield f"{here}: is not a key here{_suggestion(key, list(fields))}"
            continue
        for problem in _problems(item, fields[key].type, here):
            found_problem = True
            yield problem
    for key, field in fields.items():
        if field.required and key not in value:
            found_problem = True
            yield (
                f"{where}.{key}: is missing{_meaning(field.type)}"
                if before
                else f"{key}: is missing{_meaning(field.type)}"
            )
    if not found_problem:
        yield from _leaf_problems(value, kind, where)


def _leaf_problems(value: Any, kind: Any, where: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, EkamlingError) as error:
        prefix = f"{where}: " if where else ""
        yield f"{prefix}{_plain(str(error))}{_shown(value)}"


def _plain(message: str) -> str:
    """msgspec's message in the words of a configuration file."""
    text = message.partition(" - at `")[0]
    for old, new in (("Expected", "expected"), ("`", ""), ("Invalid enum value", "is not one of the allowed values:")):
        text = text.replace(old, new)
    return text


def _found(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), type(value).__name__)


def _shown(value: Any) -> str:
    """The value itself where it is short and cannot be a secret's home (secrets live in files, never in these)."""
    return f" (it is {value!r})" if isinstance(value, bool | int | float) else ""


def _suggestion(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known keys: {', '.join(known)}"


def _meaning(kind: Any) -> str:
    description = describe(kind)
    return f" ({description})" if description else ""


def describe(kind: Any) -> str:
    """The description that a field's type carries in its `Meta`, or nothing."""
    for extra in getattr(kind, "__metadata__", ()):
        if isinstance(extra, Meta) and extra.description:
            return extra.description
    return ""
