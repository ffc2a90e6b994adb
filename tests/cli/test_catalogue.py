"""The catalogue of commands is true, and no command loads more than it needs."""

import subprocess
import sys

import pytest

from onset.cli.catalogue import MODULES, commands_of


@pytest.mark.parametrize("module", MODULES)
def test_a_module_brings_the_commands_that_the_catalogue_says(module):
    assert set(commands_of(module)) == set(MODULES[module])


def test_the_help_names_every_command(run_onset):
    shown = run_onset("--help").stdout
    for commands in MODULES.values():
        for command in commands:
            assert f"\n  {command} " in shown


def test_the_version_is_told_without_loading_devices_or_analysis():
    code = (
        "import sys\n"
        "sys.argv = ['onset', '--version']\n"
        "from onset.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'numba', 'pymmcore_plus', 'scipy', 'serial'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
