"""Prove every file of an index: `zhaiwen verify`."""

import argparse
import os
import sys

from embeddings.store.versions import verify_index
from scripts.options import Command, Defaults, add_index, run_command

_DAMAGED = 1


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    add_index(parser, defaults)
    parser.add_argument("--all", action="store_true", help="look at every snapshot, not at the current one only")


def run(options: argparse.Namespace) -> int:
    """Compare each file with its checksum; return the exit code, 1 where one is damaged."""
    found = verify_index(options.index, options.all)
    for version in found:
        name = f"{version.name} (current)" if version.is_current else version.name
        if version.damage:
            print(f"{name}: {version.damage}")
        elif version.manifest is not None:
            print(f"{name}: all {len(version.manifest.files) + len(version.manifest.encoder_files)} files are whole")
    return _DAMAGED if any(version.damage for version in found) else 0


COMMAND = Command("verify", "Compare every file of an index with its checksum.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
