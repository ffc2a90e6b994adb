"""`stop_when`: a sentence about what is found live that ends a run before its greatest time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from onset.experiment.quantities import TIME_S, parse

NO_NEW_SPOT = re.compile(r"\s*no new spot for (.+?)\s*")
PLATEAU = re.compile(r"\s*turned_(on|off)\s*>\s*(\d+(?:\.\d+)?)\s*%\s*of last plateau\s*")
EXAMPLES = "'no new spot for 60 s' or 'turned_on > 95 % of last plateau'"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the live analysis knows."""

    t_s: float
    """Time of the newest frame that was looked at, since the first."""
    count: int
    """Spots that have turned on (or off)."""
    newest_s: float | None
    """When the count last grew."""
    plateau: int | None
    """The count at the end of the last complete run on this field."""


@dataclass(frozen=True, slots=True)
class StopRule:
    """One of the sentences that are understood."""

    text: str
    kind: Literal["no-new-spot", "plateau"]
    value: float
    """Seconds, or percent."""

    def came_true(self, seen: Seen) -> str | None:
        """What was seen, once the rule is fulfilled; without a spot it never is."""
        if self.kind == "no-new-spot":
            if seen.newest_s is None or seen.t_s - seen.newest_s < self.value:
                return None
            return f"{seen.count} spots, none new for {seen.t_s - seen.newest_s:.1f} s"
        if not seen.plateau or seen.count <= self.value / 100 * seen.plateau:
            return None
        return f"{seen.count} spots, the last plateau was {seen.plateau}"


def parse_stop_rule(text: str) -> StopRule:
    """Read the sentence; `ValueError` says what is understood."""
    if (match := NO_NEW_SPOT.fullmatch(text)) is not None:
        return StopRule(text, "no-new-spot", parse(match[1], TIME_S))
    if (match := PLATEAU.fullmatch(text)) is not None:
        return StopRule(text, "plateau", float(match[2]))
    raise ValueError(f"'{text}' is not understood (write {EXAMPLES})")
