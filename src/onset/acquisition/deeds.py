"""Commands in a few words, for the list of who did what."""

from __future__ import annotations

from onset.acquisition.messages import (
    Abort,
    AddNote,
    Autoshutter,
    CloseRig,
    Command,
    Confirm,
    EmergencyStop,
    Finish,
    InjectNow,
    MoveShutter,
    NameField,
    OpenRig,
    Preview,
    PrimePump,
    RunPump,
    SetBinning,
    SetExposure,
    SetGain,
    SetProperty,
    SetRoi,
    StartRun,
    StopPump,
)


def describe_command(command: Command) -> str:  # noqa: PLR0912 - a table
    """A command in a few words."""
    match command:
        case Preview():
            return f"preview {'on' if command.on else 'off'}"
        case SetExposure():
            return f"exposure {command.exposure_ms:g} ms"
        case SetRoi():
            return f"region {command.width} x {command.height} at {command.x}, {command.y}"
        case SetBinning():
            return f"binning {command.binning}"
        case SetGain():
            return f"gain {command.gain:g}"
        case SetProperty():
            return f"{command.device} {command.name} = {command.value}"
        case Autoshutter():
            return f"autoshutter {'on' if command.on else 'off'}"
        case MoveShutter():
            return f"{'open' if command.opens else 'close'} the shutter"
        case NameField():
            return f"field {command.field}"
        case RunPump() | PrimePump():
            volume = "" if command.volume_ul is None else f"{command.volume_ul:g} uL, "
            verb = "prime" if isinstance(command, PrimePump) else command.direction
            return f"{verb} {command.pump}: {volume}{command.rate_ul_min:g} uL/min"
        case StopPump():
            return f"stop {command.pump or 'all pumps'}"
        case StartRun():
            return f"start {command.protocol_file.name}"
        case InjectNow():
            return "inject now"
        case AddNote():
            return f"note: {command.text}"
        case Confirm():
            return f"step {command.step + 1} is done"
        case Abort():
            return f"abort: {command.reason}"
        case EmergencyStop():
            return f"emergency stop: {command.reason}"
        case Finish():
            return f"finish: {command.rule} ({command.seen})"
        case OpenRig():
            return f"open {command.rig_file.name}"
        case CloseRig():
            return "close the rig"
