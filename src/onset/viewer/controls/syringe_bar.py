"""A syringe as a bar: what is left, what the present delivery has still to push."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import QWidget

from onset.acquisition.messages import PumpView
from onset.viewer import colours

STILL = ("stopped", "idle", "")
"""States of a pump that does not move."""
LOW = 0.1
"""Part of the syringe below which the bar is amber."""


class SyringeBar(QWidget):
    """Hatched where it is not known how much is left."""

    def __init__(self, capacity_ul: float | None, height: int = 18) -> None:
        super().__init__()
        self.capacity_ul = capacity_ul
        self._pump: PumpView | None = None
        self.setFixedHeight(height)
        self.setMinimumWidth(60)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as its place."""
        return QSize(160, self.height())

    def show_pump(self, pump: PumpView) -> None:
        """Show what is left."""
        if pump != self._pump:
            self._pump = pump
            self.setToolTip(left_text(pump, self.capacity_ul))
            self.update()

    def paintEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """Barrel, liquid, figure."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, pump = colours.theme(), self._pump
        barrel = QRectF(1, 1, self.width() - 2, self.height() - 2)
        painter.setPen(QPen(QColor(theme.edge), 1))
        painter.setBrush(QColor(theme.ground))
        painter.drawRoundedRect(barrel, 3, 3)
        if pump is not None and pump.left_ul is not None and self.capacity_ul:
            part = min(max(pump.left_ul / self.capacity_ul, 0.0), 1.0)
            colour = QColor(theme.amber if part < LOW else theme.faint)
            colour.setAlpha(150)
            liquid = QRectF(barrel.left(), barrel.top(), barrel.width() * part, barrel.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(liquid, 3, 3)
        painter.setPen(QColor(theme.text))
        text = short_left(pump, self.capacity_ul)
        painter.drawText(barrel, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()


def short_left(pump: PumpView | None, capacity_ul: float | None) -> str:
    """`7.82 of 10 mL left`."""
    if pump is None or pump.left_ul is None:
        return "left: not known"
    of = f" of {capacity_ul / 1000:g}" if capacity_ul else ""
    return f"{pump.left_ul / 1000:.2f}{of} mL left"


def left_text(pump: PumpView, capacity_ul: float | None) -> str:
    """The tool tip."""
    lines = [f"{pump.name}: {short_left(pump, capacity_ul)}"]
    if pump.wanted_ul is not None:
        lines.append(f"delivered {pump.delivered_ul:.1f} of {pump.wanted_ul:g} uL")
    else:
        lines.append(f"delivered {pump.delivered_ul:.1f} uL")
    return "\n".join(lines)


def short_pump(pump: PumpView) -> str:
    """`infuse 7.5 mL/h, 0.28 / 0.5 mL`, or its state."""
    if pump.state in STILL:
        return pump.state or "\N{EN DASH}"
    of = f" / {pump.wanted_ul / 1000:g}" if pump.wanted_ul is not None else ""
    done = f"{pump.delivered_ul / 1000:.3f}{of} mL"
    return f"{pump.direction} {pump.rate_ul_min * 0.06:.3g} mL/h, {done}"


def pump_text(pump: PumpView) -> str:
    """`infusing 125 uL/min, 0.28 of 0.50 mL`."""
    moving = pump.state not in STILL
    word = {"infuse": "infusing", "withdraw": "withdrawing"}[pump.direction]
    if not moving:
        return pump.state or "\N{EN DASH}"
    rate = f"{pump.rate_ul_min:g} \N{MICRO SIGN}L/min ({pump.rate_ul_min * 0.06:.3g} mL/h)"
    done = f"{pump.delivered_ul / 1000:.3f}"
    of = f" of {pump.wanted_ul / 1000:g}" if pump.wanted_ul is not None else ""
    state = word if pump.state in ("running", "infusing", "withdrawing", "pumping") else pump.state
    return f"{state} {rate}, {done}{of} mL"
