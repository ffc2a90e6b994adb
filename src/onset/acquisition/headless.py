"""A supervisor in a process of its own; ends when nobody is left and no run goes on."""

from __future__ import annotations

import multiprocessing
import sys
import threading

from onset.acquisition.signals import interrupts
from onset.acquisition.supervisor import Supervisor
from onset.analysis.warming import warm_up
from onset.errors import OnsetError

LOOK_S = 0.2
ALONE_S = 5.0
"""Time for the next client to come."""
CATCH_UP_S = 300.0
"""Time for the live analysis to look at what it lags behind."""


def main() -> None:
    """Serve until alone, or until the operating system wants an end."""
    ending = threading.Event()
    with (
        Supervisor("a supervisor without a window", adopts=True) as supervisor,
        interrupts(ending.set, ending.set),
    ):
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        while not ending.wait(LOOK_S) and supervisor.alone_s < ALONE_S:
            pass
        supervisor.close_rig()
        if not ending.is_set():
            supervisor.catch_up(CATCH_UP_S)


if __name__ == "__main__":
    multiprocessing.freeze_support()
    try:
        main()
    except OnsetError as fault:
        sys.exit(str(fault))
