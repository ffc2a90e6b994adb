"""Numba's compiler as a typed decorator, set once for all kernels of the analysis."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import numba

from onset.models.kernel_cache import forget_outdated

forget_outdated(Path(__file__).parents[1])

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile at the first call, keep the result on disk, run without the interpreter lock.

    No reordering of sums and no fusing of multiply and add: a fresh compilation and one from the
    cache would differ in the last bit, and so would a run and its replay.
    """
    options = numba.njit(
        cache=True, nogil=True, fastmath={"nnan", "ninf", "nsz"}, error_model="numpy"
    )
    return cast("F", options(function))
