"""The camera image, painted by the processor: pan, zoom, rings, scale bar, region; no OpenGL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFont, QImage, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QSizePolicy, QWidget

from onset.viewer import colours
from onset.viewer.rings import Rings
from onset.viewer.seen import Picture
from onset.viewer.spots import Bools
from onset.viewer.viewport import Viewport, fitted, nice_length

WHEEL = 1.0015
"""Zoom per eighth of a degree of the wheel."""
CLICK_PX = 4.0
"""A shorter way of the mouse is a click."""
BAR_PART = 0.16
"""Longest scale bar, of the canvas's width."""


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the picture, px."""

    x: int
    y: int
    width: int
    height: int


class Canvas(QWidget):
    """Shows what it is told; says where the mouse is and what was drawn."""

    hovered = Signal(object)
    """(y, x) in px of the picture, or None."""
    clicked = Signal(float, float)
    """y, x in px of the picture."""
    region_drawn = Signal(object)
    """Region, or None where it was given up."""
    zoomed = Signal(float)

    def __init__(self, pixel_size_um: float | None = None) -> None:
        super().__init__()
        self.pixel_size_um = pixel_size_um
        self.shape = (1, 1)
        self.viewport = Viewport()
        self.rings = Rings()
        self.clock_text = ""
        self.hover_text = ""
        self.warning_text = ""
        self.empty_text = ""
        self.inverted = False
        self.show_rings = True
        self.overlay: QImage | None = None
        """A translucent layer over the picture, as the onset map."""
        self.region: Region | None = None
        self.selected: tuple[int, ...] = ()
        self.draws_region = False
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._fits = True
        self._pressed: QPointF | None = None
        self._mouse: QPointF | None = None
        self._dragged = 0.0
        self._rubber: QRectF | None = None
        self._ring_key: object = None
        self._ringed: Bools = np.zeros(0, np.bool_)
        self._ring_pixmap = QPixmap()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 240)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    @property
    def coarse(self) -> int:
        """Camera pixels per screen pixel at the present zoom; 1 where it is enlarged."""
        return max(int(1.0 / (self.viewport.zoom * self.devicePixelRatioF()) + 0.01), 1)

    def show_picture(self, picture: Picture | None) -> None:
        """Show this picture, or none."""
        self._picture = picture
        self._image = None
        if picture is not None:
            height, width = picture.painted.shape
            data: Any = picture.painted.data
            self._image = QImage(data, width, height, 4 * width, QImage.Format.Format_RGB32)
            if picture.image.shape != self.shape:
                self.shape = (picture.image.shape[0], picture.image.shape[1])
                self.fit()
        self.update()

    def forget(self) -> None:
        """Another film comes: no picture, no rings."""
        self.show_picture(None)
        self.rings = Rings()
        self._ring_key, self.overlay, self.region, self.selected = None, None, None, ()
        self.clock_text = self.hover_text = self.warning_text = ""

    def fit(self) -> None:
        """The whole field, as large as it goes; stays so until zoomed or moved."""
        self._fits = True
        self._look(fitted(self.width(), self.height(), self.shape))

    def zoom_by(self, factor: float) -> None:
        """Larger or smaller about the middle."""
        self._fits = False
        self._look(self.viewport.zoomed(factor, self.width() / 2, self.height() / 2))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Most of the window."""
        return QSize(900, 700)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Keep the whole field in sight."""
        super().resizeEvent(event)
        if self._fits:
            self.fit()

    def _look(self, viewport: Viewport) -> None:
        if viewport != self.viewport:
            self.viewport = viewport
            self.zoomed.emit(viewport.zoom)
        self.update()

    def paintEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """Everything from the back to the front."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#000000" if not self.inverted else "#ffffff"))
        if self._image is None:
            painter.fillRect(self.rect(), QColor(colours.theme().ground))
            self._paint_empty(painter)
            painter.end()
            return
        painter.drawImage(self._field(), self._image)
        if self.overlay is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self._field(), self.overlay)
        if self.show_rings:
            painter.drawPixmap(0, 0, self._rings_pixmap())
            self.rings.paint_flashing(painter, self.viewport)
        self.rings.paint_selected(painter, self.viewport, self.selected)
        self._paint_region(painter)
        self._paint_words(painter)
        self._paint_bar(painter)
        painter.end()

    def _field(self) -> QRectF:
        view, picture = self.viewport, self._picture
        assert picture is not None
        height, width = (side * picture.coarse for side in picture.painted.shape)
        return QRectF(view.left, view.top, width * view.zoom, height * view.zoom)

    def _rings_pixmap(self) -> QPixmap:
        """All rings at rest; only what is new is painted unless view or colours change."""
        key = (self.rings.scheme, self.viewport, self.size(), self.devicePixelRatioF())
        resting = self.rings.resting
        done = np.zeros(len(resting), np.bool_)
        done[: len(self._ringed)] = self._ringed[: len(resting)]
        if key != self._ring_key or np.any(done & ~resting) or self._ringed.sum() > done.sum():
            self._ring_pixmap = self._clear_pixmap()
            done[:] = False
        new = resting & ~done
        if new.any():
            painter = QPainter(self._ring_pixmap)
            self.rings.paint_resting(painter, self.viewport, new)
            painter.end()
        self._ring_key, self._ringed = key, resting
        return self._ring_pixmap

    def _clear_pixmap(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        return pixmap

    def _paint_region(self, painter: QPainter) -> None:
        pen = QPen(QColor(colours.theme().amber), 1.5, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.region is not None:
            view, region = self.viewport, self.region
            corner = QPointF(view.left + region.x * view.zoom, view.top + region.y * view.zoom)
            painter.drawRect(
                QRectF(corner.x(), corner.y(), region.width * view.zoom, region.height * view.zoom)
            )
        if self._rubber is not None:
            painter.drawRect(self._rubber)

    def _paint_words(self, painter: QPainter) -> None:
        self._say(painter, self.clock_text, QPointF(12, 12), size=18)
        if self.warning_text:
            red = QColor(colours.DARK.red)
            self._say(painter, self.warning_text, QPointF(12, 50), size=13, back=red)
        if self.hover_text and self._mouse is not None:
            self._say(painter, self.hover_text, self._mouse + QPointF(16, 14), size=13)

    def _say(
        self, painter: QPainter, text: str, at: QPointF, size: int, back: QColor | None = None
    ) -> None:
        if not text:
            return
        font = QFont(self.font())
        font.setPixelSize(size)
        painter.setFont(font)
        box = painter.boundingRect(QRectF(0, 0, 700, 400), 0, text)
        box = box.adjusted(0, 0, 16, 8)
        box.moveTo(
            min(at.x(), self.width() - box.width() - 4), min(at.y(), self.height() - box.height())
        )
        painter.fillRect(box, back or QColor(0, 0, 0, 165))
        painter.setPen(QColor("white"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_bar(self, painter: QPainter) -> None:
        um = self.pixel_size_um
        zoom = self.viewport.zoom
        length = nice_length(self.width() * BAR_PART / zoom * (um or 1.0))
        width = length / (um or 1.0) * zoom
        right, bottom = self.width() - 20.0, self.height() - 18.0
        text = f"{length:g} \N{MICRO SIGN}m" if um else f"{length:g} px"
        font = QFont(self.font())
        font.setPixelSize(14)
        painter.setFont(font)
        painter.fillRect(
            QRectF(right - width - 12, bottom - 28, width + 24, 38), QColor(0, 0, 0, 150)
        )
        painter.fillRect(QRectF(right - width, bottom, width, 3), QColor("white"))
        painter.setPen(QColor("white"))
        box = QRectF(right - width - 60, bottom - 25, width + 120, 22)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_empty(self, painter: QPainter) -> None:
        font = QFont(self.font())
        font.setPixelSize(15)
        painter.setFont(font)
        painter.setPen(QColor(colours.theme().faint))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.empty_text)

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Begin to drag, or to draw a region."""
        self._pressed, self._dragged = event.position(), 0.0
        if self.draws_region:
            self._rubber = QRectF(event.position(), event.position())

    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Tell what is under the mouse; drag where a button is down."""
        now = event.position()
        if self._pressed is not None and self._mouse is not None:
            step = now - self._mouse
            self._dragged += abs(step.x()) + abs(step.y())
            if self.draws_region:
                self._rubber = QRectF(self._pressed, now).normalized()
                self.update()
            elif self._dragged > CLICK_PX:
                self._fits = False
                self._look(self.viewport.moved(step.x(), step.y()))
        self._mouse = now
        self.hovered.emit(self.viewport.to_picture(now.x(), now.y()))

    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """A click, or the region is drawn."""
        if self.draws_region and self._rubber is not None:
            self._finish_region()
        elif self._pressed is not None and self._dragged <= CLICK_PX:
            y_px, x_px = self.viewport.to_picture(event.position().x(), event.position().y())
            self.clicked.emit(y_px, x_px)
        self._pressed = None

    def mouseDoubleClickEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """The whole field again."""
        self.fit()

    def wheelEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        """Zoom where the mouse is."""
        at = event.position()
        self._fits = False
        self._look(self.viewport.zoomed(WHEEL ** event.angleDelta().y(), at.x(), at.y()))

    def leaveEvent(self, _: Any) -> None:  # noqa: N802 - Qt's name
        """Nothing is under the mouse."""
        self._mouse = None
        self.hovered.emit(None)

    def _finish_region(self) -> None:
        rubber, view = self._rubber, self.viewport
        self._rubber, self.draws_region = None, False
        self.unsetCursor()
        self.update()
        assert rubber is not None
        edges = np.array([rubber.left(), rubber.right()]) - view.left
        x = np.clip(np.rint(edges / view.zoom), 0, self.shape[1]).astype(int)
        edges = np.array([rubber.top(), rubber.bottom()]) - view.top
        y = np.clip(np.rint(edges / view.zoom), 0, self.shape[0]).astype(int)
        size = int(x[1] - x[0]), int(y[1] - y[0])
        drawn = min(size) >= 8
        self.region_drawn.emit(Region(int(x[0]), int(y[0]), *size) if drawn else None)
