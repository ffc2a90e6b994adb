"""onset runs single-particle turn-on experiments at a fluorescence microscope."""
