"""One verdict on a camera's picture: well, or the one trouble that explains what is seen.

The kinds do not judge apart, or a cloth over the lens would be told as covered, blurred, moved and dark at once.
"""

from dataclasses import replace
from math import exp
from types import ModuleType

import numpy as np

from edge.health import covered, dark, defocused, frozen, moved
from edge.health.evidence import Evidence
from edge.health.frozen import Sameness
from edge.health.look import Look, look
from edge.health.scenery import Scenery, lengths
from edge.motion import View

CAUSES: dict[str, ModuleType] = {
    "covered": covered,
    "dark": dark,
    "defocused": defocused,
    "moved": moved,
    "frozen": frozen,
}
EVERY_S = 0.95  # between looks: costs a fifth of looking at each of 5 pictures a second
GAP_S = 30.0  # without pictures: what was before proves nothing of now
SETTLING_S = 4.0  # time constant over which a scene that is odd is averaged
SUDDEN_S = 12.0  # from a scene that is mostly there to one that is mostly gone; fog and dusk take longer
WELL_S = 2.0  # a trouble must be gone for this long
YOUNG_S = 15.0  # a scene learnt for less may have been a truck that stood before the lens
STUCK_S = 600.0  # odd, but no trouble: then it is the scene
ODD = 0.75  # of the scene's usual likeness; below it is odd
HALF, GONE = 0.6, 0.45  # of it: the scene is mostly there, mostly gone
ALIKE = 0.4  # an odd scene this much alike is still the scene: learn it
BLACK, DIM = 36.0, 44.0  # grey levels (black is 16): dark below the first, light again above the second
WHITE, MARGIN = 235.0, 20.0
BARE = 2.0  # grey levels of contrast; empty tarmac has more, and so has fog in which a street is just seen
FAINT, SOFT = 9.0, 0.1  # contrast and sharpness; any scene has more of one of them, a cloth on the lens of neither
BLURRED_LAYOUT = 0.9


class Lasting:
    """Since when something holds without a break."""

    def __init__(self) -> None:
        self._since: float | None = None

    def update(self, holds: bool, now: float) -> float:
        """Seconds for which it has held; a moment more than 0 as soon as it does, 0 where it does not."""
        if not holds:
            self._since = None
            return 0.0
        if self._since is None:
            self._since = now
        return now - self._since + 1e-3

    def restart(self) -> None:
        self._since = None


