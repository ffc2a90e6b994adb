"""A Uniblitz shutter: one byte out, never an answer, so its state is what it was told last."""

from __future__ import annotations

from typing import cast

from onset.dialects.uniblitz import Action, Model, Move, encode
from onset.errors import WireFault
from onset.experiment.clock import Clock
from onset.experiment.rig import ShutterSpec
from onset.hardware.port import Port
from onset.hardware.semantic import OnBytes, Sent, ShutterState


class UniblitzShutter:
    """The whole driver of a D1; the first channel of a D3."""

    confirmed = False

    def __init__(self, port: Port, model: Model, *, opening_ms: float) -> None:
        self._port, self._model = port, model
        self._opening_ns = round(opening_ms * 1e6)
        self._state: ShutterState = "unknown"

    @property
    def round_trip_ns(self) -> int | None:
        """It never answers."""
        return None

    def identify(self) -> str:
        """What the rig says: nobody else does."""
        return f"{self._model} (it never answers)"

    @property
    def state(self) -> ShutterState:
        """What it was told last."""
        return self._state

    def open(self) -> Sent:
        """Let light through."""
        return self._tell("open", "open")

    def close(self) -> Sent:
        """Block the light."""
        return self._tell("close", "closed")

    def make_safe(self) -> None:
        """Close; twice, as nobody says whether the first was heard."""
        self.close()
        self.close()

    def shout(self) -> bool:
        """One byte is all there is to say."""
        return self._port.shout(self._byte("close"))

    def close_port(self) -> None:
        """Give the port back."""
        self._port.close()

    def _tell(self, action: Action, then: ShutterState) -> Sent:
        byte = self._byte(action)
        self._state = "unknown"
        written = self._port.write(byte)
        self._state = then
        return Sent(
            asked_ns=written.asked_ns,
            sent_ns=written.sent_ns,
            replied_ns=None,
            confirmed_ns=None,
            earliest_ns=written.asked_ns + self._port.wire_ns(byte),
            latest_ns=written.sent_ns + self._port.wire_ns(byte) + self._opening_ns,
        )

    def _byte(self, action: Action) -> bytes:
        return encode(Move(action, 1 if self._model == "uniblitz-d3" else None), self._model)


def open_uniblitz(spec: ShutterSpec, clock: Clock, on_bytes: OnBytes) -> UniblitzShutter:
    """Open the port; the shutter is not touched."""
    if spec.port is None:
        raise WireFault("shutter: no port is named in the rig")
    port = Port(spec.port, who="shutter", baud=spec.baud, clock=clock, on_bytes=on_bytes)
    return UniblitzShutter(port, cast(Model, spec.dialect), opening_ms=spec.opening_ms)
