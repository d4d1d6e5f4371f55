import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rtsp.depacketize import Depacketizer
from edge.rtsp.nal import LARGEST_PICTURE
from edge.rtsp.packet import Counts, Packet
from edge.rtsp.sdp import START_CODE, VideoTrack
from ekamling.streams.h264 import packetize

SPS, PPS, SEI = b"\x67\x42\x00\x1e", b"\x68\xce\x38\x80", b"\x06\x05\x01\x02"
KEY = b"\x65\x88" + bytes(range(1, 40))
STEP = b"\x41\x9a" + bytes(range(1, 30))  # first slice of a picture that depends on others
REST = b"\x41\x1a" + bytes(range(1, 30))  # a further slice of the same picture
AP, FU = 48, 49  # H.265 aggregation and fragmentation (RFC 7798)


def annex_b(*units: bytes) -> bytes:
    return b"".join(START_CODE + unit for unit in units)


class Camera:
    """Feeds RTP packets to a depacketizer, numbered and stamped in order unless told otherwise."""

    def __init__(self, codec: str = "h264", *, sets: bytes = b"", rate: int = 90_000, start: int = 65_534) -> None:
        self.counts = Counts()
        self.depacketizer = Depacketizer(VideoTrack(codec, 96, rate, "", sets), self.counts)
        self.sequence = start

    def send(self, payload: bytes, stamp: int, *, marker: bool = False, skip: int = 0) -> None:
        self.sequence += skip
        head = struct.pack(">BBHII", 0x80, 96 | marker << 7, self.sequence & 0xFFFF, stamp & 0xFFFF_FFFF, 7)
        self.depacketizer.push(memoryview(head + payload), 1.5)
        self.sequence += 1

    def picture(self, *payloads: bytes, stamp: int, skip: int = 0) -> None:
        for number, payload in enumerate(payloads, 1):
            self.send(payload, stamp, marker=number == len(payloads), skip=skip if number == 1 else 0)

    def got(self) -> list[Packet]:
        return list(self.depacketizer.ready)

    def data(self) -> list[bytes]:
        return [packet.data for packet in self.got()]


def test_single_units_become_one_access_unit_at_the_marker() -> None:
    camera = Camera()
    camera.picture(SPS, PPS, KEY, stamp=0)
    assert camera.got() == [Packet(annex_b(SPS, PPS, KEY), 0, True, 1.5)]


def test_an_aggregate_is_taken_apart() -> None:
    camera = Camera()
    aggregate = b"\x18" + b"".join(len(unit).to_bytes(2, "big") + unit for unit in (SPS, PPS, KEY))
    camera.picture(aggregate, stamp=0)
    assert camera.data() == [annex_b(SPS, PPS, KEY)]


def test_parameter_sets_of_the_sdp_stand_before_keyframes_that_lack_them() -> None:
    camera = Camera(sets=annex_b(SPS, PPS))
    camera.picture(KEY, stamp=0)
    camera.picture(STEP, stamp=3000)
    assert camera.data() == [annex_b(SPS, PPS, KEY), annex_b(STEP)]


def test_parameter_sets_seen_in_band_replace_those_of_the_sdp() -> None:
    camera = Camera(sets=annex_b(b"\x67old", b"\x68old"))
    camera.picture(SPS, PPS, KEY, stamp=0)
    camera.picture(KEY, stamp=3000)
    assert camera.data() == [annex_b(SPS, PPS, KEY)] * 2


def test_parameter_sets_sent_ahead_with_another_timestamp_wait_for_their_picture() -> None:
    camera = Camera()
    camera.picture(SPS, stamp=0)
    camera.picture(PPS, stamp=1)
    camera.picture(KEY, stamp=3000)
    assert camera.data() == [annex_b(SPS, PPS, KEY)]
    assert camera.got()[0].pts == 3000


def test_a_missing_marker_is_made_up_by_the_next_timestamp() -> None:
    camera = Camera()
    for stamp in (0, 3000, 6000):
        camera.send(STEP, stamp)
    assert [(packet.data, packet.pts) for packet in camera.got()] == [(annex_b(STEP), 0), (annex_b(STEP), 3000)]


def test_a_marker_on_every_slice_is_distrusted_after_one_picture() -> None:
    camera = Camera()
    for stamp in range(0, 15_000, 3000):
        camera.send(STEP, stamp, marker=True)
        camera.send(REST, stamp, marker=True)
    assert camera.data()[-3:] == [annex_b(STEP, REST)] * 3


def test_a_marker_inside_a_fragment_is_ignored() -> None:
    camera = Camera()
    first, last = packetize([KEY], 30)
    camera.send(first, 0, marker=True)
    camera.send(last, 0, marker=True)
    assert camera.data() == [annex_b(KEY)]


