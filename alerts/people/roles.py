"""Who people are to the centre: their roles, what each role may do, and the size of area that suits it."""

from enum import Flag, IntEnum, StrEnum, auto

from core import areas


class Role(StrEnum):
    """What somebody is. One user has one role in one area."""

    RESIDENT = "resident"
    RONDA = "ronda"  # a resident whose turn it is at the watch post
    LINMAS = "linmas"  # Satlinmas, the village's civil protection
    RT = "rt"  # head of the RT
    RW = "rw"  # head of the RW
    BHABINKAMTIBMAS = "bhabinkamtibmas"  # the police officer of one village
    POLSEK = "polsek"  # operator at the district's police
    POLRES = "polres"  # operator at the regency's police
    SATPOLPP = "satpolpp"  # operator of public order
    DAMKAR = "damkar"  # fire brigade
    BPBD = "bpbd"  # disaster agency
    INSTALLER = "installer"
    OPERATOR = "operator"  # command centre of the regency
    ADMIN = "admin"  # Dinkominfo
    AUDITOR = "auditor"  # data protection officer, inspector


class Capability(Flag):
    """What somebody may do within the own area."""

    REPORT = auto()  # beat the kentongan or report, and see what became of the own reports
    SEE = auto()  # the incidents of the area
    RESPOND = auto()  # claim, verify, arrive, note
    SILENCE = auto()  # keep a place quiet for a while
    COMMAND = auto()  # dispatch, hand over, merge, split, change severity, close
    INSTALL = auto()  # cameras and test mode
    ADMINISTER = auto()  # people, routing, areas
    AUDIT = auto()  # logs and exports


_RESPONDER = Capability.REPORT | Capability.SEE | Capability.RESPOND
_HEAD = _RESPONDER | Capability.SILENCE  # knows of the wedding before anybody else
_COMMANDER = _HEAD | Capability.COMMAND

CAPABILITIES: dict[Role, Capability] = {
    Role.RESIDENT: Capability.REPORT,
    Role.RONDA: _RESPONDER,
    Role.LINMAS: _RESPONDER,
    Role.RT: _HEAD,
    Role.RW: _HEAD,
    Role.BHABINKAMTIBMAS: _RESPONDER,
    Role.POLSEK: _COMMANDER,
    Role.POLRES: _COMMANDER,
    Role.SATPOLPP: _COMMANDER,
    Role.DAMKAR: _RESPONDER,
    Role.BPBD: _RESPONDER,
    Role.INSTALLER: Capability.REPORT | Capability.INSTALL,
    Role.OPERATOR: _COMMANDER,
    Role.ADMIN: _COMMANDER | Capability.INSTALL | Capability.ADMINISTER | Capability.AUDIT,
    Role.AUDITOR: Capability.SEE | Capability.AUDIT,
}


def can(role: Role, capability: Capability) -> bool:
    """Whether a role has the capability (all of them, where several are given).

    RESPOND holds one thing more than its name: who has claimed an incident may close it as resolved or false, without
    COMMAND. An auditor sees incidents (SEE) but no pictures: pictures are for those who respond.
    """
    return capability in CAPABILITIES[role]


class Level(IntEnum):
    """How large an area is, by the parts of its code."""

    PROVINCE = 1
    REGENCY = 2
    DISTRICT = 3
    VILLAGE = 4
    RW = 5
    RT = 6


_ANY = frozenset(Level)
_POSTS = frozenset({Level.REGENCY, Level.DISTRICT})  # agencies of the regency that keep posts in districts

_LEVELS: dict[Role, frozenset[Level]] = {
    Role.RESIDENT: frozenset({Level.RT}),
    Role.RONDA: frozenset({Level.RT, Level.RW}),
    Role.LINMAS: frozenset({Level.RT, Level.RW, Level.VILLAGE}),
    Role.RT: frozenset({Level.RT}),
    Role.RW: frozenset({Level.RW}),
    Role.BHABINKAMTIBMAS: frozenset({Level.VILLAGE}),
    Role.POLSEK: frozenset({Level.DISTRICT}),
    Role.POLRES: frozenset({Level.REGENCY}),
    Role.SATPOLPP: _POSTS,
    Role.DAMKAR: _POSTS,
    Role.BPBD: _POSTS,
    Role.INSTALLER: _ANY,
    Role.OPERATOR: _ANY,
    Role.ADMIN: _ANY,
    Role.AUDITOR: _ANY,
}


def area_level(area: str) -> Level:
    """How large an area is; raises EkamlingError for what is no area code."""
    areas.check(area)
    return Level(areas.village(area).count(".") + 1 + area.count("/"))


def levels(role: Role) -> frozenset[Level]:
    """The sizes of area that a role naturally has."""
    return _LEVELS[role]


def suits(role: Role, area: str) -> bool:
    """Whether an area is of a size that the role may have: a natural one, or one level more.

    The head of an RT may have the whole village, too: a village without codes of RT has none of RW either.
    """
    widest = min(levels(role))
    allowed = Level.VILLAGE if widest is Level.RT else max(widest - 1, Level.PROVINCE)
    level = area_level(area)
    return level in levels(role) or allowed <= level < widest
