"""Words for people for what the wire names: kinds, labels, severities and modes, in each language that we speak.

`terms.json` beside this file is the one source of them. The console's pages are built with it, the page of
`ekamling watch` fetches it, and whatever writes messages asks here. A name without a word is given back as it stands:
an edge may be newer than its centre, and an imported model has classes of its own.
"""

from functools import cache
from importlib import resources
from typing import Literal, get_args

import msgspec
from msgspec import Struct

from core.errors import EkamlingError

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


class Word(Struct, frozen=True, forbid_unknown_fields=True):
    """One word or short phrase in every language, as it begins a line."""

    id: str
    en: str


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of `terms.json`: tables from the name on the wire to its word."""

    kinds: dict[str, Word]
    severities: dict[int, Word]
    modes: dict[str, Word]
    labels: dict[str, Word]


@cache
def terms() -> Terms:
    """The tables, read once."""
    return msgspec.json.decode(resources.files("core").joinpath("terms.json").read_bytes(), type=Terms)


def kind(name: str, language: str) -> str:
    """What a rule saw: `kind("left", "id")` is "Barang ditinggalkan". All four raise EkamlingError as `spoken` does."""
    return _said(terms().kinds.get(name), name, language)


def label(name: str, language: str) -> str:
    """The class of an object: `label("person", "id")` is "Orang"."""
    return _said(terms().labels.get(name), name, language)


def severity(level: int, language: str) -> str:
    """How grave it is, 1 to 3: `severity(1, "id")` is "Tinggi"."""
    return _said(terms().severities.get(level), str(level), language)


def mode(name: str, language: str) -> str:
    """The mode of a group of cameras: `mode("armed", "id")` is "Siaga"."""
    return _said(terms().modes.get(name), name, language)


def spoken(language: str) -> Language:
    """The language by its code; raises EkamlingError where it is none of ours."""
    for known in LANGUAGES:
        if language == known:
            return known
    raise EkamlingError(f"language {language!r}: there are no words in it; use one of {', '.join(LANGUAGES)}")


def _said(word: Word | None, name: str, language: str) -> str:
    code = spoken(language)
    if word is None:
        return name
    return word.id if code == "id" else word.en
