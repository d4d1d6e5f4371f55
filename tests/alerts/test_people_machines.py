"""Machines among the contacts of people, and what the command line writes down of people."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from alerts.notifiers.exchange import Line
from alerts.notifiers.webhook import Webhook
from alerts.store import changes
from alerts.store.database import Database
from core import config
from ekamling.cli import main
from ekamling.settings import CentreSettings
from tests.alerts.centre import Centre

PEOPLE = "/api/v1/people"
DESK = {"channel": "webhook", "address": "https://damkar.example.go.id/hook"}
OTHER = {"channel": "webhook", "address": "https://bpbd.example.go.id/hook"}

on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@pytest.fixture
async def webhook(centre: Centre) -> AsyncIterator[Webhook]:
    async with httpx.AsyncClient(trust_env=False) as http:
        channel = Webhook(Line(http, "webhook"), "a secret of the tests")
        centre.notifiers["webhook"] = channel
        yield channel


@on_sqlite
async def test_the_key_of_a_webhook_is_shown_once_to_who_sets_it(centre: Centre, webhook: Webhook) -> None:
    async with centre.client("damkar") as damkar, centre.client("admin") as admin:
        path = f"{PEOPLE}/damkar-1/contacts"
        made = (await admin.put(path, json={"contacts": [DESK]})).json()["contacts"]
        assert made == [{**DESK, "key": webhook.key(DESK["address"])}]
        more = (await admin.put(path, json={"contacts": [DESK, OTHER]})).json()["contacts"]
        assert more == [DESK, {**OTHER, "key": webhook.key(OTHER["address"])}]
        assert (await admin.get(path)).json()["contacts"] == [DESK, OTHER]
        assert (await damkar.put(path, json={"contacts": [OTHER, DESK]})).json()["contacts"] == [OTHER, DESK]
        log = (await admin.get("/api/v1/changes")).text
    assert webhook.key(DESK["address"]) not in log


@on_sqlite
async def test_nobody_lets_another_areas_siren_sound(centre: Centre) -> None:
    await centre.register("pos-kemangkon", "33.03.01.2001")
    near, far = ({"contacts": [{"channel": "siren", "address": name}]} for name in ("pos-1", "pos-kemangkon"))
    async with centre.client("rt", "33.03.05.1005/RW02/RT04"), centre.client("admin", "33.03.05") as admin:
        path = f"{PEOPLE}/rt-1/contacts"
        assert (await admin.put(path, json=near)).status_code == 200
        refused = await admin.put(path, json=far)
        assert refused.status_code == 422
        assert refused.json()["error"]["message"] == "siren: edge pos-kemangkon stands outside 33.03.05"
    async with centre.client("admin") as regency:
        assert (await regency.put(path, json=far)).status_code == 200


def test_what_the_command_line_does_to_people_is_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "centre.toml"
    file.write_text(f'data = "{tmp_path / "centre"}"\n')
    assert main(["user", "add", "dewi", "--role", "admin", "--area", "33.03", "--config", str(file)]) == 0
    assert main(["user", "link", "dewi", "--config", str(file)]) == 0
    token = capsys.readouterr().out.partition("token=")[2].split()[0]
    log = asyncio.run(recorded(config.load(file, CentreSettings)))
    assert [(line["user"], line["what"], line["which"]) for line in log] == [("command line", "person", "dewi")] * 3
    assert "'role': 'admin'" in str(log[-1]["after"])
    assert token not in str(log)


async def recorded(settings: CentreSettings) -> list[dict[str, object]]:
    database = await Database.open(settings.database_url)
    try:
        async with database.read() as connection:
            return await changes.listed(connection, "33.03")
    finally:
        await database.close()
