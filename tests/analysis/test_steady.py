import numpy as np
import pytest

from onset.analysis import Detector

from .conftest import Particle, detect, make_film, match

SHAPE = (96, 96)
BRIGHTNESS = (100, 200, 600, 2000)


def lit_particles(*, blinking=False, down_at=1e9):
    return [
        Particle(
            20 + 18 * i,
            20 + 18 * j,
            BRIGHTNESS[(i + j) % 4],
            t0=down_at if (i, j) == (1, 1) else 1e9,
            on=5 if blinking else np.inf,
            off=1,
            down=True,
        )
        for i in range(4)
        for j in range(4)
    ]


def test_particles_lit_from_the_start_are_listed():
    detector = Detector(SHAPE, baseline_frames=100)
    for image in make_film(SHAPE, 100, lit_particles()):
        detector.update(image)
    assert len(detector.lit_from_start) == 16
    for particle in lit_particles():
        near = np.hypot(*(np.array(detector.lit_from_start) - [particle.y, particle.x]).T)
        assert near.min() < 1.5


@pytest.mark.parametrize("direction", ["on", "off"])
@pytest.mark.parametrize(
    "lamp",
    [
        pytest.param(None, id="steady"),
        pytest.param(lambda t: 1 + 0.2 * max(t - 100, 0) / 300, id="brighter"),
        pytest.param(lambda t: 1 - 0.2 * max(t - 100, 0) / 300, id="dimmer"),
        pytest.param(lambda t: 1 + 0.1 * np.sign(t - 200), id="jump"),
    ],
)
def test_lit_particles_under_a_changing_lamp_are_no_spots(direction, lamp):
    film = make_film(SHAPE, 400, lit_particles(), lamp=lamp)
    assert detect(film, SHAPE, baseline_frames=100, direction=direction) == []


def test_lit_particles_that_blink_do_not_turn_on():
    film = make_film(SHAPE, 400, lit_particles(blinking=True))
    assert detect(film, SHAPE, baseline_frames=100) == []


def test_one_going_dark_is_found_while_the_lamp_fades():
    truth = lit_particles(down_at=250)
    film = make_film(SHAPE, 400, truth, lamp=lambda t: 1 - 0.1 * max(t - 100, 0) / 300)
    spots = detect(film, SHAPE, baseline_frames=100, direction="off")
    assert len(spots) == 1
    assert len(match(spots, [truth[5]])[0]) == 1
    assert spots[0].onset == 250


def test_pixels_with_unlike_offsets_are_no_particles():
    rng = np.random.default_rng(4)
    offsets = rng.normal(0.0, 3.0, (128, 128))
    detector = Detector((128, 128), baseline_frames=60)
    for _ in range(60):
        image = 200.0 + offsets + rng.normal(0.0, 5.3, offsets.shape)
        detector.update(np.rint(image).astype(np.uint16))
    assert detector.lit_from_start == []
