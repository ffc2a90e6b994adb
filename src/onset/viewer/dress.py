"""How Qt's widgets look in a theme."""

from __future__ import annotations

from onset.viewer.colours import STOP_RED, STOP_RED_DOWN, STOP_RED_HOVER, Theme
from onset.viewer.icons import drawing


def sheet(c: Theme) -> str:
    """The style sheet of the whole window."""
    return f"""
QWidget {{ background: {c.panel}; color: {c.text}; font-size: 12px; }}
QLabel, QCheckBox, QRadioButton {{ background: transparent; }}
QToolBar {{ border: 0; spacing: 5px; padding: 4px 8px; }}
QToolButton, QPushButton, QComboBox, QLineEdit, QSpinBox {{
  background: {c.raised}; border: 1px solid {c.edge}; border-radius: 4px; padding: 4px 8px;
  min-height: 17px;
}}
QCheckBox {{ spacing: 6px; }}
QCheckBox::indicator {{ width: 13px; height: 13px; border: 1px solid {c.faint};
  border-radius: 3px; background: {c.raised}; }}
QCheckBox::indicator:checked {{ background: {c.green}; border-color: {c.green}; }}
QCheckBox::indicator:disabled {{ border-color: {c.edge}; background: {c.panel}; }}
QToolButton:hover, QPushButton:hover, QComboBox:hover {{ background: {c.hover}; }}
QToolButton:pressed, QPushButton:pressed {{ background: {c.edge}; }}
QToolButton:checked {{ background: {c.line}; color: {c.ground}; border-color: {c.line}; }}
QToolButton:disabled, QPushButton:disabled, QComboBox:disabled, QLineEdit:disabled {{
  color: {c.faint}; background: {c.panel}; border-color: {c.edge};
}}
QLineEdit:focus, QComboBox:focus {{ border-color: {c.faint}; }}
QLineEdit[wrong="true"] {{ border: 1px solid {c.red}; }}
QPushButton#go {{ background: {c.green}; color: {c.ground}; font-weight: 600;
  border-color: {c.green}; }}
QPushButton#go:hover {{ border-color: {c.text}; }}
QPushButton#go:disabled {{ background: {c.panel}; color: {c.faint}; border-color: {c.edge}; }}
QPushButton#stop {{ background: {STOP_RED}; color: white; font-size: 17px; font-weight: 800;
  letter-spacing: 2px; border: 2px solid white; border-radius: 6px; padding: 5px 20px; }}
QPushButton#stop:hover {{ background: {STOP_RED_HOVER}; }}
QPushButton#stop:pressed {{ background: {STOP_RED_DOWN}; }}
QComboBox::drop-down {{ border: 0; width: 18px; }}
QComboBox::down-arrow {{ image: url({drawing("down")}); width: 11px; height: 11px; }}
QComboBox QAbstractItemView {{ background: {c.raised}; selection-background-color: {c.hover};
  selection-color: {c.text}; border: 1px solid {c.edge}; }}
QSplitter::handle {{ background: {c.ground}; width: 4px; height: 4px; }}
QStatusBar {{ background: {c.ground}; min-height: 24px; }}
QStatusBar::item {{ border: 0; }}
QStatusBar QLabel {{ padding: 1px 7px; }}
QToolTip {{ background: {c.ground}; color: {c.text}; border: 1px solid {c.edge}; padding: 3px; }}
QTabWidget::pane {{ border: 0; border-top: 1px solid {c.edge}; }}
QTabBar {{ background: {c.panel}; }}
QTabBar::tab {{ background: transparent; color: {c.faint}; padding: 6px 11px; border: 0;
  border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {c.text}; border-bottom: 2px solid {c.line}; }}
QTabBar::tab:hover {{ color: {c.text}; }}
QScrollArea {{ border: 0; }}
QScrollBar:vertical {{ width: 9px; background: transparent; }}
QScrollBar::handle:vertical {{ background: {c.edge}; border-radius: 4px; min-height: 24px; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
  background: transparent; border: 0; height: 0; width: 0; }}
QListWidget, QTreeWidget, QPlainTextEdit, QTableWidget {{ background: {c.raised};
  border: 1px solid {c.edge}; border-radius: 4px; }}
QHeaderView::section {{ background: {c.panel}; color: {c.faint}; border: 0; padding: 3px; }}
QListWidget::item {{ padding: 4px; }}
QListWidget::item:selected {{ background: {c.hover}; color: {c.text}; }}
QMenu {{ background: {c.raised}; border: 1px solid {c.edge}; }}
QMenu::item {{ padding: 5px 18px; }}
QMenu::item:selected {{ background: {c.hover}; }}
QProgressBar {{ background: {c.raised}; border: 1px solid {c.edge}; border-radius: 4px;
  max-height: 10px; min-height: 10px; text-align: center; }}
QProgressBar::chunk {{ background: {c.line}; border-radius: 3px; }}
QLabel#name {{ font-size: 13px; font-weight: 600; }}
QLabel#title {{ font-size: 22px; font-weight: 600; }}
QLabel#section {{ color: {c.faint}; font-weight: 600; letter-spacing: 1px; }}
QLabel#detail, QLabel#faint, QLabel#recent {{ color: {c.faint}; }}
QLabel#phase {{ font-size: 14px; font-weight: 600; }}
QLabel#words {{ color: {c.faint}; font-size: 13px; letter-spacing: 1px; }}
QLabel#count {{ font-size: 34px; font-weight: 600; }}
QLabel#recent, QLabel#clock {{ font-size: 13px; }}
QLabel#bad {{ color: {c.red}; }}
QLabel#warn {{ color: {c.amber}; }}
QLabel#good {{ color: {c.green}; }}
QFrame#notice {{ background: {c.ground}; border: 0; border-left: 4px solid {c.red}; }}
QFrame#notice[severity="warning"] {{ border-left-color: {c.amber}; }}
QFrame#notice[severity="done"] {{ border-left-color: {c.green}; }}
QFrame#notice QLabel {{ font-size: 13px; }}
QFrame#card {{ border: 1px solid {c.edge}; border-radius: 6px; }}
QSlider::groove:horizontal {{ height: 4px; background: {c.edge}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ height: 4px; background: {c.faint}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 12px; margin: -5px 0; background: {c.text};
    border-radius: 6px; }}
"""