class Assessment:
    """Looks at a camera's picture once a second and names its trouble."""

    def __init__(self) -> None:
        self.cause: str | None = None
        self.looks = 0
        self._at = float("-inf")
        self._scenery: Scenery | None = None
        self._sameness = Sameness()
        self._settled = np.zeros((1, 1, 2), np.float32)
        self._ways = self._settled
        self._size = 0.0
        self._last_there = float("-inf")
        self._sudden = False
        self._young = False
        self._timers = {name: Lasting() for name in ("odd", "lost", "blurred", "dark", "bare", "well", "cause")}

    def update(self, view: View, now: float) -> str | None:
        """The trouble that holds now, None where all is well; `now` is monotonic seconds.

        Pictures from before the last look, as a woken source gives them, are passed over.
        """
        seconds = now - self._at
        if seconds < EVERY_S:
            return self.cause
        if seconds > GAP_S:
            for timer in self._timers.values():
                timer.restart()
        self._at = now
        self.looks += 1
        seen = look(view)
        if self._scenery is not None and self._scenery.edges.shape != seen.edges.shape:
            self._scenery = None  # another resolution: the old scene compares with nothing
        evidence = self._gather(seen, view, seconds, now)
        self._judge(evidence, now)
        self._learn(evidence, seen, seconds, now)
        return self.cause

    def _gather(self, seen: Look, view: View, seconds: float, now: float) -> Evidence:
        same_s, limit_s = self._sameness.update(view, now)
        dark_s = self._timers["dark"].update(seen.bright < (DIM if self.cause == "dark" else BLACK), now)
        bare_s = self._timers["bare"].update(_bare(seen) and not dark_s, now)
        plain = Evidence(dark_s=dark_s, bare_s=bare_s, same_s=same_s, same_limit_s=limit_s)
        scene = self._scenery
        if scene is None or not scene.known:
            return replace(plain, known=False)
        sharpness = seen.sharpness / max(scene.sharpness, 1e-3)
        soft = scene.sharpness >= SOFT and sharpness < defocused.LOST and not dark_s
        alike = scene.alike(seen.ways) / max(scene.usual, 1e-3)
        odd_s = self._timers["odd"].update(alike < ODD, now)
        lost_s = self._lost(alike, now)
        if odd_s < EVERY_S:
            self._young = scene.seen_s < YOUNG_S
        layout = scene.layout(seen.thumb) if odd_s or soft else 1.0
        if odd_s:
            self._settle(seen, seconds, fresh=odd_s < EVERY_S)
            alike = scene.alike(self._ways) / max(scene.usual, 1e-3)
        blurred = soft and (alike >= ALIKE or layout >= BLURRED_LAYOUT)
        return replace(
            plain,
            alike=alike,
            layout=layout,
            rest=scene.rest(self._settled, self._ways) if odd_s else 1.0,
            contrast=seen.contrast / max(scene.contrast, 1e-3),
            sharpness=sharpness,
            elsewhere=odd_s >= moved.AFTER_S and scene.elsewhere(self._settled, alike),
            dazzled=seen.bright >= WHITE > scene.bright + MARGIN,
            steady=float(lengths(self._settled).sum()) / max(self._size, 1e-3) if odd_s else 1.0,
            odd_s=odd_s,
            young=self._young,
            lost_s=lost_s,
            sudden=self._sudden,
            blurred_s=self._timers["blurred"].update(blurred, now),
        )

    def _settle(self, seen: Look, seconds: float, *, fresh: bool) -> None:
        """Average the edges of an odd scene from its beginning on: what stays adds up, what moves does not."""
        size = float(lengths(seen.edges).sum())
        rate = 1.0 if fresh else 1 - exp(-seconds / SETTLING_S)
        self._settled = seen.edges if fresh else self._settled + np.float32(rate) * (seen.edges - self._settled)
        self._ways = seen.ways if fresh else self._ways + np.float32(rate) * (seen.ways - self._ways)
        self._size += rate * (size - self._size)

    def _lost(self, alike: float, now: float) -> float:
        lost_s = self._timers["lost"].update(alike < GONE, now)
        if alike >= HALF:
            self._last_there = now
        if 0 < lost_s < EVERY_S:
            self._sudden = now - self._last_there <= SUDDEN_S
        return lost_s

    def _judge(self, evidence: Evidence, now: float) -> None:
        if self.cause is None:
            self.cause = next((name for name, kind in CAUSES.items() if kind.begins(evidence)), None)
        elif self._timers["well"].update(CAUSES[self.cause].ends(evidence), now) > WELL_S:
            self.cause = None
        elif self.cause == "moved" and covered.begins(evidence) and covered.hides(evidence):
            self.cause = "covered"

    def _learn(self, evidence: Evidence, seen: Look, seconds: float, now: float) -> None:
        held_s = self._timers["cause"].update(self.cause == "moved", now)
        if held_s >= moved.ACCEPT_S and evidence.steady >= moved.STEADY:
            self._begin(seen)
        elif self.cause is not None or evidence.dark_s or evidence.blurred_s or _bare(seen):
            return
        elif self._scenery is None:
            self._scenery = Scenery(seen)
        elif not evidence.odd_s or (evidence.odd_s > GAP_S and evidence.alike >= ALIKE):
            self._scenery.learn(seen, seconds)
        elif evidence.odd_s >= (moved.AFTER_S if evidence.young else STUCK_S):
            self._begin(seen)

    def _begin(self, seen: Look) -> None:
        """The scene is another one now, and well."""
        self.cause = None
        self._scenery = Scenery(seen)


def _bare(seen: Look) -> bool:
    """Whether there is nothing in the picture, or nothing but the faint folds of what lies on the lens."""
    return seen.contrast < BARE or (seen.contrast < FAINT and seen.sharpness < SOFT)
