"""The little site of the demo: three cameras, one edge, one centre, as the files that a real one would have."""

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from alerts.store import sites
from alerts.store.database import Database
from core.errors import StorageError
from core.geometry import Point
from ekamling.footage import clip

EDGE = "demo"
AREA = "33.03.05.1005"  # Bancar
CAMERA_USER = "kamling"
PORTS = range(20_000, 32_768)


@dataclass(frozen=True)
class DemoCamera:
    """One simulated camera. All look at the same footage, from another moment on and with another zone."""

    id: str
    name: str
    area: str
    offset_s: float
    severity: int
    zone: tuple[Point, ...]
    stands: tuple[float, float]  # latitude, longitude: made up, like the estate
    bearing: float  # degrees clockwise from north


CAMERAS = (
    DemoCamera(
        "gerbang",
        "Gerbang utama",
        f"{AREA}/RW02/RT04",
        0.0,
        2,
        ((0.60, 0.30), (0.82, 0.27), (0.98, 0.70), (0.76, 0.62), (0.60, 0.50)),
        (-7.3921, 109.3702),
        200.0,
    ),
    DemoCamera(
        "jalan-masuk",
        "Jalan masuk",
        f"{AREA}/RW02/RT03",
        26.0,
        3,
        ((0.00, 0.30), (0.53, 0.30), (0.53, 0.55), (0.30, 0.50), (0.00, 0.43)),
        (-7.3934, 109.3687),
        70.0,
    ),
    DemoCamera(
        "pos-kamling",
        "Pos kamling",
        f"{AREA}/RW03/RT01",
        52.0,
        2,
        ((0.58, 0.22), (0.95, 0.22), (0.99, 0.85), (0.62, 0.60)),
        (-7.3952, 109.3716),
        330.0,
    ),
)


# Of these two one has no camera, though it should.
SITES = (
    sites.Site(
        id="pos-ronda",
        name="Pos ronda RW 03",
        area=f"{AREA}/RW03/RT01",
        kind="guard_post",
        latitude=-7.3950,
        longitude=109.3723,
        wants_camera=True,
    ),
    sites.Site(
        id="pasar",
        name="Pasar contoh",
        area=f"{AREA}/RW02/RT03",
        kind="market",
        latitude=-7.3939,
        longitude=109.3693,
        wants_camera=True,
    ),
)
WATCHED = {"pos-kamling": "pos-ronda"}
VIEW_ANGLE, REACH_M = 70.0, 35.0


@dataclass(frozen=True)
class Site:
    """Where everything of the demo stands."""

    folder: Path
    http_port: int
    camera_port: int
    camera_password: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def edge_config(self) -> Path:
        return self.folder / "edge.toml"

    @property
    def centre_config(self) -> Path:
        return self.folder / "centre.toml"

    def streams(self) -> list[str]:
        """What the simulator is asked to serve, `PATH=CLIP@SECONDS`."""
        return [
            f"{camera.id}/{stream}={clip(f'vtest-{stream}.mp4')}@{camera.offset_s}"
            for camera in CAMERAS
            for stream in ("main", "sub")
        ]


def prepare(folder: Path, http_port: int) -> Site:
    """Write the files of a new site; raises StorageError where the folder cannot be written."""
    mqtt_port, nats_port, monitor_port, camera_port = free_ports(4)
    site = Site(folder, http_port, camera_port, secrets.token_urlsafe(12))
    try:
        _secret(folder / "edge.secret", secrets.token_urlsafe(24))
        _secret(folder / "cameras.secret", site.camera_password)
        site.centre_config.write_text(_centre(site, mqtt_port, nats_port, monitor_port), encoding="utf-8")
        site.edge_config.write_text(_edge(site, mqtt_port), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}; choose another with --data") from error
    return site


async def place(database_url: str) -> None:
    """Tell the centre's database where everything stands, as an installer does."""
    database = await Database.open(database_url)
    try:
        async with database.write() as connection:
            for site in SITES:
                await sites.save_site(connection, site)
            for camera in CAMERAS:
                await sites.save_camera_place(connection, _place(camera))
    finally:
        await database.close()


def _place(camera: DemoCamera) -> sites.CameraPlace:
    latitude, longitude = camera.stands
    return sites.CameraPlace(
        edge=EDGE,
        camera=camera.id,
        site=WATCHED.get(camera.id),
        latitude=latitude,
        longitude=longitude,
        bearing=camera.bearing,
        view_angle=VIEW_ANGLE,
        reach_m=REACH_M,
    )


def free_ports(count: int) -> list[int]:
    """Some TCP ports of loopback that nobody listens on now.

    They lie below those that the kernel hands out by itself (from 32768, ip(7)), so that no connection of somebody
    else takes one of them before its owner does.
    """
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(PORTS)
        with socket.socket() as probe:
            if port not in found and probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
    return found


def _secret(path: Path, content: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content + "\n")


def _centre(site: Site, mqtt_port: int, nats_port: int, monitor_port: int) -> str:
    return f"""\
data = {_quoted(site.folder / "centre")}

[http]
port = {site.http_port}

[broker]
mqtt_port = {mqtt_port}
port = {nats_port}
monitor_port = {monitor_port}

[[edges]]
id = "{EDGE}"
name = "Perumahan contoh"
area = "{AREA}"
secret_file = {_quoted(site.folder / "edge.secret")}
"""


def _edge(site: Site, mqtt_port: int) -> str:
    head = f"""\
id = "{EDGE}"
data = {_quoted(site.folder / "edge")}

[centre]
mqtt_host = "127.0.0.1"
mqtt_port = {mqtt_port}
url = "{site.url}"
secret_file = {_quoted(site.folder / "edge.secret")}
"""
    return head + "".join(_camera(site, camera) for camera in CAMERAS)


def _camera(site: Site, camera: DemoCamera) -> str:
    address = f"rtsp://127.0.0.1:{site.camera_port}/{camera.id}"
    return f"""
[[cameras]]
id = "{camera.id}"
name = "{camera.name}"
area = "{camera.area}"
url = "{address}/main"
sub_url = "{address}/sub"
username = "{CAMERA_USER}"
password_file = {_quoted(site.folder / "cameras.secret")}

[[cameras.rules]]
id = "halaman"
kind = "intrusion"
zone = {[list(corner) for corner in camera.zone]}
severity = {camera.severity}
"""


def _quoted(path: Path) -> str:
    """A path as a TOML string."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
