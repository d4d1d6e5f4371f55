"""CAP 1.2 of other agencies, read with suspicion: no entities, no network, no more than a bounded size."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from lxml import etree
from msgspec import Struct

from alerts.cases.signal import PRESENCE, REPORTED, Signal, Source, family
from alerts.exchange.cap import GEOCODE, NAMESPACE, OWN, Position
from core import areas
from core.errors import EkamlingError, WireError

MAX_BYTES = 256 * 1024
MAX_TEXT = 1000
LATE = timedelta(hours=72)  # what a sender may hold back
KINDS = {
    "Fire": "fire",
    "Met": "flood",
    "Geo": "flood",
    "Env": "flood",
    "CBRNE": "danger",
    "Health": "medical",
    "Security": "danger",
    "Safety": "danger",
    "Rescue": "danger",
}
SEVERITIES = {"Extreme": 1, "Severe": 1, "Moderate": 2, "Minor": 3}
UNKNOWN_SEVERITY = 2
MESSAGES = ("Alert", "Update", "Cancel", "Ack", "Error")
STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")


class Reference(Struct, frozen=True):
    """One message, by who sent it and its name there."""

    sender: str
    identifier: str


class CapMessage(Struct, frozen=True, kw_only=True):
    """What a message says that we use. `areas` are the codes that it names; `severity` is ours, 1 gravest."""

    name: Reference
    sent: datetime
    status: str
    message: str
    references: tuple[Reference, ...] = ()
    kind: str = "other"
    severity: int = UNKNOWN_SEVERITY
    areas: tuple[str, ...] = ()
    position: Position | None = None
    expires: datetime | None = None
    text: str = ""

    def signal(self, signal_id: str, area: str, now: datetime) -> Signal:
        """The signal of the message, for an area of ours; never from the future."""
        return Signal(
            id=signal_id,
            source=Source.AGENCY,
            kind=self.kind,
            severity=self.severity,
            area=area,
            at=min(max(self.sent, now - LATE), now),
            summary=self.text,
        )


def parse(content: bytes) -> CapMessage:
    """Read one message; raises WireError with one line for what is no CAP 1.2."""
    alert = _root(content)
    status, message = _one_of(alert, "status", STATUSES), _one_of(alert, "msgType", MESSAGES)
    name = Reference(_needed(alert, "sender"), _needed(alert, "identifier"))
    sent = _time(_needed(alert, "sent"), "sent")
    info = _info(alert)
    if info is None:
        if message == "Alert":
            raise WireError("CAP: an Alert needs an info block")
        return CapMessage(
            name=name,
            sent=sent,
            status=status,
            message=message,
            references=_references(alert),
            text=_text(alert, "note"),
        )
    expires = _text(info, "expires")
    return CapMessage(
        name=name,
        sent=sent,
        status=status,
        message=message,
        references=_references(alert),
        kind=_kind(info),
        severity=_severity(info),
        areas=_areas(info),
        position=_position(info),
        expires=_time(expires, "expires") if expires else None,
        text=_said(info),
    )


def common(codes: Sequence[str], within: str) -> str:
    """The smallest area that holds all of `codes` that have to do with `within`, but never more than that. Raises
    EkamlingError where none of them has; an empty list means everywhere."""
    inside = [code for code in codes if areas.contains(within, code)]
    if any(areas.contains(code, within) for code in codes) or not codes:
        return within
    if not inside:
        raise EkamlingError(f"area {codes[0]} lies outside {within}, where this application may report")
    smallest = inside[0]
    while not all(areas.contains(smallest, code) for code in inside):
        smallest = smallest[: max(smallest.rfind("."), smallest.rfind("/"))]
    return smallest


def _root(content: bytes) -> Any:
    if len(content) > MAX_BYTES:
        raise WireError(f"CAP: a message may have {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WireError("CAP: the message is not in UTF-8") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # looked for before any parser sees it
        raise WireError("CAP: a document type or entities have no place in a message")
    parser = etree.XMLParser(
        encoding="utf-8",  # as it was looked through, whatever the message says of itself
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise WireError(f"CAP: the message is not well-formed XML: {str(error).splitlines()[0][:200]}") from error
    if root is None or root.tag != f"{{{NAMESPACE}}}alert":
        found = getattr(root, "tag", "nothing")
        raise WireError(f"CAP: the message must be an alert of {NAMESPACE}, not {str(found)[:100]}")
    return root


def _all(parent: Any, name: str) -> list[Any]:
    found: list[Any] = parent.findall(f"{{{NAMESPACE}}}{name}")
    return found


def _text(parent: Any, name: str) -> str:
    """The text of the first element of that name, in one line; empty where there is none."""
    found = _all(parent, name)
    return " ".join((found[0].text or "").split()) if found else ""


def _needed(alert: Any, name: str) -> str:
    text = _text(alert, name)
    if not text or len(text) > 500:
        raise WireError(f"CAP: {name} must have 1 to 500 characters")
    return text


def _one_of(alert: Any, name: str, known: Sequence[str]) -> str:
    text = _text(alert, name)
    if text not in known:
        raise WireError(f"CAP: {name} {text[:40]!r} is not one of {', '.join(known)}")
    return text


def _time(text: str, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 < at.year < 9000:
        raise WireError(f"CAP: {name} {text[:40]!r} is no time such as 2026-01-01T19:00:00+07:00")
    return at


def _references(alert: Any) -> tuple[Reference, ...]:
    """Earlier messages: `sender,identifier,sent`, apart by spaces."""
    parts = (each.split(",") for each in _text(alert, "references").split(" "))
    return tuple(Reference(part[0], part[1]) for part in parts if len(part) == 3)


def _info(alert: Any) -> Any:
    """The block that we read: in Indonesian where there is one, and of these the gravest."""
    blocks = _all(alert, "info")
    ours = [block for block in blocks if _text(block, "language").lower().startswith("id")]
    return min(ours or blocks, key=_severity, default=None)


def _severity(info: Any) -> int:
    """Ours, by the priority that another E-Kamling names, or by CAP's severity."""
    told = _pairs(info, "parameter").get(f"{OWN}:priority", "")
    if told in ("P1", "P2", "P3"):
        return int(told[1])
    return SEVERITIES.get(_text(info, "severity"), UNKNOWN_SEVERITY)


