"""Emulated devices and the sample they share; nothing real imports this by name."""
