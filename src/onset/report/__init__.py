"""Figures and the report of an analysed recording."""
