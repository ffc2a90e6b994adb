"""A run: engine, hands, instrument and the supervisor that watches it."""
