"""A napari of its own on a recording: one that grows, with the Live widget, or a finished film."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import napari
from napari.layers import Layer

from onset.acquisition.priority import give_way
from onset.viewer.plugin.layers import TURNED_ON, layers_of
from onset.viewer.plugin.live_widget import LiveWidget

SIZE = (1280, 720)
PANEL_WIDTH = 360


def live_viewer(folder: Path, *, show: bool = True) -> tuple[napari.Viewer, LiveWidget]:
    """The viewer and the widget that keeps its layers new; whoever closes it shuts the widget."""
    viewer = _viewer(folder, show=show)
    live = LiveWidget(viewer)
    live.setMaximumWidth(PANEL_WIDTH)  # the picture is what people look at
    viewer.window.add_dock_widget(live, name="Live", area="right")
    live.show_folder(folder)
    return viewer, live


def film_viewer(folder: Path, *, show: bool = True) -> napari.Viewer:
    """Film, spots and marks as layers; a spot is there from its onset on."""
    layers = layers_of(folder)
    viewer = _viewer(folder, show=show)
    for data, settings, kind in layers:
        viewer.add_layer(Layer.create(data, settings, kind))
    viewer.dims.set_current_step(0, 0)
    if TURNED_ON in viewer.layers:
        points = viewer.layers[TURNED_ON]
        viewer.dims.events.current_step.connect(lambda _: _show_turned_on(viewer, points))
        _show_turned_on(viewer, points)
    return viewer


def watch_in_napari(folder: Path) -> None:
    """Until its window is closed."""
    give_way()  # napari's drawing is dear, and a run has the processor first
    _, live = live_viewer(folder)
    try:
        napari.run()
    finally:
        live.shut()


def replay_in_napari(folder: Path) -> None:
    """Until its window is closed."""
    give_way()
    film_viewer(folder)
    napari.run()


def _viewer(folder: Path, *, show: bool) -> napari.Viewer:
    viewer = napari.Viewer(title=f"onset: {folder.name}", show=show)
    viewer.window.resize(*SIZE)
    return viewer


def _show_turned_on(viewer: Any, points: Any) -> None:
    points.shown = points.features["onset_s"].to_numpy() <= viewer.dims.point[0]
