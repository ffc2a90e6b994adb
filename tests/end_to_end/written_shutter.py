"""A shutter of Micro-Manager's core whose state is a file: it outlives every process."""

import os
from pathlib import Path

from pymmcore_plus.experimental.unicore import ShutterDevice

FILE = "ONSET_TEST_SHUTTER"
"""Environment variable with the file's path."""


class WrittenShutter(ShutterDevice):
    def get_open(self) -> bool:
        return Path(os.environ[FILE]).read_text() == "open"

    def set_open(self, open: bool) -> None:  # noqa: A002 - its interface
        Path(os.environ[FILE]).write_text("open" if open else "closed")
