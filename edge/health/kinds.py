"""The kinds of camera health: those that look at pictures, and those that look at the signal between them."""

from collections.abc import Callable

from edge.health.assessment import Assessment
from edge.health.clock import Clock
from edge.health.picture import PictureHealth
from edge.health.silent import Silent
from edge.rules.base import Rule
from edge.rules.settings import HealthKind, RuleSettings

PICTURE_KINDS: tuple[HealthKind, ...] = ("covered", "moved", "defocused", "frozen", "dark")
SIGNAL_KINDS: dict[str, Callable[[RuleSettings], Rule]] = {"silent": Silent, "clock": Clock}


def picture_rules() -> dict[str, Rule]:
    """The rules that look at one camera's pictures, with the assessment that they share."""
    assessment = Assessment()
    return {kind: PictureHealth(kind, assessment) for kind in PICTURE_KINDS}
