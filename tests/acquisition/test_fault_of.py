"""When an instrument is at fault: what a supervisor knows of it, and what it concludes."""

import pytest

from onset.acquisition.watching import Signs, fault_of

CASES = {
    "a healthy run": (Signs("running", 0.1), None),
    "a short silence": (Signs("running", 2.9), None),
    "a long silence with the light on": (Signs("running", 3.1), "silent for 3.1 s"),
    "the same while all is dark and still": (Signs("running", 3.1, is_safe=True), None),
    "even then not for ever": (Signs("ready", 15.1, is_safe=True), "silent for 15.1 s"),
    "drivers load": (Signs("opening", 50.0, is_opening=True), None),
    "drivers load for ever": (Signs("opening", 61.0, is_opening=True), "silent"),
    "stopped by the system": (Signs("running", 0.6, is_stopped=True), "has been stopped"),
    "stopped in an emergency": (Signs("running", 0.1, is_stopped=True, emergency_s=0.1), "stopped"),
    "a loop that is stuck in a run": (Signs("running", 0.1, turn_age_s=16.0), "decides nothing"),
    "a loop that is busy outside one": (Signs("ending", 0.1, turn_age_s=16.0), None),
    "an emergency, just pressed": (Signs("running", 0.4, emergency_s=0.4), None),
    "an emergency that nobody hears": (Signs("running", 0.6, emergency_s=0.6), "emergency"),
    "the same on a busy machine": (Signs("running", 0.6, 0.2, emergency_s=0.6), None),
    "one that is worked on": (Signs("running", 0.1, emergency_s=0.9), None),
    "one that is not answered": (Signs("running", 0.1, emergency_s=1.1), "emergency"),
    "a rig that closes slowly": (Signs("ready", 0.1, closing_s=50.0), None),
    "a rig that does not close": (Signs("ready", 0.1, closing_s=61.0), "not closed"),
}


@pytest.mark.parametrize("case", CASES)
def test_who_is_at_fault(case):
    signs, why = CASES[case]
    said = fault_of(signs)
    assert (said is None) if why is None else (why in said)
