"""How a run stands, as clients see it: all of it in one frozen snapshot."""

from __future__ import annotations

import shutil
import time

from onset.acquisition.crew import Crew
from onset.acquisition.disk import DiskWatch, Look
from onset.acquisition.dose import DoseMeter
from onset.acquisition.engine import Engine
from onset.acquisition.filming import Filming
from onset.acquisition.messages import Phase, Status, StepView
from onset.experiment.protocol import Protocol
from onset.experiment.timeline import describe
from onset.hardware.bench import Bench
from onset.recording.write import Recorder

STATUS_S = 0.1


class RunView:
    """Looks at the parts of a run."""

    def __init__(
        self,
        bench: Bench,
        protocol: Protocol,
        recorder: Recorder,
        film: Filming,
        crew: Crew,
        engine: Engine,
        dose: DoseMeter,
        end_s: float | None,
    ) -> None:
        self._bench, self._protocol, self._recorder, self._film = bench, protocol, recorder, film
        self._crew, self._engine, self._dose, self._end_s = crew, engine, dose, end_s
        self._pace, self._disk = _Pace(), DiskWatch()
        self.shortage: str | None = None
        """Why the disk does not let the run go on, as of the last look."""

    @property
    def is_due(self) -> bool:
        """Is it time for another look?"""
        return self._pace.is_due()

    @property
    def speed(self) -> float:
        """Experiment seconds per real second, over the whole run."""
        return self._pace.speed

    def look(self, t_s: float, injected_s: float | None, phase: Phase, message: str) -> Status:
        """The snapshot of this moment."""
        disk = self._look_at_disk()
        recorder, film, written = self._recorder, self._film, self._recorder.written
        self._pace.note(t_s, written)
        buffer = self._bench.camera.buffer
        counted = self._bench.rig.camera.frame_counter is not None
        begun = [describe(self._protocol.steps[number]) for number in self._engine.begun()]
        return Status(
            phase=phase,
            message=message,
            t_s=t_s,
            end_s=self._end_s,
            written=written,
            dropped=recorder.missing if counted else None,
            expected=film.taken + recorder.missing + buffer.used,
            frames_per_s=self._pace.frames_per_s,
            buffer_used=max(buffer.used / max(1, buffer.capacity), film.backlog_used),
            speed=self._pace.speed,
            shutter=self._crew.shutter,
            pumps=self._crew.pumps,
            doing=tuple(begun),
            since_injection_s=None if injected_s is None else max(0.0, t_s - injected_s),
            disk_left_bytes=disk.free_bytes,
            disk_left_s=self._disk.left_s(disk),
            clock_residual_ms=film.clock_residual_ms,
            steps=self._steps(),
            dose=self._dose.view if self._bench.shutter is not None else None,
            protocol=self._protocol.name,
            folder=recorder.folder if written else None,
        )

    def _steps(self) -> tuple[StepView, ...]:
        return tuple(
            StepView(number, describe(step), *self._engine.state(number))
            for number, step in enumerate(self._protocol.steps)
        )

    def _look_at_disk(self) -> Look:
        recorder = self._recorder
        free = shutil.disk_usage(recorder.folder).free
        look = Look(time.monotonic(), recorder.written * recorder.layout.stride, free)
        self.shortage = self._disk.shortage(look, recorder.written)
        return look


class _Pace:
    """Frame rate and achieved speed, from one status to the next."""

    def __init__(self) -> None:
        self._last_real = 0.0
        self._first: tuple[float, float] | None = None
        self._window: list[tuple[float, int]] = []
        self.frames_per_s = 0.0
        self.speed = 1.0

    def is_due(self) -> bool:
        """Is it time for another status?"""
        return time.monotonic() - self._last_real >= STATUS_S

    def note(self, t_s: float, written: int) -> None:
        """A status is sent now."""
        self._last_real = time.monotonic()
        if t_s > 0:
            self._first = self._first or (self._last_real, t_s)
            real = self._last_real - self._first[0]
            self.speed = (t_s - self._first[1]) / real if real > 0.5 else self.speed
        self._window = [*self._window[-10:], (t_s, written)]
        (t0, n0), (t1, n1) = self._window[0], self._window[-1]
        self.frames_per_s = (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0
