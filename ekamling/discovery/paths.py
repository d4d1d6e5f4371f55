"""Where cameras of the common makers keep their streams, as their manuals say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """The paths of one maker's main and sub stream; `sub` is empty where there is no usual one."""

    maker: str
    main: str
    sub: str = ""


PLACES = (
    Place("Hikvision", "/Streaming/Channels/101", "/Streaming/Channels/102"),
    Place("Dahua", "/cam/realmonitor?channel=1&subtype=0", "/cam/realmonitor?channel=1&subtype=1"),
    Place("TP-Link Tapo", "/stream1", "/stream2"),
    Place("Reolink", "/h264Preview_01_main", "/h264Preview_01_sub"),
    Place("Uniview", "/media/video1", "/media/video2"),
    Place("Hanwha", "/profile1/media.smp", "/profile2/media.smp"),
    Place("Axis", "/axis-media/media.amp"),
    Place("ONVIF", "/onvif1", "/onvif2"),
    Place("", "/11", "/12"),
    Place("", "/live/ch00_0", "/live/ch00_1"),
    Place("", "/live/main", "/live/sub"),
    Place("", "/live"),
    Place("", "/h264"),
)


def of_maker(words: str) -> Place | None:
    """The place whose maker is named in some words, such as a Server header."""
    said = words.lower()
    return next((place for place in PLACES if place.maker and place.maker.split()[0].lower() in said), None)


def sub_of(path: str) -> str:
    """The usual sub stream beside a main stream; empty where the path is none that we know."""
    return next((place.sub for place in PLACES if place.main == path), "")
