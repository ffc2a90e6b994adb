"""The command line: what people type, one sentence for each mistake, an exit code for each end."""

from onset.cli.app import main

__all__ = ["main"]
