"""The reference pages say what the code says, in words that a person who configures it understands."""

import argparse
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from ekamling.reference import api, commands
from ekamling.reference.configuration import FILES, sections, undescribed


class Lamp(Struct, frozen=True):
    """One lamp."""

    watts: Annotated[int, Meta(ge=1, le=100, description="power")]
    name: Annotated[str, Meta(max_length=8, description="what people say")] = "pos"


class House(Struct, frozen=True):
    """A house."""

    lamps: Annotated[list[Lamp], Meta(max_length=3, description="its lamps")] = []
    colour: Annotated[float | str, Meta(description="of the wall")] = 0.5


class Undescribed(Struct, frozen=True):
    """A room."""

    doors: int
    lamp: Lamp


def test_every_key_of_the_configuration_has_a_description() -> None:
    assert [key for _, kind in FILES for key in undescribed(kind)] == []


def test_a_key_without_a_description_is_found() -> None:
    assert undescribed(Undescribed) == ["doors"]


def test_a_table_without_a_description_is_found() -> None:
    class Silent(Struct, frozen=True):
        pass

    class Outer(Struct, frozen=True):
        """A house."""

        silent: Silent

    assert undescribed(Outer) == ["[silent]"]


def test_a_key_is_shown_with_type_bounds_default_and_meaning() -> None:
    (section,) = sections(Lamp)
    assert [(key.name, key.kind, key.default, key.meaning) for key in section.keys] == [
        ("watts", "whole number 1 to 100", None, "power"),
        ("name", "text, at most 8 characters", '"pos"', "what people say"),
    ]


def test_tables_are_named_as_in_toml() -> None:
    for _, kind in FILES:
        assert sections(kind)[0].heading == ""
    headings = [section.heading for _, kind in FILES for section in sections(kind)]
    assert {"[centre]", "[[cameras]]", "[[cameras.rules]]", "[limits]", "[http]", "[[edges]]"} <= set(headings)


def test_a_type_for_which_there_are_no_words_is_refused_rather_than_left_out() -> None:
    with pytest.raises(TypeError, match="no words"):
        sections(House)


def test_every_endpoint_says_who_may_call_it() -> None:
    rows = [line.split(" | ") for line in api.page().splitlines() if line.startswith("| `")]
    by_call = {(row[0].strip("| `"), row[1].strip("`")): row[2] for row in rows}
    assert by_call["POST", "/api/v1/session"] == "everybody"
    assert by_call["GET", "/api/v1/session"] == "everybody"
    assert by_call["GET", "/api/v1/changes"] == "admin, auditor"
    assert "resident" not in by_call["POST", "/api/v1/incidents/{incident}/acknowledge"]
    assert "ronda" in by_call["POST", "/api/v1/incidents/{incident}/acknowledge"]
    assert by_call["PUT", "/edge/v1/clips/{event}"].startswith("edge")
    assert "" not in [row[4].strip(" |") for row in rows]


def test_the_commands_page_does_not_depend_on_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = commands.page()
    monkeypatch.setenv("COLUMNS", "40")
    assert commands.page() == wide


def test_an_argument_is_shown_as_one_types_it() -> None:
    parser: Any = argparse.ArgumentParser(prog="ekamling lamp", description="light it")
    parser.add_argument("--watts", type=int, default=5, help="power")
    parser.add_argument("--dim", action="store_true", help="less of it")
    parser.add_argument("names", nargs="+", metavar="NAME", help="which")
    assert commands.section(parser, "##").splitlines()[2:] == [
        "Light it.",
        "",
        "| argument | meaning | default |",
        "| --- | --- | --- |",
        "| `--watts WATTS` | power | `5` |",
        "| `--dim` | less of it |  |",
        "| `NAME ...` | which | *required* |",
    ]
