"""Configuration from TOML files into msgspec structs, with one clear line for each wrong key, all of them at once."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, structs

from core.errors import ConfigError, EkamlingError
from core.words import nearest

S = TypeVar("S", bound=Struct)
_PLAIN = re.compile(r"[a-z0-9-]{1,63}")


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
    return msgspec.convert(raw, kind)


def _problems(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Every way in which `value` is not a `kind`, each as `key: expected …`."""
    bare = _bare(kind)
    if isinstance(bare, type) and issubclass(bare, Struct):
        inner = _struct_problems(value, bare, where)
    elif _holds_struct(bare) and isinstance(value, list):
        inner = _item_problems(value, get_args(bare)[0], where)
    else:
        inner = iter(())
    found = False
    for problem in inner:
        found = True
        yield problem
    if not found:  # what holds for the whole: its length, its type, and what a struct checks by itself
        yield from _whole_problems(value, kind, where)


def _bare(kind: Any) -> Any:
    """A type without its `Annotated`."""
    return get_args(kind)[0] if hasattr(kind, "__metadata__") else kind


def _holds_struct(kind: Any) -> bool:
    if get_origin(kind) not in (list, tuple):
        return False
    inner = _bare(get_args(kind)[0])
    return isinstance(inner, type) and issubclass(inner, Struct)


def _item_problems(value: list[Any], kind: Any, where: str) -> Iterator[str]:
    for position, item in enumerate(value):
        name = item.get("id") if isinstance(item, dict) else None  # what people know it by
        known = isinstance(name, str) and _PLAIN.fullmatch(name)
        yield from _problems(item, kind, f"{where}[{name if known else position}]")


def _struct_problems(value: Any, kind: type[Struct], where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: expected a table, found {_found(value)}"
        return
    fields = {field.encode_name: field for field in structs.fields(kind)}
    prefix = f"{where}." if where else ""
    for key, item in value.items():
        if key in fields:
            yield from _problems(item, fields[key].type, prefix + key)
        else:
            yield f"{prefix}{key}: is not a key here{_suggestion(key, list(fields))}"
    for key, field in fields.items():
        if field.required and key not in value:
            yield f"{prefix}{key}: is missing{_meaning(field.type)}"


def _whole_problems(value: Any, kind: Any, where: str) -> Iterator[str]:
    try:
        msgspec.convert(value, kind)
    except (msgspec.ValidationError, EkamlingError) as error:
        expectation, _, path = str(error).partition(" - at `$")
        key = (where + path.rstrip("`")).lstrip(".")
        shown = "" if path else _shown(value)
        yield f"{key}: {_plain(expectation, kind)}{shown}" if key else f"{_plain(expectation, kind)}{shown}"


def _plain(expectation: str, kind: Any) -> str:
    """What msgspec expected, in the words of a configuration file."""
    if "matching regex" in expectation and describe(kind):
        return f"is not of the right form: {describe(kind)}"
    if get_origin(_bare(kind)) is Literal:
        return f"expected one of {', '.join(repr(choice) for choice in get_args(_bare(kind)))}"
    return expectation.replace("`", "").replace("Expected", "expected", 1)


def _found(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a table"}
    return names.get(type(value), type(value).__name__)


def _shown(value: Any) -> str:
    """The value itself where it is short and cannot be a secret's home (secrets live in files, never in these)."""
    return f" (it is {value!r})" if isinstance(value, bool | int | float) else ""


def _suggestion(key: str, known: list[str]) -> str:
    return nearest(key, known) or f"; known keys: {', '.join(known)}"


def _meaning(kind: Any) -> str:
    description = describe(kind)
    return f" ({description})" if description else ""


def describe(kind: Any) -> str:
    """The description that a field's type carries in its `Meta`, or nothing."""
    for extra in getattr(kind, "__metadata__", ()):
        if isinstance(extra, Meta) and extra.description:
            return extra.description
    return ""
