r"""What the operating system and the keyboard want of a supervisor, and of its instrument.

Ctrl-C is an interrupt, Ctrl-\ (where there is one) an emergency; SIGTERM, Ctrl-Break and a console
window that is closed want an end.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeAlias

Act: TypeAlias = Callable[[], None]
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
    """The instrument: Ctrl-C is for its supervisor, which tells it; only SIGTERM counts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: on_end())
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.kernel32.FreeConsole()  # a console that is closed would end it
        return
    signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGQUIT})


@contextmanager
def blocked() -> Iterator[None]:
    """A process that is started meanwhile is deaf to the keyboard from its first moment."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGQUIT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _when_the_console_goes(on_end: Act, over: threading.Event) -> Act:
    if sys.platform != "win32":
        return _when_the_terminal_goes(on_end)
    import ctypes

    @ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)
    def handler(event: int) -> int:
        if event not in CONSOLE_GOES:
            return 0
        on_end()
        over.wait(CONSOLE_S)
        return 1

    ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, 1)
    return lambda: ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, 0)


def _when_the_terminal_goes(on_end: Act) -> Act:
    before = signal.getsignal(signal.SIGHUP)
    if before is signal.SIG_IGN:  # nohup
        return lambda: None
    signal.signal(signal.SIGHUP, lambda *_: on_end())

    def forget() -> None:
        signal.signal(signal.SIGHUP, before)

    return forget
