"""Where onset keeps what must outlive a run and belongs to no recording."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from pathlib import Path

import platformdirs

SHARED = "ONSET_STATE"


def state_folder() -> Path:
    """The user's state folder of this platform; `ONSET_STATE` names another, for a shared one."""
    named = os.environ.get(SHARED)
    return Path(named) if named else platformdirs.user_state_path("onset", appauthor=False)


def make_common(folder: Path) -> Path:
    """A part of the state folder that its users have in common; itself, made where it is not."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        share(folder)
    return folder


def own_name(name: str) -> str:
    """Of what belongs to one user, in a state folder that others may use too."""
    return f"{name}-{getpass.getuser()}" if os.environ.get(SHARED) else name


def share(path: Path) -> None:
    """What lies in a state folder of several users: who may write there may write here."""
    if not os.environ.get(SHARED):
        return
    mode = state_folder().stat().st_mode & 0o6777  # sticky, no other could replace a file
    with suppress(PermissionError):  # of another user, who has done so
        path.chmod(mode if path.is_dir() else mode & 0o666)
