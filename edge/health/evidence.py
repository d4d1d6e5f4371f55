"""What is known of a camera's picture at one moment, of which each kind of trouble is told."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """All times in seconds, counted by the clock of the pictures.

    `known`: the scene was seen while it was well. Against that scene, and settled over some seconds:
    `alike`: cosine of the edges, 1 the same scene, 0 another; `kept`: how much of its edges is left; `rest`: as
    `alike` where anything is to be seen; `layout`: correlation of the coarsest pictures; `contrast`, `sharpness`: ratios; `shift`, `fit`: how many cells off the
    picture's middle fits best, and how well. `steady`: 1 where the picture itself stays what it is.

    `odd_s`: since when the scene is not its usual self; `lost_s`: most of its edges are gone; `sudden`: within seconds.
    `blurred_s`, `dark_s`, `bare_s`: fine detail is gone, nearly all is black, there is nothing in the picture at all.
    `same_s`: for how long each picture was exactly the one before; `same_limit_s`: longer than this camera ever does.
    """

    known: bool = True
    alike: float = 1.0
    rest: float = 1.0
    layout: float = 1.0
    contrast: float = 1.0
    sharpness: float = 1.0
    shift: float = 0.0
    fit: float = 0.0
    steady: float = 1.0
    odd_s: float = 0.0
    lost_s: float = 0.0
    sudden: bool = False
    blurred_s: float = 0.0
    dark_s: float = 0.0
    bare_s: float = 0.0
    same_s: float = 0.0
    same_limit_s: float = 1e9
