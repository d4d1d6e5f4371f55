"""libav's video decoders, opened the one way that suits an edge: one thread, no surprises."""

import av
from av.video.codeccontext import VideoCodecContext

from core.errors import SourceError


def open_decoder(codec: str) -> VideoCodecContext:
    """A decoder of `codec` (h264, hevc, mjpeg); SourceError where this libav has none."""
    try:
        context = av.CodecContext.create(codec, "r")
    except (av.FFmpegError, ValueError) as error:
        raise SourceError(f"its codec {codec} cannot be decoded here") from error
    if not isinstance(context, VideoCodecContext):
        raise SourceError(f"its codec {codec} is not video")
    context.thread_type = "NONE"  # one thread a camera: the cameras are the parallelism
    context.thread_count = 1
    # Without the deblocking filter decoding costs a quarter less and the picture stays within 38 dB of the exact one;
    # the detector finds as much. Clips are copied packets, so they are not touched by it.
    context.options = {"skip_loop_filter": "all"}
    return context
