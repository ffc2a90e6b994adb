import numpy as np
import pytest
from scipy import stats

from onset.analysis.matched import taps_of
from onset.analysis.thresholds import cusum_rule, exponent

GAUSSIAN = (0.0, 0.0)


@pytest.mark.parametrize("size", [1.5, 4.0])
@pytest.mark.parametrize(("flash_sd", "rate"), [(0.2, 3.0), (0.7, 1.0), (1.2, 0.3)])
def test_the_exponent_solves_walds_identity(size, flash_sd, rate):
    """E exp(theta (size T - size^2 / 2)) = 1: pixel by pixel, over numbers of flashes."""
    taps = taps_of(1.3)
    theta = exponent(size, 1.3, flash_sd, rate)
    line = np.concatenate([taps[:0:-1], taps]).astype(float)
    shares = np.outer(line, line).ravel() / (line**2).sum()
    counts = np.arange(400)
    grown = theta * size * shares[:, None]
    # n exponentials: (1 - s)^-n; less their mean; the rest of unit variance is Gaussian
    flashes = stats.poisson.pmf(counts, rate) * (1.0 - grown * flash_sd) ** -counts
    rest = (1.0 - 2.0 * rate * flash_sd**2) / 2.0 * grown**2 - grown * rate * flash_sd
    mean = np.prod(flashes.sum(axis=1) * np.exp(rest[:, 0]))
    assert mean * np.exp(-theta * size**2 / 2) == pytest.approx(1.0, abs=1e-3)
    assert 0.0 < theta < 1.0


def test_more_tests_a_short_baseline_and_flashes_cost_threshold():
    plain = cusum_rule(4.0, 1e9, 1.3, 300, 300, GAUSSIAN)
    assert plain.threshold == pytest.approx(np.log(1e9), rel=0.07)
    assert cusum_rule(4.0, 1e10, 1.3, 300, 300, GAUSSIAN).threshold > plain.threshold
    assert cusum_rule(4.0, 1e9, 1.3, 50, 50, GAUSSIAN).drift > plain.drift
    assert cusum_rule(4.0, 1e9, 1.3, 300, 300, (1.0, 0.5)).threshold > 1.5 * plain.threshold
