"""A whole site for live view, on loopback: simulated cameras, a centre and an edge, each a process of its own."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from core import config
from ekamling import demo_site
from ekamling.children import Child
from ekamling.demo_site import Site, free_ports
from ekamling.folders import make_folder
from ekamling.people import accounts
from ekamling.settings import CentreSettings

READY_S = 60.0
Person = tuple[str, str, str]  # name, role, area
Serve = Callable[[Site], AbstractContextManager[object]]


@dataclass(frozen=True)
class LiveSite:
    """`tokens` are one-time sign-in tokens by the name of the person; `edge` can be stopped."""

    url: str
    tokens: Mapping[str, str]
    edge: Child
    folder: Path


@contextmanager
def simulated(site: Site) -> Iterator[None]:
    """The demo's own cameras, simulated in a process of their own."""
    password = {"EKAMLING_SIMULATOR_PASSWORD": site.camera_password}
    arguments = ["simulator", "--port", str(site.camera_port), "--username", demo_site.CAMERA_USER, *site.streams()]
    cameras = Child("the camera simulator", arguments, site.folder / "cameras.log", password)
    try:
        cameras.ready(READY_S)
        yield
    finally:
        cameras.stop()


@contextmanager
def live_site(
    folder: Path, people: Sequence[Person], *, viewers: int = 4, more: str = "", serve: Serve = simulated
) -> Iterator[LiveSite]:
    """The demo's site with live view on loopback only; `more` is put behind its edge.toml."""
    make_folder(folder)
    (port,) = free_ports(1)
    site = demo_site.prepare(folder, port)
    with site.edge_config.open("a", encoding="utf-8") as file:
        file.write(f'\n[live]\nviewers = {viewers}\naddresses = ["127.0.0.1"]\n')
        file.write(more.replace("{PORT}", str(site.camera_port)).replace("{FOLDER}", str(folder)))
    tokens = asyncio.run(_enter(site, people))
    with ExitStack() as stack:
        stack.enter_context(serve(site))
        centre = Child("the centre", ["server", "--config", str(site.centre_config)], folder / "centre.log")
        stack.callback(centre.stop)
        centre.ready(READY_S)
        edge = Child("the edge", ["edge", "--config", str(site.edge_config)], folder / "edge.log")
        stack.callback(edge.stop)
        yield LiveSite(site.url, tokens, edge, folder)


async def _enter(site: Site, people: Sequence[Person]) -> dict[str, str]:
    settings = config.load(site.centre_config, CentreSettings)
    make_folder(Path(settings.data))
    tokens = {}
    async with accounts(settings) as book:
        for name, role, area in people:
            await book.add(name, name.title(), role, area)
            tokens[name] = await book.link(name)
    return tokens
