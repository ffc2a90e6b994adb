"""The live detector on a film that grows, as a supervisor runs it; a process of the bench."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from onset.acquisition.live import LiveFeed
from onset.analysis.warming import warm_up

PATIENCE_S = 3600.0


def main(folder: str) -> None:
    """Say `ready` once the kernels are compiled; then look at every frame to the last."""
    warm_up()
    print("ready", flush=True)  # noqa: T201
    session = Path(folder) / "session.json"
    while not session.exists():
        time.sleep(0.05)
    feed = LiveFeed(Path(folder), "on")
    feed.start()
    feed.catch_up(PATIENCE_S)
    feed.stop()
    feed.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
