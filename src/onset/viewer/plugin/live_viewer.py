"""A napari of its own on a recording that grows: camera, spots as they turn on, the Live widget."""

from __future__ import annotations

from pathlib import Path

import napari

from onset.viewer.plugin.live_widget import LiveWidget

SIZE = (1280, 720)
PANEL_WIDTH = 360


def live_viewer(folder: Path, *, show: bool = True) -> tuple[napari.Viewer, LiveWidget]:
    """The viewer and the widget that keeps its layers new; whoever closes it shuts the widget."""
    viewer = napari.Viewer(title=f"onset: {folder.name}", show=show)
    viewer.window.resize(*SIZE)
    live = LiveWidget(viewer)
    live.setMaximumWidth(PANEL_WIDTH)  # the picture is what people look at
    viewer.window.add_dock_widget(live, name="Live", area="right")
    live.show_folder(folder)
    return viewer, live


def watch_in_napari(folder: Path) -> None:
    """Until its window is closed."""
    _, live = live_viewer(folder)
    try:
        napari.run()
    finally:
        live.shut()
