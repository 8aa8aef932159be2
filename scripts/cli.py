"""Be the one entry point, `zhaiwen`, in front of all commands."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from embeddings.errors import INSTALL_HINT
from scripts.options import Command, run_command

# A command's module is imported only when it is run: serving must not need what building does.
COMMANDS = {
    "rebuild": ("scripts.rebuild_index", "build an index from a folder of articles and publish it"),
    "list": ("scripts.list_snapshots", "list the snapshots of an index"),
    "verify": ("scripts.verify", "prove every file of an index"),
    "rollback": ("scripts.rollback", "serve an earlier snapshot again"),
    "prune": ("scripts.prune", "remove old snapshots"),
    "serve": ("scripts.serve", "answer questions over HTTP"),
    "key": ("scripts.key", "make a key that questions can be sent with"),
    "search": ("scripts.search", "print the passages that answer a question"),
    "evaluate": ("scripts.evaluate", "measure how well an index or a service answers a question set"),
    "compare": ("scripts.compare", "tell what a change made of the answers"),
    "benchmark": ("scripts.benchmark", "measure the service beside the one that most people would write"),
    "tune": ("scripts.tune", "choose the few numbers of a search on a question set"),
    "pool": ("scripts.pool", "gather what a judge of a question set should read"),
    "check-corpus": ("scripts.check_corpus", "check articles as an editor would, before they are indexed"),
    "show-cleaning": ("scripts.show_cleaning", "show an article's original and clean text side by side"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name; return the exit code."""
    lines = "\n".join(f"  {name:13} {help_}" for name, (_, help_) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="zhaiwen",
        description="Semantic passage search for Chinese questions about debt collection.",
        epilog=f"commands:\n{lines}\n\n`zhaiwen COMMAND --help` describes a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"zhaiwen {version('zhaiwen')}")
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        command: Command = importlib.import_module(COMMANDS[options.command][0]).COMMAND
    except ModuleNotFoundError as error:
        print(
            f"zhaiwen {options.command}: the package {error.name} is not installed; {INSTALL_HINT}",
            file=sys.stderr,
        )
        return 2
    return run_command(command, options.rest, os.environ)


if __name__ == "__main__":
    sys.exit(main())
