"""Pumps that feed one line, as stretches of steady flow and steady mixture at its entrance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from onset.experiment.clock import NS

Changes = Sequence[tuple[int, float]]  # (t_ns, ul_per_s) in order of time


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start_ns` on, `ul_per_s` of one mixture go in; `start_ul` went in before."""

    start_ns: int
    start_ul: float
    end_ul: float
    """Infinite for the last one: it goes on."""
    ul_per_s: float
    ug_per_ml: Mapping[str, float]


def stretches(feeds: Sequence[tuple[str, float, Changes]]) -> list[Stretch]:
    """Stretches with flow toward the field; `feeds` are (reagent, ug/mL, changes of rate)."""
    times: list[int | None] = [
        *sorted({t_ns for _, _, changes in feeds for t_ns, _ in changes}),
        None,
    ]
    line: list[Stretch] = []
    inside_ul = owed_ul = 0.0  # owed: withdrawn and not yet given back
    for t_ns, end_ns in pairwise(times):
        assert t_ns is not None
        rates = [_rate(changes, t_ns) for _, _, changes in feeds]
        flow = sum(rates)
        lasts_s = float("inf") if end_ns is None else (end_ns - t_ns) / NS
        if flow <= 0:
            owed_ul -= flow * lasts_s if flow else 0.0
            continue
        paid_s = min(owed_ul / flow, lasts_s)
        owed_ul -= paid_s * flow
        if paid_s == lasts_s:
            continue
        end_ul = inside_ul + flow * (lasts_s - paid_s)
        start_ns = t_ns + round(paid_s * NS)
        line.append(Stretch(start_ns, inside_ul, end_ul, flow, _mixture(feeds, rates)))
        inside_ul = end_ul
    return line


def time_of_volume_ns(volume_ul: float, line: Sequence[Stretch]) -> int | None:
    """When the flow goes beyond `volume_ul`; None where it never does."""
    for stretch in line:
        if stretch.end_ul > volume_ul:
            return stretch.start_ns + round((volume_ul - stretch.start_ul) / stretch.ul_per_s * NS)
    return None


def _rate(changes: Changes, t_ns: int) -> float:
    return next((rate for since_ns, rate in reversed(changes) if since_ns <= t_ns), 0.0)


def _mixture(
    feeds: Sequence[tuple[str, float, Changes]], rates: Sequence[float]
) -> dict[str, float]:
    given = [
        (name, content, rate)
        for (name, content, _), rate in zip(feeds, rates, strict=True)
        if rate > 0
    ]
    flow = sum(rate for _, _, rate in given)
    mixture: dict[str, float] = {}
    for name, ug_per_ml, rate in given:
        if ug_per_ml > 0:
            mixture[name] = mixture.get(name, 0.0) + ug_per_ml * rate / flow
    return mixture
