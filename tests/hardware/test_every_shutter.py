"""Every shutter dialect over every kind of wire, in real time: the same few sentences hold."""

import sys
import time

import pytest

from onset.experiment.clock import SystemClock
from onset.experiment.rig import ShutterSpec
from onset.hardware.shutter import open_shutter

DIALECTS = ["uniblitz-d1", "uniblitz-d3", "thorlabs-sc10", "sutter-lambda"]
WAYS = ["sim", "tcp", "pty"]


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return request.param


@pytest.fixture(params=WAYS)
def shutter(request, dialect, here, serve):
    if request.param == "pty" and sys.platform == "win32":
        pytest.skip("Windows has no pseudo terminals")
    spec = ShutterSpec.model_validate(
        {
            "dialect": dialect,
            "port": serve(dialect, request.param, f"opening_ms=8&sample={here.name}"),
            "irradiance": "15 uW/cm^2",
            "opening": "12 ms",
        }
    )
    opened = open_shutter(spec, SystemClock(), lambda *_: None)
    yield opened
    opened.close_port()


def settled(light, *, is_open):
    """A mute shutter's byte may still be on its way."""
    until = time.perf_counter() + 1
    while light.is_open(time.perf_counter_ns()) != is_open and time.perf_counter() < until:
        time.sleep(0.002)
    return light.is_open(time.perf_counter_ns()) == is_open


def test_the_light_does_what_it_is_told(shutter, here):
    assert shutter.state == "unknown"
    for act, state in ((shutter.open, "open"), (shutter.close, "closed")):
        sent = act()
        assert shutter.state == state
        assert settled(here.light, is_open=state == "open")
        moved_ns, _ = here.light.moves()[-1]
        assert sent.asked_ns < sent.earliest_ns <= moved_ns <= sent.latest_ns + SLACK_NS


SLACK_NS = 5_000_000
"""Threads of this process may make a mute device's byte late, of which it cannot tell."""


def test_telling_it_again_changes_nothing(shutter, here):
    shutter.open()
    shutter.open()
    assert settled(here.light, is_open=True)
    shutter.close()
    shutter.close()
    assert settled(here.light, is_open=False)


def test_it_can_be_made_safe_at_any_time(shutter, here):
    shutter.make_safe()
    assert shutter.state == "closed"
    shutter.open()
    shutter.make_safe()
    assert shutter.state == "closed"
    assert settled(here.light, is_open=False)


def test_one_that_says_where_it_is_stamps_its_moves(shutter):
    sent = shutter.open()
    assert (sent.confirmed_ns is not None) == shutter.confirmed
