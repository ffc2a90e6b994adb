import numpy as np
import pytest
from scipy import stats

from onset.analysis.thresholds import cusum_rule, exponent


@pytest.mark.parametrize("size", [1.5, 4.0])
@pytest.mark.parametrize("skew", [0.05, 0.3, 0.9])
def test_the_exponent_solves_walds_identity(size, skew):
    """E exp(theta (size T - size^2 / 2)) = 1, T a gamma variable of mean 0 and variance 1."""
    theta, shape = exponent(size, skew), 4 / skew**2
    t = np.linspace(-2 / skew, 60, 2_000_001)
    density = stats.gamma.pdf(t, shape, loc=-2 / skew, scale=skew / 2)
    mean = np.trapezoid(density * np.exp(theta * (size * t - size**2 / 2)), t)
    assert mean == pytest.approx(1.0, abs=1e-2)
    assert 0.0 < theta < 1.0


def test_more_tests_a_short_baseline_and_skew_cost_threshold():
    plain = cusum_rule(4.0, 1e9, 1.3, 300, 300, 0.0)
    assert plain.threshold == pytest.approx(np.log(1e9), rel=0.01)
    assert cusum_rule(4.0, 1e10, 1.3, 300, 300, 0.0).threshold > plain.threshold
    assert cusum_rule(4.0, 1e9, 1.3, 50, 50, 0.0).drift > plain.drift
    assert cusum_rule(4.0, 1e9, 1.3, 300, 300, 0.5).threshold > 1.5 * plain.threshold
