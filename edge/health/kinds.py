"""The kinds of camera health: those that look at pictures, and those that look at the signal between them."""

from collections.abc import Callable

from edge.health.silent import Silent
from edge.rules.base import Rule
from edge.rules.settings import RuleSettings

PICTURE_KINDS: dict[str, Callable[[RuleSettings], Rule]] = {}
SIGNAL_KINDS: dict[str, Callable[[RuleSettings], Rule]] = {"silent": Silent}
