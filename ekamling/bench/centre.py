"""What a centre does with very many edges: how soon an event is stored and acknowledged, how fast a backlog goes, and
how soon all edges are back when the broker was killed. Nothing may be lost or doubled meanwhile."""

import asyncio
import math
import multiprocessing
import os
import resource
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import and_, func, select

from alerts.cases.signal import Source
from alerts.people.roles import Role
from alerts.store import people
from alerts.store.database import Database
from alerts.store.people import User
from alerts.store.schema import events, incidents
from core.clock import SystemClock
from core.errors import ServiceError
from core.process import cpu_seconds, descendants
from edge.supervisor import HEARTBEAT_S
from ekamling.bench.crowd import Orders, Told, work
from ekamling.children import Child
from ekamling.demo_site import free_ports
from ekamling.roles import Role as CentreRole
from ekamling.roles import parsed

CROWDS = 2  # processes that the edges live in
START_S, READY_S, WELL_S = 60.0, 120.0, 300.0
STEADY = 200.0  # events a second
BACKLOG_RATE = 500.0  # while the centre stands still
SPARE = 256  # descriptors of a process beside its edges' connections
LOOK_S = 0.2

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """`seconds`: of each part; `database`: address of an empty database, None for SQLite in a folder of its own;
    `processes`: roles of each process of the centre, the broker among those of the first."""

    edges: int
    seconds: float
    database: str | None
    processes: tuple[str, ...]
    say: Say


