"""Sleep is seen by two clocks; keeping awake never stands in the way of a run."""

import pytest

from onset.acquisition.wakefulness import SleepWatch, kept_awake


@pytest.mark.parametrize(
    ("looks", "slept"),
    [
        ([(0, 0), (10, 10)], [None, None]),
        ([(0, 0), (0.1, 300.1), (0.2, 300.2)], [None, 300.0, None]),
        ([(5, 1000), (6, 990)], [None, -11.0]),
        ([(5, 1000), (6, 1002)], [None, None]),
    ],
)
def test_a_gap_between_the_clocks_is_told_once(looks, slept):
    watch = SleepWatch()
    assert [watch.look(*look) for look in looks] == pytest.approx(slept, nan_ok=True)


def test_where_nothing_keeps_it_awake_that_is_a_sentence_and_no_fault(monkeypatch):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    with kept_awake(["/dev/ttyUSB99", "COM3", "sim://new-era"]) as told:
        assert told is None or "may go to sleep" in told