def _kind(info: Any) -> str:
    """Ours, by the code that another E-Kamling names, or by CAP's category."""
    told = _pairs(info, "eventCode").get(f"{OWN}:kind", "")
    if told in REPORTED or family(told) == PRESENCE:
        return told
    return KINDS.get(_text(info, "category"), "other")


def _pairs(parent: Any, name: str) -> dict[str, str]:
    return {_text(each, "valueName"): _text(each, "value") for each in _all(parent, name)}


def _areas(info: Any) -> tuple[str, ...]:
    """Codes of areas: the smaller of ours and the government's in each block."""
    found: list[str] = []
    for block in _all(info, "area"):
        told = [(_text(each, "valueName"), _text(each, "value")) for each in _all(block, "geocode")]
        ours = [value for name, value in told if name == OWN and _is_area(value)]
        found += ours or [value for name, value in told if GEOCODE.lower() in name.lower() and _is_area(value)]
    return tuple(dict.fromkeys(found))


def _is_area(code: str) -> bool:
    try:
        areas.check(code)
    except EkamlingError:
        return False
    return True


def _position(info: Any) -> Position | None:
    """The middle of the first circle, or of the first polygon's corners; a shape that cannot be read is left out."""
    for block in _all(info, "area"):
        circle, polygon = _text(block, "circle"), _text(block, "polygon")
        corners = circle.split(" ")[:1] if circle else polygon.split(" ")[:-1]
        try:
            points = [(float(lat), float(lon)) for lat, lon in (corner.split(",") for corner in corners)]
        except ValueError:
            continue
        if points:
            latitude, longitude = (sum(values) / len(values) for values in zip(*points, strict=True))
            if -90 <= latitude <= 90 and -180 <= longitude <= 180:
                return latitude, longitude
    return None


def _said(info: Any) -> str:
    headline = _text(info, "headline") or _text(info, "event")
    return "\n".join(part for part in (headline, _text(info, "description")) if part)[:MAX_TEXT]
