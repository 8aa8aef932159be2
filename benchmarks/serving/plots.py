"""Draw what was measured."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from matplotlib.typing import RcKeyType

from benchmarks.serving.records import Benchmark, Memory, Part, Service
from benchmarks.serving.targets import RESIDENT_MEGABYTES

SETTINGS: dict[RcKeyType, object] = {
    "axes.axisbelow": True,
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
    "svg.hashsalt": "serving",
}
COLOURS = ("#b3541e", "#0b5cad", "#3d7a37")
QUIET = "#565f69"
WANTED = "#c0392b"
LOAD_NAME, MEMORY_NAME = "load.svg", "memory.svg"


def draw(found: Benchmark, folder: Path) -> list[Path]:
    """Write the plots into a folder; return their files."""
    services = (found.plain, found.ours, found.cached)
    with rc_context(SETTINGS):
        load = Figure(figsize=(9.0, 3.0), layout="constrained")
        rate, middle, late = load.subplots(1, 3)
        _by_clients(rate, services, "per_second", "questions a second")
        best = max(found.encoder.batches, key=lambda batch: batch.per_second)
        rate.axhline(best.per_second, color=QUIET, linewidth=0.8, linestyle="--", marker="")
        rate.text(1, best.per_second, f"bare encoder, batches of {best.size}", color=QUIET, fontsize=7, va="bottom")
        _by_clients(middle, services, "p50_ms", "p50, ms")
        _by_clients(late, services, "p95_ms", "p95, ms")
        rate.legend(fontsize=7)
        memory = Figure(figsize=(9.0, 2.4), layout="constrained")
        _memory(memory.subplots(), found.parts, found.ours, found.plain)
        for figure, name in ((load, LOAD_NAME), (memory, MEMORY_NAME)):
            figure.savefig(folder / name, metadata={"Date": None})
    return [folder / LOAD_NAME, folder / MEMORY_NAME]


def _by_clients(axes: Axes, services: Sequence[Service], name: str, title: str) -> None:
    for colour, service in zip(COLOURS, services, strict=True):
        clients = [load.clients for load in service.loads]
        axes.plot(clients, [getattr(load, name) for load in service.loads], color=colour, label=service.name)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xticks(clients, [f"{one}" for one in clients])
    for of in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        # 300, not 3 × 10²; of the marks between powers of ten, as many as there is room for.
        of(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.4)))
    axes.set_title(title, loc="left")
    axes.set_xlabel("clients")


def _memory(axes: Axes, parts: Sequence[Part], ours: Service, plain: Service) -> None:
    """Draw the parts one on the other in a process of their own, and both services as they ran."""
    start = 0.0
    for number, (before, part) in enumerate(pairwise((Part("", Memory(0.0, 0.0, 0.0)), *parts))):
        added = part.after.resident - before.after.resident
        shade = f"C{number}"
        axes.barh(0, added, left=start, color=shade, label=f"{part.name} {added:+.0f}")
        start += added
    for place, service, colour in ((1, ours, COLOURS[1]), (2, plain, COLOURS[0])):
        axes.barh(place, service.after.own, color=colour)
        axes.barh(place, service.after.resident - service.after.own, left=service.after.own, color=colour, alpha=0.5)
    axes.axvline(RESIDENT_MEGABYTES, color=WANTED, linewidth=0.8, linestyle="--", marker="")
    axes.set_yticks([0, 1, 2], ["ours, by part", "ours after all load", "plain after all load"])
    axes.set_title("resident memory, MB; pale: of files", loc="left")
    axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
