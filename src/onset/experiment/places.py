"""Where onset keeps what must outlive a run and belongs to no recording."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """The user's state folder of this platform; `ONSET_STATE` names another, for a shared one."""
    named = os.environ.get("ONSET_STATE")
    return Path(named) if named else platformdirs.user_state_path("onset", appauthor=False)
