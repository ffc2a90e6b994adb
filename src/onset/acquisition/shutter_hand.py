"""The hand that moves the shutter, and keeps the log of the light."""

from __future__ import annotations

from onset.acquisition.hands import HALTED, Answer, Done, Hand, Tell, mark_of
from onset.acquisition.light import LightLog
from onset.errors import Refused
from onset.experiment.clock import Clock
from onset.hardware.semantic import Shutter, ShutterState


class ShutterHand(Hand):
    """Moves the shutter."""

    def __init__(self, shutter: Shutter, light: LightLog, clock: Clock, tell: Tell) -> None:
        super().__init__("shutter", clock, tell)
        self._shutter, self._light = shutter, light

    @property
    def state(self) -> ShutterState:
        """Where the shutter is, as far as is known."""
        return self._shutter.state

    def move(
        self,
        step: int | None,
        due_ns: int,
        *,
        opens: bool,
        answer: Answer | None = None,
        first: bool = False,
        because: str = "",
    ) -> None:
        """Open or close it."""

        def job() -> None:
            if opens and self.is_halted:
                if answer is None:
                    return  # the run is at its end
                raise Refused(HALTED)
            self._light.begin(self._clock.now_ns(), opens=opens)
            sent = self._shutter.open() if opens else self._shutter.close()
            self._light.done(sent.earliest_ns, sent.latest_ns)
            what = "shutter-open" if opens else "shutter-close"
            values: dict[str, object] = {"confirmed": self._shutter.confirmed}
            if because:
                values["because"] = because
            self._tell(Done(step, mark_of(what, step, due_ns, sent, values=values)))

        self.do(job, answer, first=first, safe=not opens)

    def shout_close(self) -> bool:
        """Past a job that hangs: write it without listening."""
        return self._shutter.shout()
