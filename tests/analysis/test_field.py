import numpy as np
import pytest

from onset.analysis.field import Field
from onset.analysis.kernels import row_between, spread


@pytest.mark.parametrize(("side", "most"), [(256, 0.014), (512, 0.004)])
def test_the_level_follows_a_lamp_that_lights_the_middle_more(side, most):
    """The share of a Gaussian profile that is left after some frames."""
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    hill = np.exp(-(rows**2 + columns**2) / (2 * (0.45 * side) ** 2)).astype(np.float32)
    field = Field(np.ones((side, side), np.uint16), 1.0)
    for frame in range(60):
        level, _ = field.measure(hill, np.zeros_like(hill), frame)
    levels, seen = np.empty((len(level), side), np.float32), np.empty_like(hill)
    spread(level, field.column_nodes, levels)
    for row in range(side):
        row_between(levels, field.row_nodes, row, np.float32(1.0), seen[row])
    assert np.abs(hill - seen).max() < most
