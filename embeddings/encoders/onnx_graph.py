"""Read and rewrite the graph of an exported model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from embeddings.encoders.quantising import Rounding, rounded_weights
from embeddings.encoders.stored_tables import StoredTable
from embeddings.records import FloatArray

# ONNX Runtime's own operators: one multiplies whole numbers and scales the result (MatMulIntegerToFloat).
_RUNTIME_DOMAIN = "com.microsoft"
# A table with more rows is that of words: rounded by row, a model of 250,000 words is smaller by 290 MB.
_LARGE_TABLE = 4_096


@dataclass(frozen=True, slots=True)
class Layer:
    """Hold what reads one input: the name of the input, and the weights of all that multiply it side by side."""

    input: str
    weights: FloatArray


class Graph:
    """Hold a model's graph and its weights."""

    def __init__(self, model: ModelProto) -> None:
        self._model = model
        self._weights = {one.name: one for one in model.graph.initializer}

    @classmethod
    def load(cls, path: Path) -> "Graph":
        """Read a graph and its weights into memory."""
        return cls(onnx.load(str(path)))

    def save(self, path: Path, weights: str) -> None:
        """Write the graph, and its weights into a file of that name beside it.

        Weights in a file of their own are memory-mapped; inside the graph they are read twice.
        """
        onnx.save_model(_copy(self._model), str(path), save_as_external_data=True, location=weights)

    def layers(self) -> list[Layer]:
        """Return what multiplies by constant weights, by input."""
        found: dict[str, list[FloatArray]] = {}
        for node in self._model.graph.node:
            if self.is_layer(node):
                found.setdefault(node.input[0], []).append(self.array(node.input[1]))
        return [Layer(name, np.concatenate(weights, axis=1)) for name, weights in found.items()]

    def with_outputs(self, names: Sequence[str]) -> "Graph":
        """Return a graph that gives these values, too."""
        model = _copy(self._model)
        model.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names)
        return Graph(model)

    def rounded(self, roundings: Mapping[str, Rounding]) -> "Graph":
        """Return a graph whose layers multiply whole numbers, and whose large tables hold such.

        Args:
            roundings: how the input of each of the layers is rounded, by its name.
        """
        return _Rewriting(self, roundings).graph()

    @staticmethod
    def stored_tables(path: Path) -> list[StoredTable]:
        """Return where the rounded tables of a saved graph stand in the file beside it."""
        found = []
        for one in onnx.load(str(path), load_external_data=False).graph.initializer:
            if one.data_type == TensorProto.INT8 and one.dims[0] > _LARGE_TABLE and one.external_data:
                (offset,) = (int(entry.value) for entry in one.external_data if entry.key == "offset")
                rows, columns = one.dims
                found.append(StoredTable(one.name, rows, columns, offset))
        return found

    @property
    def model(self) -> ModelProto:
        """Return the graph as ONNX has it."""
        return self._model

    @property
    def nodes(self) -> list[NodeProto]:
        """Return what is computed, in order."""
        return list(self._model.graph.node)

    def is_layer(self, node: NodeProto) -> bool:
        """Return whether a node multiplies by constant weights."""
        return node.op_type == "MatMul" and self._is_matrix(node.input[1])

    def is_large_table(self, node: NodeProto) -> bool:
        """Return whether a node looks up rows of a table such as that of words."""
        if node.op_type != "Gather" or not self._is_matrix(node.input[0]):
            return False
        rows: int = self._weights[node.input[0]].dims[0]
        return rows > _LARGE_TABLE and all(one.name != "axis" or one.i == 0 for one in node.attribute)

    def weight(self, name: str) -> TensorProto | None:
        """Return the weights of that name, if there are any."""
        return self._weights.get(name)

    def array(self, name: str) -> FloatArray:
        """Return the weights of that name."""
        return np.asarray(numpy_helper.to_array(self._weights[name]), dtype=np.float32)

    def _is_matrix(self, name: str) -> bool:
        one = self._weights.get(name)
        return one is not None and len(one.dims) == 2 and one.data_type == TensorProto.FLOAT  # noqa: PLR2004


