"""Write an exported model so that it computes with whole numbers of eight bits."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from embeddings.encoders.onnx_encoder import FILES, GraphRunner
from embeddings.encoders.onnx_graph import Graph
from embeddings.encoders.quantising import Observed, choose_rounding
from embeddings.encoders.stored_tables import TABLES, write_tables
from embeddings.records import FloatArray

# So many tokens of each text are kept to choose by; the range is that of all.
_TOKENS_KEPT = 4


def write_rounded(graph: Graph, texts: Sequence[Sequence[int]], folder: Path) -> bool:
    """Write a graph with its layers and large tables rounded, in the files that an encoder has.

    Args:
        graph: of a model whose inputs are those of an encoder.
        texts: tokens of texts, as they are given to it, which show what its layers meet.
        folder: where to write.

    Returns:
        False where the model has no layer that can be rounded; nothing is written then.
    """
    layers = graph.layers()
    if not layers:
        return False
    observed = _observe(graph, [layer.input for layer in layers], texts, folder)
    roundings = {
        layer.input: choose_rounding(seen, layer.weights) for layer, seen in zip(layers, observed, strict=True)
    }
    graph.rounded(roundings).save(folder / FILES.graph, FILES.weights)
    write_tables(folder / TABLES, Graph.stored_tables(folder / FILES.graph))
    return True


def _observe(graph: Graph, names: list[str], texts: Sequence[Sequence[int]], folder: Path) -> Iterator[Observed]:
    """Yield what each of the named values was on the texts."""
    generator = np.random.default_rng(0)
    rows: list[list[FloatArray]] = [[] for _ in names]
    least: list[list[FloatArray]] = [[] for _ in names]
    greatest: list[list[FloatArray]] = [[] for _ in names]
    with TemporaryDirectory(dir=folder) as work:
        graph.with_outputs(names).save(Path(work) / FILES.graph, FILES.weights)
        runner = GraphRunner(Path(work) / FILES.graph)
        for ids in texts:
            for place, values in enumerate(runner.run(ids, names)):
                tokens = values.reshape(-1, values.shape[-1])
                rows[place].append(tokens[generator.permutation(len(tokens))[:_TOKENS_KEPT]])
                least[place].append(tokens.min(axis=0))
                greatest[place].append(tokens.max(axis=0))
    for place in range(len(names)):
        yield Observed(np.min(least[place], axis=0), np.max(greatest[place], axis=0), np.concatenate(rows[place]))
