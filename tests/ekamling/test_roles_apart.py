"""The centre as several processes: each does its part, any of them may be killed, and nothing is lost or doubled."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ekamling.cli import main
from ekamling.demo_site import free_ports
from ekamling.people import accounts, link_url
from ekamling.settings import CentreSettings
from tests.ekamling.machines import Machines, sending, stored
from tests.patience import PATIENCE_S, until

pytestmark = pytest.mark.timeout(180)


@contextlib.asynccontextmanager
async def console(settings: CentreSettings, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with accounts(settings) as people:
        await people.add(name, name.title(), "operator", "33.03")
        token = link_url(settings, await people.link(name)).partition("#token=")[2]
    async with httpx.AsyncClient(base_url=settings.http.url, trust_env=False) as client:
        assert (await client.post("/api/v1/session/link", json={"token": token})).status_code == 200
        yield client


async def test_the_roles_of_a_centre_work_as_processes_of_their_own(machines: Machines) -> None:
    mqtt_port, port, monitor_port, one_port, other_port = free_ports(5)
    broker: dict[str, object] = {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port}
    one = machines.settings("one", "data", broker, one_port)
    other = machines.settings("other", "data", broker, other_port)
    machines.start("broker", "broker", "one")
    machines.ready("broker")
    for name, role, of in (
        ("ingest-1", "ingest", "one"), ("ingest-2", "ingest", "one"), ("alerts", "alerts", "one"),
        ("one", "web", "one"), ("other", "web", "other"),
    ):  # fmt: skip
        machines.start(name, role, of)
    machines.ready("ingest-1", "ingest-2", "alerts", "one", "other")
    async with sending(("pos-1", mqtt_port)) as (edge,), console(one, "siti") as siti, console(other, "budi") as budi:
        await edge.send(100)
        machines.kill("ingest-1")
        await edge.send(100)
        assert await stored(one) == Counter(edge.ids)
        (incident,) = (await siti.get("/api/v1/incidents")).json()["incidents"]
        address = f"/api/v1/incidents/{incident['id']}"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if await called(siti, address):
                    break
                await asyncio.sleep(0.1)
        assert (await budi.post(f"{address}/acknowledge")).status_code == 200
        answer = await siti.get(address)
        assert answer.status_code == 200, answer.text
        assert answer.json()["incident"]["acknowledged_by"] is not None


async def called(console: httpx.AsyncClient, address: str) -> bool:
    """Whether the process of the alerts has carried out a step."""
    return any(step["state"] == "done" for step in (await console.get(address)).json()["ladder"])


def test_sqlite_is_refused_where_several_processes_share_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "centre.toml"
    path.write_text(f'data = "{tmp_path}/data"\n')
    for role in ("ingest", "web,alerts", "broker,ingest,web"):
        assert main(["server", "--config", str(path), "--role", role]) == 1
        said = capsys.readouterr().err
        assert "SQLite cannot" in said and "postgresql+psycopg://" in said and said.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_a_role_that_is_none_is_named_with_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["server", "--config", str(tmp_path / "centre.toml"), "--role", "ingest,wep"])
    assert "'wep' is not a valid Role; choose of broker, ingest, alerts, web" in capsys.readouterr().err


def test_a_broker_waits_for_nobody_before_it_is_ready(machines: Machines) -> None:
    """Of a cluster that is switched on one by one the first is well, too."""
    mqtt_port, port, monitor_port, cluster_port, nobody = free_ports(5)
    cluster = {"name": "satu", "host": "127.0.0.1", "port": cluster_port, "others": [f"127.0.0.1:{nobody}"]}
    machines.settings(
        "satu", "data", {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port, "cluster": cluster}
    )
    machines.start("satu", "broker")
    machines.ready("satu")


def test_the_key_of_the_broker_is_kept_and_its_owners_alone(machines: Machines, tmp_path: Path) -> None:
    mqtt_port, port, monitor_port = free_ports(3)
    machines.settings("satu", "data", {"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port})
    machines.start("satu", "broker")
    machines.ready("satu")
    key = tmp_path / "data" / "broker.key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_bytes()
    machines.kill("satu")
    until(lambda: free(port))
    machines.start("satu", "broker")
    machines.ready("satu")
    assert key.read_bytes() == before


def free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
