"""As much of MQTT 3.1.1 as a simulated edge needs: packets to bytes and back. Ten thousand clients of a library that
keeps threads, queues and callbacks for each would measure the library."""

from collections.abc import Iterator

CONNACK, PUBLISH, SUBACK = 2, 3, 9
PING = b"\xc0\x00"
_QOS_1 = 0b10
_CLEAN, _WILL_QOS_1, _LOGIN = 0x02, 0x0C, 0xC0
_NUMBER_BYTES = 4  # of a length at most


def connect(name: str, password: str, keepalive_s: int, will_topic: str, will: bytes) -> bytes:
    """CONNECT of a client whose name is its user, too, with a last will."""
    head = _text("MQTT") + bytes([4, _CLEAN | _WILL_QOS_1 | _LOGIN]) + keepalive_s.to_bytes(2, "big")
    return _packet(0x10, head + _text(name) + _text(will_topic) + _data(will) + _text(name) + _text(password))


def subscribe(topic: str, number: int) -> bytes:
    """SUBSCRIBE at QoS 0."""
    return _packet(0x82, number.to_bytes(2, "big") + _text(topic) + b"\x00")


def publish(topic: str, body: bytes, number: int) -> bytes:
    """PUBLISH at QoS 1."""
    return _packet(0x30 | _QOS_1, _text(topic) + number.to_bytes(2, "big") + body)


def payload(body: bytes) -> bytes:
    """What a PUBLISH that came at QoS 0 carries."""
    return body[2 + int.from_bytes(body[:2], "big") :]


class Reader:
    """Cuts what comes into packets."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """(kind, flags, body) of every packet that is whole now."""
        self._waiting += data
        while (cut := self._cut()) is not None:
            head, start, end = cut
            body = bytes(self._waiting[start:end])
            del self._waiting[:end]
            yield head >> 4, head & 0x0F, body

    def _cut(self) -> tuple[int, int, int] | None:
        """First byte, and where the body of the first packet begins and ends; None while it is not whole."""
        length = 0
        for place in range(1, min(len(self._waiting), _NUMBER_BYTES + 1)):
            byte = self._waiting[place]
            length |= (byte & 0x7F) << (7 * (place - 1))
            if not byte & 0x80:
                end = place + 1 + length
                return (self._waiting[0], place + 1, end) if len(self._waiting) >= end else None
        return None


def _packet(head: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([head]) + bytes(length) + body


def _data(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def _text(value: str) -> bytes:
    return _data(value.encode())
