"""The log of one run, beside its recording: one line per event, for a person and for `grep`.

2026-11-25T13:00:01.123+00:00 ERROR t_s=12.345 device="pump TBAB" what="alarm: stalled" cause=""
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from onset.recording.layout import LOG

_LOGGER = logging.getLogger("onset.run")
FIELDS = ("t_s", "device", "cause")


def say(
    what: str,
    *,
    device: str,
    cause: str = "",
    t_s: float | None = None,
    level: int = logging.INFO,
) -> None:
    """Write a line, if a run is being logged."""
    extra = {"device": device, "cause": cause, "t_s": t_s}
    _LOGGER.log(level, "%s", what, extra=extra)


@contextmanager
def logged(folder: Path) -> Iterator[None]:
    """What is said meanwhile, and what other libraries warn of, goes to the log of this folder."""
    handler = logging.FileHandler(folder / LOG, encoding="utf-8", delay=True)
    handler.setFormatter(_Lines())
    handler.addFilter(lambda record: record.name == _LOGGER.name or record.levelno >= WARNING)
    root, before = logging.getLogger(), _LOGGER.level
    root.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    try:
        yield
    finally:
        _LOGGER.setLevel(before)
        root.removeHandler(handler)
        handler.close()


WARNING = logging.WARNING


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line, values as JSON."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        t_s = getattr(record, "t_s", None)
        values = {
            "t_s": None if t_s is None else round(t_s, 3),
            "device": getattr(record, "device", record.name),
            "what": record.getMessage(),
            "cause": getattr(record, "cause", ""),
        }
        shown = " ".join(
            f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in values.items()
        )
        return f"{when} {record.levelname} {shown}"
