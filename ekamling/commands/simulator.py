"""`ekamling simulator`: serve clips as cameras, over RTSP."""

import argparse
import os
import sys
from pathlib import Path

from core.errors import EkamlingError
from ekamling.simulator import SimulatedCamera
from ekamling.simulator import run as serve


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8554, help="0 picks a free one")
    parser.add_argument(
        "--username", default="", help="user that clients must give; EKAMLING_SIMULATOR_PASSWORD beside it"
    )
    parser.add_argument(
        "cameras",
        nargs="+",
        metavar="PATH=CLIP[@SECONDS]",
        help="as cam1/main=clip.mp4@12: path, H.264, H.265 or MJPEG file, start in it",
    )


def run(options: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT."""
    cameras = [_camera(text) for text in options.cameras]
    password = os.environ.get("EKAMLING_SIMULATOR_PASSWORD", "")
    serve(cameras, host=options.host, port=options.port, username=options.username, password=password, ready=_announce)
    return 0


def _camera(text: str) -> SimulatedCamera:
    path, separator, rest = text.partition("=")
    clip, _, offset = rest.partition("@")
    try:
        seconds = float(offset or 0)
    except ValueError:
        separator = ""
    if not separator or not path or not clip:
        raise EkamlingError(f"{text!r} is not of the form PATH=CLIP or PATH=CLIP@SECONDS")
    return SimulatedCamera(path, Path(clip), seconds)


def _announce(port: int) -> None:
    sys.stdout.write(f"ready {port}\n")
    sys.stdout.flush()
