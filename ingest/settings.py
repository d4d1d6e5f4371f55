"""What an administrator writes about the broker and the edges, in `centre.toml`."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.events import AreaCode, Slug

HostPort = Annotated[str, Meta(pattern=r"^[^:/@\s]+:[0-9]{1,5}\Z")]


class ClusterSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Several brokers that hold the same: when one fails, edges and the centre go on with another."""

    name: Annotated[Slug, Meta(description="name of this broker, which no other one of the cluster has")]
    others: Annotated[list[HostPort], Meta(min_length=1, description="the other brokers, host:port of their clusters")]
    host: Annotated[str, Meta(description="address on which it listens for the others; nobody else may reach it")]
    port: Annotated[int, Meta(ge=1, le=65535, description="port for the others")] = 6222


class BrokerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The broker that the centre starts itself (NATS, which speaks MQTT to the edges)."""

    host: Annotated[str, Meta(description="address on which the broker listens for edges")] = "127.0.0.1"
    mqtt_port: Annotated[int, Meta(ge=1, le=65535, description="port for the edges, MQTT 3.1.1")] = 1883
    inside: Annotated[
        str, Meta(description="address on which it listens for the centre's own processes; nobody else may reach it")
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="port for the centre's own processes, NATS")] = 4222
    monitor_port: Annotated[
        int, Meta(ge=1, le=65535, description="port that tells the broker's health, on 127.0.0.1")
    ] = 8222
    binary: Annotated[str, Meta(description="path of nats-server; empty: the one installed with E-Kamling")] = ""
    servers: Annotated[
        list[HostPort],
        Meta(description="brokers, host:port of `inside` and `port`, for roles without one; empty: this machine's"),
    ] = []
    replicas: Annotated[int, Meta(ge=1, le=5, description="copies of what edges send, in a cluster; 3 of 3")] = 1
    sync: Annotated[
        Literal["interval", "always"],
        Meta(description="when it syncs its disk: every two minutes, or always, before it says that it has something"),
    ] = "interval"
    key_file: Annotated[
        str,
        Meta(
            description="file of 32 bytes that all brokers and processes of one centre have alike, mode 0600; "
            "empty: `broker.key` in the data folder, made at the first start"
        ),
    ] = ""
    cluster: Annotated[ClusterSettings | None, Meta(description="the cluster of which it is a part")] = None


class EdgeAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """One edge that may connect."""

    id: Annotated[Slug, Meta(description="name of the edge, as in its own edge.toml")]
    name: Annotated[str, Meta(min_length=1, max_length=80, description="name that people read")]
    area: Annotated[AreaCode, Meta(description="area within which its cameras must stand")]
    secret_file: Annotated[str, Meta(description="file that holds the edge's password and nothing else, mode 0600")]
