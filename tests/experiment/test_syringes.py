"""The account of the syringes: on disk after every entry, one for each rig."""

import pytest

from onset.errors import FileMistake
from onset.experiment.rig import parse_rig, read_rig
from onset.experiment.syringes import Content, SyringeAccount
from onset.shipped import shipped

DEMO = read_rig(shipped("devices", "three-pumps.toml"))


@pytest.fixture
def account(tmp_path):
    return SyringeAccount(DEMO, tmp_path)


def test_a_fresh_syringe_holds_what_the_rig_says(account):
    assert account.content("TBAB") == Content(8000.0)
    assert not account.file.exists()


def test_what_was_delivered_is_known_to_the_next_process(account, tmp_path):
    account.book("TBAB", 300.0, unsure_ul=12.0)
    account.book("TBAC", -100.0)
    other = SyringeAccount(DEMO, tmp_path).contents()
    assert (other["TBAB"].left_ul, other["TBAB"].unsure_ul) == (7700.0, 12.0)
    assert other["TBAC"].left_ul == 8100.0
    assert other["rinse"] == Content(8000.0)
    assert other["TBAB"].since.startswith("20")


def test_a_syringe_is_filled_anew(account):
    account.book("TBAB", 300.0, unsure_ul=12.0)
    assert account.fill("TBAB").left_ul == 8000.0
    assert account.fill("TBAB", 4000.0).unsure_ul == 0.0
    assert account.content("TBAB").left_ul == 4000.0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("14.43 mm", "9.7 mm"), ('"TBAB"', '"KBr"'), ("8 mL", "7 mL")],
    ids=["another syringe", "another reagent", "another filling"],
)
def test_another_syringe_is_a_fresh_one(account, tmp_path, right, wrong):
    account.book("TBAB", 300.0)
    other = SyringeAccount(parse_rig(DEMO.text.replace(right, wrong), DEMO.file), tmp_path)
    assert other.content("TBAB").since is None


def test_a_rehearsal_does_not_touch_the_real_syringe(account, tmp_path):
    account.book("TBAB", 300.0)
    on_a_wire = DEMO.text.replace("sim://new-era", "COM3", 1)
    real = parse_rig(on_a_wire, DEMO.file)
    assert SyringeAccount(real, tmp_path).content("TBAB") == Content(8000.0)


def test_rigs_of_other_folders_have_accounts_of_their_own(account, tmp_path):
    account.book("TBAB", 300.0)
    copy = parse_rig(DEMO.text, tmp_path / DEMO.file.name)
    assert SyringeAccount(copy, tmp_path).content("TBAB").left_ul == 8000.0


def test_an_account_that_cannot_be_read_is_told(account):
    account.book("TBAB", 300.0)
    account.file.write_text("{")
    with pytest.raises(FileMistake, match="account of the syringes cannot be read"):
        account.contents()
