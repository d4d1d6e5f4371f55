"""CAP 1.2 (OASIS Common Alerting Protocol): an incident as other agencies' systems read it.

    Alert ──> Update ──> Update ──> Cancel (false, test, merged) or a last Update (resolved)

Each state of an incident is a message of its own, named by the incident and the time of its last change; it refers to
those before it. Messages are for agencies, never for the public: `scope` is Restricted, or Private with addresses.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from lxml import etree
from msgspec import Struct

from alerts.cases.incident import Incident, Resolution, State
from alerts.cases.signal import HEALTH, Source, family
from alerts.ground import places
from alerts.people.duty import WIB
from alerts.telling import wording
from core import areas, terms

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
LANGUAGES = {"id": "id-ID", "en": "en-US"}
GEOCODE, OWN = "Kemendagri", "E-Kamling"  # names of geocodes: the government's code, and ours with RW and RT
CERTAINTY = ("Unlikely", "Possible", "Likely", "Observed", "Observed")  # by verification level (ANSI/TMA-AVS-01)
SEVERITY = {1: "Severe", 2: "Moderate", 3: "Minor"}
URGENCY = {1: "Immediate", 2: "Expected", 3: "Expected"}
CATEGORY = {"fire": "Fire", "flood": "Met", "medical": "Health", "other": "Other"}
RESTRICTION = "Hanya untuk instansi penanggap. / For responding agencies only."
CANCELS = (Resolution.FALSE, Resolution.TEST, Resolution.MERGED)
MERGED = {"id": "Digabung dengan kejadian lain", "en": "Merged into another incident"}
REFERENCES = 20  # earlier messages that one names, beside the first
RADIUS_KM = 0.1
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2

Position = tuple[float, float]  # latitude, longitude


class Publisher(Struct, frozen=True):
    """Who sends: a name without spaces and commas that is nobody else's, and the address of the pages."""

    sender: str
    url: str


def build(
    incident: Incident,
    publisher: Publisher,
    history: Sequence[datetime] = (),
    position: Position | None = None,
    addresses: Sequence[str] = (),
) -> bytes:
    """The message of an incident as it is now, in UTF-8. `history` are the times of its changes so far; with
    `addresses` it is private to these."""
    earlier = _earlier(incident, history)
    alert = etree.Element(_tag("alert"), nsmap={None: NAMESPACE})
    _add(alert, "identifier", identifier(incident.id, incident.updated_at))
    _add(alert, "sender", publisher.sender)
    _add(alert, "sent", timestamp(incident.updated_at))
    _add(alert, "status", "Exercise" if incident.test else "Actual")
    _add(alert, "msgType", _message(incident, earlier))
    _add(alert, "source", f"E-Kamling #{incident.number}")
    _add(alert, "scope", "Private" if addresses else "Restricted")
    if addresses:
        _add(alert, "addresses", " ".join(f'"{each}"' if " " in each else each for each in addresses))
    else:
        _add(alert, "restriction", RESTRICTION)
    if incident.state is State.CLOSED:
        _add(alert, "note", " / ".join(_outcome(incident, language) for language in LANGUAGES))
    if earlier:
        told = (f"{publisher.sender},{identifier(incident.id, at)},{timestamp(at)}" for at in earlier)
        _add(alert, "references", " ".join(told))
    _add(alert, "incidents", " ".join(each for each in (incident.id, incident.merged_into) if each))
    for language in LANGUAGES:
        _info(alert, incident, publisher, position, language)
    written: bytes = etree.tostring(alert, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def identifier(incident: str, at: datetime) -> str:
    """The name of the message that says how an incident was from `at` on."""
    return f"{incident}.{(at - _EPOCH) // timedelta(microseconds=1)}"


def timestamp(at: datetime) -> str:
    """A time as CAP writes it: `2026-01-01T19:00:00+07:00`, in WIB, and never with Z (section 3.3.2)."""
    return at.astimezone(WIB).isoformat(timespec="seconds")


def category(kind: str) -> str:
    """The category of a kind."""
    return CATEGORY.get(kind, "Infra" if family(kind) == HEALTH else "Security")


def _earlier(incident: Incident, history: Sequence[datetime]) -> list[datetime]:
    """The times of the messages before this one: always the first, and the newest of the others."""
    first = incident.received_at
    if first >= incident.updated_at:
        return []
    between = sorted({at for at in history if first < at < incident.updated_at})
    return [first, *between[-REFERENCES:]]


def _message(incident: Incident, earlier: Sequence[datetime]) -> str:
    if not earlier:
        return "Alert"
    return "Cancel" if incident.resolution in CANCELS else "Update"


def _outcome(incident: Incident, language: str) -> str:
    resolution = incident.resolution or Resolution.RESOLVED
    return MERGED[language] if resolution is Resolution.MERGED else wording.OVER[language].get(resolution, "")


def _info(alert: Any, incident: Incident, publisher: Publisher, position: Position | None, language: str) -> None:
    over, place = incident.state is State.CLOSED, places.name(incident.area)
    event = terms.kind(incident.kind, language)
    info = etree.SubElement(alert, _tag("info"))
    _add(info, "language", LANGUAGES[language])
    _add(info, "category", category(incident.kind))
    _add(info, "event", event)
    _add(info, "responseType", "AllClear" if over else "Assess")
    _add(info, "urgency", "Past" if over else URGENCY[incident.severity])
    _add(info, "severity", SEVERITY[incident.severity])
    _add(info, "certainty", CERTAINTY[incident.level])
    _pair(info, "eventCode", f"{OWN}:kind", incident.kind)
    _add(info, "onset", timestamp(incident.opened_at))
    _add(info, "senderName", "E-Kamling")
    _add(info, "headline", f"{event} · {place}")
    _add(info, "description", _description(incident, place, language))
    _add(info, "web", f"{publisher.url}/?kejadian={incident.id}")
    _pair(info, "parameter", f"{OWN}:priority", f"P{incident.severity}")
    _pair(info, "parameter", f"{OWN}:verification", str(incident.level))
    _pair(info, "parameter", f"{OWN}:state", incident.state.value)
    _area(info, incident, place, position)


def _description(incident: Incident, place: str, language: str) -> str:
    if incident.source in (Source.CAMERA, Source.REPORT):
        return wording.body(incident, "", place, language)
    return incident.summary or terms.kind(incident.kind, language)


def _area(info: Any, incident: Incident, place: str, position: Position | None) -> None:
    area = etree.SubElement(info, _tag("area"))
    _add(area, "areaDesc", place)
    if position:
        _add(area, "circle", f"{position[0]:.6f},{position[1]:.6f} {RADIUS_KM}")
    _pair(area, "geocode", GEOCODE, areas.village(incident.area))
    if "/" in incident.area:
        _pair(area, "geocode", OWN, incident.area)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: Any, name: str, text: str) -> None:
    etree.SubElement(parent, _tag(name)).text = _NO_XML.sub("", text)


def _pair(parent: Any, name: str, key: str, value: str) -> None:
    pair = etree.SubElement(parent, _tag(name))
    _add(pair, "valueName", key)
    _add(pair, "value", value)
