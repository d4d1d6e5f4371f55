"""Areas as people say them."""

import pytest

from alerts import places


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
