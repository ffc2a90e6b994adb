"""Work off Qt's thread, its result back in it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from qtpy.QtCore import QObject, Signal

from onset.errors import OnsetError

T = TypeVar("T")


class Later(QObject):
    """One worker; only the newest of several askings under the same name is answered."""

    _came = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="onset-viewer-later")
        self._newest: dict[str, int] = {}
        self._came.connect(lambda act: act())

    def do(
        self,
        name: str,
        work: Callable[[], T],
        then: Callable[[T], None],
        otherwise: Callable[[str], None],
    ) -> None:
        """Work, then tell the result, or the sentence of a mistake."""
        number = self._newest[name] = self._newest.get(name, 0) + 1
        future = self._pool.submit(work)
        future.add_done_callback(lambda done: self._finish(name, number, done, then, otherwise))

    def close(self) -> None:
        """Drop what waits, end the worker."""
        self._newest.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _finish(
        self,
        name: str,
        number: int,
        done: Future[T],
        then: Callable[[T], None],
        otherwise: Callable[[str], None],
    ) -> None:
        def act() -> None:
            if self._newest.get(name) != number:
                return
            fault = done.exception()
            if fault is None:
                then(done.result())
            elif isinstance(fault, OnsetError | OSError | ValueError):
                otherwise(str(fault))
            else:
                raise fault

        if not done.cancelled() and self._newest:
            self._came.emit(act)
