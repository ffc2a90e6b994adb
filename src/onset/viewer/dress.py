"""How Qt's widgets look."""

from __future__ import annotations

from onset.viewer import colours as c

SHEET = f"""
QMainWindow, QWidget {{ background: {c.PANEL}; color: {c.TEXT}; font-size: 12px; }}
QToolBar {{ border: 0; spacing: 6px; padding: 3px 8px; }}
QToolButton, QComboBox {{ background: {c.EDGE}; border: 0; border-radius: 4px; padding: 4px 8px; }}
QToolButton:hover, QComboBox:hover {{ background: #4d5462; }}
QToolButton:checked {{ background: {c.LINE}; color: {c.GROUND}; }}
QComboBox QAbstractItemView {{ background: {c.EDGE}; selection-background-color: #5a6272; }}
QComboBox {{ min-width: 42px; }}
QSplitter::handle {{ background: {c.GROUND}; }}
QStatusBar {{ background: {c.GROUND}; }}
QStatusBar::item {{ border: 0; }}
QStatusBar QLabel {{ background: transparent; padding: 1px 8px; }}
QToolTip {{ background: {c.GROUND}; color: {c.TEXT}; border: 1px solid {c.EDGE}; }}
QLabel#name {{ font-size: 13px; font-weight: 600; padding-right: 10px; }}
QLabel#detail {{ color: {c.FAINT}; }}
QLabel#words {{ color: {c.FAINT}; font-size: 13px; letter-spacing: 1px; }}
QLabel#count {{ font-size: 34px; font-weight: 600; }}
QLabel#recent {{ color: {c.FAINT}; font-size: 13px; }}
QLabel#clock_in_picture {{ font-size: 18px; }}
QLabel#clock_in_picture, QLabel#hover {{
  background: rgba(0, 0, 0, 150); color: white; border-radius: 4px; padding: 3px 8px;
}}
QLabel#hover {{ font-size: 14px; }}
QLabel#clock {{ font-size: 13px; }}
QSlider::groove:horizontal {{ height: 4px; background: {c.EDGE}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ height: 4px; background: {c.FAINT}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 12px; margin: -5px 0; background: {c.TEXT};
    border-radius: 6px; }}
"""
