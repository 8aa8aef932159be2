"""Show steps and progress bars on the terminal's error stream."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from embeddings.protocols import Progress


class TerminalReporter:
    """Report a build's steps as lines and its long ones as bars with rate and time left."""

    def say(self, text: str) -> None:
        """Print one step."""
        print(f"zhaiwen: {text}", file=sys.stderr, flush=True)

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Progress]:
        """Show a bar while the body runs."""
        with tqdm(total=total, desc=title, file=sys.stderr, dynamic_ncols=True) as bar:

            def advance(finished: int) -> None:
                bar.update(finished)

            yield advance
