"""Who may watch a camera live. Values in, values out; the sentences stand in docs/design/live.md."""

from alerts.cases.incident import Incident, State
from alerts.cases.mutes import Mute
from alerts.people.roles import Level, Role, area_level
from alerts.store.people import User
from core import areas
from core.errors import EkamlingError

Camera = tuple[str, str]  # edge, id

NEIGHBOURS = frozenset({Role.RONDA, Role.LINMAS, Role.RT, Role.RW})  # the camera's own people
DESK = frozenset({Role.OPERATOR})  # whose work it is to look
AGENCIES = frozenset(  # on cameras that are not theirs: for what has happened, and not to look around
    {Role.BHABINKAMTIBMAS, Role.POLSEK, Role.POLRES, Role.SATPOLPP, Role.DAMKAR, Role.BPBD, Role.ADMIN}
)
TESTERS = frozenset({Role.INSTALLER, Role.ADMIN})  # while the place is on test
SMALL = Level.RW  # an incident of a larger place is no reason to look into every camera of it


class LiveRefused(EkamlingError):
    """Why there is no live view, in a word for programs (`code`) and a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(user: User, incident: Incident | None, of_place: bool, on_test: bool) -> None:
    """Raise LiveRefused where a user may not watch a camera of the own area.

    `incident` is the one that the user names, `of_place` whether it is of the camera's place, `on_test` whether the
    camera is on test now.
    """
    if incident and incident.state is State.CLOSED:
        raise LiveRefused("incident_closed", f"incident {incident.number} is closed, and opens no camera any more")
    if incident and not of_place:
        raise LiveRefused("incident_elsewhere", f"incident {incident.number} is not of this camera's place")
    if user.role in NEIGHBOURS | DESK:
        return
    if user.role in TESTERS and on_test:
        return
    if user.role in AGENCIES:
        if incident is None:
            raise LiveRefused("incident_needed", "your role watches a camera only for an open incident of its place")
        return
    if user.role in TESTERS:
        raise LiveRefused("not_on_test", "your role watches a camera only while its place is on test")
    raise LiveRefused("not_allowed", "your role does not watch cameras")


def concerns(incident: Incident, parts: set[Camera], camera: Camera, area: str, beside: set[Camera]) -> bool:
    """Whether an incident is of a camera's place: the camera saw it (`parts`), stands `beside` one that did, or stands
    in the RT or RW where it is."""
    if camera in parts or beside & parts:
        return True
    return area_level(incident.area) >= SMALL and areas.contains(incident.area, area)


def under_test(mutes: list[Mute], camera: Camera, area: str) -> bool:
    """Whether one of these tests is of a camera."""
    return any(
        mute.purpose == "test"
        and areas.contains(mute.area, area)
        and mute.edge in ("", camera[0])
        and mute.camera in ("", camera[1])
        for mute in mutes
    )
