"""Workers in processes of their own, killed with -9 while they work: every step still tells its people, once."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from alerts.people.roles import Role
from alerts.store.database import Database
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.alerts.telling import a_person, ladder, told
from tests.messages import AT, a_camera, a_status, an_event
from tests.patience import PATIENCE_S

RT = f"{VILLAGE}/RW02/RT04"
INCIDENTS = 24
LOOK_S = 0.1
WORKER = """
import asyncio, sys
from alerts.bell import Bell
from alerts.telling.escalation import Escalation
from alerts.store.database import Database
from core.clock import SystemClock

async def work():
    database = await Database.open(sys.argv[1])
    print("ready", flush=True)
    await Escalation(database, Bell(), SystemClock()).run()

asyncio.run(work())
"""


class Team:
    """Worker processes on one database."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._processes: list[subprocess.Popen[bytes]] = []

    def hire(self) -> None:
        arguments = [sys.executable, "-c", WORKER, self._url]
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        self._processes.append(process)

    def ready(self) -> None:
        for process in self._processes:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"

    def kill_one(self) -> None:
        process = self._processes.pop(0)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        assert process.stdout
        process.stdout.close()

    def stop(self) -> None:
        while self._processes:
            self.kill_one()


async def everything_done(centre: Centre, incidents: list[str]) -> None:
    """Wait until no step of these waits any more."""
    for _ in range(int(PATIENCE_S / LOOK_S)):
        ladders = [await ladder(centre, each) for each in incidents]
        if not any(state == "waiting" for steps in ladders for _, state, _ in steps):
            return
        await asyncio.sleep(LOOK_S)
    pytest.fail("steps are still waiting")


@pytest.mark.parametrize("workers", [1, 4])
async def test_steps_are_carried_out_once_though_workers_are_killed(
    centre: Centre, database: Database, workers: int
) -> None:
    team = Team(database.engine.url.render_as_string(hide_password=False))
    for _ in range(workers):
        team.hire()
    try:
        await asyncio.to_thread(team.ready)
        cameras = [
            a_camera(id=f"kamera-{number}", area=f"{VILLAGE}/RW{number + 10}/RT01") for number in range(INCIDENTS)
        ]
        await centre.beat(EDGE, a_status(*cameras), AT)
        for number, camera in enumerate(cameras):
            await a_person(centre, f"rt-{number}", Role.RT, camera.area, "wire", "post")
        await a_person(centre, "polsek", Role.POLSEK, "33.03.05")
        for number, camera in enumerate(cameras):
            await centre.put(an_event(camera=camera.id, severity=1))
            if number in (6, 12, 18):
                await asyncio.to_thread(team.kill_one)
                team.hire()
        found = [each["id"] for each in await centre.incidents()]
        assert len(found) == INCIDENTS
        await everything_done(centre, found)
    finally:
        await asyncio.to_thread(team.stop)
    for incident in found:
        called = [(each.user, each.channel) for each in await told(centre, incident)]
        assert len(called) == len(set(called)) == 3  # the head of that RT on two channels, and the police's console
