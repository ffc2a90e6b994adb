"""Numba's compiler as a typed decorator: nopython, without the interpreter lock, cached on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import numba

from onset.models.kernel_cache import forget_outdated

forget_outdated(Path(__file__).parents[1])

F = TypeVar("F", bound=Callable[..., object])


def compiled(function: F) -> F:
    """Compile `function` at its first call; it then runs without the interpreter lock."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))