def _copy(model: ModelProto) -> ModelProto:
    """Return a copy; saving takes the weights out of the model that is saved."""
    copy = ModelProto()
    copy.CopyFrom(model)
    return copy


class _Rewriting:
    """Make a graph of whole numbers, node by node."""

    def __init__(self, given: Graph, roundings: Mapping[str, Rounding]) -> None:
        self._given = given
        self._roundings = roundings
        self._nodes: list[NodeProto] = []
        self._added: dict[str, TensorProto] = {}
        self._readers: dict[str, list[NodeProto]] = {}
        for node in given.nodes:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)

    def graph(self) -> Graph:
        """Return the new graph; the given one is left as it is."""
        model = _copy(self._given.model)
        biased: set[str] = set()
        for node in self._given.nodes:
            if self._given.is_layer(node):
                biased.update(self._multiply(node))
            elif self._given.is_large_table(node):
                self._look_up(node)
            elif not biased.intersection(node.output):
                self._nodes.append(node)
        del model.graph.node[:]
        model.graph.node.extend(self._nodes)
        used = {name for node in self._nodes for name in node.input}
        weights = [one for one in model.graph.initializer if one.name in used]
        del model.graph.initializer[:]
        model.graph.initializer.extend([*weights, *self._added.values()])
        model.opset_import.append(helper.make_opsetid(_RUNTIME_DOMAIN, 1))
        return Graph(model)

    def _multiply(self, node: NodeProto) -> list[str]:
        """Multiply whole numbers, and return which other output is made on the way: that of adding the bias."""
        given, weights = node.input
        rounding = self._roundings[given]
        whole, scale, zero = self._rounded_input(given, rounding)
        rounded, scales = rounded_weights(self._given.array(weights) * rounding.channels[:, np.newaxis])
        inputs = [whole, self._add(f"{weights}/whole", rounded), scale, self._add(f"{weights}/scales", scales), zero]
        (output,) = node.output
        made = []
        bias = self._bias_after(output)
        if bias is not None:
            inputs += ["", bias[0]]
            output = bias[1]
            made.append(output)
        self._nodes.append(helper.make_node("MatMulIntegerToFloat", inputs, [output], domain=_RUNTIME_DOMAIN))
        return made

    def _bias_after(self, output: str) -> tuple[str, str] | None:
        """Return the constant that is added to an output, and the name of the sum, if nothing else reads it."""
        readers = self._readers.get(output, [])
        if len(readers) != 1 or readers[0].op_type != "Add":
            return None
        others = [name for name in readers[0].input if name != output]
        one = self._given.weight(others[0]) if len(others) == 1 else None
        return (one.name, readers[0].output[0]) if one is not None and len(one.dims) == 1 else None

    def _rounded_input(self, name: str, rounding: Rounding) -> tuple[str, str, str]:
        whole, scale, zero = f"{name}/whole", f"{name}/scale", f"{name}/zero"
        if scale not in self._added:
            self._add(scale, np.asarray(rounding.scale))
            self._add(zero, np.asarray(rounding.zero_point))
            even = name
            if np.any(rounding.channels != 1):
                even = f"{name}/even"
                factors = self._add(f"{name}/factors", (1 / rounding.channels).astype(np.float32))
                self._nodes.append(helper.make_node("Mul", [name, factors], [even]))
            self._nodes.append(helper.make_node("QuantizeLinear", [even, scale, zero], [whole]))
        return whole, scale, zero

    def _look_up(self, node: NodeProto) -> None:
        table, rows = node.input
        whole, scales = rounded_weights(self._given.array(table), axis=1)
        (output,) = node.output
        names = [self._add(f"{table}/whole", whole), self._add(f"{table}/scales", scales[:, np.newaxis])]
        self._nodes += [
            helper.make_node("Gather", [names[0], rows], [f"{output}/whole"]),
            helper.make_node("Cast", [f"{output}/whole"], [f"{output}/float"], to=TensorProto.FLOAT),
            helper.make_node("Gather", [names[1], rows], [f"{output}/scales"]),
            helper.make_node("Mul", [f"{output}/float", f"{output}/scales"], [output]),
        ]

    def _add(self, name: str, array: NDArray[np.generic]) -> str:
        self._added[name] = numpy_helper.from_array(array, name)
        return name
