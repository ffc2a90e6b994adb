"""Sessions that bring what a fresh machine lacks; `python -m nox -l` lists them."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import sys
from pathlib import Path

import nox

nox.options.sessions = ["tests"]
nox.needs_version = ">=2024.3"

INSTALL = ["-c", "constraints.txt"]
QT_LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "dbus-1": "libdbus-1-3",
    "fontconfig": "libfontconfig1",
    "glib-2.0": "libglib2.0-0",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-image": "libxcb-image0",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-randr": "libxcb-randr0",
    "xcb-render-util": "libxcb-render-util0",
    "xcb-shape": "libxcb-shape0",
    "xcb-xinerama": "libxcb-xinerama0",
    "Xrender": "libxrender1",
}


@nox.session
def demo(session: nox.Session) -> None:
    """The main job: the simulated experiment, recorded (-- --speed 1 --view ...)."""
    extra = "[viewer]" if _has_display() else ""
    session.install(*INSTALL, f".{extra}")
    session.run("onset", "demo", *(session.posargs or ["--speed", "20"]))


@nox.session
def tests(session: nox.Session) -> None:
    """Style, types, layers and the whole suite (-- tests/recording -k kill ...)."""
    _bring_system_libraries(session)
    session.install(*INSTALL, "-e", ".[test,viewer,batch]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("pytest", "-n", "2", "--dist", "loadfile", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Long random trials: kills, faults, clocks (hours)."""
    _bring_system_libraries(session)
    session.install(*INSTALL, "-e", ".[test,viewer,batch]")
    session.run("pytest", "-m", "soak", "--timeout=0", *session.posargs)
    if not session.posargs:
        parsers = ["tests/dialects", "tests/experiment", "tests/simulated"]
        session.run("pytest", "--hypothesis-profile", "soak", "--timeout=0", *parsers)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation as a web site in site/."""
    session.install(*INSTALL, "-e", ".[docs]")
    session.run("mkdocs", "build", "--strict")


def _has_display() -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _bring_system_libraries(session: nox.Session) -> None:
    """Qt's shared libraries and Xvfb: installed on Debian as root, else the command is said."""
    if not sys.platform.startswith("linux"):
        return
    missing = [
        debian for name, debian in QT_LIBRARIES.items() if not ctypes.util.find_library(name)
    ]
    missing += [] if shutil.which("Xvfb") else ["xvfb"]
    if not missing:
        return
    if not Path("/etc/debian_version").exists():
        session.error(
            "Qt needs Xvfb and the libraries " + ", ".join(QT_LIBRARIES) + ": "
            "install them with your system's package manager "
            "(Fedora: sudo dnf install xorg-x11-server-Xvfb mesa-libEGL mesa-libGL xcb-util-cursor "
            "xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil libxkbcommon-x11)"
        )
    if os.geteuid() != 0:
        session.error(
            f"please run:  sudo apt-get update && sudo apt-get install -y {' '.join(missing)}"
        )
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    session.run("apt-get", "update", "-q", external=True, env=quiet)
    packages = ["--no-install-recommends", *missing]
    session.run("apt-get", "install", "-y", "-q", *packages, external=True, env=quiet)
