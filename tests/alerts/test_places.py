"""Areas as people say them."""

from collections.abc import Iterator

import pytest

from alerts.ground import places


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """What one test teaches, the next does not know."""
    yield
    places.learn({})


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("33.03", "Kabupaten Purbalingga"),
        ("33.03.05.1005/RW02/RT04", "RT 04 / RW 02 · Bancar"),
        ("33.03.05.1005/RW02", "RW 02 · Bancar"),
        ("99.99", "99.99"),
        ("99.99.99.9999/RW01", "RW 01 · 99.99.99.9999"),
        ("", ""),
    ],
)
def test_an_area_has_the_name_that_people_know(code: str, name: str) -> None:
    assert places.name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("33.03.05.1005/RW02", "RW 02 Kauman · Bancar"),
        ("33.03.05.1005/RW02/RT04", "RT 04 Melati / RW 02 Kauman · Bancar"),
        ("33.03.05.1005/RW02/RT05", "RT 05 / RW 02 Kauman · Bancar"),
        ("33.03.05.1005/RW03/RT04", "RT 04 / RW 03 · Bancar"),
    ],
)
def test_an_rw_or_rt_has_its_number_and_the_name_that_people_gave_it(code: str, name: str) -> None:
    places.name(code)  # asked for before it was named
    places.learn({"33.03.05.1005/RW02": "RW 02 Kauman", "33.03.05.1005/RW02/RT04": "Melati"})
    assert places.name(code) == name
