"""The kinds of camera health: those that look at pictures, and those that look at the signal between them."""

from collections.abc import Callable
from functools import partial

from edge.health.clock import Clock
from edge.health.picture import PictureHealth
from edge.health.silent import Silent
from edge.rules.base import Rule
from edge.rules.settings import HealthKind, RuleSettings

_LOOKED_FOR: tuple[HealthKind, ...] = ("covered", "moved", "defocused", "frozen", "dark")

PICTURE_KINDS: dict[str, Callable[[RuleSettings], Rule]] = {kind: partial(PictureHealth, kind) for kind in _LOOKED_FOR}
SIGNAL_KINDS: dict[str, Callable[[RuleSettings], Rule]] = {"silent": Silent, "clock": Clock}
