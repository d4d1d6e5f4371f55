"""The one source of words: complete against what edges can send, and nothing in it that no edge sends."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import msgspec
import pytest

import edge
from alerts.cases.signal import FAMILIES, REPORTED
from core import terms
from core.errors import EkamlingError
from core.events import Severity
from core.terms import LANGUAGES, Word
from detectors import coco
from edge.rules.settings import Kind, Mode

EDGE = Path(edge.__file__ or "").parent
# What a rule speaks of that no detector has named: a part of the picture, a movement, the camera itself.
UNCLASSED = {name for file in EDGE.rglob("*.py") for name in re.findall(r'\bSpot\("(\w+)"', file.read_text("utf-8"))}
TABLES: dict[str, Mapping[str, Word] | Mapping[int, Word]] = msgspec.structs.asdict(terms.terms())


@pytest.mark.parametrize(
    ("table", "sent"),
    [
        ("kinds", {*get_args(Kind), *FAMILIES, *REPORTED}),
        ("modes", set(get_args(Mode))),
        ("severities", set(get_args(Severity))),
        ("labels", {*coco.CLASSES, *UNCLASSED}),
    ],
)
def test_everything_that_can_be_named_has_its_words_and_nothing_else_has(table: str, sent: set[str | int]) -> None:
    assert set(TABLES[table]) == sent


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_or_said_of_two_things(table: str, language: str) -> None:
    words = [getattr(word, language) for word in TABLES[table].values()]
    assert [word for word in words if word != word.strip() or not word[:1].isupper() or "!" in word] == []
    assert sorted(words) == sorted(set(words))


def test_the_labels_of_rules_are_those_that_stand_in_their_code() -> None:
    assert {"object", "motion", "camera"} == UNCLASSED


def test_a_word_is_found_by_its_name_and_language() -> None:
    assert terms.kind("silent", "id") == "Kamera tidak mengirim gambar"
    assert terms.kind("silent", "en") == "Camera sends no picture"
    assert terms.label("sheep", "id") == "Kambing atau domba"
    assert terms.severity(1, "id") == "Tinggi"
    assert terms.mode("mudik", "en") == "Away (mudik)"


def test_a_name_without_a_word_is_said_as_it_stands() -> None:
    assert terms.kind("fell-over", "id") == "fell-over"
    assert terms.label("becak", "en") == "becak"
    assert terms.severity(4, "id") == "4"
    assert terms.mode("", "en") == ""


@pytest.mark.parametrize("say", [terms.kind, terms.label, terms.mode])
@pytest.mark.parametrize("name", ["motion", "fell-over"])
def test_a_language_that_we_do_not_speak_is_refused_whatever_the_name(
    say: Callable[[str, str], str], name: str
) -> None:
    with pytest.raises(EkamlingError, match=r"^language 'jv': there are no words in it; use one of id, en\Z"):
        say(name, "jv")


def test_the_tables_are_read_once() -> None:
    assert terms.terms() is terms.terms()
