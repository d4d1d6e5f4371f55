"""What a notification says, in Bahasa Indonesia or English: short enough for a lock screen, in the console's words."""

from datetime import datetime

from alerts.cases.incident import Incident, Resolution
from alerts.ground import places
from alerts.people.duty import WIB
from core import terms

LEVEL = {"id": "P{severity}", "en": "P{severity}"}
OVER = {
    "id": {
        Resolution.RESOLVED: "Selesai",
        Resolution.FALSE: "Selesai: bukan kejadian (palsu)",
        Resolution.TEST: "Selesai: uji coba",
    },
    "en": {Resolution.RESOLVED: "Resolved", Resolution.FALSE: "Resolved: false alarm", Resolution.TEST: "A test; over"},
}
TAKEN = {"id": "Sudah ditangani oleh {who}", "en": "{who} has it"}
SEEN = {"id": "{label} terlihat di {place}, {at} WIB.", "en": "{label} seen at {place}, {at} WIB."}
REPORTED = {"id": "Dilaporkan warga di {place}, {at} WIB.", "en": "Reported by a resident at {place}, {at} WIB."}
ASK = {
    "id": "Lihat gambarnya, lalu terima bila Anda menanganinya.",
    "en": "Look at the picture, then take it if you go.",
}
MORE = {
    "id": "Kejadian yang Anda tangani bertambah: {count} peristiwa, terakhir {at} WIB. Lihat gambarnya.",
    "en": "More happened on the incident you hold: {count} events, the last at {at} WIB. Look at the picture.",
}
NOBODY = {"id": "Belum ada petugas yang dapat dihubungi.", "en": "Nobody could be reached yet."}


def title(incident: Incident, action: str, language: str) -> str:
    """The first line: what, how grave, where."""
    what = terms.kind(incident.kind, language)
    head = f"P{incident.severity} {what} · {places.name(incident.area)}"
    if action == "resolve":
        over = OVER[terms.spoken(language)].get(incident.resolution or Resolution.RESOLVED, "")
        return f"#{incident.number} {over}: {what} · {places.name(incident.area)}"
    return head


def body(incident: Incident, action: str, place: str, language: str) -> str:
    """The rest: who or what was seen, when, and what to do."""
    spoken = terms.spoken(language)
    if action == "acknowledge":
        return TAKEN[spoken].format(who=incident.acknowledged_by or "")
    if action == "update":
        return MORE[spoken].format(count=incident.event_count, at=local(incident.last_event_at))
    said = SEEN if incident.source == "camera" else REPORTED
    label = terms.label(incident.label, language) if incident.label else terms.kind(incident.kind, language)
    lines = [said[spoken].format(label=label, place=place, at=local(incident.opened_at))]
    if incident.summary:
        lines.append(incident.summary)
    if incident.unreached:
        lines.append(NOBODY[spoken])
    if action == "trigger":
        lines.append(ASK[spoken])
    return "\n".join(lines)


def local(at: datetime) -> str:
    """A time of day as people here read it: 23.05."""
    return at.astimezone(WIB).strftime("%H.%M")
