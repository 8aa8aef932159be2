"""A rounded model: what is rounded, how near it stays, and what happens where it does not."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from embeddings.encoders import sentence_transformers_encoder as engine
from embeddings.encoders.agreement import least_agreement
from embeddings.encoders.export import exported_encoder
from embeddings.encoders.model_folder import ModelFolder
from embeddings.encoders.onnx_encoder import FILES, OnnxEncoder, Sessions
from embeddings.encoders.onnx_graph import Graph
from embeddings.encoders.rounded_export import write_rounded
from embeddings.encoders.stored_tables import TABLES
from embeddings.errors import SnapshotError
from embeddings.files import seal
from embeddings.records import Precision

TEXTS = ["query: 催收能不能上门", "passage: 催收人员上门时应当出示证件。" * 4]


@pytest.fixture
def exported(tiny_model: ModelFolder, tmp_path: Path) -> Path:
    exported_encoder(tiny_model, tmp_path / "encoder", print)
    return tmp_path / "encoder"


def test_layers_multiply_whole_numbers(exported: Path) -> None:
    graph = Graph.load(exported / FILES.graph)
    # Queries, keys, values, the sum of heads, and two of the feed-forward part.
    assert sum(node.op_type == "MatMulIntegerToFloat" for node in graph.nodes) == 6
    assert graph.layers() == []
    assert json.loads((exported / FILES.info).read_text(encoding="utf-8"))["precision"] == "int8"


def test_an_encoder_that_rounds_badly_stays_exact(
    tiny_model: ModelFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "MIN_ROUNDED_COSINE", 1.1)
    said: list[str] = []
    encoder = exported_encoder(tiny_model, tmp_path / "encoder", said.append)
    assert encoder.info.precision is Precision.FP32
    assert said[1] == (
        f"{tiny_model.name} cannot be rounded to eight bits without harm; it stays in fp32, which takes twice as long"
    )
    assert not any(path.is_dir() for path in (tmp_path / "encoder").iterdir())
    (tmp_path / "again").mkdir()
    monkeypatch.undo()
    rounded = exported_encoder(tiny_model, tmp_path / "rounded", said.append)
    assert 0.99 <= least_agreement(rounded, encoder, TEXTS) <= 1.00001


def test_a_graph_without_layers_is_not_written(exported: Path, tmp_path: Path) -> None:
    assert not write_rounded(Graph.load(exported / FILES.graph), [], tmp_path)
    assert list(tmp_path.glob("*.onnx")) == []


def test_tables_are_rounded_by_row(encoder: OnnxEncoder, shipped_index: Path) -> None:
    (folder,) = (shipped_index / "encoders").iterdir()
    # 250,037 words in 384 bytes and a scale, positions and layers: 470 MB in floating-point numbers.
    assert (folder / FILES.weights).stat().st_size < 120e6
    assert encoder.info.precision is Precision.INT8


def test_sessions_share_the_table_of_words(shipped_index: Path) -> None:
    (folder,) = (shipped_index / "encoders").iterdir()
    encoder = OnnxEncoder.load(folder)
    encoder.encode_queries(["催收", "上门"])
    assert [table.shape() for table in Sessions.load(folder).tables.values()] == [[250037, 384]]
    # Of what this process maps, the file of weights is there for the table once, and for each session's own weights.
    questions = ["".join(map(chr, range(start, start + 300))) for start in range(0x4E00, 0x9F00, 300)]
    before = _resident(folder)
    encoder.encode_queries(questions)
    several = _resident(folder)
    for question in questions:
        encoder.encode_queries([question])
    assert several > before + 20e6
    # A second mapping of the same pages would come near to doubling it.
    assert _resident(folder) < several + 10e6


def _resident(folder: Path) -> int:
    """Return how many bytes of the weights' file this process has in memory, twice where it is mapped twice."""
    size, is_ours = 0, False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
            is_ours = line.endswith(str(folder / FILES.weights))
        elif is_ours and line.startswith("Rss:"):
            size += 1024 * int(line.split()[1])
    return size


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[", "Expecting value"),
        ('[{"name": "a"}]', "missing 3 required"),
        ('[{"name": "a", "rows": 1000000, "columns": 1000, "offset": 0}]', "length is greater than file size"),
    ],
)
def test_tables_that_are_not_there_are_refused(exported: Path, content: str, reason: str) -> None:
    (exported / TABLES).write_text(content, encoding="utf-8")
    seal(exported)
    with pytest.raises(SnapshotError, match=f"names no tables that can be read .*{reason}"):
        OnnxEncoder.load(exported)


def test_a_precision_that_is_none_is_refused(exported: Path) -> None:
    path = exported / FILES.info
    path.write_text(path.read_text(encoding="utf-8").replace("int8", "int3"), encoding="utf-8")
    seal(exported)
    with pytest.raises(SnapshotError, match="does not describe an encoder .*int3"):
        OnnxEncoder.load(exported)


def test_vectors_have_length_one_for_any_input(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_passages(["😀" * 50, "\n\t", "ａ" * 400, "催" * 300])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
