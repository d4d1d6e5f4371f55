"""Measurements against ground truth, behind `ekamling evaluate`."""
