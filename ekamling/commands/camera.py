"""`ekamling camera`: find a camera, and look at it, before it is put into service."""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import EkamlingError
from edge.settings import CameraSettings, read_secret
from ekamling import cameras, sketch
from ekamling.discovery import network, onvif, report
from ekamling.discovery.search import Wanted, search
from ekamling.probe import Finding, advice, advice_on, clock, probe

MOST_SECONDS = 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _configure_discover(actions.add_parser("discover", help="which cameras are in the network, without any password"))
    _configure_probe(actions.add_parser("probe", help="what a camera sends, and what to change about it"))


def _configure_discover(find: argparse.ArgumentParser) -> None:
    find.add_argument(
        "--subnet", metavar="NETWORK", help="look at every address of a private network too, as 192.168.10.0/24"
    )
    find.add_argument("--ports", default="554,8554", metavar="PORTS", help="RTSP ports to look at (default 554,8554)")
    find.add_argument("--seconds", type=float, default=3.0, help="how long to wait for ONVIF answers (default 3)")
    find.add_argument(
        "--interface", default="", metavar="CARD", help="name or address of the one network card to ask on"
    )
    find.add_argument(
        "--address", default="", metavar="HOST[:PORT]", help="ask this one host by ONVIF instead of everybody near"
    )
    find.add_argument("--json", action="store_true", help="print one JSON object")
    find.set_defaults(act=_discover)


def _configure_probe(look: argparse.ArgumentParser) -> None:
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
    look.set_defaults(act=_probe)


def run(options: argparse.Namespace) -> int:
    """Do the action; what cannot be done is one line."""
    return int(options.act(options))


def _discover(options: argparse.Namespace) -> int:
    """Search and print; 1 where no camera is found."""
    if not 0 < options.seconds <= MOST_SECONDS:
        raise EkamlingError(f"--seconds {options.seconds:g}: give more than 0 and at most {MOST_SECONDS:g}")
    wanted = Wanted(
        hosts=network.hosts(options.subnet) if options.subnet else (),
        ports=network.ports(options.ports),
        seconds=options.seconds,
        interface=options.interface,
        target=onvif.target(options.address) if options.address else onvif.GROUP,
    )
    findings = search(wanted, _say)
    _wipe()
    if options.json:
        sys.stdout.write(json.dumps(report.values(findings), indent=2) + "\n")
    elif findings.cameras:
        sys.stdout.write(report.table(findings))
    if not findings.cameras:
        sys.stderr.write(f"ekamling: {report.nothing(wanted)}\n")
    return 0 if findings.cameras else 1


def _probe(options: argparse.Namespace) -> int:
    """Look and print."""
    camera = _camera(options)
    url = _stream(options, camera)
    password_file = camera.password_file if camera else options.password_file
    password = read_secret(password_file, whose=f"camera {options.target}") if password_file else ""
    username = camera.username if camera else options.username
    finding, frame = probe(url, username, password, options.seconds, lambda seconds: _say(f"looking, {seconds:.0f} s"))
    _wipe()
    sentences = [*advice(finding), *(advice_on(camera) if camera else [])]
    if options.save:
        sketch.save(frame, camera.rules if camera else [], options.save)
    if options.json:
        sys.stdout.write(json.dumps(dataclasses.asdict(finding) | {"advice": sentences}, indent=2) + "\n")
    else:
        sys.stdout.write(_text(finding, sentences))
    return 0


def _camera(options: argparse.Namespace) -> CameraSettings | None:
    """The camera of that id in the configuration; None for an address."""
    if not options.config:
        return None
    return cameras.load(options.config, options.target)[1]


def _stream(options: argparse.Namespace, camera: CameraSettings | None) -> str:
    if camera:
        return camera.url if options.main or not camera.sub_url else camera.sub_url
    return str(options.target)


def _text(finding: Finding, sentences: Sequence[str]) -> str:
    every, uneven = finding.keyframe_interval_s, finding.uneven_s
    rows = (
        ("codec", finding.codec),
        ("picture", f"{finding.width}x{finding.height}, {finding.fps:g} a second"),
        ("bit rate", f"{finding.bit_rate / 1e6:.2f} Mbit/s"),
        ("keyframes", f"every {every:g} s" if every else "too rare to measure"),
        ("first picture", f"after {finding.first_picture_s:g} s"),
        ("latency", f"unknown; it changes by {uneven:g} s" if uneven is not None else "unknown"),
        ("clock", clock(finding.clock_off_s)),
        ("packets lost", str(finding.packets_lost)),
        ("looked for", f"{finding.seconds:g} s"),
    )
    return "\n".join([*(f"{name:15} {value}" for name, value in rows), *(f"- {each}" for each in sentences), ""])


def _say(progress: str) -> None:
    """Progress, for a person only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{progress}")
        sys.stderr.flush()


def _wipe() -> None:
    _say("")
