"""Lines and zones drawn at random."""

from core.geometry import polygon_area
from ekamling.evaluation.drawing import drawn


def test_the_same_seed_draws_the_same_and_another_draws_others() -> None:
    assert drawn(5, 1) == drawn(5, 1)
    assert drawn(5, 1) != drawn(5, 2)


def test_lines_and_zones_lie_within_the_picture_and_have_a_size() -> None:
    rules = drawn(100, 3)
    assert [rule.kind for rule in rules].count("crossing") == [rule.kind for rule in rules].count("intrusion") == 100
    assert len({rule.id for rule in rules}) == 200
    for rule in rules:
        points = rule.line or rule.zone
        assert all(0 < x < 1 and 0 < y < 1 for x, y in points)
        if rule.kind == "intrusion":
            assert polygon_area(rule.zone) > 0.01
