"""Holidays by which schedules are read."""

from datetime import date
from typing import Any

import pytest

from core import config
from core.errors import EkamlingError
from edge.holidays import holidays
from edge.settings import EdgeSettings
from tests.edge.test_edge_settings import GOOD


def of(*years: int, **changes: Any) -> list[date]:
    return holidays(config.build(GOOD | changes, EdgeSettings, name="edge.toml"), years)


def test_national_days_and_those_by_decree_are_holidays() -> None:
    days = of(2026)
    assert date(2026, 8, 17) in days
    assert date(2026, 12, 24) in days  # cuti bersama
    assert date(2026, 8, 18) not in days


def test_the_village_has_days_of_its_own() -> None:
    assert of(2026, country="", days_off=[date(2026, 8, 18)]) == [date(2026, 8, 18)]
    assert {date(2026, 8, 17), date(2026, 8, 18)} <= set(of(2026, days_off=[date(2026, 8, 18)]))


def test_two_years_reach_over_new_year() -> None:
    assert {day.year for day in of(2026, 2027)} == {2026, 2027}


def test_a_country_that_is_none_is_named() -> None:
    with pytest.raises(EkamlingError, match="country: 'Indonesia' is no country whose holidays are known"):
        of(2026, country="Indonesia")
