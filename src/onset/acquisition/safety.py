"""What a supervisor does with the wires of an instrument that is no more."""

from __future__ import annotations

import time
from pathlib import Path

from onset.acquisition.rigs import file_of, held, left_unsafe
from onset.errors import OnsetError, Refused
from onset.experiment.rig import parse_rig
from onset.hardware.safe import UNKNOWN, make_safe

EMULATED = "its wires were emulated and ended with it"
PATIENCE_S = 2.0
"""The operating system gives back the lock of a dead process within this time."""


class Safety:
    """Knows a rig by its text, so that it needs nobody when it matters."""

    def __init__(self, rig_text: str, rig_file: Path) -> None:
        self._text, self.rig_file = rig_text, rig_file

    def make_safe(self) -> str:
        """Shutter closed and pumps stopped over their own wires; a sentence on what was done."""
        try:
            rig = parse_rig(self._text, self.rig_file)
            until_s = time.monotonic() + PATIENCE_S
            while True:
                try:
                    with held(rig, "a supervisor that makes it safe") as hold:
                        made = make_safe(rig)
                        hold.say(safe=hold.was_safe or all(one.fault is None for one in made))
                    break
                except Refused:
                    if time.monotonic() > until_s:
                        raise
                    time.sleep(0.01)
        except OnsetError as fault:
            return f"{UNKNOWN}: {fault}"
        if not made:
            return EMULATED
        return f"made safe: {', '.join(map(str, made))}"


def make_safe_what_was_left() -> list[str]:
    """Rigs whose processes died before they could; a sentence on each."""
    told = []
    for state in left_unsafe():
        made = Safety(state.text, Path(state.file)).make_safe()
        who = f"process {state.pid} ({state.holder}) left the rig '{state.name}'"
        told.append(f"{who} without making it safe; now {made}")
        if UNKNOWN in made:
            told.append(
                "look whether the shutter is closed and the pump stands; if these devices are not "
                f"there any more, remove {file_of(state)}"
            )
    return told
