"""What all tests share: the command `onset` as a user types it, without a display."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="session", autouse=True)
def state_folder(tmp_path_factory):
    """What onset keeps between runs does not touch the user's own."""
    folder = tmp_path_factory.mktemp("state")
    os.environ["ONSET_STATE"] = str(folder)
    yield folder
    del os.environ["ONSET_STATE"]


@pytest.fixture(scope="session")
def run_onset(tmp_path_factory):
    """Type `onset ...` in an empty folder: exit code, standard output, standard error."""

    def call(*words: object, timeout: float = 100.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "onset", *map(str, words)],
            cwd=tmp_path_factory.mktemp("cwd"),
            capture_output=True,
            text=True,
            timeout=timeout,
            env={k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")},
            stdin=subprocess.DEVNULL,
            check=False,
        )

    return call
