"""Work on people beside a centre that runs, or before it ever did."""

from pathlib import Path

import pytest

from alerts.settings import HttpSettings
from core.errors import EkamlingError
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings


async def test_people_can_be_added_before_the_centre_ever_ran(tmp_path: Path) -> None:
    settings = CentreSettings(data=str(tmp_path))
    async with accounts(settings) as people:
        await people.add("siti", "Siti", "operator", "33.03")
        token = await people.link("siti")
    async with accounts(settings) as people:
        user = await people.by_link(token)
    assert user and user.name == "siti"


async def test_two_may_work_on_people_at_once(tmp_path: Path) -> None:
    settings = CentreSettings(data=str(tmp_path))
    async with accounts(settings) as one, accounts(settings) as other:
        await one.add("siti", "", "operator", "33.03")
        with pytest.raises(EkamlingError, match="there already"):
            await other.add("siti", "", "admin", "33.03")


def test_a_link_keeps_its_token_from_every_server_on_the_way(tmp_path: Path) -> None:
    settings = CentreSettings(data=str(tmp_path), http=HttpSettings(public_url="https://kamling.example.go.id"))
    assert link_url(settings, "a-token") == "https://kamling.example.go.id/masuk#token=a-token"