def run(wishes: Wishes) -> dict[str, Any]:
    """Measure; the figures. Raises ServiceError where the machine allows too few connections, or edges stay away."""
    _allow(wishes.edges // CROWDS + SPARE)
    with tempfile.TemporaryDirectory(prefix="ekamling-bench-") as folder, ExitStack() as stack:
        site = _Site(Path(folder), wishes)
        stack.callback(site.stop)
        site.people()
        site.start()
        crowd = stack.enter_context(_crowd(site, wishes.edges))
        figures = _Run(wishes, site, crowd).all()
    return figures


def _allow(wanted: int) -> None:
    """Let this process and those that it starts have so many descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise ServiceError(f"{wanted} open files are needed and {hard} allowed; raise `ulimit -Hn` or take fewer edges")
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class _Site:
    """The centre's files and its processes."""

    def __init__(self, folder: Path, wishes: Wishes) -> None:
        self._folder = folder
        self._config = folder / "centre.toml"
        self._roles = wishes.processes
        self._processes: dict[str, Child] = {}
        http, self.mqtt, nats, monitor = free_ports(4)
        self.database = wishes.database or f"sqlite+aiosqlite:///{folder}/centre.sqlite3"
        secret = folder / "secret"
        secret.touch(0o600)
        self.password = token_hex(16)
        secret.write_text(self.password)
        self.edges = [(f"pos-{number}", _area(number)) for number in range(wishes.edges)]
        self._config.write_text(
            f'data = "{folder}/centre"\ndatabase = "{self.database}"\n[http]\nport = {http}\n'
            f"[broker]\nmqtt_port = {self.mqtt}\nport = {nats}\nmonitor_port = {monitor}\n"
            + "".join(
                f'[[edges]]\nid = "{name}"\nname = "{name}"\narea = "{area}"\nsecret_file = "{secret}"\n'
                for name, area in self.edges
            ),
            encoding="utf-8",
        )

    def people(self) -> None:
        """Let somebody be there whom ladders reach: else the bench would measure calls that nobody hears."""
        asyncio.run(self._people())

    async def _people(self) -> None:
        database = await Database.open(self.database)
        desk = User(
            name="desk",
            display_name="Desk",
            role=Role.OPERATOR,
            area="33.03",
            password_hash=None,
            created_at=SystemClock().now(),
        )
        try:
            async with database.write() as connection:
                await people.add_user(connection, desk)
        finally:
            await database.close()

    def start(self) -> None:
        for number, roles in enumerate(self._roles):
            arguments = ["server", "--config", str(self._config), "--role", roles]
            child = Child(f"the centre ({roles})", arguments, self._folder / f"centre-{number}.log")
            self._processes[roles] = child
            child.ready(READY_S)  # the broker first: it makes the key that the others read

    def stop(self) -> None:
        for process in reversed(self._processes.values()):
            process.stop()

    def pids(self, role: CentreRole | None = None) -> list[int]:
        """The processes that have a role, or all, with their children."""
        of_role = [child.pid for roles, child in self._processes.items() if role is None or role in parsed(roles)]
        return of_role if role else [*of_role, *(each for pid in of_role for each in descendants(pid))]

    def kill_broker(self) -> None:
        """As the kernel does when memory is short; the centre starts it anew."""
        for pid in self.pids():
            if b"nats-server" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
                os.kill(pid, signal.SIGKILL)

    def stored(self) -> tuple[int, int, set[str]]:
        """Events that are stored, those that incidents say they hold, and the ids."""
        return asyncio.run(self._stored())

    async def _stored(self) -> tuple[int, int, set[str]]:
        database = await Database.open(self.database)
        try:
            async with database.read() as connection:
                ids = {name for (name,) in await connection.execute(select(events.c.id))}
                # What was merged stands in the other's count.
                whole = and_(incidents.c.merged_into.is_(None), incidents.c.source != Source.CENTRE)
                held = (await connection.execute(select(func.sum(incidents.c.event_count)).where(whole))).scalar() or 0
        finally:
            await database.close()
        return len(ids), int(held), ids


def _area(number: int) -> str:
    """Ten edges to each RW of many villages."""
    village, place = divmod(number, 100)
    return f"33.03.{village // 40 % 18 + 1:02}.{2001 + village % 40}/RW{place // 10 + 1:02}"


class _Crowds:
    """The processes that the edges live in."""

    def __init__(self, pipes: "Sequence[Connection[Any, Any]]") -> None:
        self._pipes = pipes

    def ask(self, what: object) -> list[Any]:
        for pipe in self._pipes:
            pipe.send(what)
        return [pipe.recv() for pipe in self._pipes]

    def rate(self, events_s: float) -> None:
        for pipe in self._pipes:
            pipe.send(events_s / len(self._pipes))

    def told(self) -> Told:
        """What all of them did."""
        all_told: list[Told] = self.ask("told")
        return Told(
            connected=sum(each.connected for each in all_told),
            made=sum(each.made for each in all_told),
            acknowledged=sum(each.acknowledged for each in all_told),
            repeats=sum(each.repeats for each in all_told),
            waits=[wait for each in all_told for wait in each.waits],
        )


@contextmanager
def _crowd(site: _Site, count: int) -> Iterator[_Crowds]:
    context = multiprocessing.get_context("spawn")
    pipes, team = [], []
    for part in range(CROWDS):
        ours, theirs = Pipe()
        mine = [(name, site.password, area) for name, area in site.edges[part::CROWDS]]
        orders = Orders(site.mqtt, mine, start_s=max(count / 1000, HEARTBEAT_S))
        process = context.Process(target=work, args=(orders, theirs), daemon=True)
        process.start()
        theirs.close()
        pipes.append(ours)
        team.append(process)
    try:
        yield _Crowds(pipes)
    finally:
        for process in team:
            process.kill()
            process.join()
        for pipe in pipes:
            pipe.close()


class _Run:
    """One part after another."""

    def __init__(self, wishes: Wishes, site: _Site, crowd: _Crowds) -> None:
        self._wishes = wishes
        self._site = site
        self._crowd = crowd

    def all(self) -> dict[str, Any]:
        edges, say = self._wishes.edges, self._wishes.say
        came = self._until("all edges are there", lambda told: told.connected == edges)
        figures: dict[str, Any] = {"edges": edges, "database": self._site.database.partition(":")[0]}
        figures["processes"] = list(self._wishes.processes)
        figures["came_s"] = round(came, 1)
        say(f"{edges} edges came in {came:.1f} s")
        figures["minute"] = self._steadily(edges / 60)
        figures["steady"] = self._steadily(STEADY)
        figures["backlog"] = self._backlog()
        figures["broker_killed"] = self._killed()
        self._crowd.rate(0.0)
        self._until("all is acknowledged", lambda told: told.acknowledged == told.made)
        return figures | self._account()

    def _steadily(self, rate: float) -> dict[str, Any]:
        """So many events a second for a while: how long each took from edge to ack, past the commit."""
        self._crowd.told()
        used, since = self._used(), time.monotonic()
        self._crowd.rate(rate)
        time.sleep(self._wishes.seconds)
        told, passed = self._crowd.told(), time.monotonic() - since
        figures = {
            "events_s": round(len(told.waits) / passed, 1),
            "ack_ms": _percentiles(told.waits),
            "cores": round((self._used() - used) / passed, 2),
        }
        self._wishes.say(f"{rate:.0f} events a second: {figures}")
        return figures

    def _backlog(self) -> dict[str, Any]:
        """The centre, not the broker, stands still while events come; how fast it takes them in then."""
        stopped = self._site.pids(CentreRole.INGEST)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            self._crowd.rate(BACKLOG_RATE)
            time.sleep(self._wishes.seconds)
            self._crowd.rate(0.0)
            time.sleep(1)
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        told = self._crowd.told()
        waiting = told.made - told.acknowledged
        took = self._until("the backlog is gone", lambda told: told.acknowledged == told.made)
        figures = {"events": waiting, "seconds": round(took, 1), "events_s": round(waiting / took)}
        self._wishes.say(f"backlog: {figures}")
        return figures

    def _killed(self) -> dict[str, Any]:
        """Kill the broker under load; until every edge is back, and all that it told before is acknowledged."""
        edges = self._wishes.edges
        self._crowd.rate(edges / 60)
        time.sleep(2)
        since, made = time.monotonic(), self._crowd.told().made
        self._site.kill_broker()
        self._until("edges notice", lambda told: told.connected < edges)
        self._until("all edges are back", lambda told: told.connected == edges)
        back = time.monotonic() - since
        self._until("all of before is acknowledged", lambda told: told.acknowledged >= made)
        figures = {"all_back_s": round(back, 1)}
        figures["all_acknowledged_s"] = round(time.monotonic() - since, 1)
        self._wishes.say(f"broker killed: {figures}")
        return figures

    def _until(self, what: str, reached: Callable[[Told], bool]) -> float:
        """Wait; the seconds that it took."""
        since = said = time.monotonic()
        while not reached(told := self._crowd.told()):
            now = time.monotonic()
            if now - since > WELL_S:
                raise ServiceError(f"waited {WELL_S:.0f} s until {what}: {told.connected} are, {told.made} events made")
            if now - said > 5:
                said = now
                self._wishes.say(f"until {what}: {told.connected} connected, {told.acknowledged} of {told.made} events")
            time.sleep(LOOK_S)
        return time.monotonic() - since

    def _used(self) -> float:
        """Processor seconds of the centre and its broker."""
        return cpu_seconds(self._site.pids())

    def _account(self) -> dict[str, Any]:
        count, held, stored = self._site.stored()
        made = {name for ids in self._crowd.ask("ids") for name in ids}
        return {
            "events": len(made),
            "lost": len(made - stored),
            "doubled": held - count,
            "repeats_sent": self._crowd.told().repeats,
        }


def _percentiles(waits: Sequence[float]) -> dict[str, float]:
    """p50, p99 and the longest in milliseconds."""
    if len(waits) < 2:
        return {}
    cuts = statistics.quantiles(waits, n=100)
    return {"p50": round(cuts[49] * 1000, 1), "p99": round(cuts[98] * 1000, 1), "max": math.ceil(max(waits) * 1000)}