def test_a_fragment_that_never_ends_is_whole_when_nothing_was_lost() -> None:
    camera = Camera()
    first, last = packetize([KEY], 30)
    camera.send(first, 0)
    camera.send(bytes((last[0], last[1] & 0xBF)) + last[2:], 0, marker=True)
    camera.send(STEP, 3000)
    assert camera.data() == [annex_b(KEY)]


def test_empty_fragments_and_units_do_no_harm() -> None:
    camera = Camera()
    camera.send(b"", 0)
    camera.send(b"\x7c", 0)
    camera.send(b"\x7c\x05", 0)
    first, last = packetize([KEY], 30)
    camera.send(first, 0)
    camera.send(first[:1] + b"\x05", 0)
    camera.send(last, 0, marker=True)
    assert camera.data() == [annex_b(KEY)]
    assert camera.counts.damaged == 0


def test_start_codes_inside_one_rtp_unit_are_understood() -> None:
    camera = Camera()
    camera.picture(annex_b(SPS, PPS, KEY), stamp=0)
    camera.picture(SPS + annex_b(PPS, KEY), stamp=3000)
    assert camera.data() == [annex_b(SPS, PPS, KEY)] * 2
    assert all(packet.keyframe for packet in camera.got())


def test_a_picture_with_a_lost_packet_is_dropped_and_the_next_goes_on() -> None:
    camera = Camera()
    camera.picture(KEY, stamp=0)
    first, middle, last = packetize([STEP], 15)
    camera.send(first, 3000)
    camera.send(last, 3000, marker=True, skip=1)
    camera.picture(STEP, stamp=6000)
    assert camera.data() == [annex_b(KEY), annex_b(STEP)]
    assert (camera.counts.lost, camera.counts.damaged, camera.counts.packets) == (1, 1, 4)
    assert middle


def test_a_picture_whose_beginning_was_lost_is_dropped() -> None:
    camera = Camera()
    camera.picture(KEY, stamp=0)
    camera.picture(REST, stamp=3000, skip=1)
    camera.picture(STEP, stamp=6000)
    assert camera.data() == [annex_b(KEY), annex_b(STEP)]
    assert camera.counts.damaged == 1


def test_whole_pictures_that_were_lost_damage_nothing() -> None:
    camera = Camera()
    camera.picture(KEY, stamp=0)
    camera.picture(STEP, stamp=9000, skip=40)
    assert len(camera.got()) == 2
    assert (camera.counts.lost, camera.counts.damaged) == (40, 0)


def test_joining_in_the_middle_of_a_picture_waits_for_the_next() -> None:
    camera = Camera()
    camera.send(packetize([KEY], 30)[1], 0, marker=True)
    camera.picture(STEP, stamp=3000)
    assert camera.data() == [annex_b(STEP)]


def test_a_repeated_packet_is_ignored() -> None:
    camera = Camera()
    camera.send(SPS, 0)
    camera.send(SPS, 0, skip=-1)
    camera.send(KEY, 0, marker=True)
    assert camera.data() == [annex_b(SPS, KEY)]
    assert camera.counts.spurious == 12 + len(SPS)


def test_sequence_numbers_that_start_again_are_one_loss() -> None:
    camera = Camera(start=10_000)
    camera.picture(STEP, stamp=0)
    camera.sequence = 0
    camera.picture(STEP, stamp=3000)
    assert (len(camera.got()), camera.counts.lost, camera.counts.damaged) == (2, 1, 0)


def test_timestamps_unwrap_over_32_bits() -> None:
    camera = Camera()
    for stamp in (2**32 - 3000, 2**32, 2**32 + 3000):
        camera.picture(STEP, stamp=stamp)
    assert [packet.pts for packet in camera.got()] == [0, 3000, 6000]


def test_timestamps_never_go_back() -> None:
    camera = Camera()
    for stamp in (0, 9000, 3000, 6000, 18_000):
        camera.picture(STEP, stamp=stamp)
    assert [packet.pts for packet in camera.got()] == [0, 9000, 9000, 9000, 18_000]


@pytest.mark.parametrize("restart", [5, 2**31 + 12_345])
def test_a_clock_that_starts_again_goes_on_by_one_step(restart: int) -> None:
    camera = Camera()
    for stamp in (100_000_000, 100_003_000, restart, restart + 3000):
        camera.picture(STEP, stamp=stamp)
    assert [packet.pts for packet in camera.got()] == [0, 3000, 6000, 9000]


def test_another_clock_rate_is_scaled_to_90_khz() -> None:
    camera = Camera(rate=1000)
    for stamp in (0, 40, 80):
        camera.picture(STEP, stamp=stamp)
    assert [packet.pts for packet in camera.got()] == [0, 3600, 7200]


def test_header_extensions_sources_and_padding_are_skipped() -> None:
    camera = Camera()
    head = struct.pack(">BBHII", 0x80 | 0x20 | 0x10 | 2, 96 | 0x80, 1, 0, 7)
    extension = b"\xbe\xde\x00\x01" + bytes(4)
    camera.depacketizer.push(memoryview(head + bytes(8) + extension + STEP + b"\x00\x00\x03"), 1.5)
    assert camera.data() == [annex_b(STEP)]


