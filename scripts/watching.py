"""Do something whenever a folder has changed."""

import sys
from collections.abc import Callable
from pathlib import Path

import watchfiles

from corpus.readers.formats import SUFFIXES
from scripts.options import USER_ERRORS

# Files are copied into a folder one by one: nothing is done before so many milliseconds without a change.
_SETTLED_MS = 2_000
# But what never comes to rest is looked at all the same.
_AT_MOST_MS = 600_000
# How often it wakes where nothing happens.
_LOOKS_MS = 1_000


def watch(path: Path, index: Path, act: Callable[[], int]) -> int:
    """Act at once, and again after each change of a folder's articles, or of one file, until told to stop.

    What goes wrong is told, and waited out: the next change may mend it. What is written to the index
    is no change, even where it lies within the folder.
    """
    if path.is_dir():
        folders, recursive = {path}, True
    else:
        # A file is replaced rather than changed: its folder is where that is seen, and where a link leads to.
        folders, recursive = {path.parent, path.resolve().parent}, False
    is_first = True
    # Watching begins before the first act, so that no change is missed that comes while it lasts.
    for changes in watchfiles.watch(
        *folders,
        watch_filter=_of_articles(path, index),
        step=_SETTLED_MS,
        debounce=_AT_MOST_MS,
        rust_timeout=_LOOKS_MS,
        yield_on_timeout=True,
        recursive=recursive,
    ):
        if is_first or changes:
            _tried(act)
        if is_first:
            print(f"zhaiwen: watching {path}  (stop with Ctrl+C)", file=sys.stderr, flush=True)
            is_first = False
    return 0


def _of_articles(path: Path, index: Path) -> Callable[[watchfiles.Change, str], bool]:
    """Return what tells whether a changed file is one that would be read."""
    inside, names = index.resolve(), {path.name, path.resolve().name}

    def is_article(_: watchfiles.Change, name: str) -> bool:
        changed = Path(name)
        if not path.is_dir():
            return changed.name in names
        parts = changed.relative_to(path.resolve()).parts if changed.is_relative_to(path.resolve()) else changed.parts
        if inside in changed.parents or any(part.startswith(".") for part in parts):
            return False
        # A folder that was moved in or away has no name to go by.
        return changed.suffix.lower() in SUFFIXES or not changed.suffix

    return is_article


def _tried(act: Callable[[], int]) -> None:
    try:
        act()
    except USER_ERRORS as error:
        print(f"zhaiwen rebuild: {error}", file=sys.stderr, flush=True)
