"""What an installer writes about live view, in `edge.toml`."""

from typing import Annotated

from msgspec import Meta, Struct

Address = Annotated[str, Meta(pattern=r"^[0-9a-fA-F:.]{2,45}\Z")]


class LiveSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Live view: what goes out is sent from here straight to the viewer."""

    viewers: Annotated[
        int, Meta(ge=0, le=64, description="people who may watch at a time, as the uplink allows; 0: no live view")
    ] = 4
    transcodes: Annotated[
        int,
        Meta(
            ge=0,
            le=16,
            description="of these, people whose pictures are encoded anew, because the camera sends no H.264; 0: none",
        ),
    ] = 1
    burn_in: Annotated[
        bool,
        Meta(description="draw the viewer's name into every live picture, which encodes all of them anew"),
    ] = False
    addresses: Annotated[
        list[Address],
        Meta(max_length=16, description="addresses of this machine to send from; empty: all of them but loopback"),
    ] = []
    stun: Annotated[
        str,
        Meta(
            pattern=r"^(stun:[^\s?]+)?\Z",
            description="server that tells the edge its outer address, stun:host:port; empty: none",
        ),
    ] = ""
    turn: Annotated[
        str,
        Meta(
            pattern=r"^(turns?:[^\s?]+(\?transport=(udp|tcp))?)?\Z",
            description="relay for viewers who cannot reach the edge, turn:host:port; empty: none",
        ),
    ] = ""
    turn_secret_file: Annotated[
        str, Meta(description="file that holds the secret shared with the relay (coturn's static-auth-secret)")
    ] = ""
