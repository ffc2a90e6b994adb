import numpy as np
import pytest

from onset.analysis.live import LiveDetector

from .conftest import Particle, make_film

SHAPE = (64, 64)


def feed(detector, film, *, dark=(), first_number=0, dropped=()):
    """Frames numbered by a camera that loses some; 50 ms apart."""
    found = []
    for number, image in enumerate(film, first_number):
        if number not in dropped:
            lit = number not in dark
            shown = image if lit else np.full_like(image, 100)
            found += detector.update(number, shown, number * 0.05, lit=lit)
    return found


def live(lit_frames=60, direction="on"):
    return LiveDetector(
        SHAPE,
        direction=direction,
        lit_frames_before_injection=lit_frames,
        planned_frames=500,
    )


def test_spots_come_in_the_cameras_numbers_and_times():
    film = make_film(SHAPE, 140, [Particle(30, 30, 1500, t0=120)])
    (spot,) = feed(live(), film, dark=range(20), dropped={90, 91})
    assert (spot.spot, spot.detected_frame, spot.onset_frame) == (1, 120, 120)
    assert spot.onset_s == pytest.approx(6.0)


def test_dark_frames_are_not_looked_at():
    film = make_film(SHAPE, 200, [Particle(30, 30, 1500, t0=120)])
    (spot,) = feed(live(), film, dark=range(100, 115))
    assert spot.detected_frame == 120


@pytest.mark.parametrize("lit_frames", [0, 9])
def test_too_short_a_baseline_is_said_and_nothing_detected(lit_frames):
    detector = live(lit_frames)
    assert "at least 10" in detector.message
    assert feed(detector, make_film(SHAPE, 100, [Particle(30, 30, 1500, t0=60)])) == []


def test_a_short_baseline_is_said_and_bright_spots_are_found():
    detector = live(12)
    (spot,) = feed(detector, make_film(SHAPE, 60, [Particle(30, 30, 1500, t0=20)]))
    assert spot.onset_frame == 20
    assert "only 12 lit frames" in detector.message


def test_the_ensemble_counts_from_the_baseline():
    detector = live()
    feed(detector, make_film(SHAPE, 100, lift=lambda t: 5.0 * (t >= 80)))
    assert detector.ensemble == pytest.approx(10.0, abs=0.5)


def test_replay_gives_the_same_lines():
    film = list(
        make_film(SHAPE, 150, [Particle(30, 30, 300, t0=100), Particle(50, 12, 900, t0=90)])
    )
    assert feed(live(), film) == feed(live(), film)
    assert len(feed(live(), film)) == 2


def test_a_step_of_the_whole_field_is_told():
    detector = live()
    feed(detector, make_film(SHAPE, 120, lift=lambda t: 25.0 * (t >= 90)), first_number=1000)
    assert "changed at once in frame 1090" in detector.message
