"""Camera health: whether a camera can still see what it was put up for. Each kind is a rule in one small file."""
