"""What a misbehaving camera sends in place of its pictures: nothing, nonsense, or pictures that are spoiled or odd.

Each takes the RTP packets of the picture that is due, and gives the bytes that go over the wire.
"""

import random
import socket
import struct
from collections.abc import Callable

from tests.edge.misbehaving_camera import RATE, Distortion, Visit, framed, intact

NOISE = random.Random(7).randbytes(64 * 1024)  # noqa: S311 - noise, not a secret
SPS, PPS, IDR = 7, 8, 5
_FRAGMENT = 28

# --- what comes in place of pictures


def nothing(_visit: Visit, _packets: list[bytes]) -> bytes:
    return b""


def gone(visit: Visit, _packets: list[bytes]) -> bytes:
    """Not even a keepalive is answered any more; the connection stays open."""
    visit.silent()
    return b""


def closes(visit: Visit, _packets: list[bytes]) -> bytes:
    raise ConnectionAbortedError


def resets(visit: Visit, _packets: list[bytes]) -> bytes:
    visit.reset()
    return b""


def says_no_more(visit: Visit, _packets: list[bytes]) -> bytes:
    """Closes its own side of the connection only."""
    visit.sock.shutdown(socket.SHUT_WR)
    visit.silent()
    return b""


def until_reminded(visit: Visit, packets: list[bytes]) -> bytes:
    """Pictures until the first request that the client sends while it plays."""
    return b"" if visit.reminded else intact(visit, packets)


def bye(_visit: Visit, _packets: list[bytes]) -> bytes:
    """An RTCP BYE (RFC 3550 section 6.6) behind a sender report, and no picture after it."""
    report = struct.pack(">BBH6I", 0x80, 200, 6, 7, 3_900_000_000, 0, 0, 1, 1)
    return framed(report + struct.pack(">BBHI", 0x81, 203, 1, 7), 1)


def one_byte(_visit: Visit, _packets: list[bytes]) -> bytes:
    """Nulls inside a frame that is said to be long: one byte in place of each picture."""
    return b"\x00"


def trickles(visit: Visit, packets: list[bytes]) -> bytes:
    """The frame of one picture, a byte in place of each further picture."""
    return framed(packets[0])[visit.count % 40 :][:1]


def garbage(_visit: Visit, _packets: list[bytes]) -> bytes:
    return NOISE


def seldom(visit: Visit, packets: list[bytes]) -> bytes:
    """One picture in 10 s."""
    return b"" if visit.count % round(10 * RATE) else intact(visit, packets)


def asks(_visit: Visit, _packets: list[bytes]) -> bytes:
    """Requests of its own in place of pictures."""
    return b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 20


def redirects(_visit: Visit, _packets: list[bytes]) -> bytes:
    return b"REDIRECT * RTSP/1.0\r\nCSeq: 1\r\nLocation: rtsp://127.0.0.2/\r\n\r\n"


def oversized_request(_visit: Visit, _packets: list[bytes]) -> bytes:
    return b"ANNOUNCE * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 999999999\r\n\r\n"


# --- pictures that are wrong


def breaks_off(visit: Visit, packets: list[bytes]) -> bytes:
    """One picture, and the end."""
    visit.sock.sendall(intact(visit, packets))
    raise ConnectionAbortedError


def cut(_visit: Visit, packets: list[bytes]) -> bytes:
    """Every unit of a picture cut short; parameter sets stay whole."""
    return b"".join(framed(packet if _kind(packet) in (SPS, PPS) else packet[:20]) for packet in packets)


def without(*kinds: int) -> Distortion:
    """NAL units of these types are left out."""
    return lambda visit, packets: intact(visit, visit.numbered([one for one in packets if _kind(one) not in kinds]))


def steps_only(visit: Visit, packets: list[bytes]) -> bytes:
    """Pictures as they should be, but never a keyframe."""
    key = any(_kind(packet) in (SPS, IDR) for packet in packets)
    return b"" if key else intact(visit, packets)


def endless_unit(visit: Visit, packets: list[bytes]) -> bytes:
    """Fragments of a unit that never ends: a megabyte in place of each picture."""
    head = struct.pack(">BBHII", 0x80, 0x60, 0, 0, 7)
    made = bytearray()
    for number in range(16):
        sequence = (visit.count * 16 + number) & 0xFFFF
        start = 0x80 if sequence == 16 else 0
        made += framed(head[:2] + sequence.to_bytes(2, "big") + head[4:] + bytes((0x7C, start | IDR)) + bytes(65_000))
    return bytes(made)


def on_channel(number: int) -> Distortion:
    return lambda _visit, packets: b"".join(framed(packet, number) for packet in packets)


def of_payload_type(number: int) -> Distortion:
    return lambda _visit, packets: b"".join(
        framed(packet[:1] + bytes((packet[1] & 0x80 | number,)) + packet[2:]) for packet in packets
    )


def declared(more: int) -> Distortion:
    """Every frame claims to be so much longer than it is (or shorter, where it is negative)."""
    return lambda _visit, packets: b"".join(framed(packet, declared=max(0, len(packet) + more)) for packet in packets)


def unfinished(visit: Visit, packets: list[bytes]) -> bytes:
    """The head of the longest frame, and its bytes by drops."""
    return framed(packets[0], declared=0xFFFF) if visit.count == 1 else b"\x00" * 10


# --- pictures that are odd and can be used


def moved(offset: int) -> Distortion:
    """Timestamps that jump, by so many ticks of 90 kHz, every ten pictures."""

    def distort(visit: Visit, packets: list[bytes]) -> bytes:
        stamp = int.from_bytes(packets[0][4:8], "big") + offset * (visit.count // 10)
        return b"".join(
            framed(packet[:4] + (stamp & 0xFFFF_FFFF).to_bytes(4, "big") + packet[8:]) for packet in packets
        )

    return distort


def still(_visit: Visit, packets: list[bytes]) -> bytes:
    """All pictures of one moment, as their timestamps say."""
    return b"".join(framed(packet[:4] + bytes(4) + packet[8:]) for packet in packets)


def numbered(change: Callable[[int, int], int]) -> Distortion:
    """Sequence numbers made of the true one and the number of the picture."""

    def distort(visit: Visit, packets: list[bytes]) -> bytes:
        numbers = (change(int.from_bytes(packet[2:4], "big"), visit.count) & 0xFFFF for packet in packets)
        pairs = zip(numbers, packets, strict=True)
        return b"".join(framed(packet[:2] + number.to_bytes(2, "big") + packet[4:]) for number, packet in pairs)

    return distort


def lossy(visit: Visit, packets: list[bytes]) -> bytes:
    """Every fifth picture is lost on the way."""
    return intact(visit, packets) if visit.count % 5 else b""


def with_sound(visit: Visit, packets: list[bytes]) -> bytes:
    """Between the pictures, another track that nobody asked for."""
    return intact(visit, packets) + framed(b"\x80\x61" + bytes(170), 2)


def with_reports(visit: Visit, packets: list[bytes]) -> bytes:
    """Between the pictures, RTCP that is none, and messages that answer nothing."""
    return intact(visit, packets) + framed(NOISE[:50], 1) + b"RTSP/1.0 200 OK\r\nCSeq: 9999\r\n\r\n"


def hushed(visit: Visit, packets: list[bytes]) -> bytes:
    """A camera that ends a session from which it hears nothing for two seconds."""
    if visit.since > 2 * RATE:
        visit.silent()
    return intact(visit, packets)


def _kind(packet: bytes) -> int:
    kind = packet[12] & 0x1F
    return packet[13] & 0x1F if kind == _FRAGMENT else kind
