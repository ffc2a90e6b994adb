"""A rig as a program sees it: commands out, answers and snapshots back; no device in here.

Scripts, the window, the terminal and tests all use this one object. It talks to a supervisor in
another process (or this one); a program that dies takes nothing with it.
"""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal

from onset.acquisition.calling import running_supervisor, start_supervisor
from onset.acquisition.channel import ANSWER_S
from onset.acquisition.conversation import Conversation
from onset.acquisition.messages import (
    Abort,
    AddNote,
    Autoshutter,
    CloseRig,
    Command,
    Confirm,
    EmergencyStop,
    Ended,
    InjectNow,
    MoveShutter,
    NameField,
    OpenRig,
    Preview,
    PrimePump,
    PropertyValue,
    Reply,
    RunPump,
    SetBinning,
    SetExposure,
    SetGain,
    SetProperty,
    SetRoi,
    StartRun,
    Status,
    StopPump,
)
from onset.acquisition.registry import Entry
from onset.errors import Refused, WireFault

REPLY_S = 120.0
"""Opening a rig may take long; everything else is answered at once or when it is done."""


class Instrument:
    """A rig, opened by a supervisor of its own; or `attach` to one that runs already."""

    def __init__(self, rig: str | Path | None, *, speed: float = 1.0, who: str = "") -> None:
        self._rig, self._speed = rig, speed
        self.who = who or f"{getpass.getuser()} ({Path(sys.argv[0]).stem or 'python'})"
        self._conversation: Conversation | None = None

    @classmethod
    def attach(
        cls, address: str | Entry | None = None, *, who: str = "", within_s: float = ANSWER_S
    ) -> Instrument:
        """Talk to a running supervisor: its entry, address or process id; None for the only one."""
        self = cls(None, who=who)
        entry = address if isinstance(address, Entry) else running_supervisor(address)
        self._conversation = Conversation(entry, self.who, within_s)
        return self

    @classmethod
    def start(cls, *, who: str = "") -> Instrument:
        """Start a supervisor and talk to it; no rig is open yet."""
        return cls.attach(start_supervisor(), who=who)

    def __enter__(self) -> Instrument:
        if self._conversation is None:
            self._conversation = Conversation(start_supervisor(), self.who)
            try:
                if self._rig is not None:
                    self.open_rig(self._rig, speed=self._speed)
            except BaseException:
                self.close()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def status(self) -> Status:
        """The newest snapshot."""
        return self._talk.status

    @property
    def is_connected(self) -> bool:
        """Is the supervisor there?"""
        return self._conversation is not None and not self._conversation.gone

    @property
    def entry(self) -> Entry:
        """The supervisor that this talks to; another program may attach to its address."""
        return self._talk.entry

    def listen(self, listener: Callable[[Status], None]) -> Callable[[], None]:
        """Call `listener` with each snapshot, in a thread of ours; the result ends it."""
        listeners = self._talk.listeners
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def changes(self, wait_s: float = 1.0) -> Iterator[Status]:
        """Snapshots as they come, the present one first; again after `wait_s` without a new one."""
        talk, seen = self._talk, self._talk.status
        yield seen
        while not talk.gone:
            before = seen
            talk.wait_for(lambda now, before=before: now is not before, wait_s)  # type: ignore[misc]
            seen = talk.status
            yield seen

    def wait_for(self, what: Callable[[Status], bool], timeout_s: float | None = 60.0) -> Status:
        """The first snapshot of which `what` is true; `TimeoutError`, `WireFault` where none is."""
        talk = self._talk
        if talk.wait_for(what, timeout_s):
            return talk.status
        if talk.gone:
            raise WireFault(talk.gone)
        raise TimeoutError(f"not within {timeout_s:g} s; the instrument is {talk.status.phase}")

    def wait(self, timeout_s: float | None = None) -> Ended:
        """How the run ended, when it has."""
        verdict = self.wait_for(lambda seen: seen.verdict is not None, timeout_s).verdict
        assert verdict is not None
        return verdict

    def send(self, command: Command) -> Future[Reply]:
        """Ask without waiting; exactly one reply comes, or `WireFault` when the wire is cut."""
        return self._talk.send(command)

    def do(self, command: Command, timeout_s: float = REPLY_S) -> None:
        """Ask, wait until it is done; raises `Refused` with the reason where it is not."""
        reply = self.send(command).result(timeout_s)
        if reply.refused is not None:
            raise Refused(reply.refused)

    def open_rig(self, rig: str | Path, *, speed: float = 1.0) -> None:
        """Connect to all that the rig file names."""
        file = Path(rig).resolve()
        self.do(OpenRig(file, _text(file), speed))

    def close_rig(self) -> None:
        """Make safe and give all devices back."""
        self.do(CloseRig())

    def preview(self, *, on: bool = True) -> None:
        """Show the camera without recording: the newest frame is in the file `status.preview`."""
        self.do(Preview(on))

    def set_exposure(self, exposure_ms: float) -> None:
        """Time of exposure; see `status.camera` for what the camera made of it."""
        self.do(SetExposure(exposure_ms))

    def set_roi(self, x: int = 0, y: int = 0, width: int = 0, height: int = 0) -> None:
        """Read out a part of the sensor, px; without values the whole."""
        self.do(SetRoi(x, y, width, height))

    def set_binning(self, binning: int) -> None:
        """Sum `binning` x `binning` pixels."""
        self.do(SetBinning(binning))

    def set_gain(self, gain: float) -> None:
        """The camera's gain, in its own units."""
        self.do(SetGain(gain))

    def set_property(self, device: str, name: str, value: PropertyValue) -> None:
        """Any property of any Micro-Manager device."""
        self.do(SetProperty(device, name, value))

    def autoshutter(self, *, on: bool) -> None:
        """Does the shutter open with the preview?"""
        self.do(Autoshutter(on))

    def open_shutter(self) -> None:
        """Let the UV through."""
        self.do(MoveShutter(opens=True))

    def close_shutter(self) -> None:
        """Shut the UV off."""
        self.do(MoveShutter(opens=False))

    def name_field(self, field: str) -> None:
        """Light is counted for the field of view of this name from now on."""
        self.do(NameField(field))

    def prime(self, pump: str, *, rate_ul_min: float, volume_ul: float) -> None:
        """Push out to waste; see `status.pumps` for how far it is."""
        self.do(PrimePump(pump, rate_ul_min, volume_ul))

    def run_pump(
        self,
        pump: str,
        *,
        rate_ul_min: float,
        volume_ul: float | None = None,
        direction: Literal["infuse", "withdraw"] = "infuse",
    ) -> None:
        """Move a plunger; without a volume until `stop_pump`."""
        self.do(RunPump(pump, rate_ul_min, volume_ul, direction))

    def stop_pump(self, pump: str | None = None) -> None:
        """Stop one pump, or all."""
        self.do(StopPump(pump))

    def start_run(self, protocol: str | Path, out: str | Path | None = None) -> Path:
        """Start a protocol; the folder of its recording. `wait` tells how it ended."""
        file = Path(protocol).resolve()
        folder = Path(out) if out is not None else _new_folder(file)
        self.do(StartRun(file, _text(file), folder.resolve()))
        return folder

    def inject_now(self) -> None:
        """Begin the protocol's next injection at once."""
        self.do(InjectNow())

    def note(self, text: str) -> None:
        """A mark with a sentence, dated now."""
        self.do(AddNote(text, time.perf_counter_ns()))

    def confirm(self, step: int) -> None:
        """What this step asked for has been done."""
        self.do(Confirm(step))

    def abort(self, reason: str = "asked to") -> None:
        """End the run in order."""
        self.do(Abort(reason))

    def emergency_stop(self, reason: str = "emergency") -> None:
        """Shutter closed and pumps stopped first, everything else after."""
        self.do(EmergencyStop(reason))

    def close(self) -> None:
        """Leave; the supervisor closes the rig when nobody is left and no run goes on."""
        if self._conversation is not None:
            self._conversation.close()

    @property
    def _talk(self) -> Conversation:
        if self._conversation is None:
            raise Refused("not connected: use `with onset.Instrument(...)`, or `attach`")
        return self._conversation


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as why:
        raise Refused(f"{file} cannot be read: {why}") from why


def _new_folder(protocol: Path) -> Path:
    when = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
    return Path("recordings") / f"{when}_{protocol.stem}"
