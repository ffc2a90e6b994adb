"""What onset gives to a plain napari: recordings as layers, sample data, widgets."""
