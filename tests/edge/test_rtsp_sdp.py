import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SourceRefused
from edge.rtsp.sdp import START_CODE, parse

SPS, PPS = b"\x67\x42\x00\x1e\xab", b"\x68\xce\x38\x80"


def coded(unit: bytes) -> str:
    return base64.b64encode(unit).decode()


def h264(control: str = "trackID=1", sets: str = f"{coded(SPS)},{coded(PPS)}") -> str:
    return (
        "v=0\r\ns=-\r\na=control:*\r\n"
        "m=audio 0 RTP/AVP 8\r\na=control:trackID=0\r\n"
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
        f"a=fmtp:96 packetization-mode=1; profile-level-id=42001e; sprop-parameter-sets={sets}\r\n"
        f"a=control:{control}\r\n"
    )


def test_the_first_video_track_is_found_behind_audio() -> None:
    session = parse(h264(), "cam")
    track = session.track
    assert (session.control, track.control, track.codec) == ("*", "trackID=1", "h264")
    assert (track.payload_type, track.clock_rate) == (96, 90_000)
    assert track.parameter_sets == START_CODE + SPS + START_CODE + PPS


def test_parameter_sets_with_their_own_start_codes_and_zeros_are_cleaned() -> None:
    sets = f"{coded(START_CODE + SPS)},{coded(PPS + bytes(3))}"
    assert parse(h264(sets=sets), "cam").track.parameter_sets == START_CODE + SPS + START_CODE + PPS


@pytest.mark.parametrize("sets", ["", "***", "Z", ",,", "żółw"])
def test_unusable_parameter_sets_are_left_out(sets: str) -> None:
    assert parse(h264(sets=sets), "cam").track.parameter_sets == b""


def test_base64_without_its_padding_is_read() -> None:
    sets = f"{coded(SPS).rstrip('=')},{coded(PPS).rstrip('=')}"
    assert parse(h264(sets=sets), "cam").track.parameter_sets == START_CODE + SPS + START_CODE + PPS


def test_a_description_without_origin_and_with_bare_line_feeds_is_read() -> None:
    text = "m=video 0 RTP/AVP 98\na=rtpmap:98 h265/90000\na=fmtp:98 sprop-vps=QAE=; sprop-sps=QgE=; sprop-pps=RAE=\n"
    track = parse(text, "cam").track
    assert (track.codec, track.control) == ("hevc", "")
    assert track.parameter_sets.count(START_CODE) == 3


def test_static_jpeg_needs_no_rtpmap() -> None:
    track = parse("m=video 0 RTP/AVP 26\r\n", "cam").track
    assert (track.codec, track.payload_type, track.clock_rate) == ("mjpeg", 26, 90_000)


def test_a_second_allowed_track_is_taken_when_the_first_is_not_allowed() -> None:
    text = "m=video 0 RTP/AVP 97\r\na=rtpmap:97 MP4V-ES/90000\r\n" + h264()
    assert parse(text, "cam").track.codec == "h264"


def test_an_unknown_codec_is_named() -> None:
    with pytest.raises(SourceRefused, match=r"camera cam sends VP8, which is not read: set its stream to H\.264"):
        parse("m=video 0 RTP/AVP 97\r\na=rtpmap:97 VP8/90000\r\n", "cam")


def test_a_session_without_video_is_refused() -> None:
    with pytest.raises(SourceRefused, match="offers no video"):
        parse("v=0\r\nm=audio 0 RTP/AVP 8\r\n", "cam")


def test_interleaved_packetization_is_refused() -> None:
    with pytest.raises(SourceRefused, match="interleaved H264"):
        parse(h264().replace("packetization-mode=1", "packetization-mode=2"), "cam")


@given(st.text() | st.builds(lambda a, b: h264(a, b), st.text(), st.text()))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        track = parse(text, "cam").track
    except SourceRefused:
        return
    assert 0 <= track.payload_type <= 127
    assert track.clock_rate > 0
