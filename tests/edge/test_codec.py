import pytest

from core.errors import SourceError
from edge.codec import open_decoder


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_the_codecs_of_cameras_are_decoded_in_one_thread(codec: str) -> None:
    context = open_decoder(codec)
    assert (context.thread_count, str(context.thread_type)) == (1, "ThreadType.NONE")


@pytest.mark.parametrize(("codec", "complaint"), [("nothing", "cannot be decoded here"), ("aac", "is not video")])
def test_anything_else_is_one_clear_line(codec: str, complaint: str) -> None:
    with pytest.raises(SourceError, match=f"its codec {codec} {complaint}"):
        open_decoder(codec)
