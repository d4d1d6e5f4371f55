"""polars, as the centre uses it: one thread of its own, for the cores belong to those who wait for other answers."""

import os

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # it is read once, when polars is imported

import polars as pl

__all__ = ["pl"]
