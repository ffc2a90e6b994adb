"""Handlers that pyserial loads by name for addresses of its own."""
