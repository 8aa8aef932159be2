"""Remove old snapshots: `zhaiwen prune`."""

import argparse
import os
import sys

from embeddings.store.versions import prune
from scripts.options import Command, Defaults, add_index, run_command, whole_number

_KEPT = 2


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    add_index(parser, defaults)
    parser.add_argument(
        "--keep",
        type=whole_number(1, 1_000),
        default=_KEPT,
        metavar="N",
        help="how many snapshots stay, the current one included (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Remove all but the newest and the current one; return the exit code."""
    removed = prune(options.index, options.keep)
    for name in removed:
        print(f"removed {name}")
    print(f"{len(removed)} snapshots removed from {options.index}")
    return 0


COMMAND = Command("prune", "Remove old snapshots; never the one that is served.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
