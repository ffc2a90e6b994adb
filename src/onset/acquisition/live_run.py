"""The live analysis of one run: what it has found, and whether its `stop_when` has come true."""

from __future__ import annotations

from pathlib import Path

from onset.acquisition.adaptive import Plateaus, StopWatch
from onset.acquisition.live import LiveFeed, LiveState
from onset.acquisition.messages import Finish, Found
from onset.errors import RecordingFault
from onset.experiment.protocol import Protocol
from onset.recording.read import Recording


class LiveRun:
    """Follows the recording from its first frame, also where the run began long before."""

    def __init__(self, folder: Path, protocol: Protocol, rig_file: Path) -> None:
        self.folder = folder
        self._plateaus = Plateaus(rig_file, protocol)
        rule = protocol.end.rule
        self._watch = StopWatch(rule, self._plateaus.last()) if rule is not None else None
        self._is_cut_short = False
        self._feed = LiveFeed(folder, protocol.direction, self._seen_whole)
        self._feed.start()

    @property
    def found(self) -> Found:
        """Until now."""
        live = self._feed.state
        return Found(live.direction, live.count, live.ensemble, live.message)

    def came_true(self) -> Finish | None:
        """What ends the run, once."""
        watch = self._watch
        seen = watch.look(self._feed.state) if watch is not None else None
        if watch is None or seen is None:
            return None
        self._watch, self._is_cut_short = None, watch.rule.kind == "plateau"
        return Finish(watch.rule.text, seen)

    def catch_up(self, timeout_s: float) -> None:
        """Wait until every frame of the sealed recording was looked at."""
        self._feed.catch_up(timeout_s)

    def leave(self) -> None:
        """It is of no use any more; nobody waits for it."""
        self._feed.stop()

    def close(self) -> None:
        """End it."""
        self._feed.stop()
        self._feed.join()

    def _seen_whole(self, state: LiveState) -> None:
        """A run that a plateau has cut short has none of its own: else each would be lower."""
        if self._is_cut_short:
            return
        try:
            with Recording(self.folder) as recording:
                if recording.status == "complete":
                    self._plateaus.remember(state.count)
        except RecordingFault:
            return  # moved away meanwhile
