from datetime import UTC, datetime, timedelta

from core.clock import ManualClock, SettingWatch, SystemClock


def test_the_systems_wall_time_is_aware_and_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_the_systems_monotonic_time_never_goes_back() -> None:
    clock = SystemClock()
    seen = [clock.monotonic() for _ in range(1000)]
    assert seen == sorted(seen)


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(datetime(2026, 8, 17, tzinfo=UTC))
    assert (clock.now(), clock.monotonic()) == (clock.now(), clock.monotonic())
    clock.advance(1.5)
    assert clock.now() == datetime(2026, 8, 17, 0, 0, 1, 500_000, tzinfo=UTC)
    assert clock.monotonic() == 1.5


def test_setting_the_wall_clock_back_leaves_monotonic_time_alone() -> None:
    clock = ManualClock()
    before = clock.now()
    clock.step_wall(-3600)
    assert clock.now() == before - timedelta(hours=1)
    assert clock.monotonic() == 0


def test_a_watch_tells_each_setting_of_the_wall_clock_once() -> None:
    clock = ManualClock()
    watch = SettingWatch(clock)
    clock.advance(3600)
    assert watch.set_by_s() == 0
    clock.advance(60)
    clock.step_wall(-7200)
    assert watch.set_by_s() == -7200
    assert watch.set_by_s() == 0
    clock.step_wall(SettingWatch.STEADY_S + 1)
    assert watch.set_by_s() == SettingWatch.STEADY_S + 1


def test_what_a_time_server_corrects_little_by_little_is_no_setting() -> None:
    clock = ManualClock()
    watch = SettingWatch(clock)
    for _ in range(1000):
        clock.advance(5)
        clock.step_wall(0.01)
        assert watch.set_by_s() == 0
