"""The computer stays awake during a run; where it slept all the same, that is seen."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wakepy import keep

SLEPT_S = 2.0
TTY = Path("/sys/class/tty")


class SleepWatch:
    """Compares a clock that stops while the computer sleeps with one that does not."""

    def __init__(self, gap_s: float = SLEPT_S) -> None:
        self._gap_s = gap_s
        self._last: tuple[float, float] | None = None

    def look(self, awake_s: float, all_s: float) -> float | None:
        """How long it slept since the last look; None where it did not."""
        last, self._last = self._last, (awake_s, all_s)
        if last is None:
            return None
        slept_s = (all_s - last[1]) - (awake_s - last[0])
        return slept_s if abs(slept_s) > self._gap_s else None


if sys.platform == "win32":

    def clocks_s() -> tuple[float, float]:
        """A clock that stops during sleep, and one that goes on."""
        ticks = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
        return ticks.value * 1e-7, time.monotonic()  # Python's monotonic clock counts sleep here

elif sys.platform == "linux":

    def clocks_s() -> tuple[float, float]:
        """A clock that stops during sleep, and one that goes on."""
        return time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME)

else:

    def clocks_s() -> tuple[float, float]:
        """A clock that stops during sleep, and one that goes on: there it is the wall's."""
        return time.monotonic(), time.time()


@contextmanager
def kept_awake(ports: Iterable[str]) -> Iterator[str | None]:
    """Neither the computer nor its serial adapters go to sleep; a sentence where that failed."""
    with keep.running(on_fail="pass") as mode, _usb_awake(ports) as sleepy:
        failed = [] if mode.active else ["the computer may go to sleep: nothing here prevents it"]
        failed += [f"{port}: its USB adapter may be suspended ({why})" for port, why in sleepy]
        yield "; ".join(failed) or None


@contextmanager
def _usb_awake(ports: Iterable[str]) -> Iterator[list[tuple[str, str]]]:
    """Linux: automatic suspension is off meanwhile, where this user may switch it."""
    changed, sleepy = [], []
    for port in ports:
        for control in _controls(port):
            if control.read_text().strip() != "auto":
                continue
            try:
                control.write_text("on")
                changed.append(control)
            except OSError:
                sleepy.append((port, f"as root: echo on > {control}"))
    try:
        yield sleepy
    finally:
        for control in changed:
            with suppress(OSError):  # it was pulled out meanwhile
                control.write_text("auto")


def _controls(port: str) -> list[Path]:
    """Power settings of the USB device behind a serial port."""
    device = TTY / Path(port).name / "device"
    if sys.platform != "linux" or not port.startswith("/dev/") or not device.exists():
        return []
    here = device.resolve()
    found = [parent / "power" / "control" for parent in (here, *here.parents)[:5]]
    usb = [control for control in found if (control.parent.parent / "idVendor").exists()]
    return [control for control in usb if control.exists()][:1]
