"""Places and brightness against the bounds, in films of a maker that shares nothing with onset."""

import numpy as np
import pytest

from .place_films import Kind, measured

LARGE = {"side": 192, "frames": 500, "baseline": 210, "spots": 64}
KINDS = {
    "plain": Kind(**LARGE),
    "bright": Kind(**LARGE, snr=(15.0, 50.0)),
    "dim": Kind(**{**LARGE, "frames": 1200, "baseline": 400}, snr=(1.5, 4.0)),
    "drift": Kind(**LARGE, drift=(3.0, -2.0)),
    "walk": Kind(**LARGE, walk=1.0),
    "narrow": Kind(**LARGE, sigma=0.8),
    "wide": Kind(**{**LARGE, "spots": 40}, sigma=2.0, apart=14.0),
    "wider": Kind(**{**LARGE, "spots": 30}, sigma=2.5, apart=17.0),
    "pairs": Kind(**{**LARGE, "spots": 40}, pairs=(5.0, 10.0)),
    "profile": Kind(**LARGE, profile=0.45),
    "emccd": Kind(**LARGE, em_gain=300.0, background=3.0, read_e=0.3, gain=20.0),
    "front": Kind(**LARGE, step=4.0, gradient=0.5),
}
UNEVEN = {
    "offsets": Kind(**LARGE, offset_sd=8.0),
    "scmos": Kind(**LARGE, offset_sd=4.0, gain_sd=0.02, read_spread=0.3, hot=0.002),
}


def test_places_and_errors_among_pairs_uneven_pixels_and_drift(tmp_path):
    kind = Kind(
        spots=24, pairs=(5.0, 10.0), offset_sd=4.0, read_spread=0.3, hot=0.002, drift=(1.5, -1.0),
        gradient=0.4, step=3.0,
    )  # fmt: skip
    film = measured(kind, 1, tmp_path)
    assert (len(film.true), film.extra) == (24, 0)
    assert film.position_over_bound() < 1.6
    assert film.ground.gain == pytest.approx(kind.gain, rel=0.12)
    for pull in film.pulls():
        assert np.sqrt(np.mean(pull**2)) == pytest.approx(1.0, abs=0.08)


@pytest.mark.soak
@pytest.mark.parametrize("name", [*KINDS, *UNEVEN])
def test_places_are_at_the_bound(name, tmp_path):
    kind = {**KINDS, **UNEVEN}[name]
    films = [measured(kind, seed, tmp_path / str(seed)) for seed in range(4)]
    ratio = np.sqrt(np.mean([film.position_over_bound() ** 2 for film in films]))
    lit, dark = (np.concatenate(parts) for parts in zip(*(f.pulls() for f in films), strict=True))
    spread = [float(np.sqrt(np.mean(pull**2))) for pull in (lit, dark)]
    found = np.mean([len(film.true) / kind.spots for film in films])
    assert found >= 0.99
    # where pixels differ and were not calibrated, the ground is known as the dark frames tell it
    assert ratio < (1.4 if name in UNEVEN else 1.15)
    assert spread == pytest.approx([1.0, 1.0], abs=0.1)
