"""What an installer writes about the siren of an edge: `[siren]` in `edge.toml`."""

import ipaddress
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from core.errors import EkamlingError
from edge.rules.schedule import Schedule

FILE = "{file}"  # in the player's words: the sound
_LOCAL = tuple(
    ipaddress.ip_network(net) for net in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)

Address = Annotated[str, Meta(pattern=r"^(https?://[!-~]+)?\Z", max_length=1000)]


class SirenSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The loudspeaker or siren beside the edge; without `player` and `relay_on` there is none."""

    player: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=400)]],
        Meta(
            max_length=32,
            description='program that plays a sound file, word by word and without a shell: ["aplay", "-q", "{file}"]',
        ),
    ] = []
    relay_on: Annotated[
        Address,
        Meta(description="address that switches a siren on; an IP address of the local network, or of this machine"),
    ] = ""
    relay_off: Annotated[Address, Meta(description="address that switches it off again; required with relay_on")] = ""
    relay_method: Annotated[Literal["GET", "POST"], Meta(description="how both are called")] = "GET"
    max_seconds: Annotated[int, Meta(ge=1, le=600, description="longest that it sounds, whatever the centre asks")] = (
        120
    )
    quiet: Annotated[
        str, Meta(max_length=60, description='hours without tests, such as "21:00-06:00"; empty: none')
    ] = "21:00-06:00"

    @property
    def present(self) -> bool:
        """Whether there is anything that can sound."""
        return bool(self.player or self.relay_on)

    def __post_init__(self) -> None:
        if self.player and not any(FILE in word for word in self.player[1:]):
            raise EkamlingError("siren: player: one of the words behind the program must hold {file}, the sound")
        if bool(self.relay_on) != bool(self.relay_off):
            raise EkamlingError("siren: relay_on and relay_off: give both or neither, else it never falls silent")
        for key, url in (("relay_on", self.relay_on), ("relay_off", self.relay_off)):
            if url and not local(url):
                raise EkamlingError(
                    f"siren: {key}: must name an IP address of the local network, such as http://192.168.10.40/on,"
                    " without user and password"
                )
        if self.quiet:
            Schedule.parse([self.quiet])


def local(url: str) -> bool:
    """Whether an address leads to this machine or the network around it. Names are refused: who answers for a name can
    change."""
    try:
        parts = urlsplit(url)
        host, _ = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError:
        return False
    return parts.username is None and ((host.version == 6 and host.is_loopback) or any(host in net for net in _LOCAL))
