"""What a reader should know before using the numbers, in sentences."""

from __future__ import annotations

from typing import Any

from onset.report.analysed import Analysed
from onset.report.numbers_said import counted
from onset.report.scene import Scene

MANY_CENSORED = 0.2
FEW = 30


def caveats(analysed: Analysed, scene: Scene, document: dict[str, Any]) -> list[str]:
    """Empty when all is well; `document` is that of `onset info`."""
    return [
        *_run(document),
        *_marks(scene),
        *_detection(analysed),
        *_counts(analysed, scene),
    ]


def _run(document: dict[str, Any]) -> list[str]:
    says = []
    if document["status"] != "complete":
        reason = f" ({document['reason']})" if document["reason"] else ""
        says.append(f"The recording is {document['status']}{reason}; it ends early.")
    dropped = document["frames"]["dropped"]
    if dropped:
        says.append(
            f"{counted(dropped, 'frame')} that the camera counted did not come; times are right, "
            "what happened in the gaps is not seen."
        )
    if dropped is None and document["frames"]["written"]:
        says.append("The camera has no frame counter: whether frames were lost is not known.")
    return says


def _marks(scene: Scene) -> list[str]:
    if scene.injection is None:
        return [
            "No injection is marked: only waiting times relative to the first crystal are known."
        ]
    if scene.arrival is None:
        return ["When the reagent reached the field is not known (no plumbing in the rig)."]
    front_s = scene.arrival.t90_s - scene.arrival.t10_s
    if front_s > 1.0:
        says = (
            f"The front takes {front_s:.1f} s to pass (10 to 90 %): all waiting times contain it, "
        )
        return [says + "those relative to the first crystal too."]
    return []


def _detection(analysed: Analysed) -> list[str]:
    quality = analysed.populations.get("quality") or {}
    says = []
    drift = analysed.populations.get("drift") or {}
    for message in (quality.get("message"), drift.get("message")):
        if message:
            says.append(f"{str(message).rstrip('.').capitalize()}.")
    frames = quality.get("baseline_frames")
    if frames is not None and frames < 300 and not quality.get("message"):
        says.append(
            f"Only {counted(frames, 'lit frame')} before anything could switch: below 300 "
            "the promised rate of false spots is not kept."
        )
    return says


def _counts(analysed: Analysed, scene: Scene) -> list[str]:
    singles, switched = len(analysed.singles), len(analysed.switched)
    says = []
    if len(analysed.spots) == 0:
        says.append("No spot was found.")
    elif switched < FEW:
        says.append(
            f"Only {counted(switched, 'single crystal')} {scene.verb_past}: means and intervals "
            "rest on little, Gaussian fits on less."
        )
    cut = analysed.populations.get("n_saturated") or 0
    if cut:
        says.append(
            f"{counted(cut, 'spot')} reached the camera's largest value: their amplitudes are too "
            "small and their times off by a part of τ. Use a shorter exposure or less gain."
        )
    fast = analysed.populations.get("n_tau_limit") or 0
    if fast:
        says.append(
            f"{counted(fast, 'crystal')} switched within half a frame: only an upper limit of "
            "their τ is known, and they are in no mean of τ."
        )
    if singles and (singles - switched) / singles > MANY_CENSORED:
        says.append(
            f"{100 * (singles - switched) / singles:.0f} % of the single crystals had not switched "
            "when the film ended: plain means are too short, use the Kaplan-Meier curve."
        )
    return says
