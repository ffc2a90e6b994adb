"""Watches what is found live for a run's `stop_when`, and remembers plateaus between runs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from onset.acquisition.live import LiveState
from onset.acquisition.registry import put
from onset.experiment.places import make_common, state_folder
from onset.experiment.protocol import Protocol
from onset.experiment.stop_rule import Seen, StopRule


class StopWatch:
    """One run's rule and what was seen for it."""

    def __init__(self, rule: StopRule, plateau: int | None) -> None:
        self.rule, self._plateau = rule, plateau
        self._count = 0
        self._newest_s: float | None = None

    def look(self, live: LiveState) -> str | None:
        """What was seen, once the rule has come true."""
        if live.count > self._count:
            self._count, self._newest_s = live.count, live.t_s
        return self.rule.came_true(Seen(live.t_s, live.count, self._newest_s, self._plateau))


class Plateaus:
    """How many spots had turned on at the end of the last complete run of a rig on a field."""

    def __init__(self, rig_file: Path, protocol: Protocol) -> None:
        key = f"{rig_file.resolve()}\n{protocol.field}\n{protocol.direction}"
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._file = state_folder() / "plateaus" / f"{name}.json"

    def last(self) -> int | None:
        """None where there was none."""
        try:
            return int(json.loads(self._file.read_text(encoding="utf-8"))["count"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, count: int) -> None:
        """The run is complete."""
        make_common(self._file.parent)
        put(self._file, json.dumps({"count": count}), mode=0o644)
