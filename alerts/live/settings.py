"""What an administrator writes about live view, in `centre.toml`."""

from typing import Annotated

from msgspec import Meta, Struct


class LiveSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Live view: what a viewer's browser is told, and how long a view may last. Pictures never pass through here."""

    minutes: Annotated[
        int, Meta(ge=1, le=720, description="longest that a view lasts before the viewer has to ask for it again")
    ] = 60
    stun: Annotated[
        str,
        Meta(
            pattern=r"^(stun:[^\s?]+)?\Z",
            description="server that tells a viewer's browser its outer address, stun:host:port; empty: none",
        ),
    ] = ""
    turn: Annotated[
        str,
        Meta(
            pattern=r"^(turns?:[^\s?]+(\?transport=(udp|tcp))?)?\Z",
            description="relay for viewers who cannot reach an edge, turn:host:port; empty: none",
        ),
    ] = ""
    turn_secret_file: Annotated[
        str, Meta(description="file that holds the secret shared with the relay (coturn's static-auth-secret)")
    ] = ""
