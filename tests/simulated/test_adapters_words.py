"""What Micro-Manager adapters and an EPICS driver say, by their public sources, is answered.

Only the words are theirs: neither the adapters nor the driver run in here.
"""

import pytest

from onset.simulated.devices import MAKERS
from onset.simulated.line import Line
from onset.simulated.parameters import Parameters
from onset.simulated.world import World

S = 1_000_000_000
OK = b"\x0200S\x03"
IDENTITY = b"THORLABS SC10 VERSION 1.07"
WORDS = {
    "Aladdin: a program of one phase, fixed lengths": (
        "new-era",
        [
            (b"VOL\r", b"\x0200S0.000ML\x03"),
            (b"DIA\r", b"\x0200S14.43\x03"),
            (b"RAT\r", b"\x0200S0.000MH\x03"),
            (b"DIR\r", b"\x0200SINF\x03"),
            (b"\r", OK),
            (b"PHN1\r", OK),
            (b"PHN2\r", OK),
            (b"FUN STP\r", OK),
            (b"PHN1\r", OK),
            (b"VOL0.05\r", OK),
            (b"RAT125UM\r", OK),
            (b"DIR INF\r", OK),
            (b"RUN\r", b"\x0200I\x03"),
            (b"STP\r", b"\x0200P\x03"),
        ],
    ),
    "WPI_Aladdin: a space behind the address": (
        "new-era",
        [
            (b"0 VER\r", b"\x0200SNE1000V3.928\x03"),
            (b"0 DIA\r", b"\x0200S14.43\x03"),
            (b"0 DIR\r", b"\x0200SINF\x03"),
            (b"0 DIA 14.43\r", OK),
            (b"0 DIR INF\r", OK),
            (b"0 RAT C 125UM\r", OK),
            (b"0 RAT\r", b"\x0200S125.0UM\x03"),
            (b"0 VOL UL\r", OK),
            (b"0 VOL 50\r", OK),
            (b"0 RUN\r", b"\x0200I\x03"),
            (b"0 STP\r", b"\x0200P\x03"),
        ],
    ),
    "ISIS EPICS: two digits of address": (
        "new-era",
        [
            (b"00\r", OK),
            (b"00DIA14.43\r", OK),
            (b"00RAT7.500MH\r", OK),
            (b"00RAT\r", b"\x0200S7.500MH\x03"),
            (b"00VOL1.000\r", OK),
            (b"00VOL\r", b"\x0200S1.000ML\x03"),
            (b"00FUN\r", b"\x0200SRAT\x03"),
            (b"00CLDINF\r", OK),
            (b"00CLDWDR\r", OK),
            (b"00DIS\r", b"\x0200SI0.000W0.000ML\x03"),
            (b"00RAT9999MM\r", b"\x0200S?OOR\x03"),
        ],
    ),
    "ThorlabsSC10: asks, then toggles": (
        "thorlabs-sc10",
        [
            (b"*idn?\r", b"*idn?\r" + IDENTITY + b"\r> "),
            (b"mode=1\r", b"mode=1\r> "),
            (b"ens?\r", b"ens?\r0\r> "),
            (b"ens\r", b"ens\r> "),
            (b"ens?\r", b"ens?\r1\r> "),
            (b"ens\r", b"ens\r> "),
        ],
    ),
    "SutterLambda: on-line, type, open, close": (
        "sutter-lambda",
        [
            (b"\xee", b"\xee\r"),
            (b"\xfd", None),
            (b"\xdc", None),
            (b"\xaa", b"\xaa\r"),
            (b"\xac", b"\xac\r"),
        ],
    ),
    "Vincent: bytes that nobody answers": ("uniblitz-d1", [(b"A", b""), (b"@", b""), (b"A", b"")]),
}
"""None: an answer whose text is the device's own matter, but it begins with the echo."""


@pytest.mark.parametrize(("dialect", "exchanges"), WORDS.values(), ids=WORDS)
def test_the_words_of_an_adapter_are_answered(dialect, exchanges):
    baud = 19200 if dialect == "new-era" else 9600
    line = Line(MAKERS[dialect](Parameters(dialect, {}), World("words")), baud=baud)
    if dialect == "new-era":
        line.write(b"\r", 0)  # somebody has seen that it was switched on
        line.read(99, S)
    for place, (said, answer) in enumerate(exchanges, 1):
        line.write(said, place * S)
        heard = line.read(99, (place + 1) * S - 1)
        if answer is None:
            assert heard.startswith(said)
            assert heard.endswith(b"\r")
        else:
            assert (said, heard) == (said, answer)
