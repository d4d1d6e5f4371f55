"""Measurements of speed, behind `ekamling bench`: ours and the peers' ways, on the same streams, in one run."""
