"""The camera's frame counter, unwrapped."""

from __future__ import annotations


class CounterWrap:
    """Frame counts of a camera whose counter begins again after 16 or 32 bits, one by one.

    A count that falls from the end of such a span to its beginning has wrapped; any other fall is
    a camera that began again, and is passed on.
    """

    NEAR = 4096
    """Frames that may be missing around the wrap."""

    def __init__(self) -> None:
        self._last = 0
        self._wrapped = 0

    def __call__(self, count: int) -> int:
        """The count as if the counter had no end."""
        for span in (1 << 16, 1 << 32):
            if count < self.NEAR and span - self.NEAR <= self._last < span:
                self._wrapped += span
        self._last = count
        return count + self._wrapped
