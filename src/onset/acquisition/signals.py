r"""What the operating system and the keyboard want of a supervisor, and of its instrument.

Ctrl-C is an interrupt, Ctrl-\ (where there is one) an emergency; SIGTERM, Ctrl-Break and a console
window that is closed want an end. Ctrl-Z stops the terminal's process only: the instrument goes on.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

Act: TypeAlias = Callable[[], None]
if sys.platform == "win32":
    KEYS: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGBREAK)
else:
    KEYS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP)
"""What a terminal sends to every process that it started: Ctrl-C, Ctrl-Break, Ctrl-\\, Ctrl-Z."""
CONSOLE_GOES = (2, 5, 6)
"""Windows: the console is closed, the user logs off, the computer shuts down."""
CONSOLE_S = 4.5
"""Windows kills a process that needs longer than five seconds for that."""


@contextmanager
def interrupts(on_interrupt: Act, on_end: Act, on_emergency: Act | None = None) -> Iterator[None]:
    """Call these meanwhile, in the main thread."""
    wanted: dict[int, Act] = {signal.SIGINT: on_interrupt, signal.SIGTERM: on_end}
    if hasattr(signal, "SIGBREAK"):
        wanted[signal.SIGBREAK] = on_end
    if hasattr(signal, "SIGQUIT") and on_emergency is not None:
        wanted[signal.SIGQUIT] = on_emergency

    def heard(number: int, _: FrameType | None) -> None:
        wanted[number]()

    before = {number: signal.signal(number, heard) for number in wanted}
    over = threading.Event()
    forget = _when_the_console_goes(on_end, over)
    try:
        yield
    finally:
        over.set()
        forget()
        for number, handler in before.items():
            signal.signal(number, handler)


def be_deaf(on_end: Act) -> None:
    """The instrument: the keyboard is for its supervisor, which tells it; only SIGTERM counts."""
    signal.signal(signal.SIGTERM, lambda *_: on_end())
    for number in KEYS:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "win32":
        ctypes.windll.kernel32.FreeConsole()  # a console that is closed would end it
        return
    for number in (signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, KEYS)


@contextmanager
def blocked() -> Iterator[None]:
    """A process that is started meanwhile is deaf to the keyboard from its first moment."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, KEYS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


if sys.platform == "win32":

    def _when_the_console_goes(on_end: Act, over: threading.Event) -> Act:
        kernel = ctypes.windll.kernel32

        def handler(event: int) -> int:
            if event not in CONSOLE_GOES:
                return 0
            on_end()
            over.wait(CONSOLE_S)  # the process is ended as soon as this returns
            return 1

        called = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(handler)
        kernel.SetConsoleCtrlHandler(called, 1)

        def forget() -> None:
            kernel.SetConsoleCtrlHandler(called, 0)

        return forget

else:

    def _when_the_console_goes(on_end: Act, _: threading.Event) -> Act:
        """A terminal that is closed hangs up."""
        before = signal.getsignal(signal.SIGHUP)
        if before is signal.SIG_IGN:  # nohup
            return lambda: None
        signal.signal(signal.SIGHUP, lambda *_: on_end())

        def forget() -> None:
            signal.signal(signal.SIGHUP, before)

        return forget
