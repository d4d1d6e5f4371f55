import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import areas
from core.errors import EkamlingError

RT = "33.03.05.1003/RW02/RT04"
LEVELS = ["33", "33.03", "33.03.05", "33.03.05.1003", "33.03.05.1003/RW02", RT]


@pytest.mark.parametrize("code", [*LEVELS, "33.03.05.1003/RW102/RT010"])
def test_every_level_is_a_code(code: str) -> None:
    assert areas.check(code) == code


@pytest.mark.parametrize(
    "code",
    [
        "",
        "3",
        "333",
        "33.3",
        "33.03.",
        "33.03.05.100",
        "33.03/RW02",
        "33.03.05.1003/RT04",
        "33.03.05.1003/RW2",
        "33.03.05.1003/rw02",
        f"{RT}/RT01",
        f"{RT}\n",
        f" {RT}",
        "٣٣.٠٣",
    ],
)
def test_everything_else_is_refused_by_name(code: str) -> None:
    with pytest.raises(EkamlingError, match=r"is not a code such as 33\.03\.05\.1003/RW02/RT04") as refused:
        areas.check(code)
    assert repr(code) in str(refused.value)


def test_an_area_holds_itself_and_all_below_it_and_nothing_above() -> None:
    for outer_level, outer in enumerate(LEVELS):
        for inner_level, inner in enumerate(LEVELS):
            assert areas.contains(outer, inner) == (outer_level <= inner_level)


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("33.03", "33.031"),
        ("33.03", "33.04.05"),
        ("33.03.05.1003/RW02", "33.03.05.1003/RW021"),
        ("33.03.05.1003/RW0", "33.03.05.1003/RW02"),
        ("33.03.05.1003/RW02", "33.03.05.1004/RW02"),
        ("33.03.05.100", "33.03.05.1003"),
        (RT, "33.03.05.1003/RW02/RT041"),
    ],
)
def test_a_prefix_that_ends_within_a_level_holds_nothing(outer: str, inner: str) -> None:
    assert not areas.contains(outer, inner)


def _parts(code: str) -> list[str]:
    return code.replace("/", ".").split(".")


codes = st.builds(
    lambda numbers, depth, wide: areas.check(
        "".join(
            (
                f"{numbers[0]:02}",
                f".{numbers[1]:02}",
                f".{numbers[2]:02}",
                f".{numbers[3]:04}",
                f"/RW{numbers[4]:0{wide}}",
                f"/RT{numbers[5]:0{wide}}",
            )[:depth]
        )
    ),
    st.lists(st.integers(1, 12), min_size=6, max_size=6),
    st.integers(1, 6),
    st.integers(2, 3),
)


@given(codes, codes)
def test_holding_means_that_the_levels_begin_alike(outer: str, inner: str) -> None:
    assert areas.contains(outer, inner) == (_parts(inner)[: len(_parts(outer))] == _parts(outer))


def test_the_village_is_the_part_that_the_government_numbers() -> None:
    assert [areas.village(code) for code in LEVELS[3:]] == ["33.03.05.1003"] * 3
    assert areas.village("33.03") == "33.03"


def test_a_neighbourhood_reads_as_people_write_it() -> None:
    assert [areas.neighbourhood(code) for code in LEVELS[3:]] == ["", "RW 02", "RT 04 / RW 02"]
