"""The publisher: sends what waits in the outbox over MQTT, again and again, until the centre's own ack comes."""

import contextlib
import logging
import random
import socket
import threading
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from core.clock import Clock
from core.errors import EkamlingError, WireError
from core.events import Ack, Answer, Command, Reply, Status, decode, encode
from core.topics import topic
from edge.outbox import Channel, Outbox
from edge.settings import CentreLink

WINDOW: dict[Channel, int] = {"event": 200, "snapshot": 8}  # messages without the centre's ack at a time
# ... of which the broker has not said yet that it has them: what is in front of a new event on a slow link. That is
# 3 s of events, and 12 s of pictures at most, at 64 kbit/s.
UNDER_WAY: dict[Channel, int] = {"event": 32, "snapshot": 2}
# Seconds from the broker's word on, after which a message is sent again; the time doubles as long as the centre says
# nothing at all, up to the last: while it is away the broker has kept the first.
ACK_TIMEOUT_S, ACK_TIMEOUT_MAX_S = 10.0, 160.0
CONFIRM_S = 60.0  # for the broker's word, far more than a slow link needs; then the link is made anew
KEEPALIVE_S = 15
DEAD_LINK_MS = 10_000  # for which nothing that was sent came through, until the link is given up
# Seconds before the first and between later tries to connect. Each edge draws its own after every loss, so that not
# all edges of a regency come back in the same moment.
FIRST_RETRY_S, LATER_RETRY_S = (0.5, 1.5), (1.5, 3.0)

log = logging.getLogger("edge.publisher")


class Host(Protocol):
    """The edge for which the publisher speaks; called on the network thread."""

    def status(self, *, online: bool) -> Status:
        """How the edge is now."""
        ...

    def answer(self, command: Command) -> Reply | None:
        """Do what the centre asks; None where the answer comes later, through `Publisher.reply`."""
        ...


class _Sent:
    """A message that was handed to paho. The time for the centre's ack begins when the broker has it."""

    def __init__(self, info: mqtt.MQTTMessageInfo, now: float) -> None:
        self._info = info
        self.since = now  # on this link
        self._with_broker: float | None = None

    @property
    def under_way(self) -> bool:
        """Whether the broker has still to say that it has it. Where the link broke just then, paho cannot tell."""
        return self._info.rc is MQTTErrorCode.MQTT_ERR_SUCCESS and not self._info.is_published()

    def stuck(self, now: float) -> bool:
        """Whether the broker has been silent for longer than any link needs."""
        return self.under_way and now - self.since > CONFIRM_S

    def due(self, now: float, patience: float) -> bool:
        """Whether the centre has had `patience` seconds; `now` in monotonic ones."""
        if self._with_broker is None and not self.under_way:
            self._with_broker = now
        return self._with_broker is not None and now - self._with_broker >= patience


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
        self._sent: dict[tuple[Channel, int], _Sent] = {}
        self._wake = threading.Condition()
        self._patience = ACK_TIMEOUT_S
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
        _draw_retries(client)
        client.max_inflight_messages_set(sum(WINDOW.values()))
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_socket_open = _give_up_dead_links
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
        """Send every waiting message of the window that is not on its way; events before pictures.

        What the broker has not confirmed is not sent again: as long as the link lives TCP brings it, and on the next
        link paho sends it itself. On a slow link repeats would come faster than they leave.
        """
        now, patience = self._clock.monotonic(), self._patience
        sent: dict[tuple[Channel, int], _Sent] = {}
        if self._resend:
            self._resend = False
            self._sent = {key: each for key, each in self._sent.items() if each.under_way}
            for still in self._sent.values():
                still.since = now
        for channel, window in WINDOW.items():
            under_way = 0
            for seq in self._outbox.waiting(channel, window):
                each = self._sent.get((channel, seq))
                if each is not None and each.due(now, patience):
                    each, self._patience = None, min(2 * patience, ACK_TIMEOUT_MAX_S)
                if each is None and under_way < UNDER_WAY[channel] and self._may_go(channel, seq, sent):
                    each = self._send(channel, seq)
                if each is not None:
                    sent[channel, seq] = each
                    under_way += each.under_way
        self._sent = sent
        if any(one.stuck(now) for one in sent.values()):
            log.warning("the broker %s confirms nothing; the link is made anew", self._link.mqtt_host)
            self._break_off()

    def _break_off(self) -> None:
        """End the connection, as a broken link would; the network thread notices, and connects again."""
        link = self._client.socket()
        if isinstance(link, socket.socket):
            with contextlib.suppress(OSError):  # it has just ended by itself
                link.shutdown(socket.SHUT_RDWR)

    def _may_go(self, channel: Channel, seq: int, sent: dict[tuple[Channel, int], _Sent]) -> bool:
        """A picture follows its event: before it the centre would refuse it."""
        return channel == "event" or ("event", seq) in sent or self._outbox.read("event", seq) is None

    def _send(self, channel: Channel, seq: int) -> "_Sent | None":
        body = self._outbox.read(channel, seq)
        if body is None:
            return None
        self.published += 1
        info = self._client.publish(topic(self._edge, channel), body, qos=1)
        return _Sent(info, self._clock.monotonic())

    def _on_publish(self, _client: mqtt.Client, _data: Any, _mid: int, _reason: ReasonCode, _properties: Any) -> None:
        self.wake()  # there is room for the next

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any) -> None:
        if reason.is_failure:
            self._tell_once(f"the broker {self._link.mqtt_host} refuses edge {self._edge}: {reason}")
            return
        # QoS 0: for each subscription at QoS 1 NATS keeps a consumer, among which every message then is sought. What
        # comes this way is told until it was heard: acks because the events come again, commands by the courier.
        client.subscribe([(topic(self._edge, "ack"), 0), (topic(self._edge, "cmd"), 0)])
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
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if self.connected.is_set() and not self._stopping:  # else it was told already
            log.warning("the link to the broker %s is down (%s); events wait on disk", self._link.mqtt_host, reason)
        if self.connected.is_set():
            _draw_retries(client)
        self.connected.clear()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            if message.topic == topic(self._edge, "ack"):
                self._outbox.forget(decode(Ack, bytes(message.payload)))
                self._patience = ACK_TIMEOUT_S
                self.wake()
            else:
                reply = self._host.answer(decode(Command, bytes(message.payload)))
                if reply is not None:
                    self.reply(reply)
        except WireError as error:
            log.warning("the centre sent what this edge does not understand: %s", error)
        except EkamlingError as error:
            log.error("%s", error)


def _draw_retries(client: mqtt.Client) -> None:
    first, later = random.uniform(*FIRST_RETRY_S), random.uniform(*LATER_RETRY_S)  # noqa: S311 - no secret
    client.reconnect_delay_set(first, later)  # type: ignore[arg-type] # it counts parts of a second as well


def _give_up_dead_links(_client: mqtt.Client, _data: Any, link: Any) -> None:
    """Let the kernel end a connection on which nothing comes through, long before the keepalive would."""
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_LINK_MS)
