"""The only code that touches devices."""
