"""Times in requests: always with a zone, and in a year that every calendar has."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime


def _in_calendar(moment: datetime) -> datetime:
    if not 1970 < moment.year < 9000:
        raise ValueError("the year must lie between 1971 and 8999")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_in_calendar)]
