"""The onset map over the picture; computed elsewhere, and only where something has changed."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtGui import QImage

from onset.viewer.axis import onset_axis
from onset.viewer.canvas import Canvas
from onset.viewer.onset_map import STEP_PX, onset_map_colours, onset_map_s
from onset.viewer.painted import Words
from onset.viewer.seen import Seen
from onset.viewer.spots import Bools


class MapLayer:
    """`run` takes the work away from Qt's thread and brings its result to `paint`."""

    def __init__(self, canvas: Canvas) -> None:
        self.wanted = False
        self.run: Callable[[Callable[[], Words]], None] | None = None
        self._canvas = canvas
        self._of: object = None

    def forget(self) -> None:
        """Another film comes."""
        self._of = None

    def show(self, seen: Seen, shown: Bools, *, inverted: bool) -> None:
        """The map of the spots that are `shown`, shape (n,); none where it is not wanted."""
        if not self.wanted:
            if self._canvas.overlay is not None:
                self._canvas.overlay, self._of = None, None
                self._canvas.update()
            return
        axis = onset_axis(seen)
        key = (len(seen.spots), int(shown.sum()), axis, inverted)
        if key == self._of or self.run is None:
            return
        self._of = key
        spots, shape = seen.spots, self._canvas.shape

        def work() -> Words:
            onsets_s = onset_map_s(spots, shown, shape, STEP_PX)
            return onset_map_colours(onsets_s, axis, inverted=inverted)

        self.run(work)

    def paint(self, words: Words) -> None:
        """The map has been computed: premultiplied 0xAARRGGBB."""
        height, width = words.shape
        image = QImage(
            words.tobytes(), width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied
        )
        self._canvas.overlay = image.copy()
        self._canvas.update()
