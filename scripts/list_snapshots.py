"""List the snapshots of an index: `zhaiwen list`."""

import argparse
import os
import sys
from collections.abc import Iterator

from corpus.unicode import printable
from embeddings.evaluation.measures import MAIN_MEASURE
from embeddings.store.versions import Version, versions
from scripts.options import Command, Defaults, add_index, run_command

_MEGABYTE = 1_000_000


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    add_index(parser, defaults)


def run(options: argparse.Namespace) -> int:
    """Print a line for each snapshot, the newest first; return the exit code."""
    for version in versions(options.index):
        print("  ".join(_cells(version)))
    return 0


def _cells(version: Version) -> Iterator[str]:
    yield "*" if version.is_current else " "
    yield version.name
    yield f"{version.bytes / _MEGABYTE:7.1f} MB"
    manifest = version.manifest
    if manifest is None:
        yield printable(version.damage)
        return
    yield f"{len(manifest.articles)} articles, {manifest.passages} passages, {manifest.encoder.name}"
    if MAIN_MEASURE in manifest.measured:
        yield f"{MAIN_MEASURE} {manifest.measured[MAIN_MEASURE]:.3f}"
    if manifest.forced:
        yield f"forced: {printable(manifest.forced)}"


COMMAND = Command("list", "List the snapshots of an index; * marks the one that is served.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
