"""What is raised on purpose, split by who must act: the file, the device, the wire, us."""


class OnsetError(Exception):
    """A mistake or fault that onset explains in one or two sentences, without a traceback."""


class FileMistake(OnsetError):
    """A rig, protocol or recording says what cannot be: the person who wrote it must act."""

    def __init__(self, file: object, where: str, what: str) -> None:
        self.file, self.where, self.what = str(file), where, what
        super().__init__(": ".join(part for part in (self.file, where, what) if part))


class Refused(OnsetError):
    """The plan cannot work on this rig, or not now; nothing was started."""


class DeviceFault(OnsetError):
    """A camera, pump or shutter refused, alarmed, stalled or stopped by itself."""


class WireFault(OnsetError):
    """A port is silent, gone, or answers what its dialect does not know."""


class RecordingFault(OnsetError):
    """A recording cannot be written, or what is on the disk cannot be read."""
