"""Finds the supervisor to talk to, or starts one."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time

from onset.acquisition import registry
from onset.acquisition.registry import Entry
from onset.errors import Refused, WireFault

START_S = 60.0
"""A headless supervisor answers within this time of its start."""


def start_supervisor() -> Entry:
    """A supervisor without a window, in a process that outlives this one."""
    detached: dict[str, object] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        detached = {"creationflags": flags}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # type: ignore[call-overload]
            [sys.executable, "-m", "onset.acquisition.headless"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            **detached,
        )
        threading.Thread(target=process.wait, name="supervisor's end", daemon=True).start()
        patience = time.monotonic() + START_S
        while time.monotonic() < patience and process.poll() is None:
            for entry in registry.entries("supervisor"):
                if entry.pid == process.pid:
                    return entry
            time.sleep(0.02)
        said.seek(0)
        last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
    why = last or f"exit code {process.poll()}"
    raise WireFault(f"the supervisor did not start ({why})")


def running_supervisor(address: str | None = None) -> Entry:
    """The one of this address or process id; without, the only one there is."""
    there = registry.entries("supervisor")
    if address is not None:
        there = [entry for entry in there if address in (entry.address, str(entry.pid))]
    if not there:
        raise Refused("no supervisor is running" + (f" at {address}" if address else ""))
    if len(there) > 1:
        known = "; ".join(f"{entry.pid} ({entry.rig or 'no rig'})" for entry in there)
        raise Refused(f"several supervisors are running, name one: {known}")
    return there[0]
