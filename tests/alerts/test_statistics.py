"""The centre's figures are counts of what is stored."""

from datetime import timedelta

from alerts.cases.statistics import Statistics
from core.events import CameraCounts, Media, OutboxStatus
from tests.alerts.centre import EDGE, VILLAGE, Centre
from tests.messages import AT, JPEG, a_camera, a_status, an_event


async def test_an_empty_centre_has_empty_figures(centre: Centre) -> None:
    figures = await Statistics(centre.database, centre.sink).figures("33.03")
    assert (figures["events_stored"], figures["cameras"], figures["loops"]) == (0, 0, {})
    assert figures["latency_ms"]["frame_to_event"] == {"p50": None, "p95": None, "p99": None}


async def test_an_area_has_its_own_figures_only(centre: Centre) -> None:
    for edge, area in ((EDGE, VILLAGE), ("pos-2", "33.03.06.2001")):
        await centre.register(edge, area)
        status = a_status(a_camera(area=area, counts=CameraCounts(inferences=7)), outbox=OutboxStatus(recorded=2))
        await centre.beat(edge, status, AT)
        await centre.put(event := an_event(), an_event(), edge=edge)
        await centre.sink.put_media("snapshot", edge, event.id, Media.of(JPEG))
    names = ("events_stored", "incidents", "snapshots", "clips", "events_published", "cameras")
    for area, expected in (("33.03.06", (2, 1, 1, 0, 2, 1)), ("33.03", (4, 2, 2, 0, 4, 2)), ("33.04", (0,) * 6)):
        figures = await Statistics(centre.database, centre.sink).figures(area)
        assert tuple(figures[name] for name in names) == expected
        assert figures["loops"].get("inferences", 0) == 7 * expected[-1]


async def test_figures_add_up_over_edges_and_cameras(centre: Centre) -> None:
    await centre.register("pos-2", VILLAGE)
    outbox = OutboxStatus(recorded=10, events_lost=1)
    counts = CameraCounts(frames_decoded=100, inferences=7)
    for edge in (EDGE, "pos-2"):
        cameras = a_camera(counts=counts), a_camera(id="pos", counts=counts)
        await centre.beat(edge, a_status(*cameras, outbox=outbox), AT)
    events = [an_event(at=AT - timedelta(seconds=1), frame_at=AT - timedelta(seconds=2)) for _ in range(3)]
    await centre.put(*events)
    await centre.sink.put_media("snapshot", EDGE, events[0].id, Media.of(JPEG))
    await centre.sink.put_media("clip", EDGE, events[0].id, Media.of(b"a clip"))
    await centre.sink.count("duplicates", 5)
    figures = await Statistics(centre.database, centre.sink).figures("33.03")
    expected = {"events_stored": 3, "incidents": 1, "snapshots": 1, "clips": 1, "duplicates": 5, "refused": 0}
    assert {name: figures[name] for name in expected} == expected
    assert (figures["events_published"], figures["events_lost_at_edges"], figures["cameras"]) == (20, 2, 4)
    assert (figures["loops"]["frames_decoded"], figures["loops"]["inferences"]) == (400, 28)
    assert figures["latency_ms"]["frame_to_event"]["p50"] == figures["latency_ms"]["event_to_stored"]["p50"] == 1000
