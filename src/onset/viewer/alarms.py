"""Which figures have a sentence that is due: each is said once, some only when it lasts."""

from __future__ import annotations

from collections.abc import Iterable

from onset.viewer.figures import Figure


class Alarms:
    """Of one run; remembers what was said."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._since_s: dict[str, float] = {}

    def due(self, figures: Iterable[Figure], now_s: float) -> list[Figure]:
        """Those to be told now."""
        bad = [figure for figure in figures if figure.sentence]
        self._since_s = {one.name: self._since_s.get(one.name, now_s) for one in bad}
        new = [
            one
            for one in bad
            if one.name not in self._said and now_s - self._since_s[one.name] >= one.lasts_s
        ]
        self._said |= {one.name for one in new}
        return new
