"""The page of all configuration keys, made from the settings' own types and descriptions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from core import areas
from core.topics import SLUG_PATTERN
from edge.settings import EdgeSettings
from ekamling.reference.markdown import GENERATED, table
from ekamling.settings import CentreSettings

FILES: tuple[tuple[str, type[Struct]], ...] = (("edge.toml", EdgeSettings), ("centre.toml", CentreSettings))
HEAD = f"""\
# Configuration

{GENERATED}

Two files in TOML: an installer writes `edge.toml` for each edge, an administrator writes `centre.toml`.
`ekamling config check FILE` names every wrong key at once. A key that is not listed here is refused, so a misspelt one
is never silently ignored. Complete examples stand in [configs/](../../configs).

Passwords stand in files of their own, one line each; the configuration names those files and may be shown to anybody.
That holds for PostgreSQL too: leave the password out of `database` and name a pgpass file in `PGPASSFILE`.
A path that does not begin with `/` is taken from the folder in which `ekamling` is started.

- *Short name*: lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit (`pos-kamling`).
- *Area code*: the Kemendagri code of a place, with our own tail for RW and RT (`33.03.05.1003/RW02/RT04`).
"""
NAMED_PATTERNS = {SLUG_PATTERN: "short name", areas.PATTERN: "area code"}


@dataclass(frozen=True)
class Key:
    """One key. `default` is None where it must be given."""

    name: str
    kind: str
    default: str | None
    meaning: str


@dataclass(frozen=True)
class Section:
    """One table of a file, by its heading in TOML; the top of a file has none."""

    heading: str
    optional: bool
    meaning: str
    keys: tuple[Key, ...]


def page() -> str:
    """The whole page, in Markdown."""
    parts = [HEAD]
    for name, kind in FILES:
        parts.append(f"## {name}\n")
        parts += [_text(name, section) for section in sections(kind)]
    return "\n".join(parts)


def undescribed(kind: type[Struct]) -> list[str]:
    """Keys of a file (`cameras.rules.zone`) and tables of it (`[limits]`) that nobody described."""
    found = []
    for section in sections(kind):
        place = section.heading.strip("[]")
        found += [section.heading] if not section.meaning else []
        found += [f"{place}.{key.name}".lstrip(".") for key in section.keys if not key.meaning]
    return found


def sections(kind: type[Struct]) -> list[Section]:
    """The tables of a file, the top first, each followed by those inside it."""
    return list(_sections(inspect.type_info(kind), "", "", optional=False))


def _sections(info: Any, path: str, brackets: str, *, optional: bool) -> Iterator[Section]:
    """`brackets`: "" for the top, "[" for a table, "[[" for one of several tables."""
    keys, inner = [], []
    for field in info.fields:
        here = f"{path}.{field.encode_name}".lstrip(".")
        bare, description = _opened(field.type)
        if table := _table(bare):
            inner.append((table, here, "[", not field.required))
            continue
        if isinstance(bare, inspect.ListType) and isinstance(bare.item_type, inspect.StructType):
            inner.append((bare.item_type, here, "[[", True))
        keys.append(Key(field.encode_name, _kind(bare), _default(field), description))
    yield Section(brackets + path + brackets.replace("[", "]"), optional, _first_line(info.cls), tuple(keys))
    for bare, here, marks, may_miss in inner:
        yield from _sections(bare, here, marks, optional=may_miss)


def _table(kind: Any) -> inspect.StructType | None:
    """The table that a field is, or may be."""
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    return next((one for one in kinds if isinstance(one, inspect.StructType)), None)


def _opened(kind: Any) -> tuple[Any, str]:
    """(type, description) of a field's type."""
    if isinstance(kind, inspect.Metadata):
        return kind.type, str((kind.extra_json_schema or {}).get("description", ""))
    return kind, ""


def _kind(kind: Any) -> str:
    """A type in the words of a person who writes TOML."""
    bare, _ = _opened(kind)
    match bare:
        case inspect.StrType(pattern=str(pattern)):
            return NAMED_PATTERNS.get(pattern, "text")
        case inspect.StrType():
            return _bounded("text,", bare.min_length, bare.max_length, " characters")
        case inspect.IntType() | inspect.FloatType():
            word = "whole number" if isinstance(bare, inspect.IntType) else "number"
            return _bounded(f"{word} above {bare.gt:g}," if bare.gt is not None else word, bare.ge, bare.le, "")
        case inspect.BoolType():
            return "true or false"
        case inspect.DateType():
            return "date"
        case inspect.LiteralType():
            return " or ".join(f"`{json.dumps(value)}`" for value in bare.values)
        case inspect.ListType(item_type=inspect.StructType()):
            return _bounded("tables, see below,", bare.min_length, bare.max_length, " of them")
        case inspect.ListType():
            return _bounded(f"list of {_kind(bare.item_type)},", bare.min_length, bare.max_length, " of them")
        case inspect.TupleType():
            return "[" + ", ".join(_kind(item) for item in bare.item_types) + "]"
    raise TypeError(f"the reference has no words for {bare!r}; add them in {__name__}")


def _bounded(word: str, least: float | None, most: float | None, unit: str) -> str:
    match least, most:
        case None, None:
            return word.rstrip(",")
        case None, most:
            return f"{word} at most {most}{unit}"
        case least, None:
            return f"{word} at least {least}{unit}"
    return f"{word} {least} to {most}{unit}"


def _default(field: inspect.Field) -> str | None:
    factory: Any = field.default_factory
    value = field.default if factory is NODEFAULT else factory()
    return None if value is NODEFAULT else json.dumps(value, ensure_ascii=False)


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _text(file: str, section: Section) -> str:
    rows = [
        (f"`{key.name}`", key.kind, "*required*" if key.default is None else f"`{key.default}`", key.meaning)
        for key in section.keys
    ]
    keys = table(("key", "type", "default", "meaning"), rows)
    if not section.heading:
        return f"The top of the file, before any table:\n\n{keys}"
    one = "" if section.heading.startswith("[[") else " It may be left out." if section.optional else " Required."
    return f"### `{section.heading}` in {file}\n\n{section.meaning}{one}\n\n{keys}"
