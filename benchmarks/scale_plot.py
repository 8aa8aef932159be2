"""Draw what `benchmarks/scale.py` measured against the number of passages.

usage: python benchmarks/scale_plot.py RESULTS.json PLOT.svg
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.typing import RcKeyType

SETTINGS: dict[RcKeyType, object] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "font.size": 8,
    "grid.color": "#d5d9de",
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "lines.marker": "o",
    "lines.markersize": 3.5,
    "svg.fonttype": "none",
    # The same file for the same figures.
    "svg.hashsalt": "scale",
}
COLOURS = ("#0b5cad", "#b3541e", "#3d7a37", "#6b4fa0", "#8a6d00", "#565f69")
WIDTH, HEIGHT = 9.0, 5.4
Row = Mapping[str, Any]


class Panel(NamedTuple):
    """Name a plot, what its lines show, and a line that must not be crossed."""

    title: str
    lines: Mapping[str, Callable[[Row], float]]
    target: float | None = None
    linear: bool = False


def _total(of: str) -> Callable[[Row], float]:
    return lambda row: float(sum(row["build"][of].values()))


PANELS = (
    Panel(
        "hybrid search, ms on one core",
        {
            "p50": lambda row: row["search"]["p50"],
            "p95": lambda row: row["search"]["p95"],
            "dense side, p50": lambda row: row["search"]["parts_p50"]["dense"],
            "lexical side, p50": lambda row: row["search"]["parts_p50"]["lexical"],
        },
        target=15,
    ),
    Panel(
        "share of nearest vectors found",
        {
            "of 10": lambda row: row["search"]["recall_at_10"],
            "of 200": lambda row: row["search"]["recall_at_200"],
        },
        target=0.97,
        linear=True,
    ),
    Panel(
        "resident memory, MB",
        {
            "after 200 searches": lambda row: row["search"]["megabytes_after_searches"]["VmRSS"],
            "of it not of files": lambda row: row["search"]["megabytes_after_searches"]["RssAnon"],
            "peak of a build": lambda row: max(filter(None, row["build"]["peak_megabytes"].values())),
        },
        target=2_500,
    ),
    Panel(
        "size on the disk, MB",
        {
            "all": _total("megabytes"),
            "tokens": lambda row: row["build"]["megabytes"]["tokens"],
            "vectors": lambda row: sum(
                size for name, size in row["build"]["megabytes"].items() if name.startswith("vectors")
            ),
            "lexical": lambda row: row["build"]["megabytes"]["lexical"],
            "texts": lambda row: row["build"]["megabytes"]["passages.sqlite"],
        },
    ),
    Panel(
        "building, s on one core",
        {
            "all": _total("seconds"),
            "terms, lexical": lambda row: row["build"]["seconds"]["terms"] + row["build"]["seconds"]["lexical"],
            "duplicates": lambda row: row["build"]["seconds"]["duplicates"],
            "vectors": lambda row: row["build"]["seconds"]["vectors"],
            "tokens": lambda row: row["build"]["seconds"]["tokens"],
            "texts": lambda row: row["build"]["seconds"]["texts"],
        },
    ),
)


def draw(results: Mapping[str, Row], path: Path) -> None:
    """Draw a panel for each of what was measured."""
    numbers = sorted(map(int, results))
    rows = [results[str(number)] for number in numbers]
    with rc_context(SETTINGS):
        figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
        axes = figure.subplots(2, 3).flat
        for panel, place in zip(PANELS, axes, strict=False):
            _draw(place, panel, numbers, rows)
        axes[len(PANELS)].set_visible(False)
        figure.savefig(path, metadata={"Date": None})


def _draw(axes: Any, panel: Panel, numbers: Sequence[int], rows: Sequence[Row]) -> None:  # noqa: ANN401 -- of a flat iterator
    for colour, (name, value) in zip(COLOURS, panel.lines.items(), strict=False):
        axes.plot(numbers, [value(row) for row in rows], color=colour, label=name)
    if panel.target is not None:
        axes.axhline(panel.target, color="#c0392b", linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    if panel.linear:
        axes.set_ylim(0.9, 1.005)
    else:
        axes.set_yscale("log")
    axes.set_title(panel.title, loc="left")
    axes.set_xlabel("passages")
    axes.legend(fontsize=7)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
