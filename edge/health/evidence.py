"""What is known of a camera's picture at one moment, of which each kind of trouble is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """All times in seconds, counted by the clock of the pictures.

    `known`: the scene was seen while it was well. Against that scene, and settled over some seconds:
    `alike`: 1 the same scene, 0 another; `rest`: the same where anything is to be seen; `layout`: correlation of the
    coarsest pictures; `contrast`, `sharpness`: ratios; `elsewhere`: it fits well, but a good way off; `dazzled`: white
    as the scene never is. `steady`: 1 where the picture itself stays what it is.

    `odd_s`: since when the scene is not its usual self; `young`: it had hardly been learnt by then.
    `lost_s`: most of it is gone; `sudden`: within seconds. `blurred_s`: fine detail is gone; `dark_s`: nearly all is
    black; `bare_s`: there is nothing in the picture at all.
    `same_s`: for how long each picture was exactly the one before; `same_limit_s`: longer than this camera ever does.
    """

    known: bool = True
    alike: float = 1.0
    rest: float = 1.0
    layout: float = 1.0
    contrast: float = 1.0
    sharpness: float = 1.0
    elsewhere: bool = False
    dazzled: bool = False
    steady: float = 1.0
    odd_s: float = 0.0
    young: bool = False
    lost_s: float = 0.0
    sudden: bool = False
    blurred_s: float = 0.0
    dark_s: float = 0.0
    bare_s: float = 0.0
    same_s: float = 0.0
    same_limit_s: float = 1e9
