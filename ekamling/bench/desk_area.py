"""The regency of the desk bench: 240 villages with an edge of ten cameras each, every camera in an RT of its own."""

VILLAGES, CAMERAS = 240, 10


def area_of(village: int) -> str:
    """The area of a village by its number."""
    return f"33.03.{village // 15 + 1:02}.{2001 + village % 15}"


def rt_of(village: int, camera: int) -> str:
    """The RT in which a camera stands."""
    return f"{area_of(village)}/RW01/RT{camera + 1:02}"
