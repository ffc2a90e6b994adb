"""Picture of a recording in a plain napari, with a widget; needs a display as the window does."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

import napari
from npe2 import PluginManager, PluginManifest
from qtpy.QtCore import QTimer

IMAGE = Path(__file__).resolve().parents[1] / "images" / "napari.png"
FRAME = 560


def main() -> None:
    """Sample data, the onset map's widget beside it."""
    plugins = PluginManager.instance()
    if "onset" not in plugins:
        manifest = importlib.resources.files("onset") / "napari.yaml"
        plugins.register(PluginManifest.from_file(str(manifest)))
    viewer = napari.Viewer(show=False)
    viewer.window.resize(1366, 768)
    viewer.open_sample("onset", "turning-on")
    _, maker = viewer.window.add_plugin_dock_widget("onset", "Onset map")
    maker.make_map()
    viewer.layers[-1].opacity = 0.35
    viewer.dims.set_current_step(0, FRAME)
    viewer.canvas.overlays.scale_bar.visible = True
    viewer.window.show()
    viewer.reset_view()

    def save() -> None:
        viewer.window.screenshot(str(IMAGE), canvas_only=False)
        viewer.close()

    QTimer.singleShot(4000, save)
    napari.run()


if __name__ == "__main__":
    main()
