"""What a search found, as a table for people and as values for programs."""

import dataclasses
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from ekamling.discovery.rtsp import RtspPort
from ekamling.discovery.search import Camera, Findings, Wanted

HEADINGS = ("address", "what it is", "stream", "picture")
LOGIN = "asks for a login"


def values(findings: Findings) -> dict[str, Any]:
    """All that was found, ready for JSON."""
    return dataclasses.asdict(findings)


def table(findings: Findings) -> str:
    """A line for each stream, and under the table what to do next."""
    rows = [row for camera in findings.cameras for row in _rows(camera)]
    widths = [max(len(row[column]) for row in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [HEADINGS, *rows]]
    return "\n".join([*(line.rstrip() for line in lines), "", *_next(findings), ""])


def _rows(camera: Camera) -> Iterator[tuple[str, str, str, str]]:
    """The streams of one camera beside what is known of it, which takes a line for each word of its own."""
    streams = [row for port in camera.rtsp for row in _streams(port, _called(camera))] or [
        ("no RTSP on the ports looked at", "")
    ]
    for number, (word, stream) in enumerate(zip_longest(_words(camera), streams, fillvalue=None)):
        yield camera.host if not number else "", word or "", *(stream or ("", ""))


def _words(camera: Camera) -> list[str]:
    """Name and hardware by ONVIF, then what its RTSP server calls itself."""
    onvif = (_called(camera) or "ONVIF camera") if camera.device else ""
    return list(dict.fromkeys(filter(None, (onvif, *(port.server for port in camera.rtsp))))) or ["RTSP server"]


def _called(camera: Camera) -> str:
    """What it calls itself by ONVIF."""
    device = camera.device
    return " ".join(dict.fromkeys(filter(None, (device.name, device.hardware)))) if device else ""


def _streams(port: RtspPort, called: str) -> list[tuple[str, str]]:
    if port.hides:
        return [(f"{port.likely(called)} (a guess)", LOGIN)]
    if not port.streams:
        return [(f"rtsp on port {port.port}, at a path of its own", "")]
    return [
        (stream.url, LOGIN if stream.asks_login else f"{stream.codec or 'no readable video'}, open to everybody")
        for stream in port.streams
    ]


def _next(findings: Findings) -> Iterator[str]:
    ports = [(port, _called(camera)) for camera in findings.cameras for port in camera.rtsp]
    if ports:
        first, called = next((pair for pair in ports if pair[0].streams), ports[0])
        asks = first.hides or any(stream.asks_login for stream in first.streams[:1])
        login = " --username USER --password-file FILE" if asks else ""
        yield f"Look at one: ekamling camera probe '{first.likely(called)}'{login}"
    if any(not stream.asks_login for port, _ in ports for stream in port.streams):
        yield "A stream open to everybody shows its picture to all in the network: set a password on the camera."
    if findings.missed:
        yield f"{findings.missed} addresses were not reached in time: give a smaller --subnet."


def nothing(wanted: Wanted) -> str:
    """What to try when there was no camera."""
    if not wanted.hosts:
        return (
            f"no camera answered the ONVIF search within {wanted.seconds:g} s; many have ONVIF switched off: name their"
            " network too, as --subnet 192.168.10.0/24"
        )
    ports = ", ".join(str(port) for port in wanted.ports)
    return (
        f"no camera answered, neither by ONVIF nor by RTSP on the ports {ports} of {len(wanted.hosts)} addresses: are"
        " the cameras powered and in this network, and is their RTSP switched on (maybe on another port, see --ports)?"
    )
