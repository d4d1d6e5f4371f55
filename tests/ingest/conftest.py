"""What an edge does at the broker, without an edge."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from core.topics import topic
from tests.brokers import EDGES, RunningBroker
from tests.patience import PATIENCE_S


class MqttEdge:
    """An edge's MQTT session. Its network thread hands over to the test's loop."""

    def __init__(self, edge: str, port: int, password: str | None = None) -> None:
        self.edge = edge
        self.received: list[tuple[str, bytes]] = []
        self.subscribed: asyncio.Queue[list[bool]] = asyncio.Queue()  # of each subscription: was it granted?
        self.answered: asyncio.Queue[bool] = asyncio.Queue()  # of each attempt to connect: was it let in?
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=edge)
        self._client.username_pw_set(edge, EDGES[edge] if password is None else password)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    async def start(self) -> bool:
        """Connect, now and again after every loss; whether the broker let the edge in."""
        self._client.connect_async("127.0.0.1", self._port)
        self._client.loop_start()
        return await asyncio.wait_for(self.answered.get(), PATIENCE_S)

    async def stop(self) -> None:
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    async def subscribe(self, *topics: str) -> list[bool]:
        """Which of the topics the broker granted."""
        self._client.subscribe([(name, 0) for name in topics])
        return await asyncio.wait_for(self.subscribed.get(), PATIENCE_S)

    async def publish(self, channel: str, payload: bytes, edge: str | None = None) -> None:
        """Send on a channel of this edge, or of another, and wait until the broker has it."""
        await self.publish_to(topic(edge or self.edge, channel), payload)

    async def publish_to(self, name: str, payload: bytes) -> None:
        info = self._client.publish(name, payload, qos=1)
        await asyncio.to_thread(info.wait_for_publish, PATIENCE_S)

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self._loop.call_soon_threadsafe(self.answered.put_nowait, not reason.is_failure)

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _id: int, reasons: Any, _properties: Any) -> None:
        granted = [not reason.is_failure for reason in reasons]
        self._loop.call_soon_threadsafe(self.subscribed.put_nowait, granted)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self.received.append, (message.topic, bytes(message.payload)))


@pytest.fixture
async def edges(broker: RunningBroker) -> AsyncIterator[dict[str, MqttEdge]]:
    """Both edges, connected and listening to their acks."""
    edges = {name: MqttEdge(name, broker.mqtt_port) for name in EDGES}
    for edge in edges.values():
        assert await edge.start()
        assert await edge.subscribe(topic(edge.edge, "ack")) == [True]
    yield edges
    for edge in edges.values():
        await edge.stop()
