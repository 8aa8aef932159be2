"""Make a key: `zhaiwen key NAME`."""

import argparse
import os
import sys

from scripts.options import Command, Defaults, run_command
from service.keys import make_key
from service.records import Rate


def add_arguments(parser: argparse.ArgumentParser, defaults: Defaults) -> None:
    """Add the command's options."""
    del defaults
    parser.add_argument("name", help="who gets it; stands in the log of requests")
    parser.add_argument("--rate", type=_rate, metavar="RATE", help="how often it may ask, such as 60/minute (any)")
    parser.add_argument("--admin", action="store_true", help="may give orders, too: POST /admin/reload")


def _rate(text: str) -> Rate:
    rate = Rate.parse(text)
    if rate is None:
        raise argparse.ArgumentTypeError(f"{text!r} was given, a rate such as 60/minute was wanted")
    return rate


def run(options: argparse.Namespace) -> int:
    """Print a new key, which is kept nowhere, and the line that recognises it; return the exit code."""
    key, holder = make_key(options.name, options.rate, is_admin=options.admin)
    print(f"the key, shown this once: {key}")
    print(f"the line for the file that ZHAIWEN_KEYS_FILE names: {holder.line}")
    return 0


COMMAND = Command("key", "Make a key that questions can be sent with.", add_arguments, run)

if __name__ == "__main__":
    sys.exit(run_command(COMMAND, None, os.environ))
