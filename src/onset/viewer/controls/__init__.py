"""Panels that command a rig: they send frozen commands and show snapshots, no device in here."""
