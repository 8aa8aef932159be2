"""Do something whenever a folder has changed."""

import sys
from collections.abc import Callable
from pathlib import Path

import watchfiles

from scripts.options import USER_ERRORS

# Files are copied into a folder one by one: nothing is done before so many milliseconds without a change.
_SETTLED_MS = 2_000
# But what never comes to rest is looked at all the same.
_AT_MOST_MS = 600_000
# How often it wakes where nothing happens.
_LOOKS_MS = 1_000


def watch(path: Path, act: Callable[[], int]) -> int:
    """Act at once, and again after each change of a folder or file, until the process is told to stop.

    What goes wrong is told, and waited out: the next change may mend it.
    """
    # A file is replaced rather than changed: its folder is where that is seen.
    folder = path if path.is_dir() else path.parent
    is_first = True
    # Watching begins before the first act, so that no change is missed that comes while it lasts.
    for changes in watchfiles.watch(
        folder, step=_SETTLED_MS, debounce=_AT_MOST_MS, rust_timeout=_LOOKS_MS, yield_on_timeout=True
    ):
        if is_first or any(path.is_dir() or Path(name) == path.resolve() for _, name in changes):
            _tried(act)
        if is_first:
            print(f"zhaiwen: watching {folder}  (stop with Ctrl+C)", file=sys.stderr, flush=True)
            is_first = False
    return 0


def _tried(act: Callable[[], int]) -> None:
    try:
        act()
    except USER_ERRORS as error:
        print(f"zhaiwen rebuild: {error}", file=sys.stderr, flush=True)
