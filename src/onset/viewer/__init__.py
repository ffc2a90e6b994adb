"""The window on a recording: napari, Qt and nothing that touches a device."""
