from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from core import config
from core.errors import ConfigError, EkamlingError

Slug = Annotated[str, Meta(pattern=r"^[a-z]+\Z")]


class Gate(Struct, frozen=True, forbid_unknown_fields=True):
    """A table in a list in a list."""

    width: Annotated[float, Meta(gt=0, le=10, description="metres")]
    kind: Literal["wood", "iron"] = "wood"


class Post(Struct, frozen=True, forbid_unknown_fields=True):
    """A table in a list, with a check of its own."""

    id: Annotated[Slug, Meta(description="short name: small letters")]
    corners: list[tuple[float, float]] = []
    gates: Annotated[list[Gate], Meta(max_length=2)] = []

    def __post_init__(self) -> None:
        if self.id == "nowhere":
            raise EkamlingError("id: is no place")


class Link(Struct, frozen=True, forbid_unknown_fields=True):
    """A table."""

    host: Annotated[str, Meta(description="host of the broker")]
    password: str = ""
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    name: Annotated[str, Meta(description="name that people read")]
    link: Link
    posts: Annotated[list[Post], Meta(min_length=1)]
    dry_run: bool = False


GOOD = """
name = "Bancar"
[link]
host = "centre"
[[posts]]
id = "gerbang"
corners = [[0, 0.5], [1, 1]]
[[posts.gates]]
width = 2
kind = "iron"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "site.toml"


def problems(file: Path, content: str) -> list[str]:
    """The lines about a file of that content, without the file's name, which each must begin with."""
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        config.load(file, Site)
    assert str(refused.value).split("\n") == list(refused.value.problems)
    assert all(line.startswith(f"{file}: ") for line in refused.value.problems)
    return [line.removeprefix(f"{file}: ") for line in refused.value.problems]


def test_a_good_file_becomes_settings(file: Path) -> None:
    file.write_text(GOOD, encoding="utf-8")
    assert config.load(file, Site) == Site(
        name="Bancar",
        link=Link(host="centre"),
        posts=[Post(id="gerbang", corners=[(0, 0.5), (1, 1)], gates=[Gate(width=2, kind="iron")])],
    )


def test_all_problems_are_told_at_once_each_with_its_key(file: Path) -> None:
    told = problems(
        file,
        """
        nmae = "Bancar"
        dry_run = "yes"
        [link]
        port = 99999
        [[posts]]
        id = "gerbang"
        gates = [{ width = 11 }, { kind = "paper", width = 1 }]
        [[posts]]
        id = "Pos 2"
        corners = [[0, 0], [1, "x"], [2]]
        [[posts]]
        """,
    )
    assert told == [
        "nmae: is not a key here; did you mean 'name'?",
        "dry_run: expected bool, got str",
        "link.port: expected int <= 65535 (it is 99999)",
        "link.host: is missing (host of the broker)",
        "posts[gerbang].gates[0].width: expected float <= 10.0 (it is 11)",
        "posts[gerbang].gates[1].kind: expected one of 'wood', 'iron'",
        "posts[1].id: is not of the right form: short name: small letters",
        "posts[1].corners[1][1]: expected float, got str",
        "posts[2].id: is missing (short name: small letters)",
        "name: is missing (name that people read)",
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('kind = "iron"', "colour = 1"), "posts[gerbang].gates[0].colour: is not a key here; known keys: width, kind"),
        (('id = "gerbang"', 'id = "nowhere"'), "posts[nowhere]: id: is no place"),
        (('id = "gerbang"', "id = 7"), "posts[0].id: expected str, got int (it is 7)"),
        (("width = 2", "width = true"), "posts[gerbang].gates[0].width: expected float, got bool (it is True)"),
        (('[link]\nhost = "centre"', "link = 5"), "link: expected a table, found a number"),
        (('name = "Bancar"', "name = 2026-11-22"), "name: expected str, got date"),
    ],
)
def test_a_wrong_key_is_named_with_what_was_expected(file: Path, change: tuple[str, str], told: str) -> None:
    assert problems(file, GOOD.replace(*change)) == [told]


def test_a_list_of_tables_keeps_its_own_rules(file: Path) -> None:
    head = 'name = "x"\nlink = { host = "h" }\n'
    assert problems(file, head + "posts = []") == ["posts: expected array of length >= 1"]
    assert problems(file, head + 'posts = "none"') == ["posts: expected array, got str"]
    assert problems(file, head + 'posts = ["gerbang"]') == ["posts[0]: expected a table, found a text"]
    gates = "[{ width = 1 }, { width = 1 }, { width = 1 }]"
    assert problems(file, head + f'posts = [{{ id = "a", gates = {gates} }}]') == [
        "posts[a].gates: expected array of length <= 2"
    ]


def test_an_empty_file_tells_all_that_is_missing(file: Path) -> None:
    assert problems(file, "") == ["name: is missing (name that people read)", "link: is missing", "posts: is missing"]


def test_a_file_that_is_not_toml_is_told_with_the_place(file: Path) -> None:
    (told,) = problems(file, 'name = "Bancar\n')
    assert told.startswith("is not TOML: ")
    assert "line 1" in told


def test_a_file_that_is_not_text_is_told(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"site\.toml: cannot be read: it is not UTF-8 text"):
        config.load(file, Site)


def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read: No such file or directory"):
        config.load(tmp_path / "missing.toml", Site)
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        config.load(tmp_path, Site)


def test_what_may_be_a_secret_is_never_told(file: Path) -> None:
    secret = "rahasia-sekali"
    told = problems(
        file,
        f"""
        name = ["{secret}"]
        link = {{ host = ["{secret}"], password = ["{secret}"], pasword = "{secret}" }}
        dry_run = "{secret}"
        posts = [{{ id = "{secret}!" }}, "{secret}"]
        """,
    )
    assert len(told) == 7
    assert secret not in "\n".join(told)


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "link", "posts", "host", "id", "gates", "corners", "width", "dry_run", "x"]), inner
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["name", "link", "posts", "dry_run", "x"]), values))
def test_any_table_becomes_settings_or_lines(raw: dict[str, Any]) -> None:
    try:
        settings = config.build(raw, Site, name="site.toml")
    except ConfigError as error:
        assert error.problems
        assert all(line.startswith("site.toml: ") and "\n" not in line for line in error.problems)
        assert len(set(error.problems)) == len(error.problems)
    else:
        assert settings.name == raw["name"]


def test_a_field_tells_its_meaning() -> None:
    assert config.describe(Annotated[str, Meta(min_length=1), Meta(description="host")]) == "host"
    assert config.describe(Annotated[Slug, Meta(description="short name")]) == "short name"
    assert config.describe(str) == ""
