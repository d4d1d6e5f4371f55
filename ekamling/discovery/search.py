"""The whole search: ONVIF, then a look at every address of a subnet, then a talk with every port that is open."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ekamling.discovery import network, onvif, rtsp
from ekamling.discovery.onvif import Device
from ekamling.discovery.rtsp import RtspPort

CONNECT_S = 1.0  # in one's own network an answer takes milliseconds
AT_ONCE = 128  # connections that are being opened: below what the kernel's table of neighbours holds
TALKS = 16
SCAN_S = 60.0  # for the whole subnet
MOST_SPEAKING = 256  # open ports that are talked with

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to search. `hosts` are those of the subnet, none without one; `ports` are looked at on each host."""

    hosts: Sequence[str] = ()
    ports: Sequence[int] = network.PORTS
    seconds: float = 3.0
    interface: str = ""
    target: onvif.Address = onvif.GROUP


@dataclass(frozen=True, slots=True)
class Camera:
    """One host with what it says of itself; `rtsp` are its ports that speak RTSP."""

    host: str
    device: Device | None = None
    rtsp: tuple[RtspPort, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Findings:
    """The cameras in order of their addresses; `missed` counts addresses that the time did not reach."""

    cameras: tuple[Camera, ...]
    missed: int = 0


def search(wanted: Wanted, progress: Progress) -> Findings:
    """Search as wanted; EkamlingError where no question can be sent."""
    progress("asking for ONVIF cameras")
    devices = {device.host: device for device in onvif.search(wanted.seconds, wanted.interface, wanted.target)}
    # A stranger's answer may come from anywhere; only what is in a private network is talked with.
    hosts = dict.fromkeys([*wanted.hosts, *filter(network.private, devices)])
    doors = [(host, port) for host in hosts for port in wanted.ports]
    opened, missed = asyncio.run(_open_doors(doors, progress))
    progress(f"talking with {len(opened)} open ports")
    with ThreadPoolExecutor(TALKS) as pool:
        spoken = [port for port in pool.map(lambda door: rtsp.ask(*door), opened[:MOST_SPEAKING]) if port]
    found = sorted({*devices, *(port.host for port in spoken)}, key=socket.inet_aton)
    cameras = [Camera(host, devices.get(host), tuple(port for port in spoken if port.host == host)) for host in found]
    return Findings(tuple(cameras), missed)


async def _open_doors(doors: Sequence[tuple[str, int]], progress: Progress) -> tuple[list[tuple[str, int]], int]:
    """Those of the doors that are open, and how many could not be tried in time."""
    until = time.monotonic() + SCAN_S
    left = list(reversed(doors))
    opened: list[tuple[str, int]] = []

    async def walk() -> None:
        while left and time.monotonic() < until:
            door = left.pop()
            if await _is_open(*door):
                opened.append(door)
            progress(f"looking at {len(doors) - len(left)} of {len(doors)} ports, {len(opened)} open")

    await asyncio.gather(*(walk() for _ in range(AT_ONCE)))
    return sorted(opened, key=doors.index), len({host for host, _ in left})


async def _is_open(host: str, port: int) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True
    return False
