"""The publisher: sends what waits in the outbox over MQTT, again and again, until the centre's own ack comes."""

import contextlib
import logging
import threading
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import Clock
from core.errors import EkamlingError, WireError
from core.events import Ack, Answer, Command, Reply, Status, decode, encode
from core.topics import topic
from edge.outbox import Channel, Outbox
from edge.settings import CentreLink

WINDOW: dict[Channel, int] = {"event": 200, "snapshot": 8}  # messages on their way at a time
ACK_TIMEOUT_S = 10.0  # after which a message that was sent is sent again
KEEPALIVE_S = 15
RECONNECT_S = (1, 30)

log = logging.getLogger("edge.publisher")


class Host(Protocol):
    """The edge for which the publisher speaks; called on the network thread."""

    def status(self, *, online: bool) -> Status:
        """How the edge is now."""
        ...

    def answer(self, command: Command) -> Reply | None:
        """Do what the centre asks; None where the answer comes later, through `Publisher.reply`."""
        ...


class Publisher:
    """Owns the MQTT session of one edge."""

    def __init__(
        self,
        edge: str,
        link: CentreLink,
        secret: str,
        outbox: Outbox,
        clock: Clock,
        host: Host,
    ) -> None:
        self._edge = edge
        self._link = link
        self._outbox = outbox
        self._clock = clock
        self._host = host
        self._sent: dict[tuple[Channel, int], float] = {}
        self._wake = threading.Condition()
        self._work = False
        self._resend = False
        self._stopping = False
        self._told = ""  # the last trouble with the connection that was logged
        self.published = 0  # messages handed to the broker, repeats included
        self.connected = threading.Event()
        self._client = self._session(secret)
        self._sender = threading.Thread(target=self._send_forever, name="publisher", daemon=True)

    def _session(self, secret: str) -> mqtt.Client:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self._edge, clean_session=True)
        client.username_pw_set(self._edge, secret)
        client.will_set(topic(self._edge, "status"), encode(Status(online=False)), qos=1)
        client.reconnect_delay_set(*RECONNECT_S)
        client.max_inflight_messages_set(sum(WINDOW.values()))
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def start(self) -> None:
        """Connect in the background, now and after every loss."""
        self._client.connect_async(self._link.mqtt_host, self._link.mqtt_port, keepalive=KEEPALIVE_S)
        self._client.loop_start()
        self._sender.start()

    def wake(self) -> None:
        """Say that something new waits in the outbox."""
        with self._wake:
            self._work = True
            self._wake.notify()

    def publish_status(self, status: Status) -> None:
        """Send a heartbeat if the link is up; an old heartbeat is worth nothing, so it never waits."""
        if self.connected.is_set():
            self._client.publish(topic(self._edge, "status"), encode(status), qos=1)

    def reply(self, reply: Reply) -> None:
        """Answer a command if the link is up; the centre asks again for what it has no answer to."""
        if self.connected.is_set():
            self._client.publish(topic(self._edge, "reply"), encode(reply), qos=1)

    def answer(self, answer: Answer) -> None:
        """Answer a command of live view if the link is up; a moment later it would be worth nothing."""
        if self.connected.is_set():
            self._client.publish(topic(self._edge, "live"), encode(answer), qos=1)

    def stop(self, farewell: Status) -> None:
        """Send a last status, wait briefly until the broker has it, and close."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._sender.join(timeout=5)
        if self.connected.is_set():
            info = self._client.publish(topic(self._edge, "status"), encode(farewell), qos=1)
            with contextlib.suppress(RuntimeError):  # the link broke just now
                info.wait_for_publish(timeout=3)
        self._client.disconnect()
        self._client.loop_stop()

    def _send_forever(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._work or self._stopping, timeout=1.0)
                self._work = False
                if self._stopping:
                    return
            if self.connected.is_set():
                try:
                    self._send_waiting()
                except EkamlingError as error:
                    log.error("%s", error)

    def _send_waiting(self) -> None:
        """Send every waiting message of the window that is not on its way; events before pictures."""
        now = self._clock.monotonic()
        if self._resend:
            self._resend = False
            self._sent.clear()
        for channel, window in WINDOW.items():
            for seq in self._outbox.waiting(channel, window):
                if now - self._sent.get((channel, seq), -ACK_TIMEOUT_S) < ACK_TIMEOUT_S:
                    continue
                body = self._outbox.read(channel, seq)
                if body is None:
                    continue
                self._client.publish(topic(self._edge, channel), body, qos=1)
                self._sent[channel, seq] = now
                self.published += 1
        self._sent = {key: at for key, at in self._sent.items() if now - at < ACK_TIMEOUT_S}

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._tell_once(f"the broker {self._link.mqtt_host} refuses edge {self._edge}: {reason}")
            return
        client.subscribe([(topic(self._edge, "ack"), 1), (topic(self._edge, "cmd"), 1)])
        # The status goes first: it tells the centre the cameras' names and places before any event of theirs.
        try:
            client.publish(topic(self._edge, "status"), encode(self._host.status(online=True)), qos=1)
        except EkamlingError as error:
            log.error("%s", error)
        self._resend = True  # of what was on its way when the last connection broke
        self._told = ""
        self.connected.set()
        log.info("connected to the broker %s:%d", self._link.mqtt_host, self._link.mqtt_port)
        self.wake()

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        self._tell_once(
            f"the broker {self._link.mqtt_host}:{self._link.mqtt_port} cannot be reached; events wait on disk"
        )

    def _tell_once(self, trouble: str) -> None:
        """Log what keeps the edge from its broker, and not again with every try."""
        if trouble != self._told:
            self._told = trouble
            log.error("%s", trouble)

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if self.connected.is_set() and not self._stopping:  # else it was told already
            log.warning("the link to the broker %s is down (%s); events wait on disk", self._link.mqtt_host, reason)
        self.connected.clear()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            if message.topic == topic(self._edge, "ack"):
                self._outbox.forget(decode(Ack, bytes(message.payload)))
                self.wake()
            else:
                reply = self._host.answer(decode(Command, bytes(message.payload)))
                if reply is not None:
                    self.reply(reply)
        except WireError as error:
            log.warning("the centre sent what this edge does not understand: %s", error)
        except EkamlingError as error:
            log.error("%s", error)
