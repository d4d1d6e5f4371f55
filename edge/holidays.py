"""Which days are holidays: those of a country, and those of the place itself.

Only the supervisor asks: the package knows all countries of the world, which would cost every shard 20 MB.
"""

from collections.abc import Iterable
from datetime import date

from holidays import country_holidays, list_supported_countries
from holidays.constants import GOVERNMENT, PUBLIC

from core.errors import EkamlingError
from core.words import nearest
from edge.settings import EdgeSettings


def holidays(settings: EdgeSettings, years: Iterable[int]) -> list[date]:
    """The holidays of some years: public ones, those by decree of the government (cuti bersama), and the place's own.

    Raises EkamlingError for a country whose holidays nobody has written down.
    """
    country = settings.country
    if not country:
        return sorted(settings.days_off)
    known = list_supported_countries()
    if country not in known:
        raise EkamlingError(
            f"country: {country!r} is no country whose holidays are known{nearest(country, list(known))}"
        )
    offered = country_holidays(country).supported_categories
    categories = tuple(category for category in (PUBLIC, GOVERNMENT) if category in offered)
    return sorted({*settings.days_off, *country_holidays(country, years=years, categories=categories)})
