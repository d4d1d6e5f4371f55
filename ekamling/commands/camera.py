"""`ekamling camera`: look at a camera before it is put into service."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from core import config
from core.errors import EkamlingError
from edge.settings import CameraSettings, EdgeSettings, read_secret
from ekamling import sketch
from ekamling.probe import advice, probe


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    look = actions.add_parser("probe", help="what a camera sends, and what to change about it")
    look.add_argument("target", metavar="URL|CAMERA", help="rtsp:// address, or a camera's id beside --config")
    look.add_argument("--config", type=Path, metavar="FILE", help="edge.toml that knows the camera and its password")
    look.add_argument("--username", default="", help="user of the camera, with an address")
    look.add_argument(
        "--password-file", default="", metavar="FILE", help="file that holds its password, with an address"
    )
    look.add_argument("--main", action="store_true", help="with --config: look at the main stream, not the sub stream")
    look.add_argument("--seconds", type=float, default=10.0, help="how long to look (default 10)")
    look.add_argument("--save", type=Path, metavar="PICTURE", help="save a picture, with the camera's zones drawn in")
    look.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Look and print; what cannot be read is one line."""
    camera = _camera(options)
    url = _stream(options, camera)
    password_file = camera.password_file if camera else options.password_file
    password = read_secret(password_file, whose=f"camera {options.target}") if password_file else ""
    finding, frame = probe(url, camera.username if camera else options.username, password, options.seconds, _progress)
    sys.stderr.write("\r\033[K" if sys.stderr.isatty() else "")
    figures: dict[str, Any] = dataclasses.asdict(finding) | {"advice": advice(finding)}
    if options.save:
        sketch.save(frame, camera.rules if camera else [], options.save)
    if options.json:
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    else:
        sys.stdout.write(_text(figures))
    return 0


def _camera(options: argparse.Namespace) -> CameraSettings | None:
    """The camera of that id in the configuration; None for an address."""
    if not options.config:
        return None
    cameras = {camera.id: camera for camera in config.load(options.config, EdgeSettings).cameras}
    if options.target not in cameras:
        raise EkamlingError(f"{options.config}: has no camera {options.target!r}; there are: {', '.join(cameras)}")
    return cameras[options.target]


def _stream(options: argparse.Namespace, camera: CameraSettings | None) -> str:
    if camera:
        return camera.url if options.main or not camera.sub_url else camera.sub_url
    return str(options.target)


def _text(figures: dict[str, Any]) -> str:
    lines = [f"{name.replace('_', ' '):20} {value}" for name, value in figures.items() if name != "advice"]
    return "\n".join([*lines, *(f"- {sentence}" for sentence in figures["advice"]), ""])


def _progress(seconds: float) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rlooking, {seconds:.0f} s")
