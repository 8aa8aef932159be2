"""Serve an earlier snapshot again: `zhaiwen rollback`."""

import argparse
import os
import sys

from embeddings.store.versions import roll_back
from scripts.options import Command, Defaults, add_index, run_command


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    parser.add_argument(
        "snapshot", nargs="?", help="as `zhaiwen list` names it (default: the newest before the current one)"
    )
    add_index(parser, defaults)


def run(options: argparse.Namespace) -> int:
    """Make the snapshot current after loading it once; return the exit code."""
    manifest = roll_back(options.index, options.snapshot)
    print(
        f"{options.index} now serves {len(manifest.articles)} articles, {manifest.passages} passages, "
        f"snapshot {manifest.snapshot} of {manifest.created}"
    )
    return 0


COMMAND = Command("rollback", "Serve an earlier snapshot again.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