def test_packets_of_another_payload_type_are_counted_as_spurious() -> None:
    camera = Camera()
    camera.depacketizer.push(memoryview(struct.pack(">BBHII", 0x80, 97, 1, 0, 7) + STEP), 1.5)
    assert (camera.got(), camera.counts.spurious, camera.counts.packets) == ([], 12 + len(STEP), 0)


def test_a_picture_without_end_is_dropped_at_the_limit() -> None:
    camera = Camera()
    piece = b"\x7c\x05" + bytes(60_000)
    camera.send(b"\x7c\x85" + bytes(60_000), 0)
    for _ in range(LARGEST_PICTURE // 60_000 + 1):
        camera.send(piece, 0)
    camera.picture(STEP, stamp=3000)
    assert camera.data() == [annex_b(STEP)]
    assert camera.counts.damaged == 1


def hevc(kind: int, *, first: bool = True, size: int = 20) -> bytes:
    return bytes((kind << 1, 1, 0x80 if first else 0x01)) + bytes(range(1, size))


def hevc_fragments(unit: bytes, size: int) -> list[bytes]:
    kind, body = unit[0] >> 1 & 0x3F, unit[2:]
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    flags = [(number == 0) << 7 | (number == len(pieces) - 1) << 6 for number in range(len(pieces))]
    return [bytes((FU << 1, 1, flag | kind)) + piece for flag, piece in zip(flags, pieces, strict=True)]


@pytest.mark.parametrize(("kind", "keyframe"), [(1, False), (16, True), (19, True), (21, True), (0, False)])
def test_hevc_keyframes_are_the_irap_types(kind: int, keyframe: bool) -> None:
    camera = Camera("hevc")
    camera.picture(hevc(kind), stamp=0)
    assert [(packet.data, packet.keyframe) for packet in camera.got()] == [(annex_b(hevc(kind)), keyframe)]


def test_hevc_aggregates_and_fragments_are_put_together() -> None:
    camera = Camera("hevc")
    sets, key = [hevc(32), hevc(33), hevc(34)], hevc(19, size=200)
    aggregate = bytes((AP << 1, 1)) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in sets)
    camera.picture(aggregate, *hevc_fragments(key, 50), stamp=0)
    assert camera.got() == [Packet(annex_b(*sets, key), 0, True, 1.5)]


def nal_units(types: st.SearchStrategy[int]) -> st.SearchStrategy[bytes]:
    body = st.binary(min_size=1, max_size=300).filter(lambda data: b"\x00\x00" not in data)
    return st.builds(lambda kind, data: bytes((0x60 | kind, 0x80 | data[0])) + data, types, body)


@given(
    st.lists(nal_units(st.sampled_from((6, 7, 8, 9))), max_size=3),
    st.lists(nal_units(st.sampled_from((1, 5))), min_size=1, max_size=4),
    st.integers(3, 64),
)
def test_what_the_simulator_packetizes_comes_back_unchanged(ahead: list[bytes], slices: list[bytes], mtu: int) -> None:
    camera = Camera()
    for stamp in (0, 3000):
        camera.picture(*packetize([*ahead, *slices], mtu), stamp=stamp)
    assert camera.counts == Counts(packets=camera.counts.packets)
    assert [packet.data[-len(annex_b(*ahead, *slices)) :] for packet in camera.got()] == [annex_b(*ahead, *slices)] * 2


@given(st.integers(3, 400), st.integers(1, 100))
def test_hevc_fragments_of_any_size_come_back_unchanged(size: int, piece: int) -> None:
    camera = Camera("hevc")
    unit = hevc(1) + b"\xab" * size
    camera.picture(*hevc_fragments(unit, piece), stamp=0)
    assert camera.data() == [annex_b(unit)]


@given(
    st.sampled_from(("h264", "hevc", "mjpeg")),
    st.lists(st.binary(max_size=80) | st.builds(lambda body: b"\x80\x60" + body, st.binary(max_size=60)), max_size=20),
)
def test_no_rtp_packet_breaks_the_depacketizer(codec: str, packets: list[bytes]) -> None:
    camera = Camera(codec)
    for packet in packets:
        camera.depacketizer.push(memoryview(packet), 0.0)
    stamps = [packet.pts for packet in camera.got()]
    assert stamps == sorted(stamps)


@given(
    st.sampled_from(("h264", "hevc", "mjpeg")), st.lists(st.tuples(st.binary(max_size=20), st.booleans()), max_size=30)
)
def test_no_payload_breaks_the_depacketizer(codec: str, payloads: list[tuple[bytes, bool]]) -> None:
    camera = Camera(codec)
    for number, (payload, marker) in enumerate(payloads):
        camera.send(payload, number // 3 * 3000, marker=marker)
    assert camera.counts.packets == len(payloads)
