"""What an administrator writes about the broker and the edges, in `centre.toml`."""

from typing import Annotated

from msgspec import Meta, Struct

from core.events import AreaCode, Slug

Port = Annotated[int, Meta(ge=1, le=65535)]


class BrokerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The broker that the centre starts itself (NATS, which speaks MQTT to the edges)."""

    host: Annotated[
        str,
        Meta(description="address on which the broker listens for edges; the other two ports answer on 127.0.0.1 only"),
    ] = "127.0.0.1"
    mqtt_port: Annotated[int, Meta(ge=1, le=65535, description="port for the edges, MQTT 3.1.1")] = 1883
    port: Annotated[int, Meta(ge=1, le=65535, description="port for the centre's own processes, NATS")] = 4222
    monitor_port: Annotated[int, Meta(ge=1, le=65535, description="port that tells the broker's health")] = 8222
    binary: Annotated[str, Meta(description="path of nats-server; empty: the one installed with E-Kamling")] = ""


class EdgeAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """One edge that may connect."""

    id: Annotated[Slug, Meta(description="name of the edge, as in its own edge.toml")]
    name: Annotated[str, Meta(min_length=1, max_length=80, description="name that people read")]
    area: Annotated[AreaCode, Meta(description="area within which its cameras must stand")]
    secret_file: Annotated[str, Meta(description="file that holds the edge's password and nothing else, mode 0600")]
