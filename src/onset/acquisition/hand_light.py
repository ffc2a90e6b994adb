"""UV outside runs: counted for the field of view that is named, and closed at the rig's limit."""

from __future__ import annotations

from onset.acquisition.light import LightLog
from onset.acquisition.messages import DoseView
from onset.experiment.clock import NS, Clock
from onset.experiment.doses import DoseAccount
from onset.experiment.rig import Rig


class HandLight:
    """Knows the field, and what it has seen."""

    def __init__(self, rig: Rig, clock: Clock) -> None:
        self._shutter, self._clock, self._doses = rig.shutter, clock, DoseAccount(rig)
        self.field = ""
        self._log = LightLog(has_shutter=rig.shutter is not None)
        self._booked_s = self._before_s = 0.0

    def begin(self) -> LightLog:
        """New hands are engaged: where they write down how the shutter moves."""
        self._log = LightLog(has_shutter=self._shutter is not None)
        self._booked_s, self._before_s = 0.0, self._doses.open_s(self.field)
        return self._log

    def name(self, field: str) -> None:
        """From now on it counts for this one."""
        self.book()
        self.field, self._before_s = field, self._doses.open_s(field)

    def book(self) -> None:
        """What fell until now counts for the field that was named then."""
        open_s = self._open_s()
        self._doses.add(self.field, open_s - self._booked_s)
        self._before_s, self._booked_s = self._doses.open_s(self.field), open_s

    @property
    def view(self) -> DoseView | None:
        """For display; None without a shutter."""
        if self._shutter is None:
            return None
        field_s = self._before_s + self._open_s() - self._booked_s
        return DoseView(
            field=self.field,
            field_open_s=field_s,
            field_mj_per_cm2=field_s * self._shutter.irradiance_uw_cm2 / 1000,
            field_limit_mj_per_cm2=self._shutter.dose_limit_mj_cm2,
        )

    def reached(self) -> str | None:
        """The limit, in a sentence, once the field has seen that much."""
        seen = self.view
        if seen is None or not seen.field or seen.field_limit_mj_per_cm2 is None:
            return None
        if seen.field_mj_per_cm2 < seen.field_limit_mj_per_cm2:
            return None
        return (
            f"the dose limit of the field '{seen.field}', {seen.field_limit_mj_per_cm2:g} mJ/cm^2"
        )

    def _open_s(self) -> float:
        return self._log.open_ns(self._clock.now_ns()) / NS
