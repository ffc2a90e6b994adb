"""A pump whose syringe is kept account of: what it delivers is booked, an empty one ends it."""

from __future__ import annotations

from onset.errors import DeviceFault, OnsetError
from onset.experiment.clock import Clock
from onset.experiment.rig import PumpSpec
from onset.experiment.syringes import SyringeAccount
from onset.hardware.semantic import Pump, PumpJob, PumpStatus, Sent

RESERVE_S = 1.0
"""An endless delivery ends when the syringe is so near to empty: it is looked at twice a second."""
ROUNDING_UL, ROUNDING_PART = 0.5, 1e-3
"""A pump takes a volume in four digits, so a syringe that is used up may look overdrawn."""


class AccountedPump:
    """Asks the same of the pump in it; books volumes whenever they are known."""

    def __init__(self, pump: Pump, account: SyringeAccount, spec: PumpSpec, clock: Clock) -> None:
        self.name = pump.name
        self._pump, self._account, self._spec, self._clock = pump, account, spec, clock
        self._job: PumpJob | None = None
        self._rate_ul_min = self._booked_ul = 0.0
        self._moves = False

    @property
    def round_trip_ns(self) -> int | None:
        """Median time from question to answer."""
        return self._pump.round_trip_ns

    def identify(self) -> str:
        """Model and firmware."""
        return self._pump.identify()

    @property
    def watchdog_s(self) -> float | None:
        """After so long without a word it stops by itself."""
        return self._pump.watchdog_s

    def prepare(self, job: PumpJob) -> tuple[str, ...]:
        """Refuses what the syringe does not hold, or cannot take."""
        self._must_fit(job)
        told = self._pump.prepare(job)
        self._job, self._rate_ul_min, self._booked_ul = job, job.rate_ul_min, 0.0
        return told

    def start(self) -> Sent:
        """Start; from now on the account is unsure until the end is seen."""
        self._moves = True
        sent = self._pump.start()
        self._book(0.0)
        return sent

    def stop(self) -> Sent:
        """Stop; what was delivered is booked by the next `status`."""
        return self._pump.stop()

    def change_rate(self, rate_ul_min: float) -> Sent:
        """Go on at another rate."""
        sent = self._pump.change_rate(rate_ul_min)
        self._rate_ul_min = rate_ul_min
        return sent

    def status(self) -> PumpStatus:
        """As the pump says; a syringe that runs empty (or full) by account is a fault."""
        seen = self._seen()
        if self._moves:
            self._must_go_on()
        return seen

    def feed(self) -> None:
        """For the watchdog."""
        self._pump.feed()

    def make_safe(self) -> None:
        """Stop, and book what was delivered where the pump can still say it."""
        self._pump.make_safe()
        if not self._moves:
            return
        try:
            self._seen()
        except OnsetError:
            return  # it has stopped; the account says how much is unsure

    def shout(self) -> bool:
        """Stop without listening; what was delivered is booked by whoever asks next."""
        return self._pump.shout()

    def close(self) -> None:
        """Give the port back."""
        self._pump.close()

    def _seen(self) -> PumpStatus:
        seen = self._pump.status()
        if self._job is not None and self._moves:
            self._moves = seen.state in {"infusing", "withdrawing", "purging", "waiting"}
            self._book(seen.delivered_ul if self._moves else _rounded(self._job, seen))
        return seen

    def _book(self, delivered_ul: float) -> None:
        assert self._job is not None
        news_ul, self._booked_ul = delivered_ul - self._booked_ul, delivered_ul
        out_ul = news_ul if self._job.direction == "infuse" else -news_ul
        unsure_ul = self._may_come_ul(delivered_ul) if self._moves else 0.0
        self._account.book(self.name, out_ul, unsure_ul=unsure_ul)

    def _may_come_ul(self, delivered_ul: float) -> float:
        """The most that leaves the syringe if nobody hears of this pump again."""
        if self._job is None or self._job.direction == "withdraw":
            return 0.0
        bounds = [max(0.0, self._account.content(self.name).left_ul)]
        if self._job.volume_ul is not None:
            bounds.append(max(0.0, self._job.volume_ul - delivered_ul))
        if (watchdog_s := self._pump.watchdog_s) is not None:
            silent_s = watchdog_s + RESERVE_S * max(1.0, self._clock.speed)
            bounds.append(self._rate_ul_min / 60 * silent_s)
        return min(bounds)

    def _must_fit(self, job: PumpJob) -> None:
        left_ul, most_ul = self._account.content(self.name).left_ul, self._spec.syringe_ul
        room_ul = left_ul if job.direction == "infuse" else most_ul - left_ul
        wanted_ul = job.volume_ul or 0.0
        if wanted_ul > room_ul * (1 + ROUNDING_PART) + ROUNDING_UL or room_ul <= 0:
            wanted = "an endless delivery" if job.volume_ul is None else f"{job.volume_ul:g} uL"
            raise DeviceFault(
                f"pump '{self.name}' is to {job.direction} {wanted} and its syringe of "
                f"{most_ul:g} uL holds {left_ul:g} uL by account; `onset syringe` shows and sets it"
            )

    def _must_go_on(self) -> None:
        assert self._job is not None
        if self._job.volume_ul is not None:
            return
        left_ul, most_ul = self._account.content(self.name).left_ul, self._spec.syringe_ul
        reserve_ul = self._rate_ul_min / 60 * RESERVE_S
        if self._job.direction == "infuse" and left_ul <= reserve_ul:
            raise DeviceFault(
                f"pump '{self.name}': its syringe is empty by account ({left_ul:.3g} uL left)"
            )
        if self._job.direction == "withdraw" and left_ul >= most_ul - reserve_ul:
            raise DeviceFault(
                f"pump '{self.name}': its syringe is full by account ({left_ul:.4g} uL)"
            )


def _rounded(job: PumpJob, seen: PumpStatus) -> float:
    """The volume that was asked for where the pump's digits cannot tell it from what it says."""
    if job.volume_ul is None or seen.alarm is not None:
        return seen.delivered_ul
    within_ul = max(1.0, ROUNDING_PART * job.volume_ul)  # counters of large syringes: 0.001 mL
    near = abs(job.volume_ul - seen.delivered_ul) <= within_ul
    return job.volume_ul if near and seen.state == "stopped" else seen.delivered_ul
